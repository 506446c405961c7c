/* The pace of a load. Open model: bodies start on a fixed schedule whatever the answers do. Closed model: each worker
 * repeats the body. A full limit makes arrivals late, never lost while it goes on; a full sink makes workers wait, too.
 * Owns the captures and the bodies. */
#include "vm/pace.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>

enum { MOST_IN_FLIGHT = 1000 };
static const int64_t look_again = 10 * MILLISECOND; /* whether a full sink has room */
static const double starved_below = 0.95;
static const int64_t late_from = 10 * MILLISECOND;

struct pace {
    struct run *run;
    struct pace_plan plan;
    struct value *captures; /* of the body; owned */
    uint16_t capture_count;
    struct pace_sink sink;
    int64_t stopped_at; /* INT64_MAX while it goes on */
    struct pace_count count;
    size_t in_flight;
    int64_t full_since;       /* when the limit was reached last; INT64_MAX while there is room */
    int64_t room_since;       /* when it was left last; INT64_MIN: never */
    struct loop_timer *timer; /* the next arrival, or `until` */
    uint64_t waiting;         /* workers that are held back, as the sink is full */
    int64_t waiting_since;    /* the first of them */
    struct loop_timer *room;  /* when the sink is looked at again for them; NULL: nobody waits */
    bool over;
};
struct pace *pace_new(struct run *run, const struct pace_plan *plan, struct value *captures, struct pace_sink sink) {
    struct pace *pace = memory_allocate(sizeof *pace);
    *pace = (struct pace){ .run = run,
                           .plan = *plan,
                           .captures = captures,
                           .capture_count = run->program->units[plan->unit].parameter_count,
                           .sink = sink,
                           .stopped_at = INT64_MAX,
                           .full_since = INT64_MAX,
                           .room_since = INT64_MIN };
    return pace;
}

void pace_free(struct pace *pace) {
    if (!pace) return;
    for (uint16_t k = 0; k < pace->capture_count; k++) value_release(pace->captures[k]);
    memory_release(pace->captures);
    memory_release(pace);
}

static int64_t intended_of(const struct pace *pace, uint64_t index) {
    double offset =
        nearbyint((double)index / pace->plan.rate * (double)SECOND); /* from the index, so that errors never add up */
    return offset < 0x1p62 ? pace->plan.start + (int64_t)offset : INT64_MAX;
}

/* ---- the end ---- */
static void be_over(struct pace *pace) {
    if (pace->over) return;
    pace->over = true;
    pace->sink.over(pace->sink.data);
}

static void nobody_waits(struct pace *pace) {
    if (!pace->room) return;
    loop_timer_stop(pace->room);
    pace->room = NULL;
    pace->waiting = 0;
    pace->count.held_for += run_now(pace->run) - pace->waiting_since;
}

void pace_stop(struct pace *pace, int64_t at) {
    if (pace->stopped_at != INT64_MAX) return;
    pace->stopped_at = at;
    if (pace->timer) loop_timer_stop(pace->timer);
    pace->timer = NULL;
    nobody_waits(pace);
    pace->count.scheduled = pace->count.sent;
    if (pace->plan.rate > 0) {
        double due = floor((double)(at - pace->plan.start) / (double)SECOND * pace->plan.rate + 1e-9);
        if (due > (double)pace->count.sent) pace->count.scheduled = (uint64_t)due;
    }
    pace->count.dropped = pace->count.scheduled - pace->count.sent;
    pace->sink.stopped(pace->sink.data);
    if (pace->in_flight == 0) be_over(pace);
}

bool pace_is_over(const struct pace *pace) {
    return pace->over;
}

int64_t pace_stopped_at(const struct pace *pace) {
    return pace->stopped_at;
}

bool pace_is_starved(const struct pace *pace) {
    return pace->plan.rate > 0 && (double)pace->count.sent < (double)pace->count.scheduled * starved_below;
}

struct pace_count pace_count(const struct pace *pace) {
    struct pace_count count = pace->count;
    count.resent = pace->run->resent;
    return count;
}

/* ---- bodies ---- */
static void start_body(struct pace *pace, int64_t intended, int64_t now);
static void next_pass(struct pace *pace, int64_t now);
static void arrivals(struct pace *pace);

static bool sink_is_full(const struct pace *pace) {
    return pace->sink.full && pace->sink.full(pace->sink.data);
}

static bool limit_is_full(const struct pace *pace) {
    return pace->in_flight >= MOST_IN_FLIGHT;
}

static int64_t sent_of(const struct fiber *body) {
    return body->sent != INT64_MIN ? body->sent : body->begun;
}

/* A pass ends when what it waited for last had happened: what the machine did with it afterwards is not the service's time. */
static void body_ended(struct fiber *body, void *data) {
    struct pace *pace = data;
    int64_t now = run_now(pace->run), sent = sent_of(body), end = body->moment != INT64_MIN ? body->moment : now;
    pace->sink.event(pace->sink.data, sent, end < sent ? sent : end, body->intended, body->result);
    fiber_free(body);
    pace->in_flight--;
    if (pace->stopped_at != INT64_MAX) {
        if (pace->in_flight == 0) be_over(pace);
    } else if (pace->plan.rate == 0) {
        next_pass(pace, now);
    } else if (pace->full_since != INT64_MAX && !limit_is_full(pace)) {
        arrivals(pace); /* those that had to wait for room */
    }
}

