/* A run's parts: making and freeing them, and what natives and the judge may ask of it. Its course is
 * run_stages.c's. */
#include "vm/run.h"

#include "vm/claim.h"
#include "vm/handle.h"
#include "vm/input.h"
#include "vm/mailbox.h"
#include "vm/phase.h"
#include "vm/run_state.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdarg.h>
#include <string.h>

static const size_t default_quota = (size_t)1 << 30;

struct run *run_new(const struct run_options *options) {
    struct run *run = memory_allocate(sizeof *run);
    run->options = *options;
    run->program = options->program;
    run->heap = heap_new(options->memory_quota ? options->memory_quota : default_quota);
    run->heap->mask = options->mask;
    run->heap->releases = options->releases;
    run->heap->release_count = options->release_count;
    run->owns_heap = true;
    run->loop = loop_new(options->clock);
    run->recorder.record = options->replay ? NULL : options->record;
    run->message_span = SPAN_NONE;
    run->random = options->seed;
    run->stage_deadline = INT64_MAX;
    run->started = run->ended = run_now(run);
    run_prepare(run);
    return run;
}

void run_prepare(struct run *run) {
    const struct program *program = run->program;
    run->constants = memory_allocate(program->constant_count * sizeof *run->constants);
    for (uint32_t i = 0; i < program->constant_count; i++) run->constants[i].kind = VALUE_UNBOUND;
    run->globals = memory_allocate(program->global_count * sizeof *run->globals);
    for (uint32_t i = 0; i < program->global_count; i++) run->globals[i].kind = VALUE_UNBOUND;
    size_t natives = run->options.natives ? run->options.natives->row_count : 0;
    run->native_arguments = memory_allocate(natives * sizeof *run->native_arguments);
    for (size_t i = 0; i < natives; i++)
        run->native_arguments[i] = native_parameter_count(&run->options.natives->rows[i]);
    phases_init(run);
    claims_init(run);
}

/* Everything that counts references, so that what is alive afterwards has leaked. */
void run_release_values(struct run *run) {
    for (uint32_t i = 0; i < run->program->constant_count; i++) value_release(run->constants[i]);
    for (uint32_t i = 0; i < run->program->global_count; i++) {
        value_release(run->globals[i]);
        run->globals[i] = (struct value){ .kind = VALUE_UNBOUND };
    }
    for (uint32_t i = 0; i < run->program->constant_count; i++)
        run->constants[i] = (struct value){ .kind = VALUE_UNBOUND };
    phases_done(run);
    value_release(run->stopped_by);
    run->stopped_by = value_none();
    value_release(run->replayed_streams);
    run->replayed_streams = value_none();
    run->heap->release_count = 0;
    value_release(run->past_releases);
    run->past_releases = value_none();
    memory_release(run->past_release_rows);
    run->past_release_rows = NULL;
}

static void forget_effects(struct run *run);

void run_free(struct run *run) {
    if (!run || run->abandoned) return;
    run_release_values(run);
    claims_done(run);
    memory_release(run->constants);
    memory_release(run->globals);
    memory_release(run->native_arguments);
    memory_release(run->message);
    memory_release(run->shown_message);
    memory_release(run->native_message);
    forget_effects(run);
    fibers_done(run);
    VECTOR_DONE(&run->askers);
    VECTOR_DONE(&run->stalls);
    VECTOR_DONE(&run->handle_counters);
    loop_free(run->loop);
    if (run->owns_heap) heap_free(run->heap);
    memory_release(run);
}

/* ---- ends ---- */
void run_stop(struct run *run, enum run_end end, struct span span, const char *format, ...) {
    run->stopping = true;
    if (run->message) return; /* the first reason is the one that counts */
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    run->message = buffer_take(&message);
    run->message_span = span;
    run->end = end;
}

void run_stop_also(struct run *run, enum run_end end, struct span span, const char *message) {
    if (!run->message) {
        run_stop(run, end, span, "%s", message);
        return;
    }
    struct buffer both = { 0 };
    buffer_printf(&both, "%s; and %s", run->message, message);
    memory_release(run->message);
    run->message = buffer_take(&both);
}

const char *run_message(const struct run *run) {
    return run->shown_message ? run->shown_message : "";
}

struct span run_message_span(const struct run *run) {
    return run->message_span;
}

struct span run_span(const struct run *run, const struct fiber *fiber) {
    return fiber->at < run->program->code_count ? run->program->spans[fiber->at] : SPAN_NONE;
}

void run_interrupt(struct run *run, const char *why) {
    run->interruptions++;
    run_stop(run, RUN_INTERRUPTED, SPAN_NONE, "%s", why);
}

