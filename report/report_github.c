/* GitHub's workflow commands: `::error file=…,line=…,title=…::text`. GitHub shows ten errors and ten warnings a step, so what went
 * wrong in many cells is one annotation, and the worst come first. */
#include "report/annotation.h"
#include "report/report_form.h"

#include <string.h>

struct finding {
    enum report_outcome outcome;
    struct text file; /* all texts owned */
    uint32_t line, column;
    struct text title;   /* "R3.2 no query waits" */
    struct text message; /* what one cell says of it */
    struct text cell;    /* the first with it */
    size_t cells;        /* how many have it */
};
struct findings {
    struct arena *arena;
    struct VECTOR(struct finding) list;
};

/* Adds it, or counts one more cell. */
static void add(struct findings *findings, const struct finding *seen) {
    for (size_t i = 0; i < findings->list.count; i++) {
        struct finding *known = &findings->list.items[i];
        bool same = known->outcome == seen->outcome && known->line == seen->line &&
                    text_equal(known->file, seen->file) && text_equal(known->title, seen->title);
        known->cells += same;
        if (same) return;
    }
    struct finding finding = *seen;
    finding.cells = 1;
    struct text *const texts[] = { &finding.file, &finding.title, &finding.message, &finding.cell };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = arena_copy(findings->arena, *texts[i]);
    VECTOR_PUSH(&findings->list, finding);
}

static void add_assertion(struct findings *findings, const struct report_cell *cell,
                          const struct report_assertion *assertion) {
    const struct verdict_row *row = &assertion->rows.items[0];
    const char *blank = assertion->rules.length ? " " : "";
    struct finding finding = { .outcome = assertion->outcome,
                               .file = row->file,
                               .line = row->line,
                               .column = row->column,
                               .cell = report_cell_name(cell),
                               .message = row->explanation };
    if (row->reason.length)
        finding.message = arena_printf(cell->arena, "%.*s: %.*s", TEXT_ARGS(row->reason), TEXT_ARGS(row->explanation));
    finding.title =
        arena_printf(cell->arena, "%.*s%s%.*s", TEXT_ARGS(assertion->rules), blank, TEXT_ARGS(assertion->title));
    add(findings, &finding);
}

/* "t4.aot:31:5" */
static void read_place(struct text place, struct finding *finding) {
    uint32_t numbers[2] = { 0, 0 };
    for (int i = 1; i >= 0; i--) {
        size_t at = place.length;
        while (at > 0 && place.bytes[at - 1] >= '0' && place.bytes[at - 1] <= '9') at--;
        if (at == place.length || at == 0 || place.bytes[at - 1] != ':') return;
        for (size_t k = at; k < place.length; k++) numbers[i] = numbers[i] * 10 + (uint32_t)(place.bytes[k] - '0');
        place = text_slice(place, 0, at - 1);
    }
    finding->file = place;
    finding->line = numbers[0];
    finding->column = numbers[1];
}

static void add_trouble(struct findings *findings, const struct report_cell *cell) {
    struct finding finding = { .outcome = cell->outcome,
                               .file = cell->path,
                               .line = 1,
                               .cell = report_cell_name(cell),
                               .title = TEXT("the run"),
                               .message = report_cell_trouble(cell) };
    if (text_is(cell->end, "failed")) finding.outcome = REPORT_FAIL;
    read_place(cell->message_place, &finding);
    add(findings, &finding);
}

/* Up to where its details begin: "service notes.2 was ended by SIGKILL". */
static struct text first_words(struct text text) {
    size_t after = text_find(text, TEXT(" after ")), semicolon = text_find(text, TEXT(";"));
    size_t line = text_find(text, TEXT("\n"));
    text = text_slice(text, 0, after);
    if (semicolon < text.length) text = text_slice(text, 0, semicolon);
    return line < text.length ? text_slice(text, 0, line) : text;
}

/* A death is a notice: where it made a claim fail, that is an error of its own. */
static void add_deaths(struct findings *findings, const struct report_cell *cell) {
    for (size_t i = 0; i < cell->deaths.count; i++) {
        const struct report_death *death = &cell->deaths.items[i];
        struct buffer text = { 0 };
        report_death_print(death, &text);
        struct finding finding = { .outcome = REPORT_PASS,
                                   .file = cell->path,
                                   .line = 1,
                                   .title = first_words(death->text),
                                   .cell = report_cell_name(cell),
                                   .message = buffer_text(&text) };
        add(findings, &finding);
        buffer_done(&text);
    }
}

/* ---- writing ---- */
static const char *level_of(const struct finding *finding) {
    if (finding->outcome == REPORT_PASS) return "notice";
    return finding->outcome == REPORT_FAIL || finding->outcome == REPORT_ERROR ? "error" : "warning";
}

static void print(const struct report_run *run, const struct finding *finding, struct buffer *out) {
    struct buffer message = { 0 };
    buffer_append(&message, finding->cell);
    if (finding->cells > 1)
        buffer_printf(&message, " and %zu more cell%s", finding->cells - 1, finding->cells > 2 ? "s" : "");
    if (finding->outcome == REPORT_PASS)
        buffer_printf(&message, ": %.*s", TEXT_ARGS(finding->message));
    else
        buffer_printf(&message, ": %s\n%.*s", report_outcome_name(finding->outcome), TEXT_ARGS(finding->message));
    const struct annotation annotation = { level_of(finding), finding->file,  finding->line,
                                           finding->column,   finding->title, buffer_text(&message) };
    annotation_append(&annotation, run->path_prefix, out);
    buffer_done(&message);
}

static void print_all(const struct report_run *run, const struct findings *findings, const char *level,
                      struct buffer *out) {
    size_t printed = 0;
    for (int outcome = REPORT_FAIL; outcome <= REPORT_PASS; outcome++) {
        for (size_t i = 0; i < findings->list.count && printed < ANNOTATIONS_MAXIMUM; i++) {
            const struct finding *finding = &findings->list.items[i];
            if ((int)finding->outcome != outcome || strcmp(level_of(finding), level) != 0) continue;
            print(run, finding, out);
            printed++;
        }
    }
}

static void print_narrowed(const struct report_run *run, struct buffer *out) {
    if (!run->narrowed.length) return;
    buffer_append_string(out, "::notice title=not all was run::");
    annotation_escape(run->narrowed, false, out);
    buffer_append_byte(out, '\n');
}

void report_annotations(const struct report_run *run, struct buffer *out) {
    struct findings findings = { .arena = arena_new() };
    for (size_t i = 0; i < run->count; i++) {
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        for (size_t k = 0; k < cell.assertions.count; k++)
            if (cell.assertions.items[k].outcome != REPORT_PASS)
                add_assertion(&findings, &cell, &cell.assertions.items[k]);
        if (report_cell_has_trouble(&cell) && cell.outcome != REPORT_PASS) add_trouble(&findings, &cell);
        add_deaths(&findings, &cell);
        report_cell_done(&cell);
    }
    print_all(run, &findings, "error", out);
    print_all(run, &findings, "warning", out);
    print_narrowed(run, out);
    print_all(run, &findings, "notice", out);
    VECTOR_DONE(&findings.list);
    arena_free(findings.arena);
}
