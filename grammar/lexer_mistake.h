/* What is no token of the language, named and reported, with what it may have meant. Part of the lexer. */
#ifndef AOT_GRAMMAR_LEXER_MISTAKE_H
#define AOT_GRAMMAR_LEXER_MISTAKE_H
#include "grammar/lexer.h"

/* The whole text, once: NUL bytes, UTF-16, bytes that are not UTF-8. */
void lexer_mistake_bytes(struct lexer *lexer);
/* An operator of other languages, from `start` to the cursor. Returns the id of the one that is meant, or TOK_BAD. */
uint32_t lexer_mistake_operator(struct lexer *lexer, const unsigned char *start);
/* A number with a unit that does not exist. */
void lexer_mistake_unit(struct lexer *lexer, const unsigned char *start);
/* An address without quotes. */
void lexer_mistake_url(struct lexer *lexer, const unsigned char *start);
/* A path with a star in it. */
void lexer_mistake_pattern(struct lexer *lexer, const unsigned char *start);
/* A comment of other languages, at `//` or `/ *`: the cursor moves behind it. */
void lexer_mistake_comment(struct lexer *lexer, const unsigned char *start);
/* Any other byte. Moves the cursor behind the whole character, or behind the text that a typographic quote opens;
 * returns the token's id. */
uint32_t lexer_mistake_character(struct lexer *lexer, const unsigned char *start);
#endif
