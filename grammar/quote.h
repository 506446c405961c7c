/* Texts in quotes to STRING nodes: escapes decoded, the indentation of `"""` texts removed, `${}` between the parts. */
#ifndef AOT_GRAMMAR_QUOTE_H
#define AOT_GRAMMAR_QUOTE_H
#include "grammar/parse.h"

/* A text without `${}`. */
struct node *quote_whole(struct parse *parse, struct token token);
/* A text with them: head, then for each further part a middle, then the tail, which makes the STRING. */
struct chain quote_head(struct parse *parse, struct token token, struct node *expression);
struct chain quote_middle(struct parse *parse, struct chain parts, struct token token, struct node *expression);
struct node *quote_tail(struct parse *parse, struct chain parts, struct token token);
/* sql"…": the tag in front of a text. */
struct node *quote_tagged(struct parse *parse, struct token tag, struct node *string);
#endif
