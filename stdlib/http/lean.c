/* The lean client: exchanges on their way, by deadline; targets with their idle connections; requests that were made before.
 * One for each load's thread. Ended exchanges are used again, so that a request costs no memory of its own. */
#include "stdlib/http/lean.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/broken_pipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REMEMBERED = 16, SPARE_MAXIMUM = 256 };

struct lean {
    struct run *run;
    struct target *targets;
    struct exchange *first, *last; /* on their way, the soonest deadline first */
    struct loop_timer *timer;      /* at a deadline, perhaps of one that has ended meanwhile; NULL */
    int64_t timer_at;
    struct prepared *prepared[REMEMBERED];
    size_t next_prepared;
    struct secure_shared shared;
    struct exchange *spares[SPARE_MAXIMUM];
    size_t spare_count;
};

struct run *lean_run(const struct lean *lean) {
    return lean->run;
}

struct secure_shared *lean_shared(struct lean *lean) {
    return &lean->shared;
}

/* ---- life ---- */
static void *lean_make(struct run *run) {
    broken_pipe_ignore();
    struct lean *lean = memory_allocate(sizeof *lean);
    lean->run = run;
    run_gather(run);
    return lean;
}

static void exchange_free(struct exchange *exchange) {
    buffer_done(&exchange->head);
    buffer_done(&exchange->small);
    buffer_done(&exchange->problem);
    memory_release(exchange);
}

static void free_targets(struct lean *lean) {
    for (struct target *target = lean->targets, *next; target; target = next) {
        next = target->next;
        for (struct link *link = link_idle(target); link; link = link_idle(target)) link_close(link);
        target_free(target);
    }
}

/* All fibers were cancelled before, so that nothing is on its way. */
static void lean_release(void *state) {
    struct lean *lean = state;
    if (lean->timer) loop_timer_stop(lean->timer);
    free_targets(lean);
    for (size_t i = 0; i < REMEMBERED; i++) prepared_release(lean->prepared[i]);
    while (lean->spare_count) exchange_free(lean->spares[--lean->spare_count]);
    secure_shared_end(&lean->shared);
    memory_release(lean);
}

static struct lean *lean_of(struct run *run) {
    return run_module(run, "http lean", lean_make, lean_release);
}

/* ---- requests made before ---- */
struct prepared *lean_recall(struct native_call *call) {
    struct lean *lean = lean_of(call->run);
    for (size_t i = 0; i < REMEMBERED; i++) {
        struct prepared *known = lean->prepared[(lean->next_prepared + REMEMBERED - 1 - i) % REMEMBERED];
        if (!known) return NULL;
        if (!prepared_matches(known, call)) continue;
        known->references++;
        return known;
    }
    return NULL;
}

void lean_remember(struct native_call *call, struct prepared *prepared) {
    struct lean *lean = lean_of(call->run);
    struct prepared **place = &lean->prepared[lean->next_prepared];
    lean->next_prepared = (lean->next_prepared + 1) % REMEMBERED;
    prepared_release(*place);
    *place = prepared;
    prepared->references++;
}

static struct target *target_of(struct lean *lean, const struct prepared *prepared) {
    for (struct target *target = lean->targets; target; target = target->next) {
        if (strcmp(target->key, prepared->key) == 0) return target;
    }
    struct target *target = memory_allocate(sizeof *target);
    target->key = memory_copy(prepared->key, strlen(prepared->key));
    target->peer = prepared->peer;
    target->peer_name = prepared->origin ? value_none() : value_string(run_heap(lean->run), prepared->key);
    target->next = lean->targets;
    lean->targets = target;
    return target;
}

/* ---- deadlines ---- */
static void on_deadline(void *data);

/* A timer that is set for an exchange that has ended goes off too early; one for a later deadline than the first is set anew. */
static void set_timer(struct lean *lean) {
    if (lean->timer && lean->timer_at <= lean->first->deadline) return;
    if (lean->timer) loop_timer_stop(lean->timer);
    lean->timer_at = lean->first->deadline;
    lean->timer = loop_timer_start(run_loop(lean->run), lean->timer_at, on_deadline, lean);
}

/* Most have the same timeout, so the new one belongs at the end or near it. */
static void line_up(struct lean *lean, struct exchange *exchange) {
    struct exchange *before = lean->last;
    while (before && before->deadline > exchange->deadline) before = before->earlier;
    exchange->earlier = before;
    exchange->later = before ? before->later : lean->first;
    if (exchange->later)
        exchange->later->earlier = exchange;
    else
        lean->last = exchange;
    if (before) {
        before->later = exchange;
        return;
    }
    lean->first = exchange;
    set_timer(lean);
}

static void step_out(struct exchange *exchange) {
    struct lean *lean = exchange->lean;
    if (exchange->earlier)
        exchange->earlier->later = exchange->later;
    else
        lean->first = exchange->later;
    if (exchange->later)
        exchange->later->earlier = exchange->earlier;
    else
        lean->last = exchange->earlier;
}

