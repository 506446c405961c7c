/* Tokens: what the lexer hands to the parser, by value, and the table that tokens.def describes. */
#ifndef AOT_GRAMMAR_TOKEN_H
#define AOT_GRAMMAR_TOKEN_H
#include "base/buffer.h"
#include "grammar/parser.h"

/* One word, so that tokens travel in a register: they are handed on by value a million times. */
struct token {
    uint64_t offset : 28; /* of its first byte */
    uint64_t length : 28; /* in bytes */
    uint64_t id : 8;      /* TOK_…; 0 is the end of the file */
};
enum { LONGEST_TEXT = (1 << 28) - 1 }; /* in bytes; no token could say where it stands in a longer one */

enum token_flag {
    WORD = 1,
    SOFT = 2,
    CANT_END = 4,
    CANT_START = 8,
    OPERAND = 16,
    GOES_ON = 32,
    ITEM = 64,
    STATEMENT = 128,
    CLAIM = 256,
    CLAUSE = 512
};

struct token_info {
    const char *id;       /* "PLUS"; "END" for the end of the file */
    const char *spelling; /* "+"; NULL where it varies */
    const char *words;    /* for messages; NULL: the spelling between backquotes */
    unsigned flags;       /* enum token_flag */
    size_t length;        /* of the spelling */
};

enum { TOKEN_LIMIT = 128 }; /* ids are below it */
extern const struct token_info token_table[TOKEN_LIMIT];

/* All ids in the order of tokens.def, which is the order in which messages name them; ends with 0. */
extern const uint8_t token_order[];

static inline struct token token_of(uint32_t offset, uint32_t length, uint32_t id) {
    return (struct token){ offset, length, id };
}
static inline uint32_t token_end(struct token token) {
    return (uint32_t)(token.offset + token.length);
}
static inline bool token_has(uint32_t id, unsigned flags) {
    return (token_table[id].flags & flags) != 0;
}

/* The keywords by spelling, for the lexer: filled from the table, one for each lexer. */
struct keywords {
    uint8_t slots[256]; /* ids; 0 is free */
};
void keywords_init(struct keywords *keywords);
/* The keyword's id, or TOK_ID. */
uint32_t keywords_find(const struct keywords *keywords, const char *bytes, size_t length);
/* "`+`", "a name", "end of line". */
void token_describe(uint32_t id, struct buffer *out);
#endif
