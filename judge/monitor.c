/* The monitors: each is one forward pass over the members of its window, with a constant amount of state, and where a pass or
 * an absence needs evidence one more for the gaps. Nothing is allocated and nothing here knows a value. */
#include "judge/monitor.h"

enum truth truth_under(bool never, uint8_t truth) {
    if (!never) return (enum truth)truth;
    return truth == TRUTH_TRUE ? TRUTH_FALSE : truth == TRUTH_FALSE ? TRUTH_TRUE : (enum truth)truth;
}

static struct finding finding_of(enum state state, const struct trace *trace, struct walk walk, size_t element) {
    return (struct finding){ .state = state,
                             .trace = trace,
                             .window = walk.window,
                             .membership = walk.membership,
                             .element = element,
                             .moment = walk.window.from,
                             .trigger = NO_ELEMENT };
}

static struct finding inconclusive(enum reason reason, const struct trace *trace, struct walk walk, size_t element) {
    struct finding finding = finding_of(STATE_INCONCLUSIVE, trace, walk, element);
    finding.reason = reason;
    return finding;
}

/* True if what is missing says something: a gap, or nothing there at all, does not. */
static bool lacks_evidence(const struct trace *trace, struct walk walk, bool is_empty, struct finding *finding) {
    bool is_blind = is_empty && !trace->observer;
    if (trace->observer && !trace_watched(trace, walk.window)) is_blind = true;
    struct idle gap;
    if (is_blind) {
        *finding = inconclusive(REASON_NO_SAMPLES, trace, walk, NO_ELEMENT);
    } else if (trace_has_gap(trace, walk.window, &gap)) {
        *finding = inconclusive(REASON_GAP, trace, walk, NO_ELEMENT);
        finding->gap = gap;
    } else {
        return false;
    }
    return true;
}

/* What a pass over a window found, up to the first element that decides. */
struct look {
    bool is_empty;  /* no member at all */
    size_t unknown; /* the first with no data, or NO_ELEMENT */
    size_t found;   /* the first of the kind looked for, or NO_ELEMENT */
};

/* Looks for the first member that is not true (violation), or the first that is. An error is not true either way. */
static struct look look_for(const struct walk *walk, bool never, bool violation) {
    struct look look = { true, NO_ELEMENT, NO_ELEMENT };
    for (size_t i = walk_first(walk); i < walk->stop; i = walk_next(walk, i)) {
        enum truth truth = truth_under(never, walk->trace->truth[i]);
        look.is_empty = false;
        if (truth == TRUTH_NO_DATA) {
            if (look.unknown == NO_ELEMENT) look.unknown = i;
        } else if ((truth == TRUTH_TRUE) != violation) {
            look.found = i;
            break;
        }
    }
    return look;
}

static enum membership membership_of(const struct trace *trace, struct scope scope) {
    return trace->events ? scope.membership : INSIDE;
}

/* ---- always, never ---- */

struct finding monitor_always(const struct trace *trace, bool never, struct scope scope, int64_t length) {
    bool bounded = length != TIME_END;
    int64_t end = bounded ? time_add(scope.from, length) : scope.to;
    struct stretch window = { scope.from, end < scope.to ? end : scope.to };
    struct walk walk = walk_over(trace, window, membership_of(trace, scope));
    struct look look = look_for(&walk, never, true);
    if (look.found != NO_ELEMENT) return finding_of(STATE_FAIL, trace, walk, look.found);
    /* An event that is still in flight may yet violate, so only samples can be done early. */
    bool done = scope.closed || (bounded && scope.to >= end && !trace->events);
    if (!done) return finding_of(STATE_HOLDING, trace, walk, NO_ELEMENT);
    if (scope.to < end) return inconclusive(REASON_SHORT, trace, walk, NO_ELEMENT);
    struct finding finding;
    if (look.unknown != NO_ELEMENT) return inconclusive(REASON_NO_DATA, trace, walk, look.unknown);
    if (lacks_evidence(trace, walk, look.is_empty, &finding)) return finding;
    finding = inconclusive(REASON_GAP, trace, walk, NO_ELEMENT);
    if (trace_hangs_at_end(trace, window, &finding.gap) || trace_hangs_at_start(trace, window, &finding.gap))
        return finding;
    return finding_of(STATE_PASS, trace, walk, NO_ELEMENT);
}

/* ---- eventually ---- */