static void time_is_over(struct exchange *exchange) {
    struct buffer timeout = { 0 };
    duration_print(&timeout, exchange->prepared->timeout);
    bool connecting = exchange->sent == 0;
    const char *class = connecting ? "timeout_connect" : exchange->began ? "timeout_body" : "timeout_ttfb";
    const char *where = connecting        ? link_stage(exchange->link)
                        : exchange->began ? "while reading the answer"
                                          : "while waiting for the answer";
    if (strstr(where, "name")) class = "resolve";
    lean_fail(exchange, class, "timeout after %s %s", timeout.bytes, where);
    buffer_done(&timeout);
}

static void on_deadline(void *data) {
    struct lean *lean = data;
    lean->timer = NULL;
    int64_t now = run_now(lean->run);
    while (lean->first && lean->first->deadline <= now) time_is_over(lean->first);
    if (lean->first) set_timer(lean);
}

/* ---- the end of an exchange ---- */
/* Off the connection and the list; its buffers stay for the next one. */
static void dispose(struct exchange *exchange) {
    struct lean *lean = exchange->lean;
    if (exchange->link) link_rest(exchange->link);
    step_out(exchange);
    prepared_release(exchange->prepared);
    value_release(exchange->peer_name);
    body_free(exchange->large);
    if (lean->spare_count == SPARE_MAXIMUM) {
        exchange_free(exchange);
        return;
    }
    buffer_clear(&exchange->head);
    buffer_clear(&exchange->small);
    buffer_clear(&exchange->problem);
    lean->spares[lean->spare_count++] = exchange;
}

static void note_failure(const struct exchange *exchange) {
    struct run *run = exchange->lean->run;
    char status[16];
    int length = snprintf(status, sizeof status, "%d", exchange->answer.status);
    struct text outcome = exchange->class ? buffer_text(&exchange->problem) : (struct text){ status, (size_t)length };
    run_effect(run, "http", text_of(exchange->prepared->shown), exchange->start, exchange->end, outcome);
}

void lean_complete(struct exchange *exchange) {
    struct run *run = exchange->lean->run;
    struct ticket ticket = exchange->ticket;
    int64_t end = exchange->end;
    struct buffer problem = { 0 };
    struct value response = lean_response(exchange, &problem);
    if (exchange->class || exchange->answer.status >= 500) note_failure(exchange);
    dispose(exchange);
    if (problem.length)
        native_wake_failed(run, ticket, "%s", problem.bytes);
    else
        native_wake_at(run, ticket, response, end);
    buffer_done(&problem);
}

void lean_fail(struct exchange *exchange, const char *class, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    buffer_clear(&exchange->problem);
    buffer_vprintf(&exchange->problem, format, arguments);
    va_end(arguments);
    exchange->class = class;
    exchange->end = run_now(exchange->lean->run);
    if (exchange->answer.stage == ANSWER_COMPLETE) exchange->answer.stage = ANSWER_BROKEN;
    lean_complete(exchange);
}

static void cancel(void *state) {
    struct exchange *exchange = state;
    exchange->answer.stage = ANSWER_BROKEN; /* the connection is in the middle of something */
    run_effect(exchange->lean->run, "http", text_of(exchange->prepared->shown), exchange->start,
               run_now(exchange->lean->run), TEXT("given up"));
    dispose(exchange);
}

/* ---- the beginning ---- */
void lean_begin_link(struct exchange *exchange, bool fresh) {
    struct link *link = fresh || exchange->prepared->fresh ? NULL : link_idle(exchange->target);
    if (!link) link = link_open(exchange->lean, exchange);
    if (link) link_send(link, exchange);
}

static struct exchange *exchange_new(struct lean *lean) {
    if (!lean->spare_count) return memory_allocate(sizeof(struct exchange));
    struct exchange *exchange = lean->spares[--lean->spare_count];
    *exchange = (struct exchange){ .head = exchange->head, .small = exchange->small, .problem = exchange->problem };
    return exchange;
}

/* The call is parked already, so what fails at once is told like everything. */
enum native_outcome lean_send(struct native_call *call, struct prepared *prepared) {
    struct lean *lean = lean_of(call->run);
    struct exchange *exchange = exchange_new(lean);
    exchange->lean = lean;
    exchange->prepared = prepared;
    exchange->target = target_of(lean, prepared);
    exchange->start = exchange->end = run_now(call->run);
    exchange->counted = native_begin(call, exchange->start);
    if (__builtin_add_overflow(exchange->counted, prepared->timeout, &exchange->deadline))
        exchange->deadline = INT64_MAX;
    enum native_outcome outcome = native_wait_borrowed(call, prepared->shown, cancel, exchange);
    exchange->ticket = native_ticket(call);
    line_up(lean, exchange);
    lean_begin_link(exchange, false);
    return outcome;
}
