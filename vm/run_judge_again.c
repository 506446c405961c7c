/* Judging a record again: globals, phases, marks and streams come from it, nothing is run but the assertions, and no
 * native looks at the world. What the record does not hold is no data. */
#include "vm/claim.h"
#include "vm/handle.h"
#include "vm/run_state.h"

#include <stdlib.h>

/* {"$stream": id} and {"$handle": name} of the record's values. */
static struct value resolve(void *data, struct text handle, uint32_t stream_id) {
    struct run *run = data;
    if (handle.bytes) return handle_stub(run->heap, handle);
    struct stream *stream = recorder_find(&run->recorder, TEXT_NONE, stream_id);
    if (!stream) return value_no_data(run->heap, "the record does not hold this stream");
    return value_retain(value_of_object(stream));
}

static void bind(struct run *run, uint32_t global, struct value owned) {
    struct value old = run->globals[global];
    run->globals[global] = owned;
    value_release(old);
}

static bool read_stream(void *data, const struct stream_row *row) {
    struct run *run = data;
    struct value stream = stream_from_record(run->heap, &run->recorder, run->options.replay, row);
    run->replayed_streams = value_list_append(run->replayed_streams, stream);
    for (uint32_t i = 0; i < run->program->global_count; i++) {
        const struct global *global = &run->program->globals[i];
        bool records = global->kind == GLOBAL_LOAD || global->kind == GLOBAL_WATCH;
        if (records && text_equal(global->name, row->name)) bind(run, i, value_retain(stream));
    }
    value_release(stream);
    return true;
}

static bool read_binding(void *data, struct text name, int64_t at, struct text json) {
    struct run *run = data;
    (void)at;
    for (uint32_t i = 0; i < run->program->global_count; i++) {
        if (!text_equal(run->program->globals[i].name, name)) continue;
        bind(run, i, value_decode(run->heap, json));
        break;
    }
    return true;
}

static bool read_phase(void *data, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                       struct text outer) {
    struct run *run = data;
    (void)outer;
    for (uint32_t i = 0; i < run->program->phase_count; i++) {
        const struct phase_entry *entry = &run->program->phases[i];
        if (!text_equal(entry->name, name)) continue;
        struct interval *interval = &interval_object(run->phases[i].interval)->interval;
        interval->start = start;
        interval->end = end;
        interval->reached = reached;
        interval->cut = cut;
    }
    return true;
}

static bool read_mark(void *data, struct text name, int64_t at) {
    struct run *run = data;
    for (uint32_t i = 0; i < run->program->global_count; i++) {
        const struct global *global = &run->program->globals[i];
        if (global->kind == GLOBAL_MARK && text_equal(global->name, name)) bind(run, i, value_instant(at));
    }
    return true;
}

static bool read_stall(void *data, int64_t at, int64_t length) {
    struct run *run = data;
    VECTOR_PUSH(&run->stalls, (struct stall){ at, length });
    return true;
}

static int64_t read_time(struct record *record, const char *key, int64_t otherwise) {
    struct buffer text = { 0 };
    int64_t time = record_read_meta(record, key, &text) && text.length ? strtoll(text.bytes, NULL, 10) : otherwise;
    buffer_done(&text);
    return time;
}

static void read_end(struct run *run) {
    static const struct {
        const char *name;
        enum run_end end;
    } ends[] = { { "failed", RUN_FAILED },
                 { "error", RUN_ERROR },
                 { "not built", RUN_NOT_BUILT },
                 { "interrupted", RUN_INTERRUPTED } };
    struct buffer end = { 0 }, message = { 0 };
    record_read_meta(run->options.replay, "end", &end);
    record_read_meta(run->options.replay, "message", &message);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (text_is(buffer_text(&end), ends[i].name)) {
            run_stop(run, ends[i].end, SPAN_NONE, "%s", message.bytes ? message.bytes : "");
        }
    }
    run->whole = run->end == RUN_COMPLETE;
    struct buffer cut = { 0 };
    if (record_read_meta(run->options.replay, "cut", &cut)) run->whole = text_is(buffer_text(&cut), "false");
    buffer_done(&cut);
    buffer_done(&end);
    buffer_done(&message);
}

/* A run that was killed wrote no end: it is where the record ends, also of the phases that it was in. */
static void end_killed(struct run *run) {
    if (!record_last_time(run->options.replay, &run->ended) || run->ended < run->started) run->ended = run->started;
    for (uint32_t i = 0; i < run->program->phase_count; i++) {
        struct interval *interval = &interval_object(run->phases[i].interval)->interval;
        if (interval->cut && interval->end == interval->start) interval->end = run->ended;
    }
    run_stop(run, RUN_ERROR, SPAN_NONE, "the run that wrote this record was killed");
    run->whole = false;
}

void replay_read(struct run *run) {
    struct record *record = run->options.replay;
    run->started = read_time(record, "zero", 0);
    run->ended = read_time(record, "run_ended", INT64_MAX);
    run->heap->zero = run->started;
    run->heap->resolve = resolve;
    run->heap->resolve_data = run;
    run->replayed_streams = value_list(run->heap, NULL, 0);
    releases_read(run);
    record_each_stream(record, read_stream, run);
    record_each_binding(record, read_binding, run);
    record_each_phase(record, read_phase, run);
    record_each_mark(record, read_mark, run);
    record_each_stall(record, read_stall, run);
    claims_read(run);
    bool has_end = run->ended != INT64_MAX;
    if (!has_end) run->ended = run->started;
    if (!has_end && !record_is_complete(record))
        end_killed(run);
    else
        read_end(run);
}
