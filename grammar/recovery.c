/* The careful pass. Before each token it asks the parser, so that at an error the stack is still as the text made it
 * and the expected set is exact. Then: report once a line, repair if the mistake is a known one, else put an ERROR in
 * place of the innermost declaration, statement, claim or field and skip to where the next one starts. */
#include "grammar/recovery.h"

#include "base/memory.h"
#include "grammar/advice.h"
#include "grammar/expected.h"

#include <string.h>

enum { STACK_LIMIT = 8000, MOST_ATTEMPTS = 4 };
static const uint32_t nowhere = UINT32_MAX;

/* ---- where things stand ---- */

static uint32_t line_start(const struct recovery *recovery, uint32_t offset) {
    while (offset > 0 && recovery->parse->bytes[offset - 1] != '\n') offset--;
    return offset;
}

static uint32_t line_end(const struct recovery *recovery, uint32_t offset) {
    const char *limit = (const char *)recovery->lexer->limit, *at = recovery->parse->bytes + offset;
    const char *end = memchr(at, '\n', (size_t)(limit - at));
    return (uint32_t)((end ? end + 1 : limit) - recovery->parse->bytes);
}

uint32_t recovery_column(const struct recovery *recovery, uint32_t offset) {
    return offset - line_start(recovery, offset);
}

static uint32_t indentation(const struct recovery *recovery, uint32_t offset) {
    uint32_t start = line_start(recovery, offset), at = start;
    while (recovery->parse->bytes[at] == ' ' || recovery->parse->bytes[at] == '\t') at++;
    return at - start;
}

/* No line start is looked for here: a line may be as long as the file. */
static bool is_at_margin(const struct recovery *recovery, uint32_t offset) {
    return offset == 0 || recovery->parse->bytes[offset - 1] == '\n';
}

bool recovery_starts_line(const struct recovery *recovery, struct token token) {
    uint32_t offset = token.offset;
    while (offset > 0 && strchr(" \t", recovery->parse->bytes[offset - 1]) && recovery->parse->bytes[offset - 1])
        offset--;
    return is_at_margin(recovery, offset);
}

