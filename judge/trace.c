/* Which elements count in a window, and where nobody looked. Borrowed arrays, nothing is allocated. */
#include "judge/trace.h"

int64_t time_add(int64_t a, int64_t b) {
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t time_between(int64_t from, int64_t to) {
    int64_t length;
    if (!__builtin_sub_overflow(to, from, &length)) return length;
    return to < from ? INT64_MIN : INT64_MAX;
}

void trace_prepare(struct trace *trace) {
    trace->first = 0;
    if (!trace->events)
        while (trace->first < trace->count && trace->truth[trace->first] == TRUTH_NO_DATA) trace->first++;
    /* When one of two signals has ended, what the other goes on with says nothing about the pair for long. */
    if (!trace->events && trace->gap_limit > 0)
        while (trace->count > trace->first &&
               trace->end[trace->count - 1] > time_add(trace->alive_to, trace->gap_limit))
            trace->count--;
    trace->longest = 0;
    for (size_t i = 0; i < trace->count; i++) {
        int64_t life = time_between(trace->start[i], trace->end[i]);
        if (life > trace->longest) trace->longest = life;
    }
}

bool trace_watched(const struct trace *trace, struct stretch window) {
    if (trace->alive_from > window.to || trace->alive_to < window.from) return false;
    for (size_t i = 0; i < trace->unwatched_count; i++)
        if (trace->unwatched_from[i] <= window.from && trace->unwatched_to[i] >= window.to) return false;
    return true;
}

size_t trace_ended_at(const struct trace *trace, int64_t time) {
    size_t low = trace->first, high = trace->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->end[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t trace_ended_after(const struct trace *trace, int64_t time) {
    return time == INT64_MAX ? trace->count : trace_ended_at(trace, time + 1);
}

/* ---- members ---- */

static bool is_member(const struct walk *walk, size_t index) {
    int64_t start = walk->trace->start[index], end = walk->trace->end[index];
    const struct stretch *window = &walk->window;
    switch (walk->membership) {
    case INSIDE: return start >= window->from && end <= window->to;
    case TOUCHING: return start <= window->to && end >= window->from;
    case ENDED: return end >= window->from && end <= window->to;
    case BEGUN: return start >= window->from && start <= window->to;
    }
    return false;
}

struct walk walk_over(const struct trace *trace, struct stretch window, enum membership membership) {
    struct walk walk = { trace, window, membership, 0, 0 };
    /* Ends ascend, so what matters lies between the first end in the window and the last that can belong to it. */
    bool beyond = membership == TOUCHING || membership == BEGUN;
    walk.begin = trace_ended_at(trace, window.from);
    walk.stop = trace_ended_after(trace, beyond ? time_add(window.to, trace->longest) : window.to);
    if (window.to < window.from) walk.stop = walk.begin;
    return walk;
}

size_t walk_next(const struct walk *walk, size_t index) {
    do index++;
    while (index < walk->stop && !is_member(walk, index));
    return index;
}

size_t walk_first(const struct walk *walk) {
    if (walk->begin >= walk->stop || is_member(walk, walk->begin))
        return walk->begin < walk->stop ? walk->begin : walk->stop;
    return walk_next(walk, walk->begin);
}

/* ---- gaps ---- */

static void note_idle(struct idle *longest, int64_t from, int64_t to) {
    if (to > from && time_between(from, to) > time_between(longest->from, longest->to))
        *longest = (struct idle){ from, to };
}

/* A probe was in flight over [from, to]; `covered` is how far back all behind it is looked at. */
static void cover(struct idle *longest, int64_t *covered, int64_t from, int64_t to) {
    if (to < *covered) note_idle(longest, to, *covered);
    if (from < *covered) *covered = from;
}

/* A probe's life without the times in which aot was frozen, from its end to its start. `frozen`: how many of those begin
 * before what was looked at so far; lives come with descending ends. */
static void cover_life(const struct trace *trace, size_t index, struct idle *longest, int64_t *covered,
                       size_t *frozen) {
    int64_t from = trace->start[index], to = trace->end[index];
    while (*frozen > 0 && trace->frozen[*frozen - 1].from >= to) --*frozen;
    for (size_t i = *frozen; i-- > 0 && trace->frozen[i].to > from;) {
        if (trace->frozen[i].to < to) cover(longest, covered, trace->frozen[i].to, to);
        to = trace->frozen[i].from;
        if (to < from) return; /* begun while it was frozen */
    }
    cover(longest, covered, from, to);
}

/* From the last probe to the first: as ends ascend, nothing earlier can reach over the end of the probe at hand, so
 * what lies between it and the earliest start of those behind it is idle. */
struct idle trace_longest_idle(const struct trace *trace, struct stretch window) {
    struct idle longest = { window.from, window.from };
    int64_t covered = window.to;
    size_t from = trace_ended_at(trace, window.from);
    size_t behind = trace_ended_after(trace, time_add(window.to, trace->longest));
    size_t frozen = trace->frozen_count;
    for (size_t i = behind; i-- > from;) cover_life(trace, i, &longest, &covered, &frozen);
    note_idle(&longest, window.from, covered);
    return longest;
}

bool trace_has_gap(const struct trace *trace, struct stretch window, struct idle *gap) {
    if (trace->events || trace->gap_limit <= 0) return false;
    struct idle longest = trace_longest_idle(trace, window);
    if (time_between(longest.from, longest.to) <= trace->gap_limit) return false;
    *gap = longest;
    return true;
}

/* ---- probes that hang over an edge ---- */

bool trace_hangs_at_end(const struct trace *trace, struct stretch window, struct idle *gap) {
    if (trace->events || trace->gap_limit <= 0) return false;
    size_t behind = trace_ended_after(trace, window.to);
    size_t stop = trace_ended_after(trace, time_add(window.to, trace->longest));
    int64_t answered = window.from;
    if (behind > trace->first && trace->end[behind - 1] > answered) answered = trace->end[behind - 1];
    for (size_t i = behind; i < stop; i++) {
        int64_t since = trace->start[i] > answered ? trace->start[i] : answered;
        if (trace->start[i] >= window.to || time_between(since, window.to) <= trace->gap_limit) continue;
        *gap = (struct idle){ since, window.to };
        return true;
    }
    return false;
}

/* When the first probe that was begun in the window began; its end if there is none. */
static int64_t first_begun(const struct trace *trace, struct stretch window) {
    int64_t first = window.to;
    for (size_t i = trace_ended_at(trace, window.from);
         i < trace->count && trace->end[i] <= time_add(first, trace->longest); i++)
        if (trace->start[i] >= window.from && trace->start[i] < first) first = trace->start[i];
    return first;
}

bool trace_hangs_at_start(const struct trace *trace, struct stretch window, struct idle *gap) {
    if (trace->events || trace->gap_limit <= 0) return false;
    size_t stop = trace_ended_after(trace, time_add(window.from, trace->longest));
    for (size_t i = trace_ended_after(trace, time_add(window.from, trace->gap_limit)); i < stop; i++) {
        if (trace->start[i] >= window.from) continue;
        int64_t first = first_begun(trace, window);
        int64_t until = trace->end[i] < first ? trace->end[i] : first;
        if (time_between(window.from, until) <= trace->gap_limit) continue;
        *gap = (struct idle){ window.from, until };
        return true;
    }
    return false;
}
