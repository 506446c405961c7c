/* A rollout goes on step by step, whenever something happened: a unit of the program gave its answer, a program ended,
 * somebody listens, a time has come. Steps are taken from a timer of their own, so that nothing is freed under the feet
 * of who told it. */
#include "stdlib/service/rollout.h"

#include "stdlib/service/bringup.h"
#include "stdlib/process/command.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

#define SEED_LIMIT (60 * SECOND)

static void step(struct rollout *rollout);

static void on_timer(void *data) {
    struct rollout *rollout = data;
    rollout->timer = NULL;
    step(rollout);
}

static void step_at(struct rollout *rollout, int64_t at) {
    if (rollout->timer) loop_timer_stop(rollout->timer);
    rollout->timer = loop_timer_start(run_loop(rollout->fleet->run), at, on_timer, rollout);
}

void rollout_changed(struct rollout *rollout) {
    step_at(rollout, run_now(rollout->fleet->run));
}

void rollout_look_again(struct rollout *rollout) {
    step_at(rollout, run_now(rollout->fleet->run) + 10 * MILLISECOND);
}

/* ---- ends ---- */
/* The handle goes last: the fleet may go with it. */
static void rollout_free(struct rollout *rollout) {
    struct value handle = rollout->handle;
    rollout->fleet->rollout = NULL;
    for (size_t i = 0; i < rollout->batch.count; i++) bringup_free(rollout->batch.items[i]);
    VECTOR_DONE(&rollout->batch);
    if (rollout->timer) loop_timer_stop(rollout->timer);
    command_free(rollout->seed);
    buffer_done(&rollout->problem);
    value_release(rollout->result);
    value_release(rollout->request.app);
    memory_release(rollout);
    value_release(handle);
}

static void cancel(void *state) {
    rollout_free(state);
}

static const char *effect_name(const struct rollout *rollout) {
    if (rollout->request.making) return "service";
    return rollout->request.only_down ? "service.start" : "service.roll";
}

static void note(const struct rollout *rollout, const char *outcome) {
    struct fleet *fleet = rollout->fleet;
    struct buffer subject = { 0 };
    buffer_append_string(&subject, fleet->name);
    if (rollout->request.app.kind != VALUE_NONE) {
        buffer_append_string(&subject, " to ");
        value_plain(rollout->request.app, &subject);
    }
    run_effect(fleet->run, effect_name(rollout), buffer_text(&subject), rollout->began, run_now(fleet->run),
               text_of(outcome));
    buffer_done(&subject);
}

static void fail(struct rollout *rollout) {
    struct run *run = rollout->fleet->run;
    struct ticket ticket = rollout->ticket;
    struct buffer problem = rollout->problem;
    bool unmet = rollout->unmet;
    rollout->problem = (struct buffer){ 0 };
    note(rollout, problem.bytes);
    rollout_free(rollout);
    if (unmet)
        native_wake_unmet(run, ticket, "%s", problem.bytes);
    else
        native_wake_failed(run, ticket, "%s", problem.bytes);
    buffer_done(&problem);
}

static void succeed(struct rollout *rollout) {
    struct run *run = rollout->fleet->run;
    struct ticket ticket = rollout->ticket;
    struct value result = value_retain(rollout->result);
    note(rollout, "ok");
    rollout_free(rollout);
    native_wake(run, ticket, result);
}

/* ---- its seed ---- */
static void seeded(void *data, const struct command_end *end) {
    struct rollout *rollout = data;
    if (end->code != 0) {
        struct text said = command_last_line(end->problem.length ? end->problem : end->output);
        buffer_printf(&rollout->problem, "%s: its seed ended with code %d: %.*s", rollout->fleet->name, end->code,
                      TEXT_ARGS(said));
    }
    rollout->seeding = false;
    rollout->seeded = true;
    rollout_changed(rollout);
}

/* What the service gets, and where it is. */
static bool seed_environment(const struct rollout *rollout, struct value *environment, struct buffer *problem) {
    struct heap *heap = run_heap(rollout->fleet->run);
    const struct replica *first = rollout->fleet->replicas[0];
    if (!plan_environment(&first->plan, heap, environment, problem)) return false;
    struct value places[] = { value_string(heap, first->url), value_string(heap, first->address) };
    *environment = value_record_with(*environment, TEXT("SERVICE_URL"), places[0]);
    *environment = value_record_with(*environment, TEXT("SERVICE_ADDRESS"), places[1]);
    for (size_t i = 0; i < 2; i++) value_release(places[i]);
    return true;
}

