/* The token table and the look-up of keywords, both derived from tokens.def. */
#include "grammar/token.h"

#include <string.h>

const struct token_info token_table[TOKEN_LIMIT] = {
    [0] = { "END", "", "end of file", CANT_START, 0 },
#define TOKEN(id, spelling, words, flags) [TOK_##id] = { #id, spelling, words, flags, sizeof(spelling) - 1 },
#include "grammar/tokens.def"
#undef TOKEN
};

const uint8_t token_order[] = {
#define TOKEN(id, spelling, words, flags) TOK_##id,
#include "grammar/tokens.def"
#undef TOKEN
    0
};

/* Spreads the keywords over the slots without a collision; words added later may collide, which costs a step. */
static uint32_t slot_of(const char *bytes, size_t length) {
    uint32_t key = (uint32_t)(unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[length - 2] << 8 |
                   (uint32_t)(unsigned char)bytes[length - 1] << 16 | (uint32_t)length << 24;
    return key * UINT32_C(0xe6fcc59b) >> 24;
}

void keywords_init(struct keywords *keywords) {
    memset(keywords, 0, sizeof *keywords);
    for (uint32_t id = 1; id < TOKEN_LIMIT; id++) {
        const struct token_info *info = &token_table[id];
        if (!(info->flags & WORD)) continue;
        uint32_t slot = slot_of(info->spelling, info->length);
        while (keywords->slots[slot]) slot = (slot + 1) % sizeof keywords->slots;
        keywords->slots[slot] = (uint8_t)id;
    }
}

uint32_t keywords_find(const struct keywords *keywords, const char *bytes, size_t length) {
    if (length < 2 || length > 10) return TOK_ID;
    for (uint32_t slot = slot_of(bytes, length); keywords->slots[slot]; slot = (slot + 1) % sizeof keywords->slots) {
        const struct token_info *info = &token_table[keywords->slots[slot]];
        if (info->length == length && memcmp(info->spelling, bytes, length) == 0) return keywords->slots[slot];
    }
    return TOK_ID;
}

void token_describe(uint32_t id, struct buffer *out) {
    const struct token_info *info = &token_table[id];
    if (info->words)
        buffer_append_string(out, info->words);
    else
        buffer_printf(out, "`%s`", info->spelling);
}