int64_t run_started(const struct run *run) {
    return run->started;
}

int64_t run_ended(const struct run *run) {
    return run->ended;
}

bool run_was_cut(const struct run *run) {
    return !run->whole;
}

bool run_is_abandoned(const struct run *run) {
    return run->abandoned;
}

size_t run_leaked(const struct run *run) {
    return run->leaked;
}

struct value run_global(const struct run *run, uint32_t global) {
    return global < run->program->global_count ? run->globals[global] : (struct value){ .kind = VALUE_UNBOUND };
}

/* ---- constants and globals ---- */
static struct value keys_value(struct heap *heap, struct text keys) {
    struct value list = value_list(heap, NULL, 0);
    size_t offset = 0;
    struct text key;
    while (keys_next(keys, &offset, &key)) {
        struct value text = value_text(heap, key);
        list = value_list_append(list, text);
        value_release(text);
    }
    return list;
}

static struct value constant_value(struct heap *heap, const struct constant *constant) {
    switch (constant->kind) {
    case CONSTANT_INTEGER: return value_integer(constant->integer);
    case CONSTANT_DURATION: return value_duration(constant->integer);
    case CONSTANT_SIZE: return value_size(constant->integer);
    case CONSTANT_NUMBER: return value_number(constant->number);
    case CONSTANT_QUANTITY: return value_quantity(heap, constant->number, constant->time_power, constant->byte_power);
    case CONSTANT_RATIO: return value_ratio(constant->number);
    case CONSTANT_TEXT:
    case CONSTANT_LABEL:
    case CONSTANT_PATH: return value_text(heap, constant->text);
    case CONSTANT_VERSION: return value_version(heap, constant->text);
    case CONSTANT_REGEX: return value_regex(heap, constant->text);
    case CONSTANT_JSON: return value_from_json(heap, constant->text);
    case CONSTANT_KEYS: return keys_value(heap, constant->text);
    }
    return value_none();
}

struct value run_constant(struct run *run, uint32_t index) {
    if (run->constants[index].kind == VALUE_UNBOUND) {
        run->constants[index] = constant_value(run->heap, &run->program->constants[index]);
    }
    return run->constants[index];
}

void run_record_binding(struct run *run, uint32_t global) {
    if (!run->recorder.record) return;
    struct buffer json = { 0 };
    value_encode(run->globals[global], &json);
    record_binding(run->recorder.record, run->program->globals[global].name, run_now(run), buffer_text(&json));
    buffer_done(&json);
}

void run_bind(struct run *run, uint32_t global, struct value value) {
    if (run->program->globals[global].kind == GLOBAL_SECRET) secret_bind(run, global, value);
    if (run->program->globals[global].kind == GLOBAL_INPUT) input_hide_credentials(run, value);
    struct value old = run->globals[global];
    run->globals[global] = value_retain(value);
    /* Inputs that the cells needed are bound a second time with the world: once is enough in the record. */
    bool again = old.kind != VALUE_UNBOUND && value_equal(old, value);
    value_release(old);
    if (!again) run_record_binding(run, global);
}

/* ---- for natives ---- */
struct heap *run_heap(struct run *run) {
    return run->heap;
}

struct loop *run_loop(struct run *run) {
    return run->loop;
}

struct guard *run_guard(struct run *run) {
    return run->options.guard;
}

int64_t run_now(struct run *run) {
    return loop_now(run->loop);
}

const char *run_folder(struct run *run) {
    if (run->options.make_scratch) run->options.make_scratch(run->options.scratch_data);
    run->options.make_scratch = NULL;
    return run->options.scratch_folder;
}

const char *run_log_folder(struct run *run) {
    return run->options.log_folder;
}

uint64_t run_seed(struct run *run) {
    return run->options.seed;
}

struct text run_recipe_folder(struct run *run) {
    struct text path = run->program->path;
    while (path.length && path.bytes[path.length - 1] != '/') path.length--;
    return path.length > 1 ? text_slice(path, 0, path.length - 1) : path;
}

struct mask *run_mask(struct run *run) {
    return run->options.mask;
}

bool run_is_stopping(const struct run *run) {
    return run->stopping;
}

bool run_is_over(const struct run *run) {
    return run->stage >= STAGE_JUDGE;
}

bool run_keeps_scratch(struct run *run) {
    return run->options.keep_scratch;
}

enum backend run_backend(struct run *run) {
    return run->options.backend;
}