/* True when there is one, and it runs now. */
static bool begin_seed(struct rollout *rollout) {
    struct fleet *fleet = rollout->fleet;
    struct heap *heap = run_heap(fleet->run);
    struct value seed = plan_field(&fleet->replicas[0]->plan, "seed"), environment;
    if (!rollout->request.making || rollout->seeded || seed.kind == VALUE_NONE) return false;
    if (seed.kind != VALUE_TEXT || !value_text_of(seed).length) {
        buffer_printf(&rollout->problem, "%s: seed: a program's path is wanted", fleet->name);
        if (value_is_bad(seed)) buffer_printf(&rollout->problem, ": %.*s", TEXT_ARGS(value_text_of(seed)));
        return false;
    }
    if (!seed_environment(rollout, &environment, &rollout->problem)) return false;
    struct text path = value_text_of(seed);
    struct value words = value_list(heap, NULL, 0);
    bool bare = !memchr(path.bytes, '/', path.length); /* a file of this folder, not of PATH */
    words_append_owned(&words, value_printf(heap, "%s%.*s", bare ? "./" : "", TEXT_ARGS(path)));
    rollout->seeding = true;
    rollout->seed = command_start(fleet->run, words, environment, SEED_LIMIT, seeded, rollout);
    value_release(environment);
    return true;
}

/* ---- batches ---- */
void rollout_add(struct rollout *rollout, struct replica *replica) {
    VECTOR_PUSH(&rollout->batch, bringup_new(rollout, replica));
}

static bool is_wanted(const struct rollout *rollout, const struct replica *replica) {
    return !rollout->request.only_down || !replica_runs(replica);
}

/* True when a batch is on its way. */
static bool begin_batch(struct rollout *rollout) {
    struct fleet *fleet = rollout->fleet;
    size_t room = rollout->request.one_by ? (size_t)rollout->request.one_by : SIZE_MAX;
    while (rollout->next < fleet->replica_count && room) {
        struct replica *replica = fleet->replicas[rollout->next++];
        if (!is_wanted(rollout, replica)) continue;
        rollout_add(rollout, replica);
        room--;
    }
    rollout->batch_began = run_now(fleet->run);
    return rollout->batch.count > 0;
}

static bool batch_is_up(const struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count; i++)
        if (!bringup_is_done(rollout->batch.items[i])) return false;
    return true;
}

static void end_batch(struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count; i++) bringup_free(rollout->batch.items[i]);
    rollout->batch.count = 0;
}

static void step(struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count && !rollout->problem.length; i++) bringup_step(rollout->batch.items[i]);
    if (rollout->problem.length) {
        fail(rollout);
        return;
    }
    if (!batch_is_up(rollout) || rollout->seeding || begin_seed(rollout)) return;
    if (rollout->problem.length) {
        fail(rollout);
        return;
    }
    end_batch(rollout);
    if (rollout->request.making) rollout->next = rollout->fleet->replica_count;
    if (rollout->next >= rollout->fleet->replica_count) {
        succeed(rollout);
        return;
    }
    int64_t next = rollout->batch_began + rollout->request.every;
    if (run_now(rollout->fleet->run) < next)
        step_at(rollout, next);
    else if (!begin_batch(rollout))
        succeed(rollout);
}

enum native_outcome rollout_start(struct native_call *call, struct value handle, const struct rollout_request *request,
                                  struct value result) {
    struct fleet *fleet = fleet_of(handle);
    struct rollout *rollout = memory_allocate(sizeof *rollout);
    *rollout = (struct rollout){ .fleet = fleet,
                                 .handle = value_retain(handle),
                                 .result = value_retain(result),
                                 .request = *request,
                                 .deadline = native_deadline(call),
                                 .began = run_now(call->run) };
    rollout->request.app = value_retain(request->app);
    fleet->rollout = rollout;
    struct buffer what = { 0 };
    if (request->every > 0) {
        buffer_printf(&what, "%s to be rolled, every ", fleet->name);
        duration_print(&what, request->every);
    } else {
        buffer_printf(&what, "%s to be up", fleet->name);
    }
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, rollout);
    rollout->ticket = native_ticket(call);
    buffer_done(&what);
    begin_batch(rollout);
    if (!rollout->batch.count) rollout_changed(rollout);
    return outcome;
}
