/* The course of a run: world, setup, run, judge, teardown, stop. Whatever happens, every later stage still comes,
 * each within its bound: faults are undone, what exists is judged, everything acquired is given back in reverse. */
#include "vm/claim.h"
#include "vm/handle.h"
#include "vm/load.h"
#include "vm/phase.h"
#include "vm/run_state.h"
#include "vm/watch.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>

static const int64_t default_limit = 10 * MINUTE, teardown_limit = 60 * SECOND, stop_limit = 30 * SECOND,
                     load_grace = 5 * SECOND, judge_limit_after_failure = 30 * SECOND;

static void enter(struct run *run, enum run_stage stage) {
    run->stage = stage;
    if (run->options.watcher.stage) run->options.watcher.stage(run->options.watcher.data, run, stage);
}

/* ---- the limit ---- */
static void limit_reached(void *data) {
    struct run *run = data;
    run->limit_timer = NULL;
    struct buffer message = { 0 };
    bool is_recipes = run->stage != STAGE_TEARDOWN;
    buffer_append_string(&message, is_recipes ? "the limit of " : "teardown took longer than ");
    duration_print(&message, run->limit);
    buffer_append_string(&message, is_recipes ? " is over; waiting were\n" : "; waiting were\n");
    run_print_fibers(run, &message);
    run_stop(run, RUN_ERROR, SPAN_NONE, "%.*s", (int)message.length - 1, message.bytes); /* without the last newline */
    buffer_done(&message);
}

void run_set_limit(struct run *run, int64_t limit) {
    if (run->limit_timer) loop_timer_stop(run->limit_timer);
    run->limit_timer = NULL;
    run->limit = limit;
    run->stage_deadline = INT64_MAX;
    if (limit == INT64_MAX) return;
    if (__builtin_add_overflow(run_now(run), limit, &run->stage_deadline)) run->stage_deadline = INT64_MAX;
    run->limit_timer = loop_timer_start(run->loop, run->stage_deadline, limit_reached, run);
}

static bool call(struct run *run, uint32_t unit) {
    return unit == UINT32_MAX || scheduler_call(run, unit, NULL);
}

/* The recipe's `limit`, which may be computed from inputs. */
static void read_limit(struct run *run) {
    struct value limit = value_none();
    int64_t length = run->options.limit ? run->options.limit : default_limit;
    run_set_limit(run, length);
    if (!call(run, run->program->inputs_unit)) return;
    run_check_inputs(run);
    if (run->stopping) return;
    if (run->program->limit_unit == UINT32_MAX || !scheduler_call(run, run->program->limit_unit, &limit)) return;
    if (limit.kind != VALUE_DURATION || limit.integer <= 0) {
        run_stop(run, RUN_ERROR, run->program->units[run->program->limit_unit].span, "the limit is no length of time");
    } else if (!run->options.limit) {
        run_set_limit(run, limit.integer);
    }
    value_release(limit);
}

/* ---- world, setup, run ---- */
static void bind_cell(struct run *run) {
    for (uint32_t i = 0; run->options.cell && i < run->program->axis_count; i++) {
        struct value value = value_copy(run->heap, run->options.cell[i]);
        run_bind(run, run->program->axes[i].global, value);
        value_release(value);
    }
}

static bool loads_have_ended(struct run *run, void *data) {
    (void)data;
    return !loads_are_finite(run);
}

static bool loads_have_drained(struct run *run, void *data) {
    int64_t deadline = *(int64_t *)data;
    return loads_are_over(run) || run_now(run) >= deadline;
}

static void nothing(void *data) {
    *(struct loop_timer **)data = NULL;
}

/* Bodies under way may come to their end, so that a slow answer is an event and not a gap. */
static void drain_loads(struct run *run) {
    int64_t deadline = run_now(run) + load_grace;
    struct loop_timer *timer = loop_timer_start(run->loop, deadline, nothing, &timer);
    scheduler_run(run, loads_have_drained, &deadline);
    if (timer) loop_timer_stop(timer);
}

static void do_run(struct run *run) {
    enter(run, STAGE_RUN);
    run->began = true;
    run->started = run_now(run);
    run->heap->zero = run->started;
    if (run->recorder.record) {
        char zero[24];
        record_meta(run->recorder.record, "zero",
                    (struct text){ zero, (size_t)snprintf(zero, sizeof zero, "%lld", (long long)run->started) });
    }
    if (call(run, run->program->run_unit)) scheduler_run(run, loads_have_ended, NULL);
    run->ended = run_now(run);
    loads_stop(run);
    watches_stop(run);
    if (!run->stopping) drain_loads(run);
    run->whole = !run->stopping;
}

/* Nothing of the recipe goes on: loads, watches and tasks are over, phases left, faults undone. */
static void come_to_rest(struct run *run) {
    loads_cancel(run, !run->stopping && run->began);
    scheduler_cancel_all(run);
    phases_unwind(run);
    /* Tasks' intervals were bound while they were open. */
    for (uint32_t i = 0; i < run->program->global_count; i++) {
        if (run->program->globals[i].kind == GLOBAL_TASK && run->globals[i].kind == VALUE_INTERVAL)
            run_record_binding(run, i);
    }
}

