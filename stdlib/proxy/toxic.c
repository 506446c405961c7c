/* The classes of stages behind the names of toxics. Their names are Toxiproxy's; where its semantics would make a test lie they are
 * put right (README.md lists the differences). */
#include "stdlib/proxy/fault.h"

#include "base/clock.h"

static const struct fault *fault_of(const struct stage *stage) {
    return stage->affliction->fault;
}

/* Between -spread and +spread. */
static int64_t spread(struct stage *stage, int64_t width) {
    return width > 0 ? (int64_t)(stage_random(stage) % (uint64_t)(2 * width + 1)) - width : 0;
}

static void hold_end(struct stage *stage, int64_t due) {
    stage->has_end = true;
    stage->end_due = due;
}

/* Passes what is due, then asks for the time of the next. */
static void let_go(struct stage *stage, int64_t now) {
    while (stage->held.first && stage->held.first->due <= now) {
        struct text first = queue_first(&stage->held);
        stage_pass(stage, first, now);
        queue_drop(&stage->held, first.length);
    }
    if (stage->held.first) {
        stage_wake_at(stage, stage->held.first->due);
    } else if (stage->has_end && stage->end_due <= now) {
        stage->has_end = false;
        stage_pass_end(stage, now);
    } else if (stage->has_end) {
        stage_wake_at(stage, stage->end_due);
    }
}

/* ---- latency: everything leaves so much later, in order; the end, too ---- */

static int64_t latency_due(struct stage *stage, int64_t now) {
    int64_t due = now + fault_of(stage)->delay + spread(stage, fault_of(stage)->jitter);
    if (due < now) due = now;
    return stage->held.last && stage->held.last->due > due ? stage->held.last->due : due;
}

static void latency_take(struct stage *stage, struct text bytes, int64_t now) {
    int64_t due = latency_due(stage, now);
    if (due > now) fault_touch(stage, bytes.length); /* a latency of nothing has done nothing */
    queue_append(&stage->held, bytes, due);
    let_go(stage, now);
}

static void latency_end(struct stage *stage, int64_t now) {
    int64_t due = latency_due(stage, now);
    if (due > now) fault_touch(stage, 0);
    hold_end(stage, due);
    let_go(stage, now);
}

/* ---- bandwidth: a tenth of a second's bytes at a time, after the time that they take ---- */

static size_t bandwidth_piece(const struct stage *stage) {
    double piece = fault_of(stage)->rate / 10;
    size_t most = piece < 1 ? 1 : piece > (double)(1 << 20) ? (size_t)1 << 20 : (size_t)piece;
    return stage->held.length < most ? stage->held.length : most;
}

static void bandwidth_ask(struct stage *stage, int64_t now) {
    if (fault_of(stage)->rate <= 0 && stage->held.length) return; /* until it is changed or undone */
    int64_t begin = stage->free_at > now ? stage->free_at : now;
    if (stage->held.length) {
        stage->passed = bandwidth_piece(stage); /* more may come meanwhile: that takes its own time */
        double takes = (double)stage->passed / fault_of(stage)->rate * (double)SECOND;
        stage_wake_at(stage, begin + (takes > (double)DAY ? DAY : (int64_t)takes));
    } else if (stage->has_end) {
        stage->has_end = false;
        stage_pass_end(stage, now);
    }
}

static void bandwidth_take(struct stage *stage, struct text bytes, int64_t now) {
    fault_touch(stage, bytes.length);
    queue_append(&stage->held, bytes, 0);
    if (!stage->timer) bandwidth_ask(stage, now);
}

static void bandwidth_end(struct stage *stage, int64_t now) {
    stage->has_end = true;
    if (!stage->timer) bandwidth_ask(stage, now);
}

static void bandwidth_due(struct stage *stage, int64_t now) {
    for (size_t piece = (size_t)stage->passed; piece;) {
        struct text first = queue_first(&stage->held);
        struct text part = { first.bytes, first.length < piece ? first.length : piece };
        stage_pass(stage, part, now);
        queue_drop(&stage->held, part.length);
        piece -= part.length;
    }
    stage->free_at = now;
    bandwidth_ask(stage, now);
}

/* ---- slicer: random pieces, each by itself, with a pause between them ---- */

static void slicer_due(struct stage *stage, int64_t now) {
    const struct fault *fault = fault_of(stage);
    while (stage->held.length) {
        int64_t size = fault->bytes + spread(stage, fault->variation);
        struct text first = queue_first(&stage->held), slice = text_slice(first, 0, size < 1 ? 1 : (size_t)size);
        if (slice.length < stage->held.length) fault_touch(stage, slice.length); /* else it came as it was */
        stage_pass(stage, slice, now);
        queue_drop(&stage->held, slice.length);
        if (!fault->delay) continue;
        stage_wake_at(stage, now + fault->delay);
        return;
    }
    if (!stage->has_end) return;
    stage->has_end = false;
    stage_pass_end(stage, now);
}

