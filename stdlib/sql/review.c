/* A file's findings without a database: piece by piece, so that a mistake in one statement does not hide the others, and a large
 * file needs no more memory than a small one. */
#include "stdlib/sql/review.h"
#include "stdlib/sql/lint.h"
#include "stdlib/sql/splitter.h"
#include <string.h>

enum { PIECE_BYTES = 4096 };           /* so much goes to the parser at once */
enum { STATEMENT_MAXIMUM = 16 << 20 }; /* the parser takes fifty times as much memory */

struct reviewing {
    struct sql_review *review; /* what is asked */
    struct lint lint;          /* one pass over all pieces */
    struct facts facts;        /* nothing but what the file itself says */
    bool told;                 /* something */
};

/* ---- telling ---- */
static void tell(struct reviewing *reviewing, const struct lint_finding *finding, size_t base, const char *detail) {
    const struct sql_rule *rule = lint_rule_row(finding->rule);
    struct text statement = finding->statement;
    const struct script *script = reviewing->lint.script;
    if (script && statement.bytes) { /* it stands in a copy of the piece */
        size_t offset = base + (size_t)(statement.bytes - script->content.bytes);
        statement = text_slice(reviewing->review->content, offset, statement.length);
    }
    const struct sql_finding told = { .rule = rule,
                                      .level = finding->doubtful ? SQL_WARNING : rule->level,
                                      .place = base + finding->place,
                                      .statement = statement,
                                      .table = finding->table,
                                      .detail = detail,
                                      .rewrite = finding->rewrite,
                                      .doubtful = finding->doubtful,
                                      .held_since = finding->held_since };
    reviewing->told = true;
    reviewing->review->found(reviewing->review->data, &told);
}

static void tell_trouble(struct reviewing *reviewing, enum lint_rule rule, size_t place, struct text statement,
                         const char *detail) {
    const struct lint_finding finding = { .rule = rule, .place = place, .statement = statement };
    tell(reviewing, &finding, 0, detail);
}

/* ---- pieces ---- */
static const char *without_place(const char *error) {
    static const char start[] = "cannot judge: line ";
    if (strncmp(error, start, sizeof start - 1) != 0) return error;
    const char *colon = strstr(error + sizeof start - 1, ": ");
    return colon ? colon + 2 : error;
}

/* One call of the parser. */
struct piece_reading {
    struct reviewing *reviewing; /* for whom */
    size_t base;                 /* where the piece stands in the file */
    bool alone;                  /* it is one statement: a mistake is told */
    bool good;                   /* out: the parser read it */
};

static void visit(void *data, const struct script *script) {
    struct piece_reading *reading = data;
    struct reviewing *reviewing = reading->reviewing;
    reading->good = !script->error;
    if (script->error && !reading->alone) return;
    lint_script(&reviewing->lint, script);
    reviewing->review->statements += (int64_t)script->statements.count;
    const char *detail = script->error ? without_place(script->error) : NULL;
    for (size_t i = 0; i < reviewing->lint.findings.count; i++)
        tell(reviewing, &reviewing->lint.findings.items[i], reading->base, detail);
    lint_clear(&reviewing->lint);
    reviewing->lint.script = NULL;
}

/* True unless the parser stumbled. */
static bool read_piece(struct reviewing *reviewing, struct text piece, int line, bool alone) {
    size_t base = (size_t)(piece.bytes - reviewing->review->content.bytes);
    if (piece.length > STATEMENT_MAXIMUM) {
        if (alone) tell_trouble(reviewing, LINT_CANNOT_JUDGE, base, piece, "the statement is larger than 16 MiB");
        return false;
    }
    struct piece_reading reading = { reviewing, base, alone, false };
    script_visit_piece(piece, line, visit, &reading);
    return reading.good;
}

/* Statements from `from` to `to`: together, and if that fails one after the other. */
static void read_pieces(struct reviewing *reviewing, const struct splitter *from, size_t to) {
    struct text content = reviewing->review->content;
    if (to == from->at || read_piece(reviewing, text_slice(content, from->at, to - from->at), from->line, false))
        return;
    struct splitter splitter = { text_slice(content, 0, to), from->at, from->line };
    for (;;) {
        struct piece piece = splitter_next(&splitter);
        if (piece.kind == PIECE_END) return;
        read_piece(reviewing, piece.text, piece.line, true);
    }
}