/* ---- judging ---- */
static void judge_assertion(struct run *run, uint32_t index) {
    value_release(run->stopped_by);
    run->stopped_by = value_none();
    for (uint32_t i = 0; i < run->program->claim_count; i++) run->claim_seen[i] = false;
    bool had_message = run->message != NULL;
    run->stopping = false;
    bool returned = scheduler_call(run, run->program->assertions[index].unit, NULL);
    if (returned) return;
    /* A value that decides nothing is the claims' trouble, not the run's. */
    struct value reason = value_retain(run->stopped_by);
    if (reason.kind == VALUE_NONE)
        reason = value_no_data(run->heap, "%s", run->message ? run->message : "it was not evaluated");
    bool forgiven = run->stopped_by.kind != VALUE_NONE && !had_message;
    claims_skip_unseen(run, index, reason);
    value_release(reason);
    if (!forgiven) return;
    memory_release(run->message);
    run->message = NULL;
    run->message_span = SPAN_NONE;
    run->end = RUN_COMPLETE;
}

static void judge_all(struct run *run) {
    enter(run, STAGE_JUDGE);
    int64_t limit = run->limit;
    run_set_limit(run, run->end == RUN_COMPLETE ? limit : judge_limit_after_failure);
    for (uint32_t i = 0; i < run->program->assertion_count; i++) {
        if (run->interruptions > 1) return; /* asked twice: undo only */
        if (run->options.passed_over && run->options.passed_over[i]) continue;
        judge_assertion(run, i);
        if (!run->limit_timer)
            run_set_limit(run, judge_limit_after_failure); /* the limit ended one: the others get a chance */
    }
}

/* ---- giving back ---- */
static void tear_down(struct run *run) {
    enter(run, STAGE_TEARDOWN);
    run->stopping = false;
    if (run->program->teardown_unit == UINT32_MAX || run->interruptions > 1) return;
    run_set_limit(run, teardown_limit);
    call(run, run->program->teardown_unit);
    scheduler_cancel_all(run);
}

static void stop_handle(struct run *run, struct handle_object *handle) {
    bool (*stop)(void *, int64_t) = handle->handle_class->stop;
    int64_t deadline = run_now(run) + stop_limit;
    while (stop && !stop(handle->state, deadline)) {
        if (run_now(run) >= deadline) {
            run_stop(run, RUN_ERROR, SPAN_NONE, "%s did not stop within 30s", handle->name);
            break;
        }
        scheduler_turn(run, 10 * MILLISECOND);
    }
    handle_end(handle);
}

void run_give_back(struct run *run) {
    run_set_limit(run, INT64_MAX);
    while (run->newest_handle) stop_handle(run, run->newest_handle);
    recorder_close(&run->recorder, run_now(run));
    loads_done(run);
    watches_done(run);
    run_release_values(run);
    /* The last owners may have been lasting things' states. */
    while (run->newest_handle) handle_end(run->newest_handle);
    run_release_modules(run);
    scheduler_turn(run, 0);
    stall_end(run);
    run->leaked += heap_live(run->heap);
}

static void show_message(struct run *run) {
    struct buffer masked = { 0 };
    if (run->message) mask_apply(run->options.mask, text_of(run->message), &masked);
    run->shown_message = buffer_take(&masked);
}

static void write_end(struct run *run) {
    static const char *const names[] = { [RUN_COMPLETE] = "complete",
                                         [RUN_FAILED] = "failed",
                                         [RUN_ERROR] = "error",
                                         [RUN_NOT_BUILT] = "not built",
                                         [RUN_INTERRUPTED] = "interrupted" };
    struct record *record = run->recorder.record;
    if (!record) return;
    char ended[24];
    record_meta(record, "run_ended",
                (struct text){ ended, (size_t)snprintf(ended, sizeof ended, "%lld", (long long)run->ended) });
    record_meta(record, "end", text_of(names[run->end]));
    record_meta(record, "cut", text_of(run->whole ? "false" : "true")); /* what came later cuts nothing */
    record_meta(record, "message", text_of(run->shown_message));
}

static void do_everything(struct run *run) {
    enter(run, STAGE_WORLD);
    releases_record(run);
    bind_cell(run);
    stall_begin(run);
    read_limit(run);
    if (!run->stopping) call(run, run->program->world_unit);
    if (!run->stopping) run_check_inputs(run);
    if (!run->stopping) {
        enter(run, STAGE_SETUP);
        call(run, run->program->setup_unit);
    }
    if (!run->stopping) do_run(run);
    come_to_rest(run);
}

enum run_end run_execute(struct run *run) {
    if (run->options.replay) {
        run_set_limit(run, default_limit);
        replay_read(run);
    } else {
        do_everything(run);
    }
    judge_all(run);
    tear_down(run);
    enter(run, STAGE_STOP);
    run_give_back(run);
    show_message(run);
    write_end(run);
    enter(run, STAGE_OVER);
    return run->end;
}