static void slicer_take(struct stage *stage, struct text bytes, int64_t now) {
    queue_append(&stage->held, bytes, 0);
    if (!stage->timer) slicer_due(stage, now);
}

static void slicer_end(struct stage *stage, int64_t now) {
    stage->has_end = true;
    if (!stage->timer) slicer_due(stage, now);
}

/* ---- slow_close: the end comes later ---- */

static void slow_close_end(struct stage *stage, int64_t now) {
    if (fault_of(stage)->delay) fault_touch(stage, 0);
    hold_end(stage, now + fault_of(stage)->delay);
    let_go(stage, now);
}

/* ---- blackhole, timeout: nothing comes through, ends included ---- */

static void swallow(struct stage *stage, struct text bytes, int64_t now) {
    (void)now;
    fault_lose(stage, bytes.length);
}

static void swallow_end(struct stage *stage, int64_t now) {
    (void)now;
    fault_lose(stage, 0);
}

/* ---- reset_peer, down: the first sign of life is answered by a reset ---- */

static void reset_take(struct stage *stage, struct text bytes, int64_t now) {
    fault_lose(stage, bytes.length);
    fault_end_at(stage, now + fault_of(stage)->delay);
}

static void reset_end(struct stage *stage, int64_t now) {
    reset_take(stage, TEXT_NONE, now);
}

/* ---- limit_data: so many bytes, then the end ---- */

static void limit_end(struct stage *stage, int64_t now) {
    if (!stage->said_end) stage_pass_end(stage, now);
    stage->said_end = true;
}

static void limit_take(struct stage *stage, struct text bytes, int64_t now) {
    uint64_t limit = (uint64_t)fault_of(stage)->bytes, left = limit > stage->passed ? limit - stage->passed : 0;
    struct text part = text_slice(bytes, 0, left < bytes.length ? (size_t)left : bytes.length);
    stage->passed += part.length;
    if (part.length) stage_pass(stage, part, now);
    bool is_at_end = fault_of(stage)->ends_at_limit && stage->passed >= limit;
    if (part.length == bytes.length && !is_at_end) return;
    fault_lose(stage, bytes.length - part.length);
    limit_end(stage, now);
}

/* ---- noop: what passes is counted ---- */

static void noop_take(struct stage *stage, struct text bytes, int64_t now) {
    struct affliction *affliction = stage->affliction;
    uint64_t *most = stage == &affliction->up ? &affliction->fault->most_up : &affliction->fault->most_down;
    fault_touch(stage, bytes.length);
    stage->passed += bytes.length;
    if (stage->passed > *most) *most = stage->passed;
    stage_pass(stage, bytes, now);
}

/* ---- silent, unreachable: what the service says waits ---- */

static void hold_take(struct stage *stage, struct text bytes, int64_t now) {
    (void)now;
    fault_touch(stage, bytes.length);
    queue_append(&stage->held, bytes, 0);
}

static void hold_take_end(struct stage *stage, int64_t now) {
    (void)now;
    fault_touch(stage, 0);
    stage->has_end = true;
}

/* ---- the table ---- */

const struct stage_class *toxic_stage(enum toxic toxic) {
    static const struct stage_class latency = { latency_take, latency_end, let_go };
    static const struct stage_class bandwidth = { bandwidth_take, bandwidth_end, bandwidth_due };
    static const struct stage_class slicer = { slicer_take, slicer_end, slicer_due };
    static const struct stage_class slow_close = { stage_pass, slow_close_end, let_go };
    static const struct stage_class blackhole = { swallow, swallow_end, NULL };
    static const struct stage_class reset_peer = { reset_take, reset_end, NULL };
    static const struct stage_class hold = { hold_take, hold_take_end, NULL };
    static const struct stage_class limit_data = { limit_take, limit_end, NULL };
    static const struct stage_class noop = { noop_take, stage_pass_end, NULL };
    switch (toxic) {
    case TOXIC_LATENCY: return &latency;
    case TOXIC_BANDWIDTH: return &bandwidth;
    case TOXIC_SLICER: return &slicer;
    case TOXIC_SLOW_CLOSE: return &slow_close;
    case TOXIC_BLACKHOLE:
    case TOXIC_TIMEOUT: return &blackhole;
    case TOXIC_RESET_PEER:
    case TOXIC_DOWN: return &reset_peer;
    case TOXIC_LIMIT_DATA: return &limit_data;
    case TOXIC_SILENT:
    case TOXIC_UNREACHABLE: return &hold;
    case TOXIC_REFUSE:
    case TOXIC_NOOP: return &noop;
    case TOXIC_NO_ACCEPT:
    case TOXIC_LIMIT_TIME:
    case TOXIC_DROP_FIRST: return NULL;
    }
    return NULL;
}
