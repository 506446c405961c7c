/* Where texts in quotes end. Part of the lexer. */
#ifndef AOT_GRAMMAR_LEXER_TEXT_H
#define AOT_GRAMMAR_LEXER_TEXT_H
#include "grammar/lexer.h"

/* Of sql, sh, json or re; TAG_NONE for any other word. */
enum tree_tag lexer_text_tag(struct text word);
enum text_end {
    TEXT_CLOSED, /* by its quotes */
    TEXT_OPENED, /* by a `${` */
    TEXT_CUT     /* by the end of the line or file: reported */
};
/* The cursor stands behind the opening quotes, or behind the `}` of a `${}`, and moves behind this part of the text,
 * its closing quotes or its `${` included. `opened` is where the first quote of the text stands. */
enum text_end lexer_text_read(struct lexer *lexer, enum quote quote, uint32_t opened);
/* The text of this `${` ended inside it. */
void lexer_text_report_cut(struct lexer *lexer, const struct bracket *bracket);
#endif