/* Was it true before the scope and at its first element? No data may have been. */
enum already { ALREADY_NOT, ALREADY_PERHAPS, ALREADY_TRUE };
static enum already already_true(const struct trace *trace, const struct walk *walk) {
    size_t behind = trace_ended_after(trace, walk->window.from), first = walk_first(walk);
    if (behind == trace->first || first >= walk->stop) return ALREADY_NOT;
    uint8_t before = trace->truth[behind - 1], now = trace->truth[first];
    if (before == TRUTH_TRUE && now == TRUTH_TRUE) return ALREADY_TRUE;
    bool may = (before == TRUTH_TRUE || before == TRUTH_NO_DATA) && (now == TRUTH_TRUE || now == TRUTH_NO_DATA);
    return may ? ALREADY_PERHAPS : ALREADY_NOT;
}

static struct finding came_true(const struct trace *trace, struct walk walk, size_t witness, bool already) {
    /* A line of a log is a moment, not a state that goes on: an earlier one says nothing about it. */
    if (already && !(trace->events && trace->observer)) {
        enum already before = already_true(trace, &walk);
        if (before == ALREADY_TRUE) return inconclusive(REASON_ALREADY_TRUE, trace, walk, witness);
        if (before == ALREADY_PERHAPS) return inconclusive(REASON_NO_DATA, trace, walk, walk_first(&walk));
    }
    walk.window.to = trace->end[witness]; /* what comes behind it was not needed */
    return finding_of(STATE_PASS, trace, walk, witness);
}

/* Nothing came true up to `deadline`. */
static struct finding never_came(const struct trace *trace, struct walk walk, struct look look, struct scope scope,
                                 int64_t deadline) {
    if (scope.to < deadline)
        return scope.closed ? inconclusive(REASON_SHORT, trace, walk, NO_ELEMENT)
                            : finding_of(STATE_PENDING, trace, walk, NO_ELEMENT);
    struct finding finding;
    if (look.unknown != NO_ELEMENT) return inconclusive(REASON_NO_DATA, trace, walk, look.unknown);
    if (lacks_evidence(trace, walk, look.is_empty, &finding)) return finding;
    finding = finding_of(STATE_FAIL, trace, walk, NO_ELEMENT);
    finding.by_absence = true;
    return finding;
}

/* Without a bound the deadline is the scope's end, which an open scope has not reached. */
static int64_t deadline_of(struct scope scope, int64_t within) {
    if (within != TIME_END) return time_add(scope.from, within);
    return scope.closed ? scope.to : TIME_END;
}

struct finding monitor_eventually(const struct trace *trace, struct scope scope, int64_t within, bool already) {
    int64_t deadline = deadline_of(scope, within);
    struct stretch window = { scope.from, deadline < scope.to ? deadline : scope.to };
    /* An answer begun before the scope proves nothing good, be it a sample or an event. */
    struct walk walk = walk_over(trace, window, INSIDE);
    struct look look = look_for(&walk, false, false);
    if (look.found != NO_ELEMENT) return came_true(trace, walk, look.found, already);
    return never_came(trace, walk, look, scope, deadline);
}

/* ---- settles ---- */

/* How the elements of a scope settle, with what is unknown read as true or as not true. */
struct settling {
    struct walk walk;
    bool optimist;       /* no data is read as true */
    size_t run_first;    /* of the true run at hand: its first element, or NO_ELEMENT */
    size_t clear_first;  /* its first element since the latest gap in it */
    size_t clear_count;  /* elements since then */
    bool run_has_gap;    /* there is a gap in it */
    bool held;           /* some stretch without a gap, begun in time, lasted long enough */
    bool broke_with_gap; /* a run begun in time had a gap in it or behind it: it may have lasted longer */
    size_t last;         /* the last element, or NO_ELEMENT */
    size_t broken;       /* the latest element that is not true, or NO_ELEMENT */
    size_t unknown;      /* the first with no data, or NO_ELEMENT */
};

/* Between the completions of two elements; the shortcut keeps a pass over millions linear. */
static bool is_gap(const struct trace *trace, size_t earlier, size_t later) {
    int64_t from = trace->end[earlier], to = trace->end[later];
    struct idle gap;
    return to > time_add(from, trace->gap_limit) && trace_has_gap(trace, (struct stretch){ from, to }, &gap);
}

