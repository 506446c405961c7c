/* Findings about a source text: code, message, span, notes, help. Collected first, sorted and printed later. */
#ifndef AOT_BASE_DIAGNOSTIC_H
#define AOT_BASE_DIAGNOSTIC_H
#include "base/buffer.h"
#include "base/source.h"

/* One enumerator a row of diags.def: DIAG(E101, "slug", SEVERITY, "one line", "long text for aot explain") */
enum diagnostic_code {
#define DIAG(code, slug, severity, title, explanation) DIAG_##code,
#include "base/diags.def"
#undef DIAG
    DIAG_COUNT
};
enum diagnostic_severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic_info {
    const char *code; /* "E101" */
    const char *slug; /* "unexpected-token" */
    enum diagnostic_severity severity;
    const char *title;       /* one line, no place in it */
    const char *explanation; /* many lines, Markdown, with a bad and a good example */
};
const struct diagnostic_info *diagnostic_info(enum diagnostic_code code);
/* By code ("E101") or slug; DIAG_COUNT if unknown. */
enum diagnostic_code diagnostic_find(struct text name);

struct diagnostic_note {
    struct span span; /* shown with its own line and carets when has_span */
    bool has_span;
    bool is_help;  /* printed as "help:", else as "note:" */
    char *message; /* owned */
};
struct diagnostic {
    enum diagnostic_code code;
    struct span span;
    char *message;                 /* owned */
    struct diagnostic_note *notes; /* owned */
    size_t note_count;
};

struct diagnostics; /* the list; not thread-safe */
struct diagnostics *diagnostics_new(void);
void diagnostics_free(struct diagnostics *list);
/* The result is borrowed, valid until the next report; add notes to it at once. Equal code and span are kept once. */
struct diagnostic *diagnostics_report(struct diagnostics *list, enum diagnostic_code code, struct span span,
                                      const char *format, ...) __attribute__((format(printf, 4, 5)));
void diagnostic_note(struct diagnostic *diagnostic, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostic_help(struct diagnostic *diagnostic, const char *format, ...) __attribute__((format(printf, 2, 3)));
size_t diagnostics_count(const struct diagnostics *list, enum diagnostic_severity severity);
size_t diagnostics_size(const struct diagnostics *list);
const struct diagnostic *diagnostics_at(const struct diagnostics *list, size_t index);
/* Takes out those whose code `keeps` does not want. */
void diagnostics_keep(struct diagnostics *list, bool (*keeps)(enum diagnostic_code code, const void *data),
                      const void *data);
/* By file, then by place. */
void diagnostics_sort(struct diagnostics *list);
/* Header, file:line:column, the source line, carets, notes, help; at most `limit` (20) per file, the rest counted. */
void diagnostics_print(const struct diagnostics *list, struct source_set *sources, struct buffer *out, bool colour,
                       size_t limit);
/* One JSON object a finding, one a line. */
void diagnostics_print_json(const struct diagnostics *list, struct source_set *sources, struct buffer *out);
#endif
