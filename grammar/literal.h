/* Literals to values. A number that does not fit is reported and becomes an ERROR node. */
#ifndef AOT_GRAMMAR_LITERAL_H
#define AOT_GRAMMAR_LITERAL_H
#include "grammar/parse.h"

/* Any token whose text is its value: numbers with and without unit, versions, paths, true, false, none. */
struct node *literal_node(struct parse *parse, struct token token);
#endif
