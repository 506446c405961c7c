/* Diagnostics become findings: places looked up, texts copied, so that the sources need not be kept. */
#include "cli/check_findings.h"

#include "base/memory.h"
#include "cli/report_output.h"

#include <stdlib.h>
#include <string.h>

static const struct finding_rule *rules(void) {
    static struct finding_rule table[DIAG_COUNT];
    for (int code = 0; code < DIAG_COUNT && !table[code].id; code++) {
        const struct diagnostic_info *info = diagnostic_info((enum diagnostic_code)code);
        table[code] = (struct finding_rule){ info->code, info->slug, text_of(info->title), text_of(info->explanation),
                                             info->severity == SEVERITY_ERROR };
    }
    return table;
}

void check_findings_begin(struct check_findings *findings) {
    *findings = (struct check_findings){
        .all = { .tool = "aot check", .arena = arena_new(), .rules = rules(), .rule_count = DIAG_COUNT }
    };
    report_output_prefix(&findings->prefix);
}

static void append_note(struct buffer *out, struct source_set *sources, const struct diagnostic_note *note) {
    if (out->length) buffer_append_byte(out, '\n');
    buffer_append_string(out, note->is_help ? "help: " : "note: ");
    struct source *source = note->has_span ? source_set_get(sources, note->span.source) : NULL;
    if (source) buffer_printf(out, "%s:%u: ", source->path, source_place(source, note->span.start).line);
    buffer_append_string(out, note->message);
}

/* A long line is told apart by its beginning. */
static uint64_t hash_of_line(struct text line) {
    return text_hash(text_trim(text_slice(line, 0, 4096)));
}

/* From 1, in bytes. */
static uint32_t byte_column(const struct source *source, struct place place, uint32_t offset) {
    return offset - (uint32_t)(place.line_text.bytes - source->content.bytes) + 1;
}

static void add(struct findings *findings, const struct diagnostic *diagnostic, struct source_set *sources) {
    const struct diagnostic_info *info = diagnostic_info(diagnostic->code);
    struct source *source = source_set_get(sources, diagnostic->span.source);
    if (!source) return; /* about the command line */
    struct place start = source_place(source, diagnostic->span.start);
    struct place end = source_place(source, diagnostic->span.start + diagnostic->span.length);
    struct text path = text_of(source->path);
    if (text_starts(path, TEXT("./"))) path = text_slice(path, 2, SIZE_MAX); /* as what is used is called */
    struct buffer details = { 0 };
    for (size_t i = 0; i < diagnostic->note_count; i++) append_note(&details, sources, &diagnostic->notes[i]);
    VECTOR_PUSH(&findings->list, (struct finding){ .path = arena_copy(findings->arena, path),
                                                   .line = start.line,
                                                   .column = start.column,
                                                   .end_line = end.line,
                                                   .end_column = end.column,
                                                   .byte_column = byte_column(source, start, diagnostic->span.start),
                                                   .end_byte_column = byte_column(
                                                       source, end, diagnostic->span.start + diagnostic->span.length),
                                                   .line_hash = hash_of_line(start.line_text),
                                                   .rule = info->code,
                                                   .name = info->slug,
                                                   .is_error = info->severity == SEVERITY_ERROR,
                                                   .message = arena_copy(findings->arena, text_of(diagnostic->message)),
                                                   .details = arena_copy(findings->arena, buffer_text(&details)) });
    buffer_done(&details);
}

void check_findings_add(struct check_findings *findings, const struct compiled *compiled) {
    for (size_t i = 0; i < diagnostics_size(compiled->diagnostics); i++)
        add(&findings->all, diagnostics_at(compiled->diagnostics, i), compiled->sources);
}

/* ---- once each ---- */

static int by_place(const struct finding *a, const struct finding *b) {
    int order = text_compare(a->path, b->path);
    if (order) return order;
    if (a->line != b->line) return a->line < b->line ? -1 : 1;
    if (a->column != b->column) return a->column < b->column ? -1 : 1;
    order = strcmp(a->rule, b->rule);
    return order ? order : text_compare(a->message, b->message);
}

static int compare(const void *left, const void *right) {
    return by_place(left, right);
}

static void keep_one_of_each(struct findings *findings) {
    if (!findings->list.count) return;
    struct finding *items = findings->list.items;
    qsort(items, findings->list.count, sizeof *items, compare);
    size_t kept = 1;
    for (size_t i = 1; i < findings->list.count; i++)
        if (by_place(&items[kept - 1], &items[i]) != 0) items[kept++] = items[i];
    findings->list.count = kept;
}

void check_findings_write(struct check_findings *findings, const struct finding_form *form, bool is_whole,
                          struct buffer *out) {
    keep_one_of_each(&findings->all);
    findings->all.path_prefix = buffer_text(&findings->prefix);
    findings->all.is_whole = is_whole;
    form->write(&findings->all, out);
}

void check_findings_done(struct check_findings *findings) {
    VECTOR_DONE(&findings->all.list);
    arena_free(findings->all.arena);
    buffer_done(&findings->prefix);
}
