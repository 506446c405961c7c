/* Performance figures of cells, kept in a Markdown file that people read, and compared with what a later run measured. They are ratios
 * for people, never a verdict: time depends on the machine. docs/running.md describes the file. */
#ifndef AOT_REPORT_BASELINE_H
#define AOT_REPORT_BASELINE_H
#include "base/arena.h"
#include "base/buffer.h"
#include "base/vector.h"

/* A load in a phase. */
struct baseline_row {
    struct text load, phase; /* phase "run": the recipe has none */
    uint64_t passes;         /* that began in the phase */
    int64_t p50, p99, most;  /* ns: latency, from the intended start */
    int64_t gap;             /* ns: the longest time in which none ended */
};
struct baseline_cell {
    struct text name;                      /* "T4 [behind=nothing]" */
    struct text made;                      /* "2026-11-27T20:55:24.002Z" */
    struct text machine, versions, inputs; /* under which conditions; each may be empty */
    struct text source;                    /* the section as it stands in the file; empty: measured now */
    struct VECTOR(struct baseline_row) rows;
};
struct baseline {
    struct arena *arena;  /* all texts */
    struct text preamble; /* what stands before the first section */
    struct VECTOR(struct baseline_cell) cells;
};
void baseline_begin(struct baseline *baseline);
void baseline_done(struct baseline *baseline);
/* False, with a reason ("line 12: …"), if this is no such file. */
bool baseline_read(struct baseline *baseline, struct text file, struct buffer *reason);
/* Adds the cell of a record, if its run came to its end and had a load. False with a reason: the record cannot be read. */
bool baseline_measure(struct baseline *baseline, const char *record, struct text machine, struct buffer *reason);
const struct baseline_cell *baseline_find(const struct baseline *baseline, struct text name); /* NULL: not there */
/* Cells of `now` replace those of the same name, others stay as they are. `now` must live as long. */
void baseline_update(struct baseline *kept, const struct baseline *now);
void baseline_write(const struct baseline *baseline, struct buffer *out);
/* Lines for people: what became slower, under which other conditions, what has no baseline yet. */
void baseline_compare(const struct baseline *kept, const struct baseline *now, struct buffer *out);
#endif
