/* The mistakes that people make, one function each: it looks at the token at hand, the one before, the first of the
 * statement, and at what the parser would take, and fills in what to say and how to go on. The first to know wins. */
#include "grammar/advice.h"

#include "base/suggest.h"
#include "grammar/advice_words.h"
#include "grammar/lexer_text.h"
#include "grammar/unit.h"

static bool wants(const struct recovery *recovery, uint32_t id) {
    return engine_wants(recovery->engine, id);
}

static bool accepts(const struct recovery *recovery, uint32_t id) {
    return engine_accepts(recovery->engine, id);
}

static struct text text_of_token(const struct recovery *recovery, struct token token) {
    return token_text(recovery->parse, token);
}

/* An expression could end here. */
static bool is_complete(const struct recovery *recovery) {
    return wants(recovery, TOK_PLUS);
}

/* A name is wanted, and no other expression: what stands here would be bound. */
static bool is_binding(const struct recovery *recovery) {
    return wants(recovery, TOK_ID) && !wants(recovery, TOK_INTEGER);
}

static bool is_word(struct token token) {
    return token.id == TOK_ID || token_has(token.id, WORD);
}

static bool is_inside(const struct recovery *recovery, char kind) {
    const struct bracket *bracket = recovery_bracket(recovery);
    return bracket && bracket->kind == kind;
}

static void say(struct advice *advice, enum diagnostic_code code, const char *message) {
    advice->code = code;
    buffer_append_string(&advice->message, message);
}

static void help(struct advice *advice, const char *help) {
    buffer_append_string(&advice->help[advice->help[0].length ? 1 : 0], help);
}

/* ---- = and == ---- */

static bool assign_for_colon(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_ASSIGN || !wants(recovery, TOK_COLON)) return false;
    if (!is_inside(recovery, '(') && !is_inside(recovery, '{')) return false;
    if (is_inside(recovery, '(')) {
        say(advice, DIAG_E112, "an argument is named with `:`, not with `=`");
        help(advice, "write `name: value`");
    } else {
        say(advice, DIAG_E112, "a field is written with `:`, not with `=`");
        help(advice, "write `name: value`");
    }
    advice->replace = TOK_COLON;
    return true;
}

static bool assign_without_let(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_ASSIGN || recovery->taken != 1 || recovery->first.id != TOK_ID) return false;
    if (!is_complete(recovery)) return false;
    struct text name = text_of_token(recovery, recovery->first);
    say(advice, DIAG_E112, "`=` gives a value to a new name only after `let`");
    buffer_printf(&advice->help[0], "write `let %.*s = …`, or `==` to compare", TEXT_ARGS(name));
    advice->replace = TOK_EQUAL;
    return true;
}

static bool assign_for_equal(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_ASSIGN || !is_complete(recovery)) return false;
    say(advice, DIAG_E112, "`=` gives a value to a name; it does not compare");
    help(advice, "write `==`");
    advice->replace = wants(recovery, TOK_EQUAL) ? TOK_EQUAL : TOK_AND;
    return true;
}

static bool assign_for_in(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_ASSIGN && recovery->token.id != TOK_COLON) return false;
    if (!wants(recovery, TOK_IN) || is_complete(recovery)) return false;
    say(advice, DIAG_E112, "the values of a name are given with `in`");
    help(advice, "write `name in [1, 2]`");
    advice->replace = TOK_IN;
    return true;
}

static bool equal_for_assign(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_EQUAL || !wants(recovery, TOK_ASSIGN)) return false;
    say(advice, DIAG_E112, "`==` compares; it does not give a value to a name");
    help(advice, "write `=`");
    advice->replace = TOK_ASSIGN;
    return true;
}