static void count_lateness(struct pace *pace, int64_t intended, int64_t now) {
    if (intended == INT64_MIN || now - intended <= late_from) return;
    /* It waited for room when the limit was full at some moment since it was due. */
    if (pace->room_since >= intended)
        pace->count.late_full++;
    else
        pace->count.late_busy++;
}

static void start_body(struct pace *pace, int64_t intended, int64_t now) {
    count_lateness(pace, intended, now);
    struct fiber *body = fiber_new(pace->run, pace->plan.unit, pace->captures, NULL);
    body->begun = now;
    body->is_of_load = true;
    body->intended = intended;
    body->ended = body_ended;
    body->data = pace;
    pace->count.sent++;
    if (++pace->in_flight > pace->count.most) pace->count.most = pace->in_flight;
}

/* ---- workers ---- */
static void look_for_room(void *data) {
    struct pace *pace = data;
    int64_t now = run_now(pace->run);
    pace->room = NULL;
    while (pace->waiting && !sink_is_full(pace)) {
        pace->waiting--;
        start_body(pace, INT64_MIN, now);
    }
    if (pace->waiting)
        pace->room = loop_timer_start(pace->run->loop, now + look_again, look_for_room, pace);
    else
        pace->count.held_for += now - pace->waiting_since;
}

/* Those that wait go first. */
static void next_pass(struct pace *pace, int64_t now) {
    if (!pace->waiting && !sink_is_full(pace)) {
        start_body(pace, INT64_MIN, now);
        return;
    }
    pace->count.held++;
    if (pace->waiting++) return;
    pace->waiting_since = now;
    pace->room = loop_timer_start(pace->run->loop, now + look_again, look_for_room, pace);
}

/* ---- arrivals ---- */
static void on_timer(void *data) {
    struct pace *pace = data;
    pace->timer = NULL;
    arrivals(pace);
}

/* Of the limit alone: who waited for the sink is late for want of this machine. */
static void note_room(struct pace *pace, int64_t now) {
    bool full = limit_is_full(pace);
    if (full && pace->full_since == INT64_MAX) pace->full_since = now;
    if (full || pace->full_since == INT64_MAX) return;
    pace->full_since = INT64_MAX;
    pace->room_since = now;
}

/* How many may start between two looks at the answers. After a stall hundreds are due: started at once, each would open a
 * connection of its own, which costs more than a request and makes the next ones later still. */
static size_t burst_of(const struct pace *pace) {
    enum { LEAST = 16, LOOKS = 2000 }; /* twice what comes between two looks 250 us apart */
    size_t usual = (size_t)(pace->plan.rate / LOOKS);
    return usual > LEAST ? usual : LEAST;
}

/* Starts what is due and room is for, and sets the timer for what comes next. */
static void arrivals(struct pace *pace) {
    if (pace->stopped_at != INT64_MAX) return;
    int64_t now = run_now(pace->run), next = intended_of(pace, pace->count.sent), until = pace->plan.until;
    note_room(pace, now);
    size_t most = now >= until ? MOST_IN_FLIGHT : burst_of(pace); /* what is due at the end is sent now or never */
    for (size_t left = most; left && next <= now && next < until; left--) {
        if (limit_is_full(pace) || sink_is_full(pace)) break;
        start_body(pace, next, now);
        next = intended_of(pace, pace->count.sent);
    }
    note_room(pace, now);
    bool full = limit_is_full(pace) || sink_is_full(pace);
    if (now >= until) {
        pace_stop(pace, until);
        return;
    }
    int64_t at = full || next > until ? until : next;
    if (full && !limit_is_full(pace) && now + look_again < at) at = now + look_again;
    if (pace->timer) loop_timer_stop(pace->timer);
    pace->timer = at == INT64_MAX ? NULL : loop_timer_start(pace->run->loop, at, on_timer, pace);
}

static void time_is_over(void *data) {
    struct pace *pace = data;
    pace->timer = NULL;
    pace_stop(pace, pace->plan.until);
}

void pace_begin(struct pace *pace) {
    if (pace->plan.rate > 0) {
        arrivals(pace);
        return;
    }
    for (uint64_t i = 0; i < pace->plan.workers; i++) start_body(pace, INT64_MIN, run_now(pace->run));
    if (pace->plan.until != INT64_MAX)
        pace->timer = loop_timer_start(pace->run->loop, pace->plan.until, time_is_over, pace);
}

/* ---- what never came back ---- */
/* A request that never came back is what happened, too. */
static void tell_unended(const struct pace *pace, const struct fiber *body) {
    struct buffer life = { 0 };
    int64_t now = run_now(pace->run);
    duration_print(&life, now - sent_of(body));
    struct value error = value_error(pace->run->heap, "not ended when the run was over, after %s", life.bytes);
    pace->sink.event(pace->sink.data, sent_of(body), now, body->intended, error);
    value_release(error);
    buffer_done(&life);
}

void pace_cancel(struct pace *pace, bool tell) {
    pace_stop(pace, run_now(pace->run));
    for (size_t i = 0; i < pace->run->fibers.count; i++) {
        struct fiber *body = pace->run->fibers.items[i];
        if (!body || body->ended != body_ended || body->data != pace) continue;
        if (tell) tell_unended(pace, body);
        pace->in_flight--;
        fiber_cancel(body);
        fiber_free(body);
    }
    be_over(pace);
}
