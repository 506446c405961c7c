/* The expected set of a syntax error. The parser is asked about every token; those that belong together are named once,
 * as an expression, an operator, a statement, a clause. */
#include "grammar/expected.h"

#include "base/vector.h"

#include <string.h>

/* Tokens that are named together when all of `signs` are wanted. Earlier groups take their tokens first. */
struct group {
    const char *words;
    uint32_t signs[2]; /* ids; 0: none */
    unsigned takes;    /* enum token_flag: tokens with one of these belong to it */
};
static const struct group groups[] = {
    { "a declaration like `input`, `run` or `assert`", { TOK_RECIPE, TOK_MATRIX }, ITEM },
    { "a statement", { TOK_MARK, TOK_SPAWN }, STATEMENT | OPERAND },
    { "a claim", { TOK_ALWAYS, TOK_SETTLES }, CLAIM | OPERAND },
    { "an expression", { TOK_INTEGER, TOK_PATH }, OPERAND },
    { "a field", { TOK_LABEL, TOK_STRING }, OPERAND },
    { "an operator", { TOK_PLUS, 0 }, GOES_ON },
    { "a clause like `within 5s`", { TOK_WITHIN, TOK_DURING }, CLAUSE },
};
enum { GROUP_COUNT = sizeof groups / sizeof *groups };

struct wanted {
    bool ids[TOKEN_LIMIT];
    const char *groups[GROUP_COUNT];
    size_t group_count;
};

static void ask(const struct engine *engine, struct wanted *wanted) {
    for (uint32_t id = 0; id < TOKEN_LIMIT; id++) {
        bool is_token = token_table[id].id && id != TOK_ERROR && id != TOK_BAD && id != TOK_BAD_LITERAL;
        wanted->ids[id] = is_token && engine_wants(engine, id);
    }
    /* A selection goes on with the same words as a clause. */
    if (wanted->ids[TOK_WHERE])
        wanted->ids[TOK_DURING] = wanted->ids[TOK_FROM] = wanted->ids[TOK_BEFORE] = wanted->ids[TOK_OVER] = false;
    /* A head is a text too. */
    if (wanted->ids[TOK_STRING]) wanted->ids[TOK_STRING_HEAD] = false;
    /* Both are the `}` of a `${`. */
    if (wanted->ids[TOK_STRING_MIDDLE]) wanted->ids[TOK_STRING_TAIL] = false;
    /* A file that may go on may always end. */
    if (wanted->ids[TOK_NL] || wanted->ids[TOK_RECIPE]) wanted->ids[0] = false;
}

static void group(struct wanted *wanted) {
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        const struct group *group = &groups[i];
        if (!wanted->ids[group->signs[0]] || (group->signs[1] && !wanted->ids[group->signs[1]])) continue;
        wanted->groups[wanted->group_count++] = group->words;
        for (uint32_t id = 1; id < TOKEN_LIMIT; id++)
            if (token_has(id, group->takes)) wanted->ids[id] = false;
    }
}

/* The comma or the `or` before the next of `count` words. */
static void separate(struct buffer *out, size_t *said, size_t count) {
    if (*said) buffer_append_string(out, *said + 1 == count ? " or " : ", ");
    ++*said;
}

/* Brackets and words first, in the order of tokens.def; then the groups; where things may end comes last. */
void expected_describe(const struct engine *engine, bool may_close, struct buffer *out) {
    struct wanted wanted = { 0 };
    ask(engine, &wanted);
    wanted.ids[TOK_RIGHT_BRACE] |= may_close;
    group(&wanted);
    size_t count = wanted.group_count, said = 0;
    for (uint32_t id = 0; id < TOKEN_LIMIT; id++) count += wanted.ids[id];
    for (const uint8_t *id = token_order; *id; id++) {
        if (!wanted.ids[*id] || *id == TOK_NL) continue;
        separate(out, &said, count);
        token_describe(*id, out);
    }
    for (size_t i = 0; i < wanted.group_count; i++) {
        separate(out, &said, count);
        buffer_append_string(out, wanted.groups[i]);
    }
    for (int end = 0; end < 2; end++) {
        uint32_t id = end ? 0 : TOK_NL;
        if (!wanted.ids[id]) continue;
        separate(out, &said, count);
        token_describe(id, out);
    }
}

void expected_found(const struct parse *parse, struct token token, struct buffer *out) {
    enum { LONGEST = 40 };
    struct text text = token_text(parse, token);
    switch (token.id) {
    case 0: buffer_append_string(out, "end of file"); return;
    case TOK_NL: buffer_append_string(out, text.length && *text.bytes == ';' ? "`;`" : "end of line"); return;
    case TOK_STRING: buffer_append_string(out, "a text in quotes"); return;
    case TOK_STRING_HEAD: buffer_append_string(out, "a text with `${`"); return;
    case TOK_STRING_MIDDLE:
    case TOK_STRING_TAIL: buffer_append_string(out, "`}`"); return;
    default: break;
    }
    bool cut = text.length > LONGEST;
    buffer_printf(out, "`%.*s%s`", (int)(cut ? LONGEST : text.length), text.bytes, cut ? "\xe2\x80\xa6" : "");
}