static bool chained_comparison(const struct recovery *recovery, struct advice *advice) {
    switch (recovery->token.id) {
    case TOK_EQUAL:
    case TOK_NOT_EQUAL:
    case TOK_LESS:
    case TOK_LESS_EQUAL:
    case TOK_GREATER:
    case TOK_GREATER_EQUAL:
    case TOK_MATCH:
    case TOK_NOT_MATCH:
    case TOK_IN: break;
    default: return false;
    }
    if (!is_complete(recovery)) return false;
    say(advice, DIAG_E118, "comparisons do not chain");
    help(advice, "write `a < b and b < c`");
    advice->replace = TOK_AND;
    return true;
}

/* ---- numbers and units ---- */

static bool unit_apart(const struct recovery *recovery, struct advice *advice) {
    uint32_t id = recovery->previous.id;
    if (id != TOK_INTEGER && id != TOK_NUMBER) return false;
    if (!is_word(recovery->token) && recovery->token.id != TOK_LABEL) return false;
    struct text unit = text_of_token(recovery, recovery->token), number = text_of_token(recovery, recovery->previous);
    if (!unit_is_known(unit)) return false;
    say(advice, DIAG_E116, "a unit stands directly behind its number");
    buffer_printf(&advice->help[0], "write `%.*s%s`", TEXT_ARGS(number), unit_nearest(unit));
    advice->skip = true;
    return true;
}

/* ---- words ---- */

static void call_it(const struct recovery *recovery, struct advice *advice, struct token token,
                    const struct advice_word *word) {
    advice->code = DIAG_E115;
    advice->span = span_of(recovery->parse, token.offset, token_end(token));
    if (word->message)
        buffer_append_string(&advice->message, word->message);
    else
        buffer_printf(&advice->message, "`%s` is called `%s` here", word->word, token_table[word->id].spelling);
    if (word->help) help(advice, word->help);
}

/* The token at hand is a word of another language for one that is wanted. */
static bool foreign_word(const struct recovery *recovery, struct advice *advice) {
    if (!is_word(recovery->token)) return false;
    bool at_item = wants(recovery, TOK_RECIPE) && wants(recovery, TOK_MATRIX);
    const struct advice_word *word =
        advice_word_find(text_of_token(recovery, recovery->token), at_item ? AT_ITEM : IN_LINE);
    if (!word || (word->id && !wants(recovery, word->id)) || (!word->id && !is_complete(recovery))) return false;
    call_it(recovery, advice, recovery->token, word);
    advice->replace = word->id;
    struct text text = text_of_token(recovery, recovery->token);
    if (word->id == TOK_ELSE && text_starts(text, TEXT("el"))) {
        advice->insert = TOK_ELSE;
        advice->replace = TOK_IF;
    }
    return true;
}

/* The statement began with a word of another language, which was taken for a name. */
static bool foreign_start(const struct recovery *recovery, struct advice *advice) {
    if (recovery->first.id != TOK_ID) return false;
    if (recovery->taken != 1 && recovery->token.id != TOK_LEFT_BRACE) return false;
    const struct advice_word *word = advice_word_find(text_of_token(recovery, recovery->first), AT_STATEMENT);
    if (!word) return false;
    call_it(recovery, advice, recovery->first, word);
    if (word->id && recovery->taken == 1) {
        advice->restart = true;
        advice->replace = word->id;
    }
    return true;
}

/* The word is the keyword with letters left out, the commonest slip. */
static bool lacks_letters(struct text word, const char *keyword) {
    size_t at = 0;
    for (; *keyword && at < word.length; keyword++) at += *keyword == word.bytes[at];
    return at == word.length;
}

/* The keyword nearest to the token, of those that could stand here, or at the start of the statement; 0 if none is
 * near. */
