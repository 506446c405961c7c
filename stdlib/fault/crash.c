/* `crash(…)`: SIGKILL to all that stems from a service or a server. Nothing undoes it; what it proves is that they ran and are gone.
 * How each is killed is its class' own affair. */
#include "base/memory.h"
#include "stdlib/functions.h"

struct victim {
    struct value handle;           /* owned: it outlives the fault */
    const struct handle_class *of; /* with `crash` */
    void *state;
    size_t ran; /* parts, when it began */
};
struct crash {
    struct victim *victims; /* owned */
    size_t count;
    bool begun;
    bool gone; /* all parts */
};

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct crash *crash = state;
    bool first = !crash->begun, gone = true;
    (void)deadline, (void)problem;
    for (size_t i = 0; first && i < crash->count; i++)
        crash->victims[i].ran = crash->victims[i].of->crash->running(crash->victims[i].state);
    for (size_t i = 0; i < crash->count; i++)
        gone = crash->victims[i].of->crash->kill(crash->victims[i].state, first) && gone;
    crash->begun = true;
    crash->gone = gone;
    return gone;
}

static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct crash *crash = state;
    (void)deadline, (void)problem;
    crash->begun = false;
    return true;
}

static void describe_victim(const struct victim *victim, struct buffer *out) {
    victim->of->describe(victim->state, out);
}

static bool evidence(void *state, struct buffer *out) {
    const struct crash *crash = state;
    const struct victim *missed = NULL;
    size_t ran = 0;
    for (size_t i = 0; i < crash->count; i++) {
        ran += crash->victims[i].ran;
        if (!missed && !crash->victims[i].ran) missed = &crash->victims[i];
    }
    if (ran == 0) {
        buffer_append_string(out, "the crash hit nothing: nothing of it was running");
    } else if (missed) {
        buffer_append_string(out, "the crash did not hit all: nothing was running of ");
        describe_victim(missed, out);
    } else if (!crash->gone) {
        buffer_printf(out, "not all of its %zu parts were gone in time", ran);
    } else {
        buffer_printf(out, "%zu part%s killed, nothing of them was left", ran, ran == 1 ? "" : "s");
    }
    return !missed && crash->gone;
}

static bool permanent(void *state) {
    (void)state;
    return true;
}

static void describe(void *state, struct buffer *out) {
    const struct crash *crash = state;
    buffer_append_string(out, "crash of ");
    for (size_t i = 0; i < crash->count; i++) {
        if (i) buffer_append_string(out, ", ");
        describe_victim(&crash->victims[i], out);
    }
}

static void release(void *state) {
    struct crash *crash = state;
    for (size_t i = 0; i < crash->count; i++) value_release(crash->victims[i].handle);
    memory_release(crash->victims);
    memory_release(crash);
}

static const struct handle_class crash_class = { .type = "fault",
                                                 .release = release,
                                                 .describe = describe,
                                                 .apply = apply,
                                                 .undo = undo,
                                                 .evidence = evidence,
                                                 .idle = "",
                                                 .permanent = permanent };

static bool read_victim(struct native_call *call, struct value handle, struct victim *victim) {
    struct buffer problem = { 0 };
    void *state = NULL;
    const struct handle_class *of = handle_class_of(handle, &state);
    *victim = (struct victim){ .handle = handle, .of = of, .state = state };
    if (!victim->of || !victim->of->crash)
        buffer_printf(&problem, "%s is nothing that can crash", handle_name(handle));
    else
        victim->of->crash->may(victim->state, &problem);
    if (problem.length) native_fail(call, "crash: %s", problem.bytes);
    bool good = !problem.length;
    buffer_done(&problem);
    return good;
}

static enum native_outcome make(struct native_call *call, const struct value *handles, size_t count) {
    struct victim *victims = memory_allocate(count * sizeof *victims);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) good = read_victim(call, handles[i], &victims[i]);
    if (!good) {
        memory_release(victims);
        return NATIVE_FAIL;
    }
    for (size_t i = 0; i < count; i++) value_retain(victims[i].handle);
    struct crash *crash = memory_allocate(sizeof *crash);
    *crash = (struct crash){ .victims = victims, .count = count };
    return native_done(call, handle_new(call->run, &crash_class, crash));
}

enum native_outcome fault_crash(struct native_call *call) {
    return make(call, &call->arguments[0], 1);
}

enum native_outcome fault_crash_all(struct native_call *call) {
    struct value list = argument(call, 0);
    size_t count = value_count(list);
    if (count == 0) return native_fail(call, "crash: an empty list: there is nothing to crash");
    struct value *handles = memory_allocate(count * sizeof *handles);
    for (size_t i = 0; i < count; i++) handles[i] = value_at(list, i);
    enum native_outcome outcome = make(call, handles, count);
    memory_release(handles);
    return outcome;
}