/* A name, a text, a path or a brace: what follows a word that begins a statement, and no name that is a value. */
static bool is_followed_by_operand(const struct recovery *recovery, struct token token) {
    const char *at = recovery->parse->bytes + token_end(token);
    if (*at != ' ' && *at != '\t') return false;
    while (*at == ' ' || *at == '\t') at++;
    return (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
           (*at && strchr("_\"'{", *at)) || (*at == '.' && (at[1] == '/' || at[1] == '.'));
}

bool recovery_is_item(const struct recovery *recovery, struct token token) {
    if (!token_has(token.id, ITEM) || !is_at_margin(recovery, token.offset)) return false;
    return !token_has(token.id, SOFT) || is_followed_by_operand(recovery, token);
}

bool recovery_is_start(const struct recovery *recovery, struct token token) {
    if (!token_has(token.id, ITEM | STATEMENT | CLAIM) || !recovery_starts_line(recovery, token)) return false;
    /* A comprehension may go on with `for` or `if` on the next line. */
    if (token.id == TOK_FOR || token.id == TOK_IF) return false;
    return !token_has(token.id, SOFT) || is_followed_by_operand(recovery, token);
}

const struct bracket *recovery_bracket(const struct recovery *recovery) {
    uint32_t count = recovery->lexer->brackets_before;
    return count ? &recovery->lexer->brackets[count - 1] : NULL;
}

/* The token at hand closes a bracket and leaves others open inside: where the first of them stands. */
static uint32_t first_forgotten(const struct recovery *recovery) {
    const struct lexer *lexer = recovery->lexer;
    if (lexer->brackets_before <= lexer->bracket_count + 1) return nowhere;
    return lexer->brackets[lexer->bracket_count + 1].offset;
}

/* ---- feeding ---- */

/* A brace whose `}` starts a line at another indentation than the line of the brace: its own `}` may be missing. */
static void look_at_brace(struct recovery *recovery, struct token close) {
    const struct bracket *open = recovery_bracket(recovery);
    if (recovery->suspect != nowhere || !open || !recovery_starts_line(recovery, close)) return;
    if (indentation(recovery, open->offset) != indentation(recovery, close.offset)) recovery->suspect = open->offset;
}

static void feed(struct recovery *recovery, struct token token) {
    uint32_t before = engine_depth(recovery->engine);
    if (token.id == TOK_RIGHT_BRACE && token.length) look_at_brace(recovery, token);
    engine_feed(recovery->engine, token);
    if (recovery->parse->too_deep) return;
    uint32_t after = engine_depth(recovery->engine);
    /* What a reduction leaves starts where its first part did; what came on top starts here. */
    for (uint32_t depth = before + 1; depth <= after; depth++) recovery->starts[depth] = token.offset;
    if (after <= before) recovery->starts[after] = token.offset;
    if (recovery->fresh) {
        recovery->first = token;
        recovery->first_depth = before;
        recovery->taken = 0;
    }
    recovery->taken++;
    recovery->previous = token;
    recovery->fresh = token.id == TOK_NL || token.id == TOK_LEFT_BRACE;
    if (token_has(token.id, ITEM)) recovery->astray = false;
}

/* A token that is not in the text, behind the last one that is. */
static void feed_made(struct recovery *recovery, uint32_t id) {
    feed(recovery, token_of(recovery->parse->end, 0, id));
}

/* ---- skipping ---- */

static void cut_to_error(struct recovery *recovery) {
    uint32_t depth = engine_depth(recovery->engine), forgotten = first_forgotten(recovery);
    while (depth > 0 && (recovery->starts[depth] >= forgotten || !engine_shifts(recovery->engine, depth, TOK_ERROR)))
        depth--;
    engine_cut(recovery->engine, depth); /* the bottom takes an ERROR too */
}

/* Puts an ERROR where the innermost construct that may be one began; complete ones before it are kept. Gives its
 * start. */
static uint32_t feed_error(struct recovery *recovery) {
    engine_settle(recovery->engine);
    bool complete = engine_accepts(recovery->engine, TOK_NL) && !engine_accepts(recovery->engine, TOK_ERROR);
    if (complete && first_forgotten(recovery) == nowhere) feed_made(recovery, TOK_NL);
    uint32_t depth = engine_depth(recovery->engine);
    cut_to_error(recovery);
    uint32_t kept = engine_depth(recovery->engine);
    uint32_t start = kept < depth ? recovery->starts[kept + 1] : recovery->token.offset;
    if (start > recovery->parse->end) recovery->parse->end = start;
    uint32_t end = recovery->parse->end;
    feed(recovery, token_of(start, 0, TOK_ERROR));
    recovery->parse->end = end;
    recovery->fresh = false;
    recovery->taken = 2; /* what the statement began with is gone */
    return start;
}

/* Ends every open block, so that the file may end or a declaration may begin. */
static void close_all(struct recovery *recovery) {
    for (uint32_t attempts = 0; !engine_accepts(recovery->engine, 0) && attempts < 2 * BRACKET_LIMIT; attempts++) {
        if (!engine_accepts(recovery->engine, TOK_RIGHT_BRACE)) feed_error(recovery);
        if (engine_accepts(recovery->engine, TOK_RIGHT_BRACE)) feed_made(recovery, TOK_RIGHT_BRACE);
    }
    lexer_forget_brackets(recovery->lexer, 0);
}

static void end_statement(struct recovery *recovery) {
    if (engine_accepts(recovery->engine, TOK_NL)) feed_made(recovery, TOK_NL);
}

/* Whether the token at hand is where the parse goes on, `outer` brackets being open around the ERROR. */
static bool is_resumption(struct recovery *recovery, uint32_t outer) {
    const struct lexer *lexer = recovery->lexer;
    struct token token = recovery->token;
    if (token.id == 0) return true;
    if (lexer->bracket_count < lexer->brackets_before) return lexer->bracket_count < outer;
    if (outer > 0 && lexer->brackets_before <= outer && token.id == TOK_NL) return true;
    if (lexer->brackets_before > outer) return false;
    bool takes_block = token_has(recovery->first.id, STATEMENT) && recovery->first.id != TOK_LET;
    if (token.id == TOK_LEFT_BRACE) return takes_block && engine_accepts(recovery->engine, TOK_LEFT_BRACE);
    return outer > 0 && token.id == TOK_COMMA && engine_accepts(recovery->engine, TOK_COMMA);
}

/* Skips from the token at hand to where the parse can go on. */
static void skip(struct recovery *recovery) {
    struct token first = recovery->first;
    uint32_t start = feed_error(recovery), outer = 0;
    recovery->first = first;
    while (outer < recovery->lexer->brackets_before && recovery->lexer->brackets[outer].offset < start) outer++;
    for (bool moved = start < recovery->token.offset; !is_resumption(recovery, outer); moved = true) {
        struct token token = recovery->token;
        if (moved && recovery_is_item(recovery, token)) {
            close_all(recovery);
            end_statement(recovery);
            return;
        }
        bool at_outer = outer > 0 || (token_has(token.id, ITEM) && recovery->lexer->brackets_before == 0);
        if (moved && at_outer && recovery_is_start(recovery, token)) {
            lexer_forget_brackets(recovery->lexer, outer);
            end_statement(recovery);
            return;
        }
        recovery->parse->end = token_end(token);
        recovery->token = lexer_next(recovery->lexer);
    }
}

/* ---- reporting ---- */

static bool is_quiet(const struct recovery *recovery, uint32_t offset) {
    if (recovery->astray || recovery->token.id == TOK_BAD_LITERAL) return true;
    return offset < recovery->parse->quiet_end || offset < recovery->parse->doubtful_end;
}

static const char *closer_of(char kind) {
    return kind == '(' ? ")" : kind == '[' ? "]" : "}";
}

static bool closes_nothing(const struct recovery *recovery) {
    uint32_t id = recovery->token.id;
    bool closes = id == TOK_RIGHT_BRACE || id == TOK_RIGHT_PAREN || id == TOK_RIGHT_BRACKET;
    return closes && recovery->lexer->bracket_count == recovery->lexer->brackets_before;
}

/* The token at hand is a `]` for a `)`, or the other way: what it should be. 0 if it is not. */
static uint32_t mismatched_closer(const struct recovery *recovery) {
    const struct bracket *bracket = recovery_bracket(recovery);
    uint32_t id = recovery->token.id, closer = bracket && bracket->kind == '(' ? TOK_RIGHT_PAREN : TOK_RIGHT_BRACKET;
    if (!bracket || (bracket->kind != '(' && bracket->kind != '[')) return 0;
    if ((id != TOK_RIGHT_PAREN && id != TOK_RIGHT_BRACKET) || !closes_nothing(recovery)) return 0;
    return engine_accepts(recovery->engine, closer) ? closer : 0;
}

/* The innermost bracket was forgotten: the file ends, or something comes that cannot stand inside it. */
static bool is_unclosed(const struct recovery *recovery) {
    const struct bracket *bracket = recovery_bracket(recovery);
    if (!bracket || bracket->kind == '$') return false;
    struct token token = recovery->token;
    if (token.id == 0 || recovery_is_item(recovery, token) || mismatched_closer(recovery)) return true;
    if (bracket->kind != '{' && recovery_is_start(recovery, token)) return true;
    return first_forgotten(recovery) != nowhere;
}

/* A brace behind one of these holds data, not statements. */
static bool is_block(const struct recovery *recovery, const struct bracket *bracket) {
    uint32_t before = bracket->offset;
    while (before > 0 && strchr(" \t\n\r", recovery->parse->bytes[before - 1])) before--;
    return bracket->kind == '{' && before > 0 && !strchr("=(,:[", recovery->parse->bytes[before - 1]);
}

static void note_opening(const struct recovery *recovery, struct diagnostic *report) {
    const struct bracket *bracket = recovery_bracket(recovery);
    uint32_t offset = bracket->offset;
    bool suspicious = bracket->kind == '{' && recovery->suspect != nowhere;
    if (suspicious) offset = recovery->suspect;
    const char *words = suspicious || is_block(recovery, bracket) ? "block opened here" : "opened here";
    diagnostic_note(report, span_of(recovery->parse, offset, offset + 1), "%s", words);
    if (suspicious)
        diagnostic_help(report, "the next `}` stands at another indentation: it may belong to an outer block");
}

/* Where the token at hand is shown: an end of file or line right behind the text before it. */
static struct span span_of_token(const struct recovery *recovery) {
    struct token token = recovery->token;
    bool is_end = token.id == 0 || (token.id == TOK_NL && recovery->parse->bytes[token.offset] == '\n');
    if (is_end) return span_of(recovery->parse, recovery->parse->end, recovery->parse->end);
    return span_of(recovery->parse, token.offset, token_end(token));
}

void recovery_describe(const struct recovery *recovery, struct buffer *out) {
    const struct bracket *bracket = recovery_bracket(recovery);
    bool may_close = recovery->previous.id == TOK_NL && bracket && bracket->kind == '{';
    buffer_append_string(out, "expected ");
    expected_describe(recovery->engine, may_close, out);
    buffer_append_string(out, ", found ");
    expected_found(recovery->parse, recovery->token, out);
}

static void report(struct recovery *recovery, struct advice *advice) {
    struct parse *parse = recovery->parse;
    bool unclosed = is_unclosed(recovery);
    struct buffer *message = &advice->message;
    enum diagnostic_code code = advice->code;
    if (message->length == 0) {
        if (unclosed) {
            code = DIAG_E101;
            buffer_printf(message, "`%s` is missing: ", closer_of(recovery_bracket(recovery)->kind));
        }
        recovery_describe(recovery, message);
    }
    struct diagnostic *diagnostic =
        parse_report(parse, code, advice->span.start, advice->span.start + advice->span.length, "%s", message->bytes);
    if (!diagnostic) return;
    if (unclosed) note_opening(recovery, diagnostic);
    for (size_t i = 0; i < 2; i++)
        if (advice->help[i].length) diagnostic_help(diagnostic, "%s", advice->help[i].bytes);
}

/* ---- one error ---- */

/* Makes what was probably meant. False if the parser does not take that either. */
static bool repair(struct recovery *recovery, const struct advice *advice) {
    if (advice->restart) {
        if (!engine_shifts(recovery->engine, recovery->first_depth, advice->replace)) return false;
        struct token first = recovery->first;
        first.id = advice->replace;
        engine_cut(recovery->engine, recovery->first_depth);
        recovery->fresh = true;
        feed(recovery, first);
        return true;
    }
    if (advice->insert) {
        if (!engine_accepts(recovery->engine, advice->insert)) return false;
        if (advice->insert == TOK_LEFT_BRACE) lexer_open_brace(recovery->lexer, recovery->parse->end);
        feed_made(recovery, advice->insert);
        if (advice->insert == TOK_LEFT_BRACE) recovery->token = lexer_next(recovery->lexer); /* the newline behind it */
    }
    if (mismatched_closer(recovery)) lexer_forget_brackets(recovery->lexer, recovery->lexer->brackets_before - 1);
    if (advice->replace) recovery->token.id = advice->replace;
    return advice->insert || advice->replace;
}

/* The first error of a line: says it, and tries to mend it. True if the token at hand may be tried again, or is done
 * with. */
static bool complain(struct recovery *recovery, bool *done) {
    struct advice advice = { .code = DIAG_E100, .span = span_of_token(recovery) };
    struct token token = recovery->token;
    bool statement = token_has(token.id, STATEMENT | ITEM) && engine_accepts(recovery->engine, TOK_NL);
    if (mismatched_closer(recovery)) {
        advice.replace = mismatched_closer(recovery);
    } else if (closes_nothing(recovery)) {
        advice.code = DIAG_E102;
        buffer_printf(&advice.message, "this `%.*s` closes nothing", TEXT_ARGS(token_text(recovery->parse, token)));
        advice.skip = true;
        recovery->astray = token.id == TOK_RIGHT_BRACE;
    } else {
        advice_find(recovery, &advice);
    }
    report(recovery, &advice);
    recovery->parse->quiet_end =
        line_end(recovery, advice.span.start > token.offset ? advice.span.start : token.offset);
    bool mended = advice.skip || repair(recovery, &advice);
    *done = advice.skip;
    advice_done(&advice);
    if (mended || !statement || is_unclosed(recovery)) return mended;
    feed_made(recovery, TOK_NL); /* two statements on a line */
    return true;
}

/* The parser does not take the token at hand. Afterwards there is a new one, or the parser is where it takes this
 * one. */
static void handle_error(struct recovery *recovery, uint32_t attempts) {
    struct token token = recovery->token;
    bool done = false;
    if (attempts == 0 && !is_quiet(recovery, span_of_token(recovery).start) && complain(recovery, &done)) {
        if (done) recovery->token = lexer_next(recovery->lexer);
        return;
    }
    recovery->parse->failed = true;
    if (recovery->parse->too_deep) return;
    if (token.id == 0 || recovery_is_item(recovery, token)) {
        close_all(recovery);
        if (token.id != 0) end_statement(recovery);
        return;
    }
    if (closes_nothing(recovery)) {
        recovery->token = lexer_next(recovery->lexer);
        return;
    }
    skip(recovery);
}

/* The parser takes the token at hand. A declaration at the left margin is never a name, though its word may be one:
 * what stands before it was not finished. */
static bool fits(const struct recovery *recovery) {
    uint32_t id = recovery->token.id;
    if (token_has(id, SOFT) && recovery_is_item(recovery, recovery->token)) return engine_wants(recovery->engine, id);
    return engine_accepts(recovery->engine, id);
}

void recovery_read(struct parse *parse, struct lexer *lexer) {
    struct recovery *recovery = memory_allocate(sizeof *recovery);
    *recovery = (struct recovery){
        .parse = parse, .lexer = lexer, .engine = engine_new(parse), .fresh = true, .suspect = nowhere
    };
    recovery->starts = memory_allocate((STACK_LIMIT + 1) * sizeof *recovery->starts);
    recovery->token = lexer_next(recovery->lexer);
    uint32_t attempts = 0, at = nowhere;
    while (!parse->too_deep) {
        struct token token = recovery->token;
        if (fits(recovery)) {
            feed(recovery, token);
            if (token.id == 0) break;
            recovery->token = lexer_next(recovery->lexer);
            continue;
        }
        attempts = token.offset == at ? attempts + 1 : 0;
        at = token.offset;
        if (attempts > MOST_ATTEMPTS && token.id == 0) break;
        if (attempts > MOST_ATTEMPTS)
            recovery->token = lexer_next(recovery->lexer);
        else
            handle_error(recovery, attempts);
    }
    parse->failed = true;
    engine_free(recovery->engine);
    memory_release(recovery->starts);
    memory_release(recovery);
}