static uint32_t nearest_word(const struct recovery *recovery, struct token token, bool at_start) {
    enum { SHORTEST = 3 }; /* any short word is near to `as`, `of` or `to` */
    struct text word = text_of_token(recovery, token);
    uint32_t best = 0;
    size_t least = SIZE_MAX;
    if (token.length < SHORTEST) return 0;
    for (uint32_t id = 1; id < TOKEN_LIMIT; id++) {
        if (!token_has(id, WORD)) continue;
        if (at_start ? !engine_shifts(recovery->engine, recovery->first_depth, id) : !wants(recovery, id)) continue;
        struct suggestion suggestion = suggestion_for(word);
        suggestion_offer(&suggestion, text_of(token_table[id].spelling));
        if (suggestion.distance == SIZE_MAX) continue;
        size_t distance = 2 * suggestion.distance + !lacks_letters(word, token_table[id].spelling);
        if (distance < least) best = id;
        if (distance < least) least = distance;
    }
    return best;
}

static bool misspelt_word(const struct recovery *recovery, struct advice *advice) {
    uint32_t best = recovery->token.id == TOK_ID ? nearest_word(recovery, recovery->token, false) : 0;
    if (!best) return false;
    advice->code = DIAG_E114;
    recovery_describe(recovery, &advice->message);
    buffer_printf(&advice->help[0], "did you mean `%s`?", token_table[best].spelling);
    advice->replace = best;
    return true;
}

static bool misspelt_start(const struct recovery *recovery, struct advice *advice) {
    if (recovery->first.id != TOK_ID || recovery->taken != 1) return false;
    uint32_t best = nearest_word(recovery, recovery->first, true);
    if (!best) return false;
    advice->code = DIAG_E114;
    advice->span = span_of(recovery->parse, recovery->first.offset, token_end(recovery->first));
    struct text word = text_of_token(recovery, recovery->first);
    buffer_printf(&advice->message, "`%.*s` is no word of the language", TEXT_ARGS(word));
    buffer_printf(&advice->help[0], "did you mean `%s`?", token_table[best].spelling);
    advice->restart = true;
    advice->replace = best;
    return true;
}

/* ---- names ---- */

/* The token at hand is a key: a colon follows. */
static bool is_labelled(const struct recovery *recovery) {
    const char *at = recovery->parse->bytes + token_end(recovery->token);
    while (*at == ' ' || *at == '\t') at++;
    return *at == ':';
}

static bool word_as_name(const struct recovery *recovery, struct advice *advice) {
    if (!token_has(recovery->token.id, WORD) || token_has(recovery->token.id, SOFT)) return false;
    bool as_argument = is_inside(recovery, '(') && wants(recovery, TOK_ID) && is_labelled(recovery);
    if (!is_binding(recovery) && !as_argument) return false;
    bool as_key = wants(recovery, TOK_STRING) && !as_argument;
    buffer_printf(&advice->help[0], "`%s` is a word of the language: %s", token_table[recovery->token.id].spelling,
                  as_key ? "as a key it stands in quotes" : "choose another name");
    advice->replace = TOK_ID;
    return true;
}

static bool capital_name(const struct recovery *recovery, struct advice *advice) {
    uint32_t id = recovery->token.id;
    if ((id != TOK_LABEL && id != TOK_VERSION) || !is_binding(recovery) || wants(recovery, TOK_LABEL)) return false;
    help(advice, "names begin with a small letter; capital words are labels");
    advice->replace = TOK_ID;
    return true;
}

static bool small_label(const struct recovery *recovery, struct advice *advice) {
    if (!wants(recovery, TOK_LABEL) || wants(recovery, TOK_ID)) return false;
    if (recovery->token.id == TOK_STRING)
        help(advice, "a label is written without quotes");
    else if (is_word(recovery->token))
        help(advice, "a label begins with a capital letter");
    else
        return false;
    return true;
}

static bool hyphen_in_name(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_MINUS || recovery->previous.id != TOK_ID || wants(recovery, TOK_MINUS)) return false;
    help(advice, "names have no hyphen: write `_`");
    return true;
}

static bool path_expected(const struct recovery *recovery, struct advice *advice) {
    if (!wants(recovery, TOK_PATH) || wants(recovery, TOK_INTEGER)) return false;
    help(advice, "a path begins with ./ or ../ and stands without quotes");
    return true;
}

/* ---- things that are missing ---- */

