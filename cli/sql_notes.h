/* What `aot sql` found in one file, with lines and columns, and the forms in which it is written. */
#ifndef AOT_CLI_SQL_NOTES_H
#define AOT_CLI_SQL_NOTES_H
#include "base/json.h"
#include "base/source.h"
#include "base/vector.h"
#include "report/style.h"
#include "stdlib/sql/review.h"

struct sql_note {
    const struct sql_rule *rule; /* what */
    enum sql_level level;        /* how bad, in this place */
    struct place place;          /* of what is meant; its text is the source's */
    size_t marked;               /* bytes of the line from there on that are meant */
    struct text statement;       /* it stands in; the source's */
    char *table;                 /* whom it is about, or NULL; owned */
    char *detail;                /* more than the rule's message, or NULL; owned */
    char *rewrite;               /* SQL, or NULL; owned */
    bool doubtful;               /* only if the rule's fact is true */
    int held_since;              /* the line of the earlier lock, or 0 */
};
/* All files of one call. */
struct sql_notes {
    struct source *source;               /* the present file */
    enum sql_runner runner;              /* how it was read */
    struct VECTOR(struct sql_note) list; /* of the present file */
    struct place last;                   /* where counting of lines and columns has come to, */
    size_t last_offset;                  /* and that place's offset */
    struct VECTOR(const char *) allowed; /* slugs of rules that are not to be told */
    size_t files, statements, errors, warnings, unjudged;
};
const char *sql_runner_word(enum sql_runner runner);
/* Reviews the file; its notes stand in the list until the next one. */
void sql_notes_read(struct sql_notes *notes, const struct sql_reviewer *reviewer, struct source *source,
                    enum sql_runner runner, bool rewrites);
void sql_notes_done(struct sql_notes *notes);
/* The rule's message and, if there is one, the detail. */
void sql_note_message(const struct sql_note *note, struct buffer *out);

/* ---- sql_forms.c ---- */
struct sql_form {
    const char *name;                                                       /* of --format */
    void (*begin)(const struct sql_reviewer *reviewer, struct buffer *out); /* NULL: nothing */
    void (*file)(const struct sql_notes *notes, const struct report_style *style, struct buffer *out);
    void (*end)(const struct sql_notes *notes, bool complete, struct buffer *out); /* NULL: nothing */
};
extern const struct sql_form sql_forms[]; /* a NULL name ends the list */
void sql_text_file(const struct sql_notes *notes, const struct report_style *style,
                   struct buffer *out); /* sql_text.c */
void sql_text_end(const struct sql_notes *notes, bool complete, struct buffer *out);
void sql_sarif_begin(const struct sql_reviewer *reviewer, struct buffer *out); /* sql_sarif.c */
void sql_sarif_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out);
void sql_sarif_end(const struct sql_notes *notes, bool complete, struct buffer *out);
#endif
