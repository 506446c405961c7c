/* See hand.h. */
#include "hand.h"

#include "base/clock.h"
#include "vm/handle.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct hand hand_new(void) {
    struct hand hand = { .builder = builder_new(NULL) };
    struct program *program = hand.builder->program;
    program->limit_unit = program->inputs_unit = program->world_unit = UINT32_MAX;
    program->setup_unit = program->run_unit = program->teardown_unit = UINT32_MAX;
    return hand;
}

void hand_done(struct hand *hand) {
    assembly_done(&hand->code);
    if (hand->program)
        program_free(hand->program);
    else
        builder_abandon(hand->builder);
}

uint32_t hand_begin(struct hand *hand, enum unit_kind kind, const char *name, uint16_t parameters) {
    hand->unit = builder_unit(hand->builder, kind, builder_text(hand->builder, text_of(name)), SPAN_NONE);
    hand->parameters = parameters;
    hand->code = (struct assembly){ 0 };
    struct program *program = hand->builder->program;
    if (kind == UNIT_WORLD) program->world_unit = hand->unit;
    if (kind == UNIT_SETUP) program->setup_unit = hand->unit;
    if (kind == UNIT_RUN) program->run_unit = hand->unit;
    if (kind == UNIT_TEARDOWN) program->teardown_unit = hand->unit;
    if (kind == UNIT_LIMIT) program->limit_unit = hand->unit;
    if (kind == UNIT_INPUTS) program->inputs_unit = hand->unit;
    return hand->unit;
}

void hand_end(struct hand *hand, uint16_t registers) {
    assembly_finish(&hand->code);
    builder_unit_code(hand->builder, hand->unit, &hand->code, registers, hand->parameters);
    assembly_done(&hand->code);
}

void hand_emit(struct hand *hand, enum op op, uint16_t a, uint16_t b, uint16_t c) {
    assembly_emit(&hand->code, op, a, b, c);
}

void hand_constant(struct hand *hand, uint16_t destination, struct constant constant) {
    assembly_emit_wide(&hand->code, OP_LOAD_CONSTANT, destination, builder_constant(hand->builder, constant));
}

void hand_text(struct hand *hand, uint16_t destination, const char *text) {
    hand_constant(hand, destination, (struct constant){ .kind = CONSTANT_TEXT, .text = text_of(text) });
}

void hand_duration(struct hand *hand, uint16_t destination, int64_t nanoseconds) {
    hand_constant(hand, destination, (struct constant){ .kind = CONSTANT_DURATION, .integer = nanoseconds });
}

void hand_integer(struct hand *hand, uint16_t destination, int32_t integer) {
    assembly_emit_wide(&hand->code, OP_LOAD_INTEGER, destination, (uint32_t)integer);
}

uint16_t hand_narrow_text(struct hand *hand, const char *text) {
    uint16_t index = 0;
    cr_assert(builder_narrow_constant(hand->builder, (struct constant){ .kind = CONSTANT_TEXT, .text = text_of(text) },
                                      &index));
    return index;
}

uint32_t hand_global(struct hand *hand, enum global_kind kind, const char *name) {
    struct global global = { .kind = kind, .name = builder_text(hand->builder, text_of(name)), .span = SPAN_NONE };
    if (!hand->builder->shapes.count)
        VECTOR_PUSH(&hand->builder->shapes, (struct shape){ .kind = SHAPE_ANY, .name = TEXT("any") });
    VECTOR_PUSH(&hand->builder->globals, global);
    return (uint32_t)hand->builder->globals.count - 1;
}

uint16_t hand_phase(struct hand *hand, const char *name) {
    struct phase_entry entry = { .name = builder_text(hand->builder, text_of(name)),
                                 .span = SPAN_NONE,
                                 .outer = UINT32_MAX,
                                 .global = hand_global(hand, GLOBAL_PHASE, name) };
    VECTOR_PUSH(&hand->builder->phases, entry);
    return (uint16_t)(hand->builder->phases.count - 1);
}

const struct program *hand_program(struct hand *hand) {
    hand->program = builder_finish(hand->builder);
    struct buffer error = { 0 };
    bool good = program_verify(hand->program, &fake_catalogue, &error);
    cr_assert(good, "%s", error.bytes ? error.bytes : "");
    buffer_done(&error);
    return hand->program;
}

/* ---- natives ---- */
struct fake_log fake_log;

struct pause {
    struct run *run;
    struct ticket ticket;
    struct loop_timer *timer;
};

static void pause_due(void *data) {
    struct pause pause = *(struct pause *)data;
    memory_release(data);
    native_wake(pause.run, pause.ticket, value_integer(7));
    native_wake(pause.run, pause.ticket, value_integer(8)); /* stale by now: must change nothing */
}

