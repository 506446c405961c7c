/* Streams while they are recorded, and series: what was recorded, with its times, as a value.
 * Operators on a series give a new series over the same times; nothing is ever changed in place. */
#ifndef AOT_VM_SERIES_H
#define AOT_VM_SERIES_H
#include "vm/value.h"

enum series_kind {
    SERIES_EVENTS, /* exact moments or lives, no gaps: a load's requests, a process' lines */
    SERIES_SAMPLES /* probes of something that goes on between them: a watch; gaps count */
};

/* Where a series comes from and how far it is evidence. Kept by every operator; combined series take the weaker. */
struct timing;
struct provenance {
    bool observer;      /* evidence by having been alive over [alive_from, alive_to] */
    bool sampler;       /* a load or a watch: no element is no evidence */
    int64_t alive_from; /* when recording began */
    int64_t alive_to;   /* when it ended; INT64_MAX while it goes on */
    int64_t every;      /* SAMPLES: the slowest interval; 0 for events */
    double rate;        /* of an open-model load, per second; else 0 */
    bool starved;       /* the load reached under 95% of its rate */
    /* Times within in which an observer had nothing to watch, each from start to end; NULL: none. A series keeps it. */
    struct timing *unwatched;
    struct text name; /* "queries", "db.waits"; the series keeps it alive */
};

/* The times of the elements, shared by all series made from one stream. All in ns of the run's clock. */
struct timing {
    uint32_t references;
    size_t count;
    int64_t *start;    /* events: sent; samples: the probe's start; windows: the window's start */
    int64_t *end;      /* when it was complete */
    int64_t *intended; /* loads: when it should have started; NULL otherwise */
};

struct series {
    struct object head;
    enum series_kind kind;
    struct timing *timing; /* sorted by end, then start */
    struct value *values;  /* timing->count of them */
    struct provenance provenance;
    struct key *name; /* what provenance.name points into; set by series_make */
};
struct series *series_of(struct value value); /* a SERIES value's own */
/* Takes over `values` and a reference to `timing`. */
struct value series_make(struct heap *heap, enum series_kind kind, struct timing *timing, struct value *values,
                         struct provenance provenance);
struct timing *timing_new(size_t count, bool with_intended);
void timing_release(struct timing *timing);

/* ---- streams ---- */
struct stream;   /* counted; VALUE_STREAM */
struct recorder; /* what writes samples down (record/), or NULL */
struct value stream_new(struct heap *heap, struct recorder *recorder, struct text name, enum series_kind kind,
                        struct provenance provenance);
struct stream *stream_of(struct value value);
/* Adds one element; retains `value`; equal to the last one, the last is shared. `intended` is INT64_MIN when there
 * is none. */
void stream_add(struct stream *stream, int64_t start, int64_t end, int64_t intended, struct value value);
void stream_close(struct stream *stream, int64_t at); /* nothing comes after; idempotent */
/* What an observer watches is gone for now: its evidence ends at `at`, and goes on when the stream is resumed. */
void stream_pause(struct stream *stream, int64_t at);
void stream_resume(struct stream *stream, int64_t at);
void stream_set_starved(struct stream *stream);
uint32_t stream_id(const struct stream *stream); /* in the record */
size_t stream_count(const struct stream *stream);
struct value stream_series(struct value stream); /* everything so far; a copy unless the stream is closed */
/* STREAM becomes its series, anything else is retained as it is. */
struct value value_as_series(struct value value);

/* ---- operators (results owned) ---- */
/* A field of each element; intended sent start end at late latency request come from the times (a load's) when the
 * element has none. `latency` of a load with a rate always counts from the intended start; `request` is what it took
 * from being sent; `at` is the start. */
struct value series_field(struct heap *heap, struct value series, struct text key);
enum lifted {
    LIFT_ADD,
    LIFT_SUBTRACT,
    LIFT_MULTIPLY,
    LIFT_DIVIDE,
    LIFT_MODULO,
    LIFT_EQUAL,
    LIFT_NOT_EQUAL,
    LIFT_LESS,
    LIFT_LESS_EQUAL,
    LIFT_GREATER,
    LIFT_GREATER_EQUAL,
    LIFT_MATCH,
    LIFT_NOT_MATCH,
    LIFT_IN,
    LIFT_NOT_IN,
    LIFT_AND,
    LIFT_OR
};
/* Either side may be a plain value. Two sample series meet at the union of their samples, each holding its last
 * value (no data before its first); events and samples meet at the events, with the latest completed sample; two
 * different streams: an error value. */
struct value series_lift(struct heap *heap, enum lifted operation, struct value a, struct value b);
struct value series_map(struct heap *heap, struct value series,
                        struct value (*each)(struct heap *, struct value element, void *data), void *data);
/* Keeps the elements for which the mask is true; where it is an error or no data, that stands in the element's
 * place: an aggregate over it must come to it too. */
struct value series_filter(struct heap *heap, struct value series, struct value mask);
struct value series_during(struct heap *heap, struct value series,
                           struct value interval); /* events: life touches it; samples: both ends inside */
struct value series_between(struct heap *heap, struct value series, int64_t from, int64_t to);
struct value series_before(struct heap *heap, struct value series, int64_t instant); /* ended by it */
struct value series_window(struct heap *heap, struct value series, int64_t length);  /* a WINDOW value */
struct window {
    struct value series;
    int64_t length;
};
struct window window_of(struct value value); /* borrowed */
#endif