static bool missing_colon(const struct recovery *recovery, struct advice *advice) {
    if (!accepts(recovery, TOK_COLON) || !token_has(recovery->token.id, OPERAND | CLAIM)) return false;
    if (recovery_bracket(recovery) && !is_inside(recovery, '{')) return false;
    if (wants(recovery, TOK_RULE)) {
        say(advice, DIAG_E113, "`:` is missing between the title and the claim");
        help(advice, "write `assert \"title\" rule R1: …`");
        advice->insert = TOK_COLON;
        return true;
    }
    switch (recovery->first.id) {
    case TOK_ALWAYS:
    case TOK_NEVER:
    case TOK_EVENTUALLY:
    case TOK_SETTLES:
    case TOK_WHENEVER:
    case TOK_ASSERT:
    case TOK_ASSUME:
        say(advice, DIAG_E113, "`:` is missing between the time words and what is judged");
        help(advice, "write `always during p: x <= 5ms`");
        break;
    case TOK_READY:
        say(advice, DIAG_E113, "`:` is missing before what is evaluated again and again");
        help(advice, "write `ready within 30s: http.get(u).ok`");
        break;
    case TOK_WATCH:
    case TOK_RETRY:
    case TOK_LET: /* let a = retry 5 … */
        if (wants(recovery, TOK_ASSIGN)) return false;
        say(advice, DIAG_E113, "`:` is missing before what is evaluated again and again");
        help(advice, "write `watch x every 1s: http.get(u)`, `retry 5 every 1s: http.get(u)`");
        break;
    default: return false;
    }
    advice->insert = TOK_COLON;
    return true;
}

static bool missing_value(const struct recovery *recovery, struct advice *advice) {
    uint32_t id = recovery->token.id;
    bool ends = id == TOK_NL || id == TOK_RIGHT_BRACE || id == 0;
    if (!ends || recovery->first.id != TOK_LET || !accepts(recovery, TOK_ASSIGN)) return false;
    say(advice, DIAG_E117, "this `let` has no value");
    help(advice, "write `let name = …`; a value that comes from outside is an `input`");
    return true;
}

static bool missing_title(const struct recovery *recovery, struct advice *advice) {
    bool claims = recovery->previous.id == TOK_ASSERT || recovery->previous.id == TOK_ASSUME;
    if (!claims || recovery->token.id == TOK_STRING) return false;
    if (recovery->token.id == TOK_STRING_HEAD) return false;
    help(advice, "a claim has a title: `assert \"what must be true\": …`");
    return true;
}

static bool text_with_value(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_STRING_HEAD || !wants(recovery, TOK_STRING)) return false;
    help(advice, "this text is fixed: `${}` cannot stand in it");
    return true;
}

static bool missing_brace(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_NL || !accepts(recovery, TOK_LEFT_BRACE) || wants(recovery, TOK_INTEGER))
        return false;
    const struct lexer *lexer = recovery->lexer;
    if (!lexer->has_pending || lexer->bracket_count != lexer->brackets_before) return false;
    const char *bytes = recovery->parse->bytes;
    uint32_t next = recovery_column(recovery, lexer->pending.offset);
    uint32_t line = recovery->first.offset - recovery_column(recovery, recovery->first.offset), blanks = 0;
    while (bytes[line + blanks] == ' ' || bytes[line + blanks] == '\t') blanks++;
    if (next <= blanks) return false;
    advice->insert = TOK_LEFT_BRACE;
    return true;
}

static bool missing_comma(const struct recovery *recovery, struct advice *advice) {
    if (!accepts(recovery, TOK_COMMA) || !token_has(recovery->token.id, OPERAND)) return false;
    if (!is_inside(recovery, '(') && !is_inside(recovery, '[')) return false;
    if (recovery_is_start(recovery, recovery->token) || recovery_is_item(recovery, recovery->token)) return false;
    advice->insert = TOK_COMMA;
    return true;
}

/* ---- other languages' constructs ---- */