static void settle_true(struct settling *settling, size_t index, int64_t deadline, int64_t hold) {
    const struct trace *trace = settling->walk.trace;
    if (settling->run_first == NO_ELEMENT) {
        settling->run_first = settling->clear_first = index;
        settling->clear_count = 0;
        settling->run_has_gap = false;
    } else if (is_gap(trace, settling->last, index)) {
        settling->clear_first = index;
        settling->clear_count = 0;
        settling->run_has_gap = true;
    }
    settling->clear_count++;
    int64_t since = trace->end[settling->clear_first];
    if (hold != TIME_END && since <= deadline && trace->end[index] >= time_add(since, hold)) settling->held = true;
}

static void settle_broken(struct settling *settling, size_t index, int64_t deadline) {
    const struct trace *trace = settling->walk.trace;
    if (settling->run_first != NO_ELEMENT && trace->end[settling->run_first] <= deadline &&
        (settling->run_has_gap || is_gap(trace, settling->last, index)))
        settling->broke_with_gap = true;
    settling->run_first = NO_ELEMENT;
    settling->broken = index;
}

static void settle_all(struct settling *settling, int64_t deadline, int64_t hold) {
    const struct walk *walk = &settling->walk;
    for (size_t i = walk_first(walk); i < walk->stop && !settling->held; i = walk_next(walk, i)) {
        uint8_t truth = walk->trace->truth[i];
        if (truth == TRUTH_NO_DATA && settling->unknown == NO_ELEMENT) settling->unknown = i;
        if (truth == TRUTH_TRUE || (settling->optimist && truth == TRUTH_NO_DATA))
            settle_true(settling, i, deadline, hold);
        else
            settle_broken(settling, i, deadline);
        settling->last = i;
    }
}

/* A true run, begun in time, reaches the end of the scope. */
static struct finding still_settled(const struct settling *settling, struct scope scope, int64_t deadline) {
    const struct trace *trace = settling->walk.trace;
    struct finding gap = inconclusive(REASON_GAP, trace, settling->walk, settling->clear_first);
    if (!scope.closed) return finding_of(STATE_PENDING, trace, settling->walk, settling->run_first);
    struct stretch rest = { trace->end[settling->last], scope.to };
    if (trace_has_gap(trace, rest, &gap.gap) || trace_hangs_at_end(trace, rest, &gap.gap)) return gap;
    if (trace->end[settling->clear_first] > deadline) {
        trace_has_gap(trace, (struct stretch){ trace->end[settling->run_first], scope.to }, &gap.gap);
        return gap;
    }
    if (settling->clear_count < 3) return inconclusive(REASON_SHORT, trace, settling->walk, settling->clear_first);
    return finding_of(STATE_PASS, trace, settling->walk, settling->clear_first);
}

/* Nothing in the scope settled in time, or what did was broken. */
static struct finding not_settled(const struct settling *settling, struct scope scope, int64_t deadline) {
    const struct trace *trace = settling->walk.trace;
    struct walk walk = settling->walk;
    if (scope.to < deadline) {
        if (scope.closed) return inconclusive(REASON_SHORT, trace, walk, NO_ELEMENT);
        return finding_of(STATE_PENDING, trace, walk, NO_ELEMENT);
    }
    walk = walk_over(trace, (struct stretch){ scope.from, deadline }, INSIDE);
    struct finding finding;
    if (lacks_evidence(trace, walk, walk_first(&walk) >= walk.stop, &finding)) return finding;
    finding = finding_of(STATE_FAIL, trace, settling->walk, settling->broken);
    finding.by_absence = true;
    return finding;
}

static struct finding settled(const struct settling *settling, struct scope scope, int64_t deadline, int64_t hold) {
    const struct trace *trace = settling->walk.trace;
    if (settling->held) return finding_of(STATE_PASS, trace, settling->walk, settling->clear_first);
    bool alive = settling->run_first != NO_ELEMENT && trace->end[settling->run_first] <= deadline;
    if (alive && hold == TIME_END) return still_settled(settling, scope, deadline);
    if (alive && !scope.closed) return finding_of(STATE_PENDING, trace, settling->walk, settling->run_first);
    if (alive) return inconclusive(REASON_SHORT, trace, settling->walk, settling->run_first);
    if (settling->broke_with_gap && hold != TIME_END) {
        struct finding gap = inconclusive(REASON_GAP, trace, settling->walk, settling->broken);
        trace_has_gap(trace, (struct stretch){ scope.from, trace->end[settling->broken] }, &gap.gap);
        return gap;
    }
    return not_settled(settling, scope, deadline);
}

