/* The record of one cell: a SQLite file (run.aotrec) of what happened and what was judged. Written by a thread of its own in batches;
 * every text that enters passes the mask. Values are the machine's JSON encoding (vm/value.h value_encode). Schema: docs/record.md. */
#ifndef AOT_RECORD_RECORD_H
#define AOT_RECORD_RECORD_H
#include "base/arena.h"
#include "base/mask.h"
#include "base/buffer.h"
#include <stdint.h>

struct record;
/* What is the same for each record that is created, made before cells are forked. */
void record_warm(void);
struct record *record_create(const char *path, const struct mask *mask, char **error); /* an older file is replaced */
struct record *record_open(const char *path,
                           char **error); /* to read; says when it is truncated, of another version, not a record */
/* Writes what is left and closes; false with a reason if something could not be written (disk full): the run is an error then.
 * `error` may be NULL where nothing was written. */
/* `error` may be NULL. */
bool record_close(struct record *record, char **error);
/* Waits until all that was added so far is in the file; false if `limit` ns were not enough. Reading does this by itself. */
bool record_flush(struct record *record, int64_t limit);
/* False: the run that wrote it was killed, or still goes on. What is there can be read. */
bool record_is_complete(struct record *record);
/* The latest time that anything in it speaks of: how far a run came that was killed. False: nothing was recorded. */
bool record_last_time(struct record *record, int64_t *time);

/* ---- writing (any thread's own record only; never blocks on the disk) ---- */
void record_meta(struct record *record, const char *key,
                 struct text value); /* recipe, cell, seed, version, started, machine, end, message … */
void record_source(struct record *record, const char *path, struct text content,
                   const char *role); /* "recipe", "library", "input" */
void record_binding(struct record *record, struct text name, int64_t at, struct text value_json);
void record_phase(struct record *record, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                  struct text outer);
void record_mark(struct record *record, struct text name, int64_t at);
/* A stream's row; returns its id (from 1). `kind` "events" or "samples". */
uint32_t record_stream(struct record *record, struct text name, const char *kind, bool observer, bool sampler,
                       int64_t every, double rate, int64_t alive_from);
void record_sample(struct record *record, uint32_t stream, int64_t start, int64_t end, int64_t intended,
                   struct text value_json);
/* As before, same value: saves the encoding. */
void record_sample_again(struct record *record, uint32_t stream, int64_t start, int64_t end, int64_t intended);
void record_stream_end(struct record *record, uint32_t stream, int64_t alive_to, bool starved);
void record_effect(struct record *record, const char *kind, struct text subject, int64_t start, int64_t end,
                   struct text outcome);
void record_stall(struct record *record, int64_t at, int64_t length);
void record_note(struct record *record, int64_t at, struct text text);
/* Operand values and poll samples of a claim, so that it can be judged again: key is the assertion's title, canonical claim text, occurrence. */
void record_claim(struct record *record, struct text assertion, struct text claim, uint32_t occurrence,
                  struct text values_json);

struct verdict_row {
    struct text assertion; /* title */
    struct text rules;     /* "R3.1, R3.2" */
    struct text claim;     /* canonical text */
    uint32_t occurrence;   /* in a `for` */
    bool is_assume;
    struct text outcome;     /* pass fail inconclusive error */
    struct text reason;      /* "no samples", … ; empty for pass and fail */
    struct text explanation; /* the lines that a person reads, with evidence; \n between */
    struct text evidence;    /* JSON: counts, first and worst violation with times and operands, gap, stalls */
    struct text file;
    uint32_t line, column;
};
void record_verdict(struct record *record, const struct verdict_row *verdict);
void record_outcome(struct record *record, struct text outcome, struct text message); /* of the cell */

/* Facts (rows of meta) about a run whose own process was killed, into the record that it left; false with a reason. */
struct record_fact {
    const char *key;
    struct text value;
};
bool record_amend(const char *path, const struct record_fact *facts, size_t count, char **error);

/* ---- reading: calls `each` in order; texts are borrowed during the call; return false from it to stop. A record that is being
 * written can be read too. False: something could not be read (record_reading_error says what). ---- */
const char *record_reading_error(const struct record *record); /* NULL: everything could be read so far */
bool record_read_meta(struct record *record, const char *key, struct buffer *value);       /* false: absent */
struct text record_meta_text(struct record *record, const char *key, struct arena *arena); /* copied; empty: absent */
bool record_each_source(struct record *record,
                        bool (*each)(void *data, struct text path, struct text content, struct text role), void *data);
bool record_each_binding(struct record *record,
                         bool (*each)(void *data, struct text name, int64_t at, struct text value_json), void *data);
bool record_each_phase(struct record *record,
                       bool (*each)(void *data, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                                    struct text outer),
                       void *data);
bool record_each_mark(struct record *record, bool (*each)(void *data, struct text name, int64_t at), void *data);
struct stream_row {
    uint32_t id;
    struct text name;
    struct text kind;
    bool observer, sampler, starved;
    int64_t every, alive_from, alive_to;
    double rate;
};
bool record_each_stream(struct record *record, bool (*each)(void *data, const struct stream_row *stream), void *data);
bool record_each_sample(struct record *record, uint32_t stream,
                        bool (*each)(void *data, int64_t start, int64_t end, int64_t intended, struct text value_json),
                        void *data);
bool record_each_effect(struct record *record,
                        bool (*each)(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                                     struct text outcome),
                        void *data);
/* Those whose life touches [from, to], by their start. */
bool record_each_effect_between(struct record *record, int64_t from, int64_t to,
                                bool (*each)(void *data, struct text kind, struct text subject, int64_t start,
                                             int64_t end, struct text outcome),
                                void *data);
/* Those of one kind, in the order in which they were written. */
bool record_each_effect_of(struct record *record, const char *kind,
                           bool (*each)(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                                        struct text outcome),
                           void *data);
bool record_each_meta(struct record *record, bool (*each)(void *data, struct text key, struct text value), void *data);
bool record_each_note(struct record *record, bool (*each)(void *data, int64_t at, struct text text), void *data);
bool record_each_stall(struct record *record, bool (*each)(void *data, int64_t at, int64_t length), void *data);
bool record_each_claim(struct record *record,
                       bool (*each)(void *data, struct text assertion, struct text claim, uint32_t occurrence,
                                    struct text values_json),
                       void *data);
bool record_each_verdict(struct record *record, bool (*each)(void *data, const struct verdict_row *verdict),
                         void *data);
bool record_read_outcome(struct record *record, struct buffer *outcome, struct buffer *message);
#endif