static bool operator_at_line_start(const struct recovery *recovery, struct advice *advice) {
    if (!recovery->fresh || recovery->previous.id != TOK_NL || !token_has(recovery->token.id, GOES_ON)) return false;
    help(advice, "a line goes on if the line before ends with the operator");
    return true;
}

static bool question_mark(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_QUESTION || !is_complete(recovery)) return false;
    help(advice, "a choice is written `if c then a else b`; a default for `none` is `a ?\? b`");
    return true;
}

static bool arrow(const struct recovery *recovery, struct advice *advice) {
    if (recovery->token.id != TOK_ARROW || !is_complete(recovery)) return false;
    help(advice, "there are no lambdas: `xs where .ok` filters, `[f(x) for x in xs]` maps");
    return true;
}

static bool tag_apart(const struct recovery *recovery, struct advice *advice) {
    uint32_t id = recovery->token.id;
    if ((id != TOK_STRING && id != TOK_STRING_HEAD) || recovery->previous.id != TOK_ID) return false;
    if (lexer_text_tag(text_of_token(recovery, recovery->previous)) != TAG_NONE)
        help(advice, "a tag stands directly before its quote: sql\"…\"");
    else if (token_end(recovery->previous) == recovery->token.offset)
        help(advice, "the tags of texts are sql, sh, json and re");
    else
        return false;
    return true;
}

static bool apostrophe(const struct recovery *recovery, struct advice *advice) {
    if (recovery->previous.id != TOK_STRING || !is_word(recovery->token)) return false;
    if (token_end(recovery->previous) != recovery->token.offset) return false;
    if (recovery->parse->bytes[recovery->previous.offset] == '\'')
        help(advice, "the text ended at the second `'`: write it with \"…\"");
    else
        help(advice, "the text ended at the second `\"`: write `\\\"` inside a text, or '…' around it");
    return true;
}

static bool wrong_place(const struct recovery *recovery, struct advice *advice) {
    struct token token = recovery->token;
    const char *word = token_table[token.id].spelling;
    bool at_item = wants(recovery, TOK_RECIPE) && wants(recovery, TOK_MATRIX);
    if (at_item && token_has(token.id, STATEMENT)) {
        buffer_printf(&advice->help[0], "`%s` stands in a block: `run { … }`", word);
        return true;
    }
    if (at_item && token_has(token.id, CLAIM)) {
        buffer_printf(&advice->help[0], "`%s` stands in an assertion: `assert \"title\": %s …`", word, word);
        return true;
    }
    bool in_block = recovery->fresh && wants(recovery, TOK_MARK);
    if (in_block && token.id == TOK_ASSERT && !recovery_is_item(recovery, token)) {
        help(advice, "an `assert` stands beside `run`, not in it; in a block, `expect` looks at once");
        return true;
    }
    if (in_block && token_has(token.id, CLAIM)) {
        buffer_printf(&advice->help[0], "`%s` stands in an assertion: `assert \"title\": %s …`", word, word);
        return true;
    }
    return false;
}

static bool (*const checks[])(const struct recovery *recovery, struct advice *advice) = {
    assign_for_colon,
    assign_without_let,
    assign_for_equal,
    assign_for_in,
    equal_for_assign,
    chained_comparison,
    unit_apart,
    wrong_place,
    apostrophe,
    foreign_word,
    misspelt_word,
    foreign_start,
    misspelt_start,
    missing_title,
    text_with_value,
    word_as_name,
    capital_name,
    small_label,
    path_expected,
    hyphen_in_name,
    missing_colon,
    missing_value,
    missing_brace,
    question_mark,
    arrow,
    tag_apart,
    operator_at_line_start,
    missing_comma,
};

void advice_find(const struct recovery *recovery, struct advice *advice) {
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i](recovery, advice)) return;
}

void advice_done(struct advice *advice) {
    buffer_done(&advice->message);
    for (size_t i = 0; i < 2; i++) buffer_done(&advice->help[i]);
}