static struct finding settle(const struct trace *trace, struct scope scope, int64_t within, int64_t hold, bool optimist,
                             size_t *unknown) {
    struct stretch window = { scope.from, scope.to };
    struct settling settling = { .walk = walk_over(trace, window, INSIDE),
                                 .optimist = optimist,
                                 .run_first = NO_ELEMENT,
                                 .clear_first = NO_ELEMENT,
                                 .last = NO_ELEMENT,
                                 .broken = NO_ELEMENT,
                                 .unknown = NO_ELEMENT };
    int64_t deadline = deadline_of(scope, within);
    settle_all(&settling, deadline, hold);
    *unknown = settling.unknown;
    return settled(&settling, scope, deadline, hold);
}

struct finding monitor_settles(const struct trace *trace, struct scope scope, int64_t within, int64_t hold) {
    size_t unknown;
    struct finding worst = settle(trace, scope, within, hold, false, &unknown);
    if (unknown == NO_ELEMENT) return worst;
    struct finding best = settle(trace, scope, within, hold, true, &unknown);
    if (best.state == worst.state) return worst;
    if (!scope.closed)
        return finding_of(STATE_PENDING, trace,
                          worst.trace ? walk_over(trace, worst.window, INSIDE) : (struct walk){ 0 }, NO_ELEMENT);
    return inconclusive(REASON_NO_DATA, trace, walk_over(trace, worst.window, INSIDE), unknown);
}

/* ---- until ---- */

/* `comes` came at an element of it: was the other true before? */
static struct finding until_came(const struct trace *holds, struct walk walk, struct look before, struct walk whole,
                                 int64_t came) {
    struct finding finding;
    if (before.unknown != NO_ELEMENT) return inconclusive(REASON_NO_DATA, holds, walk, before.unknown);
    if (!holds->events) whole.window.to = came; /* a gap after it came does not matter */
    bool is_empty = holds->events && walk_first(&whole) >= whole.stop;
    if (lacks_evidence(holds, whole, is_empty, &finding)) return finding;
    walk.window.to = came;
    return finding_of(STATE_PASS, holds, walk, NO_ELEMENT);
}

struct finding monitor_until(const struct trace *holds, const struct trace *comes, struct scope scope, int64_t within) {
    int64_t deadline = deadline_of(scope, within);
    struct stretch window = { scope.from, deadline < scope.to ? deadline : scope.to };
    struct walk coming = walk_over(comes, window, INSIDE);
    struct look hit = look_for(&coming, false, false);
    int64_t came = hit.found == NO_ELEMENT ? TIME_END : comes->end[hit.found];
    /* What is completed before it came, or by the end of the window when it never did. */
    struct walk whole = walk_over(holds, window, membership_of(holds, scope)), holding = whole;
    size_t stop = trace_ended_at(holds, came), last = trace_ended_after(holds, window.to);
    if (stop > last) stop = last;
    if (holding.stop > stop) holding.stop = stop > holding.begin ? stop : holding.begin;
    struct look before = look_for(&holding, false, true);
    if (before.found != NO_ELEMENT) {
        /* If what has no data did come, it came first. */
        bool perhaps = hit.unknown != NO_ELEMENT && comes->end[hit.unknown] <= holds->end[before.found];
        if (!perhaps) return finding_of(STATE_FAIL, holds, holding, before.found);
        if (!scope.closed && scope.to < deadline) return finding_of(STATE_PENDING, comes, coming, NO_ELEMENT);
        return inconclusive(REASON_NO_DATA, comes, coming, hit.unknown);
    }
    if (hit.found != NO_ELEMENT) return until_came(holds, holding, before, whole, came);
    return never_came(comes, coming, hit, scope, deadline);
}

/* ---- at a moment ---- */

struct finding monitor_at(const struct trace *trace, int64_t moment) {
    struct walk walk = walk_over(trace, (struct stretch){ moment, moment }, INSIDE);
    size_t behind = trace_ended_after(trace, moment);
    if (behind == trace->first) return inconclusive(REASON_NO_SAMPLES, trace, walk, NO_ELEMENT);
    size_t latest = behind - 1;
    uint8_t truth = trace->truth[latest];
    struct idle gap;
    if (truth == TRUTH_NO_DATA) return inconclusive(REASON_NO_DATA, trace, walk, latest);
    if (trace_has_gap(trace, (struct stretch){ trace->end[latest], moment }, &gap)) {
        struct finding finding = inconclusive(REASON_GAP, trace, walk, latest);
        finding.gap = gap;
        return finding;
    }
    return finding_of(truth == TRUTH_TRUE ? STATE_PASS : STATE_FAIL, trace, walk, latest);
}