static void pause_cancel(void *data) {
    fake_log.cancelled++;
    loop_timer_stop(((struct pause *)data)->timer);
    memory_release(data);
}

static enum native_outcome fake_pause(struct native_call *call) {
    struct pause *pause = memory_allocate(sizeof *pause);
    native_wait(call, "a pause", pause_cancel, pause);
    *pause = (struct pause){ call->run, native_ticket(call), NULL };
    pause->timer =
        loop_timer_start(run_loop(call->run), run_now(call->run) + argument_integer(call, 0), pause_due, pause);
    return NATIVE_WAIT;
}

static void echo_again(void *data) {
    struct pause pause = *(struct pause *)data;
    memory_release(data);
    native_wake(pause.run, pause.ticket, value_integer(-1));
    native_wake_failed(pause.run, pause.ticket, "a stale ticket ended the run");
}

static void echo_due(void *data) {
    struct pause *pause = data;
    struct loop *loop = run_loop(pause->run);
    native_wake(pause->run, pause->ticket, value_integer(7));
    loop_timer_start(loop, loop_now(loop) + SECOND, echo_again, pause);
}

static enum native_outcome fake_echo(struct native_call *call) {
    struct pause *pause = memory_allocate(sizeof *pause);
    native_wait(call, "an echo", NULL, NULL);
    *pause = (struct pause){ call->run, native_ticket(call), NULL };
    loop_timer_start(run_loop(call->run), run_now(call->run) + argument_integer(call, 0), echo_due, pause);
    return NATIVE_WAIT;
}

static enum native_outcome fake_double(struct native_call *call) {
    return native_done(call, value_integer(2 * argument_integer(call, 0)));
}

static enum native_outcome fake_fail(struct native_call *call) {
    return native_fail(call, "nothing listens on port %d", 99);
}

static void never_cancel(void *state) {
    (void)state;
    fake_log.cancelled++;
}

static enum native_outcome fake_never(struct native_call *call) {
    return native_wait(call, "what never comes", never_cancel, NULL);
}

struct thing {
    struct run *run;
    struct value stream;
    int asked;
    char name[20];
};

static void thing_release(void *state) {
    struct thing *thing = state;
    fake_log.released++;
    value_release(thing->stream);
    memory_release(thing);
}

static bool thing_stop(void *state, int64_t deadline) {
    struct thing *thing = state;
    cr_assert(deadline > run_now(thing->run));
    if (++thing->asked < 3) return false;
    fake_log.stopped++;
    buffer_printf(&fake_log.order, "stop %s;", thing->name);
    return true;
}

static bool always(void *state) {
    (void)state;
    return true;
}

static const struct handle_class thing_class = { .type = "thing", .release = thing_release, .stop = thing_stop };
static const struct handle_class lasting_class = {
    .type = "lasting", .release = thing_release, .stop = thing_stop, .lasting = always
};

static enum native_outcome make_thing(struct native_call *call, const struct handle_class *handle_class) {
    struct thing *thing = memory_allocate(sizeof *thing);
    struct value handle = handle_new(call->run, handle_class, thing);
    snprintf(thing->name, sizeof thing->name, "%s", handle_name(handle));
    char name[40];
    snprintf(name, sizeof name, "%s.events", thing->name);
    thing->run = call->run;
    thing->stream = run_stream(call->run, name, SERIES_EVENTS, true);
    int64_t now = run_now(call->run);
    stream_add(stream_of(thing->stream), now, now, INT64_MIN, value_integer(1));
    return native_done(call, handle);
}

static enum native_outcome fake_thing(struct native_call *call) {
    return make_thing(call, &thing_class);
}

static enum native_outcome fake_lasting(struct native_call *call) {
    return make_thing(call, &lasting_class);
}

static enum native_outcome fake_events(struct native_call *call) {
    struct thing *thing = handle_state(argument(call, 0), &thing_class);
    return native_done(call, value_retain(thing->stream));
}

static enum native_outcome fake_counter(struct native_call *call) {
    return native_done(call, value_integer(++fake_log.counter));
}

/* A fault that is applied at the second and undone at the third asking. */
struct breakage {
    int asked;
};

static bool breakage_apply(void *state, int64_t deadline, struct buffer *problem) {
    (void)deadline;
    (void)problem;
    struct breakage *breakage = state;
    if (++breakage->asked < 2) return false;
    fake_log.applied++;
    breakage->asked = 0;
    return true;
}

static bool breakage_undo(void *state, int64_t deadline, struct buffer *problem) {
    (void)deadline;
    (void)problem;
    if (++((struct breakage *)state)->asked < 3) return false;
    fake_log.undone++;
    return true;
}

static const struct handle_class breakage_class = {
    .type = "fault", .release = memory_release, .apply = breakage_apply, .undo = breakage_undo
};

