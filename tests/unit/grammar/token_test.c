/* tokens.def is the one list: lexer, grammar and messages must agree with it. */
#include "grammar/engine.h"

#include <criterion/criterion.h>
#include <string.h>

static struct token first_token(const char *text, uint32_t skip) {
    struct parse parse = { .bytes = text };
    struct lexer *lexer = memory_allocate(sizeof *lexer);
    lexer_init(lexer, &parse, text_of(text));
    struct token token = lexer_next(lexer);
    while (skip--) token = lexer_next(lexer);
    lexer_done(lexer);
    memory_release(lexer);
    return token;
}

Test(token, every_spelling_is_lexed_as_its_token) {
    for (const uint8_t *id = token_order; *id; id++) {
        const struct token_info *info = &token_table[*id];
        if (!info->length) continue;
        struct token token = first_token(info->spelling, 0);
        cr_expect_eq(token.id, *id, "%s", info->spelling);
        cr_expect_eq(token.length, info->length);
    }
}

Test(token, behind_a_dot_every_word_is_a_name) {
    for (const uint8_t *id = token_order; *id; id++) {
        char text[32] = "a.";
        if (!token_has(*id, WORD)) continue;
        strcat(text, token_table[*id].spelling);
        cr_expect_eq(first_token(text, 2).id, TOK_ID, "%s", text);
    }
}

Test(token, a_word_with_more_letters_is_a_name) {
    for (const uint8_t *id = token_order; *id; id++) {
        char text[32] = "";
        if (!token_has(*id, WORD)) continue;
        strcat(strcat(text, token_table[*id].spelling), "x");
        cr_expect_eq(first_token(text, 0).id, TOK_ID, "%s", text);
    }
}

Test(token, soft_words_are_those_that_fall_back_in_the_grammar) {
    for (uint32_t id = 1; id < TOKEN_LIMIT; id++) {
        if (!token_table[id].id) continue;
        uint32_t wanted = token_has(id, SOFT) ? TOK_ID : 0;
        cr_expect_eq(engine_fallback(id), wanted, "%s", token_table[id].id);
        cr_expect(!token_has(id, SOFT) || token_has(id, WORD), "%s", token_table[id].id);
    }
}

Test(token, every_token_can_be_named_in_a_message) {
    struct buffer out = { 0 };
    for (uint32_t id = 0; id < TOKEN_LIMIT; id++) {
        if (!token_table[id].id) continue;
        buffer_clear(&out);
        token_describe(id, &out);
        cr_expect(out.length > 2, "%s", token_table[id].id);
    }
    buffer_done(&out);
}

Test(token, the_order_has_every_token_once) {
    size_t count = 0, listed = 0;
    bool seen[TOKEN_LIMIT] = { false };
    for (uint32_t id = 1; id < TOKEN_LIMIT; id++) count += token_table[id].id != NULL;
    for (const uint8_t *id = token_order; *id; id++, listed++) {
        cr_expect(!seen[*id], "%s", token_table[*id].id);
        seen[*id] = true;
    }
    cr_assert_eq(listed, count);
    cr_assert(count > 100);
}
