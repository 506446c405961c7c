/* What a monitor reads: the truth of a condition at each recorded element, with its times. Plain arrays, borrowed; no values,
 * no machine, so that the definitions of docs/language.md 5 can be tested by themselves. Times are nanoseconds. */
#ifndef AOT_JUDGE_TRACE_H
#define AOT_JUDGE_TRACE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_ERROR, TRUTH_NO_DATA };

#define TIME_END INT64_MAX /* no bound */

/* A time in which nobody looked. */
struct idle {
    int64_t from, to;
};

struct trace {
    const int64_t *start; /* of each element's life */
    const int64_t *end;   /* ascending: elements are in the order of their completion, then of their start */
    const uint8_t *truth; /* enum truth */
    size_t count;         /* elements; trace_prepare takes off samples of a pair of which one has long ended */
    size_t first;         /* samples: elements before it had no data yet, so they are none; filled by trace_prepare */
    int64_t longest;      /* the longest life; filled by trace_prepare */
    bool events;          /* moments without gaps; else samples of something that goes on between them */
    bool observer;        /* evidence by having been alive, not by having elements */
    bool starved;         /* a load that did not reach its rate */
    int64_t gap_limit;    /* samples: 3 x every; 0: no such rule (windows, events) */
    /* Times over the gap limit in which aot itself was frozen, ascending: no probe counts as in flight then. */
    const struct idle *frozen;
    size_t frozen_count;
    int64_t alive_from; /* when recording began */
    int64_t alive_to;   /* when it ended; for samples of several signals: when the first of them did */
    /* Observers: times in between in which there was nothing to watch, ascending. */
    const int64_t *unwatched_from, *unwatched_to;
    size_t unwatched_count;
};
void trace_prepare(struct trace *trace);

/* Which elements belong to a window [from, to]. */
enum membership {
    INSIDE,   /* begun and completed in it: samples; what satisfies `eventually` */
    TOUCHING, /* its life touches it: events under `during`, `from`, or no scope */
    ENDED,    /* completed in it: events under `before` */
    BEGUN     /* begun in it: events under a formula that counts from a moment */
};
struct stretch {
    int64_t from, to;
};

/* Walks over the members of a window in the order of their completion:
 * for (size_t i = walk_first(&walk); i < walk.stop; i = walk_next(&walk, i)) */
struct walk {
    const struct trace *trace;
    struct stretch window;
    enum membership membership;
    size_t begin, stop; /* candidates; filled by walk_over */
};
struct walk walk_over(const struct trace *trace, struct stretch window, enum membership membership);
size_t walk_first(const struct walk *walk);
size_t walk_next(const struct walk *walk, size_t index);

/* The first index at or behind `first` whose end is >= `time` (or > `time`). */
size_t trace_ended_at(const struct trace *trace, int64_t time);
size_t trace_ended_after(const struct trace *trace, int64_t time);

/* Whether an observer watched at any time of the window. */
bool trace_watched(const struct trace *trace, struct stretch window);

/* The longest time in [from, to] in which no probe was in flight. Empty when it is covered all over. */
struct idle trace_longest_idle(const struct trace *trace, struct stretch window);
/* True if the evidence has a hole there: samples with an interval, and an idle time over three of it. */
bool trace_has_gap(const struct trace *trace, struct stretch window, struct idle *gap);

/* A probe in flight is no gap, but an answer that came only behind the window says nothing of what was in it: true if one
 * that was begun in it hung for over the gap limit when it ended, or one from before it for as long when it began. What
 * passes must not rest on such a time. */
bool trace_hangs_at_end(const struct trace *trace, struct stretch window, struct idle *gap);
bool trace_hangs_at_start(const struct trace *trace, struct stretch window, struct idle *gap);

/* a + b without overflow: stays at the ends of int64. */
int64_t time_add(int64_t a, int64_t b);
#endif