static enum native_outcome fake_fault(struct native_call *call) {
    return native_done(call, handle_new(call->run, &breakage_class, memory_allocate(sizeof(struct breakage))));
}

static enum native_outcome fake_do(struct native_call *call) {
    fake_log.done_actions++;
    return native_done(call, value_none());
}

static enum native_outcome fake_reverse(struct native_call *call) {
    struct text text = argument_text(call, 0);
    struct buffer reversed = { 0 };
    for (size_t i = text.length; i-- > 0;) buffer_append_byte(&reversed, text.bytes[i]);
    struct value value = value_text(run_heap(call->run), buffer_text(&reversed));
    buffer_done(&reversed);
    return native_done(call, value);
}

static atomic_bool unhung;

void fake_unhang(void) {
    unhung = true;
}

static enum native_outcome fake_hang(struct native_call *call) {
    while (!unhung) nanosleep(&(struct timespec){ .tv_nsec = MILLISECOND }, NULL);
    return native_done(call, value_integer(1));
}

static const struct native_row rows[FAKE_COUNT] = {
    [FAKE_PAUSE] = { "fake_pause", "pause", "length: duration -> int", NATIVE_PROBE | NATIVE_WAITS | NATIVE_WORKER,
                     "" },
    [FAKE_DOUBLE] = { "fake_double", "double", "n: int -> int", NATIVE_CONST, "" },
    [FAKE_FAIL] = { "fake_fail", "fail", "-> int", NATIVE_PROBE | NATIVE_WORKER, "" },
    [FAKE_NEVER] = { "fake_never", "never", "-> int", NATIVE_PROBE | NATIVE_WAITS | NATIVE_WORKER, "" },
    [FAKE_THING] = { "fake_thing", "thing", "-> thing", NATIVE_ACTION, "" },
    [FAKE_EVENTS] = { "fake_events", "thing.events", "self: thing -> stream<int>", NATIVE_RECORDED | NATIVE_PROPERTY,
                      "" },
    [FAKE_COUNTER] = { "fake_counter", "counter", "-> int", NATIVE_PROBE, "" },
    [FAKE_FAULT] = { "fake_fault", "breakage", "-> fault", NATIVE_ACTION, "" },
    [FAKE_UNBUILT] = { 0, "unbuilt", "-> int", NATIVE_PROBE | NATIVE_NOT_BUILT, "" },
    [FAKE_DO] = { "fake_do", "do", "value: any -> none", NATIVE_ACTION, "" },
    [FAKE_LASTING] = { "fake_lasting", "lasting", "-> thing", NATIVE_ACTION, "" },
    [FAKE_ECHO] = { "fake_echo", "echo", "length: duration -> int", NATIVE_PROBE | NATIVE_WAITS, "" },
    [FAKE_REVERSE] = { "fake_reverse", "reverse", "value: string -> string", NATIVE_CONST, "" },
    [FAKE_HANG] = { "fake_hang", "hang", "-> int", NATIVE_PROBE | NATIVE_WORKER, "" },
};
const struct native_catalogue fake_catalogue = { rows, FAKE_COUNT, NULL, 0 };
static native_function *const functions[FAKE_COUNT] = { fake_pause,   fake_double, fake_fail,    fake_never,
                                                        fake_thing,   fake_events, fake_counter, fake_fault,
                                                        NULL,         fake_do,     fake_lasting, fake_echo,
                                                        fake_reverse, fake_hang };

/* ---- runs ---- */
char fake_seen[8][200];
static uint32_t seen_count;

static void look(void *data, struct run *run, enum run_stage stage) {
    (void)data;
    if (stage != STAGE_STOP) return;
    for (uint32_t i = 0; i < seen_count; i++) {
        struct buffer text = { 0 };
        value_print(run_global(run, i), &text);
        snprintf(fake_seen[i], sizeof fake_seen[i], "%s", text.bytes ? text.bytes : "");
        buffer_done(&text);
    }
}

void fake_look_at(struct run_options *options, uint32_t count) {
    seen_count = count;
    options->watcher.stage = look;
}

struct run_options fake_options(const struct program *program) {
    buffer_done(&fake_log.order);
    fake_log = (struct fake_log){ 0 };
    return (struct run_options){ .program = program,
                                 .natives = &fake_catalogue,
                                 .clock = LOOP_VIRTUAL,
                                 .seed = 1,
                                 .functions = { .functions = functions, .count = FAKE_COUNT },
                                 .scratch_folder = "/tmp",
                                 .log_folder = "/tmp" };
}

enum run_end fake_run(const struct run_options *options, char *message, size_t size) {
    struct run *run = run_new(options);
    enum run_end end = run_execute(run);
    if (message) snprintf(message, size, "%s", run_message(run));
    cr_expect_eq(run_leaked(run), 0, "%zu objects were left alive", run_leaked(run));
    run_free(run);
    return end;
}