/* SplitMix64: enough for test data, and the same on every machine. */
uint64_t run_random(struct run *run) {
    uint64_t z = run->random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

bool run_is_load(const struct run *run) {
    return run->mailbox != NULL;
}

void run_gather(struct run *run) {
    loop_set_gather(run->loop, run->gather, run->gather_wanted);
}

void run_never_gather(struct run *run) {
    run->gather = 0;
    run_gather(run);
}

void run_count_resent(struct run *run) {
    run->resent++;
}

void *run_module(struct run *run, const char *name, void *(*make)(struct run *run), void (*release)(void *state)) {
    for (size_t i = 0; i < run->modules.count; i++) {
        if (strcmp(run->modules.items[i].name, name) == 0) return run->modules.items[i].state;
    }
    void *state = make(run);
    VECTOR_PUSH(&run->modules, (struct run_module){ memory_copy(name, strlen(name)), state, release });
    return state;
}

void run_release_modules(struct run *run) {
    while (run->modules.count) {
        struct run_module *module =
            &run->modules.items[--run->modules.count]; /* the newest first: it may use older ones */
        if (module->release) module->release(module->state);
        memory_release(module->name);
    }
    VECTOR_DONE(&run->modules);
}

struct value run_stream(struct run *run, const char *name, enum series_kind kind, bool observer) {
    struct provenance origin = { .observer = observer, .alive_from = run_now(run) };
    return stream_new(run->heap, &run->recorder, text_of(name), kind, origin);
}

struct recent_effect {
    struct buffer subject, outcome;
};

enum { RECENT_EFFECTS = 8, LONGEST_REMEMBERED = 300 /* bytes */ };

/* What is cut is masked before: the cut may leave the beginning of a secret, which nothing would know as one any more. */
static void append_cut(struct run *run, struct text text, struct buffer *out) {
    if (text.length > LONGEST_REMEMBERED)
        value_masked(run->heap, text, LONGEST_REMEMBERED, out);
    else
        buffer_append(out, text);
}

static void remember(struct run *run, struct text subject, struct text outcome) {
    if (!run->recent_effects) run->recent_effects = memory_allocate(RECENT_EFFECTS * sizeof *run->recent_effects);
    struct recent_effect *place = &run->recent_effects[run->recent_effect_count++ % RECENT_EFFECTS];
    buffer_clear(&place->subject);
    buffer_clear(&place->outcome);
    append_cut(run, subject, &place->subject);
    append_cut(run, outcome, &place->outcome);
}

static void forget_effects(struct run *run) {
    for (size_t i = 0; run->recent_effects && i < RECENT_EFFECTS; i++) {
        buffer_done(&run->recent_effects[i].subject);
        buffer_done(&run->recent_effects[i].outcome);
    }
    memory_release(run->recent_effects);
}

bool run_last_effect(const struct run *run, struct text part, struct buffer *out) {
    size_t count = run->recent_effect_count;
    for (size_t i = 0; i < RECENT_EFFECTS && i < count; i++) {
        const struct recent_effect *one = &run->recent_effects[(count - 1 - i) % RECENT_EFFECTS];
        if (text_find(buffer_text(&one->subject), part) == SIZE_MAX) continue;
        buffer_printf(out, "%.*s: %.*s", TEXT_ARGS(buffer_text(&one->subject)), TEXT_ARGS(buffer_text(&one->outcome)));
        return true;
    }
    return false;
}

void run_effect(struct run *run, const char *kind, struct text subject, int64_t start, int64_t end,
                struct text outcome) {
    if (run->mailbox) mailbox_effect(run->mailbox, kind, subject, start, end, outcome);
    if (!run->mailbox) remember(run, subject, outcome);
    if (run->recorder.record) record_effect(run->recorder.record, kind, subject, start, end, outcome);
}

/* ---- what everybody waits for ---- */
static void print_fiber(const struct run *run, const struct fiber *fiber, struct buffer *out) {
    const struct unit *unit = &run->program->units[fiber_frame(fiber)->unit];
    buffer_printf(out, "  %.*s", TEXT_ARGS(unit->name));
    struct span span = run_span(run, fiber);
    struct source *source = run->program->sources ? source_set_get(run->program->sources, span.source) : NULL;
    if (source) buffer_printf(out, " at %s:%u", source->path, source_place(source, span.start).line);
    if (!fiber->wait.what) {
        buffer_append_string(out, ": running\n");
        return;
    }
    buffer_printf(out, ": %s, since ", fiber->wait.what);
    duration_print(out, loop_now(run->loop) - fiber->wait.since);
    buffer_append_byte(out, '\n');
}

void run_print_fibers(const struct run *run, struct buffer *out) {
    for (size_t i = 0; i < run->fibers.count; i++) {
        const struct fiber *fiber = run->fibers.items[i];
        if (fiber && fiber->frame_count) print_fiber(run, fiber, out);
    }
}
