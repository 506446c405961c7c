/* Findings about texts, in the forms that other programs read. */
#ifndef AOT_REPORT_FINDING_H
#define AOT_REPORT_FINDING_H
#include "base/arena.h"
#include "base/buffer.h"
#include "base/vector.h"

struct finding_rule {
    const char *id, *name; /* "W412", "unread-load" */
    struct text summary;   /* one line */
    struct text help;      /* Markdown */
    bool is_error;
};
struct finding {
    struct text path;
    uint32_t line, column, end_line, end_column; /* from 1, in code points; the end is behind the last one */
    uint32_t byte_column, end_byte_column;       /* the columns in bytes */
    uint64_t line_hash;                          /* of the line's text, for the fingerprint */
    const char *rule, *name;                     /* of its rule */
    bool is_error;
    struct text message; /* one line */
    struct text details; /* notes and help, a line each; may be empty */
};
struct findings {
    const char *tool;                   /* "aot check" */
    struct arena *arena;                /* of the texts */
    struct VECTOR(struct finding) list; /* in order of files and places */
    const struct finding_rule *rules;   /* all that there are */
    size_t rule_count;
    struct text path_prefix; /* from the root of the checkout to the working folder */
    bool is_whole;           /* everything could be read */
};
struct finding_form {
    const char *name;
    void (*write)(const struct findings *findings, struct buffer *out);
};
extern const struct finding_form finding_forms[]; /* a NULL name ends the list */
/* For each finding 64 bits that stay when lines above it come and go: of rule, path, the line's text, and which of the like it is.
 * Owned by the caller. */
uint64_t *finding_fingerprints(const struct findings *findings);

void findings_sarif(const struct findings *findings, struct buffer *out); /* SARIF 2.1.0 (OASIS) */
void findings_github(const struct findings *findings,
                     struct buffer *out); /* workflow commands: ten errors and ten warnings, worst first */
void findings_gitlab(const struct findings *findings, struct buffer *out);     /* GitLab's code quality report */
void findings_checkstyle(const struct findings *findings, struct buffer *out); /* checkstyle's XML */
void findings_rdjson(const struct findings *findings, struct buffer *out);     /* reviewdog's diagnostic format */

/* ---- SARIF piece by piece, for who writes as it goes ---- */
void sarif_begin(const char *tool, const struct finding_rule *rules, size_t count, struct buffer *out);
/* `fingerprint` NULL: without one. */
void sarif_result(const struct finding *finding, struct text prefix, const uint64_t *fingerprint, bool is_first,
                  struct buffer *out);
void sarif_end(bool is_whole, struct buffer *out);
#endif