static void tell_piece(struct reviewing *reviewing, const struct piece *piece, size_t at) {
    struct buffer detail = { 0 };
    struct text text = piece->text;
    size_t place = text.bytes ? (size_t)(text.bytes - reviewing->review->content.bytes) : at;
    if (piece->deep && piece->kind != PIECE_UNFINISHED) {
        buffer_append_string(&detail, SPLITTER_TOO_DEEP);
    } else if (piece->kind == PIECE_PSQL_COMMAND) {
        size_t blank = text_find(text, TEXT(" "));
        buffer_printf(&detail, "%.*s is a command of psql, not SQL", TEXT_ARGS(text_slice(text, 0, blank)));
    } else if (statement_begins(text, "copy")) {
        buffer_append_string(&detail, "the rows of this COPY never end: there is no line \\.");
    } else {
        buffer_append_string(&detail, "a quote or comment that begins here or behind it never ends");
    }
    tell_trouble(reviewing, LINT_CANNOT_JUDGE, place, text, detail.bytes);
    buffer_done(&detail);
}

static void read_content(struct reviewing *reviewing) {
    struct text content = reviewing->review->content;
    struct splitter splitter = { content, 0, 1 }, start = splitter;
    for (;;) {
        size_t before = splitter.at;
        struct piece piece = splitter_next(&splitter);
        bool plain = piece.kind == PIECE_STATEMENT && !piece.deep;
        if (plain && splitter.at - start.at < PIECE_BYTES) continue;
        read_pieces(reviewing, &start, plain || piece.kind == PIECE_END ? splitter.at : before);
        start = splitter;
        if (piece.kind == PIECE_END) return;
        if (piece.kind == PIECE_COPY && !piece.deep) read_piece(reviewing, piece.text, piece.line, true);
        if (piece.deep || piece.kind == PIECE_PSQL_COMMAND || piece.kind == PIECE_UNFINISHED)
            tell_piece(reviewing, &piece, before);
        if (piece.kind == PIECE_UNFINISHED) return;
    }
}

/* One query of one statement is no transaction block. */
static bool is_single(struct text content) {
    struct splitter splitter = { content, 0, 1 };
    splitter_next(&splitter);
    return splitter_next(&splitter).kind == PIECE_END;
}

static void review_text(struct reviewing *reviewing) {
    struct sql_review *review = reviewing->review;
    enum sql_runner runner = review->runner;
    if (runner == SQL_SIMPLE && is_single(review->content)) runner = SQL_AUTOCOMMIT;
    lint_begin(&reviewing->lint, &reviewing->facts, runner);
    reviewing->lint.wants_warnings = true;
    reviewing->lint.wants_rewrites = review->rewrites;
    size_t invalid = text_invalid_utf8(review->content);
    const char *zero = review->content.length ? memchr(review->content.bytes, 0, review->content.length) : NULL;
    size_t zero_at = zero ? (size_t)(zero - review->content.bytes) : SIZE_MAX;
    if (zero_at < SIZE_MAX || invalid < SIZE_MAX) {
        bool is_zero = zero_at < invalid;
        tell_trouble(reviewing, LINT_CANNOT_JUDGE, is_zero ? zero_at : invalid, TEXT_NONE,
                     is_zero ? "the file has a zero byte" : "the file is not UTF-8");
    } else {
        read_content(reviewing);
        bool silent = review->statements == 0 && !reviewing->told;
        if (silent) tell_trouble(reviewing, LINT_EMPTY, 0, TEXT_NONE, NULL);
    }
    lint_done(&reviewing->lint);
    facts_done(&reviewing->facts);
}

static void review(struct sql_review *asked) {
    struct reviewing reviewing = { .review = asked };
    asked->statements = 0;
    review_text(&reviewing);
}

const struct sql_reviewer sql_reviewer = { review, lint_rule_row, LINT_COUNT };
