/* A cell as the machine-readable reports see it: read from its record into memory, verdicts gathered by assertion. */
#ifndef AOT_REPORT_REPORT_CELL_H
#define AOT_REPORT_REPORT_CELL_H
#include "base/arena.h"
#include "base/vector.h"
#include "record/record.h"

/* From worst to best, as far as there is an order. */
enum report_outcome { REPORT_FAIL, REPORT_ERROR, REPORT_INCONCLUSIVE, REPORT_NOT_RUN, REPORT_SKIPPED, REPORT_PASS };
const char *report_outcome_name(enum report_outcome outcome); /* "not run" */
enum report_outcome report_outcome_of(struct text name);      /* what is no outcome is an error */

struct report_axis {
    struct text name, value; /* "app", "N-1" */
};
/* What is known of a cell without its record. */
struct report_entry {
    const char *record;       /* the record's path; NULL: it has none, because it was not run */
    struct text recipe, path; /* "T4", "recipes.d/t4.aot" */
    struct text cell;         /* "app=N"; empty without a matrix */
    struct text why;          /* why it has no record: "the time of --timeout was over" */
    struct text narrowed;     /* as in a record */
    const struct report_axis *axes;
    size_t axis_count;
    bool skipped; /* its recipe cannot run here */
    bool lost;    /* it was run, and its record is there no more: an error */
};

/* What one assertion came to in the cell: of all its claims, in all passes of a `for`, the worst. */
struct report_assertion {
    struct text title, rules;
    bool is_assume;
    enum report_outcome outcome; /* an assumption that failed is inconclusive: it is no failure of the component */
    size_t claims, passed;       /* verdicts in all, and those that pass */
    struct VECTOR(struct verdict_row) rows; /* the worst first; CLAIMS_KEPT at most */
};
/* A service's end that nobody asked for. */
struct report_death {
    int64_t at;       /* ns since `run` began */
    struct text text; /* "service notes.2 was ended by SIGKILL after 3s; its last line: …" */
};
enum { CLAIMS_KEPT = 20, DEATHS_KEPT = 20 };

struct report_cell {
    struct arena *arena; /* all texts */
    struct text record;  /* path; empty: none */
    struct text recipe, title, path, cell, run, seed;
    struct text rules_counted; /* "R3.2": with --rule only these counted; empty: all did */
    struct text narrowed;      /* "--shard 2/3: 5 of 8 cells": what made the run less than all; empty: nothing did */
    struct text end;           /* "complete", "failed", "error", "interrupted" … */
    struct text message;       /* why it ended early */
    struct text message_place; /* "t4.aot:31:5" */
    struct text why;           /* why it has no verdicts at all */
    enum report_outcome outcome;
    int64_t started, duration; /* ns: wall clock, length; 0: not known */
    struct VECTOR(struct report_axis) axes;
    struct VECTOR(struct report_death) deaths;         /* the first DEATHS_KEPT */
    size_t death_count;                                /* all of them */
    struct VECTOR(struct report_assertion) assertions; /* in the order of the recipe */
};
/* "T4 [app=N]" */
struct text report_cell_name(const struct report_cell *cell);
/* Whether the run itself, not an assertion, has something to say: it ended early, or nothing was asserted. */
bool report_cell_has_trouble(const struct report_cell *cell);
/* "+3.000s  service notes.2 was ended by SIGKILL …" */
void report_death_print(const struct report_death *death, struct buffer *out);
/* "the run ended early: …", for such a cell. */
struct text report_cell_trouble(const struct report_cell *cell);
/* False only if the record could not be read; the cell says so then and is an error. Free it in any case. */
bool report_cell_read(struct report_cell *cell, const struct report_entry *entry);
void report_cell_done(struct report_cell *cell);
#endif
