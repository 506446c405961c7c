/* Where texts in quotes end. Part of the lexer. */
#ifndef AOT_GRAMMAR_LEXER_TEXT_H
#define AOT_GRAMMAR_LEXER_TEXT_H
#include "grammar/lexer.h"

/* Of sql, sh, json or re; TAG_NONE for any other word. */
enum tree_tag lexer_text_tag(struct text word);
/* The cursor stands behind the opening quotes, or behind the `}` of a `${}`: the end of this part, behind its closing quotes
 * or its `${`. A text that does not end is reported at `opened`, its first quote, and ends with its line or the file. */
const unsigned char *lexer_text_end(struct lexer *lexer, enum quote quote, uint32_t opened, bool *interpolates);
/* The text of this `${` ended inside it. */
void lexer_text_report_cut(struct lexer *lexer, const struct bracket *bracket);
#endif
