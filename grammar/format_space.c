/* The blanks of the language, as docs/language.md and the recipes write them. */
#include "grammar/format_space.h"

#include "grammar/format_marks.h"

bool format_is_sign(const struct piece *before, const struct piece *piece, const uint8_t *marks) {
    return piece->id == TOK_MINUS && !(before && (marks[before->end] & MARK_LEFT));
}

/* What holds on to the piece before it, whatever that is: but a path would take dots and question marks into its name, and two question
 * marks are an operator. */
static bool holds_left(const struct piece *before, const struct piece *piece, const uint8_t *marks) {
    bool is_greedy = before->id == TOK_PATH || (before->id == TOK_QUESTION && piece->id == TOK_QUESTION);
    if (is_greedy && (piece->id == TOK_DOT || piece->id == TOK_DOT_DOT || piece->id == TOK_QUESTION)) return false;
    switch (piece->id) {
    case TOK_NL:
    case TOK_COMMA:
    case TOK_COLON:
    case TOK_QUESTION:
    case TOK_RIGHT_PAREN:
    case TOK_RIGHT_BRACKET:
    case TOK_STRING_MIDDLE:
    case TOK_STRING_TAIL: return true;
    case TOK_LEFT_PAREN:
    case TOK_LEFT_BRACKET:
    case TOK_DOT: return (marks[before->end] & MARK_POSTFIX) != 0;
    case TOK_DOT_DOT: return true;
    default: return false;
    }
}

/* What holds on to the piece behind it. */
static bool holds_right(const struct piece *before, const struct piece *piece) {
    switch (before->id) {
    case TOK_LEFT_PAREN:
    case TOK_LEFT_BRACKET:
    case TOK_TAG:
    case TOK_DOT:
    case TOK_STRING_HEAD:
    case TOK_STRING_MIDDLE: return !before->is_verbatim;
    case TOK_DOT_DOT: return piece->id != TOK_DOT; /* `a.. .b`: three dots are no operator */
    default: return false;
    }
}

bool format_has_blank(const struct piece *before, const struct piece *piece, const uint8_t *marks, bool before_is_sign,
                      bool in_tight) {
    if (before_is_sign || holds_right(before, piece)) return false;
    if (before->id == TOK_LEFT_BRACE) return piece->id != TOK_RIGHT_BRACE && !in_tight;
    if (piece->id == TOK_RIGHT_BRACE) return !in_tight;
    return !holds_left(before, piece, marks);
}
