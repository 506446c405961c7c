/* Random programs. Those that the bytes describe freely are mostly refused, those that are mended pass: the verifier
 * must say so without a fault either way, and the listing must survive both. What was verified is run, in virtual
 * time, with natives that answer at random: whatever the program does, nothing breaks and nothing is left over. */
#include "bytecode/builder.h"
#include "judge/judge.h"
#include "stdlib/catalogue.h"
#include "base/clock.h"
#include "base/memory.h"
#include "vm/run_state.h"
#include <signal.h>
#include <stdio.h>
#include <time.h>

struct bytes {
    const uint8_t *at;
    size_t left;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t take(struct bytes *bytes, uint32_t bound) {
    uint32_t value = 0;
    for (int i = 0; i < (bound > 256 ? 2 : 1) && bytes->left > 0; i++, bytes->left--) value = value << 8 | *bytes->at++;
    return bound ? value % bound : 0;
}

/* Mostly inside the bound, sometimes anything. */
static uint32_t index_in(struct bytes *bytes, uint32_t bound, bool wild) {
    if (wild && take(bytes, 64) == 0) return take(bytes, 2) ? UINT32_MAX : take(bytes, 65536);
    return take(bytes, bound);
}

static void make_constants(struct builder *b, struct bytes *bytes, bool wild) {
    static const char *const words[] = { "",     "a", "status", "ok",    "[1, {\"a\": null}]",
                                         "^x+$", "{", "N-1",    "./a/b", "1s" };
    uint16_t narrow;
    builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_DURATION, .integer = 2 * MILLISECOND }, &narrow);
    builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_TEXT, .text = TEXT("a") }, &narrow);
    builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_KEYS, .text = TEXT("a\0b\0") }, &narrow);
    for (uint32_t i = 0, n = take(bytes, 12); i < n; i++) {
        struct constant constant = { .kind = (enum constant_kind)take(bytes, CONSTANT_KEYS + (wild ? 2 : 1)) };
        if (constant_is_text(constant.kind)) {
            constant.text = text_of(words[take(bytes, sizeof words / sizeof words[0])]);
            if (constant.kind == CONSTANT_KEYS) constant.text = take(bytes, 2) ? TEXT("a\0b\0") : TEXT("\0");
        } else if (constant.kind == CONSTANT_NUMBER || constant.kind == CONSTANT_QUANTITY ||
                   constant.kind == CONSTANT_RATIO) {
            constant.number = (double)take(bytes, 65536) / 16.0 - 100;
            if (constant.kind == CONSTANT_QUANTITY) constant.time_power = (int8_t)take(bytes, 256);
        } else {
            constant.integer = (int64_t)take(bytes, 65536) - 1000;
            if (take(bytes, 8) == 0) constant.integer *= INT64_C(140737488355328);
        }
        builder_narrow_constant(b, constant, &narrow);
    }
}

static void make_shapes(struct builder *b, struct bytes *bytes, bool wild) {
    VECTOR_PUSH(&b->shapes, (struct shape){ .kind = SHAPE_ANY, .name = TEXT("any") });
    for (uint32_t i = 1, n = 1 + take(bytes, 8); i < n; i++) {
        struct shape shape = { .kind = (enum shape_kind)take(bytes, SHAPE_STREAM + (wild ? 2 : 1)), .name = TEXT("t") };
        shape.element = index_in(bytes, i, wild);
        if (shape.kind == SHAPE_RECORD) {
            shape.first_field = (uint32_t)b->shape_fields.count;
            shape.field_count = take(bytes, 3);
            for (uint32_t k = 0; k < shape.field_count; k++)
                VECTOR_PUSH(&b->shape_fields, (struct shape_field){ TEXT("a"), index_in(bytes, i, wild) });
        }
        VECTOR_PUSH(&b->shapes, shape);
    }
}

/* The first global of each kind is always there, so that instructions find what they want. */
static void make_globals(struct builder *b, struct bytes *bytes, bool wild) {
    for (uint32_t i = 0; i <= GLOBAL_TASK; i++)
        VECTOR_PUSH(&b->globals, (struct global){ .kind = (enum global_kind)i,
                                                  .name = TEXT("g"),
                                                  .shape = index_in(bytes, (uint32_t)b->shapes.count, wild) });
    VECTOR_PUSH(&b->inputs, (struct input){ .global = GLOBAL_INPUT,
                                            .name = TEXT("g"),
                                            .has_default = true,
                                            .shape = index_in(bytes, (uint32_t)b->shapes.count, wild) });
    for (uint32_t i = 0, n = take(bytes, 3); i < n; i++)
        VECTOR_PUSH(&b->phases, (struct phase_entry){ .name = TEXT("p"),
                                                      .global = GLOBAL_PHASE,
                                                      .outer = i > 0 ? index_in(bytes, i, wild) : UINT32_MAX });
}

/* A unit's registers: the first ones begin with something to work on, ranges have room behind them. */
enum {
    TRUTH,
    NUMBER,
    TIME,
    TEXT_A,
    LIST,
    LOADED,
    WATCHED,
    PHASE,
    INSTANT,
    RECORD,
    LENGTH,
    NOTHING,
    USED,
    REGISTERS = 40
};

static uint16_t maybe_register(struct bytes *bytes) {
    return take(bytes, 3) ? NO_REGISTER : (uint16_t)take(bytes, USED);
}

static struct formula make_formula(struct bytes *bytes, enum formula_kind kind, uint32_t body) {
    struct formula f = { .kind = kind, .body = body, .live = take(bytes, 4) == 0 };
    f.condition = kind == FORMULA_PLAIN || kind >= FORMULA_WHENEVER ? (uint16_t)take(bytes, USED) : NO_REGISTER;
    f.ending = kind == FORMULA_UNTIL ? (uint16_t)take(bytes, USED) : NO_REGISTER;
    f.within = maybe_register(bytes), f.within_of = maybe_register(bytes), f.hold = maybe_register(bytes);
    f.during = maybe_register(bytes), f.from = maybe_register(bytes), f.to = maybe_register(bytes);
    f.before = maybe_register(bytes), f.every = maybe_register(bytes);
    return f;
}

static void make_claims(struct builder *b, struct bytes *bytes, uint32_t assert_unit, bool wild) {
    VECTOR_PUSH(&b->assertions, (struct assertion){ .title = TEXT("a"), .unit = assert_unit });
    for (uint32_t i = 0, n = take(bytes, 5); i < n; i++) {
        struct claim claim = { .formula = NO_FORMULA, .text = TEXT("c"), .result = NO_REGISTER };
        uint32_t what = take(bytes, 3);
        claim.assertion = what == 0 ? UINT32_MAX : index_in(bytes, 1, wild);
        if (what == 2) {
            claim.formula = (uint32_t)b->formulas.count;
            enum formula_kind kind = (enum formula_kind)take(bytes, FORMULA_UNTIL + 1);
            bool leaf = kind == FORMULA_PLAIN || kind == FORMULA_UNTIL;
            VECTOR_PUSH(&b->formulas, make_formula(bytes, kind, leaf ? NO_FORMULA : claim.formula + 1));
            if (!leaf) VECTOR_PUSH(&b->formulas, make_formula(bytes, FORMULA_PLAIN, NO_FORMULA));
            if (kind == FORMULA_PLAIN) claim.result = b->formulas.items[claim.formula].condition;
        }
        claim.live = take(bytes, 3) == 0;
        claim.first_site = (uint32_t)b->sites.count;
        claim.site_count = take(bytes, 4);
        for (uint32_t k = 0; k < claim.site_count; k++)
            VECTOR_PUSH(&b->sites, (struct site){ .register_index = (uint16_t)index_in(bytes, USED, wild) });
        VECTOR_PUSH(&b->claims, claim);
    }
}

static uint16_t pick_constant(const struct builder *b, struct bytes *bytes, enum op op) {
    uint32_t count = (uint32_t)b->narrow.constants.count, start = take(bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        enum constant_kind kind = b->narrow.constants.items[(start + i) % count].kind;
        bool good = op == OP_MAKE_RECORD     ? kind == CONSTANT_KEYS
                    : op == OP_LOAD_CONSTANT ? kind != CONSTANT_KEYS
                                             : kind == CONSTANT_TEXT;
        if (good) return (uint16_t)((start + i) % count);
    }
    return (uint16_t)start;
}

static uint32_t pick_unit(const struct builder *b, struct bytes *bytes, enum op op) {
    enum unit_kind wanted = op == OP_CALL           ? UNIT_FUNCTION
                            : op == OP_SPAWN        ? UNIT_SPAWN
                            : op == OP_LOAD_START   ? UNIT_LOAD
                            : op == OP_WATCH_START  ? UNIT_WATCH
                            : op == OP_MAKE_SERVICE ? UNIT_SERVICE
                                                    : UNIT_RUN;
    for (uint32_t i = 0; i < b->units.count; i++)
        if (b->units.items[i].kind == wanted) return i;
    return take(bytes, (uint32_t)b->units.count);
}

static uint32_t pick_global(struct bytes *bytes, enum op op) {
    if (op == OP_MARK) return GLOBAL_MARK;
    if (op == OP_LOAD_START) return GLOBAL_LOAD;
    if (op == OP_WATCH_START) return GLOBAL_WATCH;
    return op == OP_SET_GLOBAL ? (uint32_t)GLOBAL_LET : take(bytes, GLOBAL_TASK + 1);
}

/* A lifted native is constant and has a parameter. */
static uint32_t pick_native(struct bytes *bytes, enum op op) {
    uint32_t count = (uint32_t)catalogue()->row_count, start = take(bytes, count);
    for (uint32_t i = 0; op == OP_CALL_LIFTED && i < count; i++) {
        const struct native_row *row = &catalogue()->rows[(start + i) % count];
        if (!(row->flags & (NATIVE_EFFECT_MASK | NATIVE_WAITS)) && row->signature[0] != '-') return (start + i) % count;
    }
    return start;
}

/* Of the kind that the instruction wants: an assertion's, with or without a formula, or an expectation. */
static uint32_t pick_claim(const struct builder *b, struct bytes *bytes, enum op op) {
    uint32_t count = (uint32_t)b->claims.count, start = take(bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct claim *claim = &b->claims.items[(start + i) % count];
        bool judged = claim->formula != NO_FORMULA, expected = claim->assertion == UINT32_MAX;
        bool good =
            op == OP_EXPECT ? expected : !expected && (op == OP_CLAIM_KEEP ? !judged : judged || op == OP_POLL_BEGIN);
        if (good) return (start + i) % count;
    }
    return op == OP_POLL_BEGIN ? UINT16_MAX : count;
}

/* What could only be mended away. */
static bool belongs(const struct builder *b, enum op op, enum unit_kind kind) {
    switch ((int)op) {
    case OP_PHASE_ENTER:
    case OP_PHASE_LEAVE: return kind == UNIT_RUN && b->phases.count > 0;
    case OP_LOAD_START:
    case OP_WATCH_START: return kind == UNIT_RUN;
    case OP_CLAIM:
    case OP_CLAIM_CACHED:
    case OP_CLAIM_KEEP:
    case OP_CLAIM_SKIP: return kind == UNIT_ASSERT;
    default: return true;
    }
}

static uint32_t operand(struct builder *b, struct bytes *bytes, enum op op, char kind, uint32_t at, uint32_t length,
                        bool wild) {
    if (wild && take(bytes, 128) == 0) return take(bytes, 65536);
    switch (kind) {
    case 's':
        if (op == OP_POLL_BEGIN) return LENGTH;
        return take(bytes, USED);
    case 'w':
    case 'r':
        if (op == OP_ITERATE && kind == 'r' && take(bytes, 2)) return LIST;
        return take(bytes, USED);
    case 'k': return pick_constant(b, bytes, op);
    case 'K': return pick_constant(b, bytes, op) - (uint32_t)b->narrow.constants.count; /* what the builder adds */
    case 'f': return pick_native(bytes, op);
    case 'u':
    case 'U': return pick_unit(b, bytes, op);
    case 'g':
    case 'G': return pick_global(bytes, op);
    case 't': return take(bytes, (uint32_t)b->shapes.count);
    case 'q': return pick_claim(b, bytes, op);
    case 'p': return take(bytes, (uint32_t)b->phases.count);
    case 'x': return 0;
    case 'n': return take(bytes, 8);
    case 'i':
    case 'I': return take(bytes, 256) - 8;
    case 'j':
    case 'J':
        if (take(bytes, 16) == 0) return take(bytes, length) - at - 1; /* any instruction of the unit */
        return take(bytes, length - at - 1);                           /* mostly one that comes later */
    default: return 0;
    }
}

static struct instruction make_instruction(struct builder *b, struct bytes *bytes, enum unit_kind unit, uint32_t at,
                                           uint32_t length, bool wild) {
    struct instruction i = { .op = (uint16_t)take(bytes, OP_COUNT + (wild ? 1 : 0)) };
    if (!wild && !belongs(b, (enum op)i.op, unit)) i.op = OP_NOW;
    enum op op = (enum op)i.op;
    const char *kinds = op_info(op)->kinds;
    i.a = (uint16_t)operand(b, bytes, op, kinds[0], at, length, wild);
    uint32_t second = operand(b, bytes, op, kinds[1], at, length, wild);
    i.b = (uint16_t)second;
    i.c = kinds[2] == 'H' ? (uint16_t)(second >> 16) : (uint16_t)operand(b, bytes, op, kinds[2], at, length, wild);
    return i;
}

static void prologue(const struct builder *b, struct bytes *bytes, struct assembly *code, enum unit_kind kind) {
    const uint32_t shift = (uint32_t)b->narrow.constants.count; /* what the builder adds */
    code->span = (struct span){ 0, 0, 4 };
    assembly_emit(code, OP_LOAD_TRUE, TRUTH, 0, 0);
    assembly_emit_wide(code, OP_LOAD_INTEGER, NUMBER, take(bytes, 4));
    assembly_emit_wide(code, OP_LOAD_CONSTANT, TIME, 0 - shift);
    assembly_emit_wide(code, OP_LOAD_CONSTANT, TEXT_A, 1 - shift);
    assembly_emit_wide(code, OP_LOAD_CONSTANT, LENGTH, 0 - shift);
    assembly_emit(code, OP_MAKE_LIST, LIST, TRUTH, 4);
    assembly_emit(code, OP_MAKE_RECORD, RECORD, NUMBER, 2);
    assembly_emit(code, OP_NOW, INSTANT, 0, 0);
    if (kind == UNIT_RUN) {
        assembly_emit(code, OP_LOAD_START, GLOBAL_LOAD, (uint16_t)pick_unit(b, bytes, OP_LOAD_START), NUMBER);
        assembly_emit(code, OP_WATCH_START, GLOBAL_WATCH, (uint16_t)pick_unit(b, bytes, OP_WATCH_START), LENGTH);
        if (b->phases.count > 0) assembly_emit(code, OP_PHASE_ENTER, 0, NOTHING, 0);
        assembly_emit(code, OP_WAIT, TIME, 0, 0);
        if (b->phases.count > 0) assembly_emit(code, OP_PHASE_LEAVE, 0, 0, 0);
    }
    assembly_emit_wide(code, OP_GET_GLOBAL, LOADED, GLOBAL_LOAD);
    assembly_emit_wide(code, OP_GET_GLOBAL, WATCHED, GLOBAL_WATCH);
    assembly_emit_wide(code, OP_GET_GLOBAL, PHASE, GLOBAL_PHASE);
}

static void make_code(struct builder *b, struct bytes *bytes, uint32_t unit, uint16_t parameters, bool wild) {
    struct assembly code = { 0 };
    enum unit_kind kind = b->units.items[unit].kind;
    prologue(b, bytes, &code, kind);
    uint32_t begin = (uint32_t)code.code.count, length = begin + 1 + take(bytes, 24);
    for (uint32_t at = begin; at + 1 < length; at++) {
        code.span = (struct span){ 0, take(bytes, 9), wild && take(bytes, 99) == 0 ? 99 : 3 };
        struct instruction i = make_instruction(b, bytes, kind, at, length, wild);
        assembly_emit(&code, (enum op)i.op, i.a, i.b, i.c);
    }
    assembly_emit(&code, OP_RETURN_NONE, 0, 0, 0);
    builder_unit_code(b, unit, &code, REGISTERS, parameters);
    assembly_done(&code);
}

static struct program *make_program(struct bytes *bytes, struct source_set *sources, bool wild) {
    struct builder *b = builder_new(sources);
    static const enum unit_kind kinds[] = { UNIT_INPUTS,   UNIT_WORLD,  UNIT_SETUP,    UNIT_RUN,
                                            UNIT_TEARDOWN, UNIT_ASSERT, UNIT_FUNCTION, UNIT_SPAWN,
                                            UNIT_LOAD,     UNIT_WATCH,  UNIT_SERVICE };
    enum { KINDS = sizeof kinds / sizeof kinds[0], THE_ASSERT = 5 };
    make_constants(b, bytes, wild);
    make_shapes(b, bytes, wild);
    make_globals(b, bytes, wild);
    for (uint32_t i = 0; i < KINDS; i++) builder_unit(b, kinds[i], text_of(unit_kind_name(kinds[i])), SPAN_NONE);
    make_claims(b, bytes, THE_ASSERT, wild);
    for (uint32_t i = 0; i < KINDS; i++)
        make_code(b, bytes, i, kinds[i] >= UNIT_FUNCTION ? (uint16_t)(1 + take(bytes, 2)) : 0, wild);
    struct program *program = b->program;
    program->inputs_unit = 0, program->world_unit = 1, program->setup_unit = 2, program->run_unit = 3;
    program->teardown_unit = 4;
    if (wild && take(bytes, 16) == 0) program->run_unit = take(bytes, 16);
    return builder_finish(b);
}

/* Takes out one instruction after the other that the verifier refuses, until it is content or dislikes something
 * else. */
static bool mend(struct program *program) {
    for (uint32_t attempt = 0; attempt <= program->code_count; attempt++) {
        struct buffer error = { 0 };
        uint32_t unit, at;
        char kind[32];
        bool good = program_verify(program, catalogue(), &error);
        bool found = !good && sscanf(error.bytes, "unit %u (%31[a-z]), instruction %u", &unit, kind, &at) == 3;
        buffer_done(&error);
        if (!found) return good;
        program->code[program->units[unit].entry + at] = (struct instruction){ .op = OP_LOAD_NONE };
    }
    __builtin_trap(); /* nothing is wrong with LOAD_NONE */
}

/* ---- natives that answer at random ---- */

struct wait {
    struct run *run;
    struct ticket ticket;
    struct loop_timer *timer;
};

static void wait_cancel(void *state) {
    struct wait *wait = state;
    loop_timer_stop(wait->timer);
    memory_release(wait);
}

static void wait_over(void *state) {
    struct wait wait = *(struct wait *)state;
    memory_release(state);
    native_wake(wait.run, wait.ticket, value_duration(1));
}

static enum native_outcome answer(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    switch (run_random(call->run) % 10) {
    case 0: return native_done(call, value_none());
    case 1: return native_done(call, value_boolean(true));
    case 2: return native_done(call, value_boolean(false));
    case 3: return native_done(call, value_integer((int64_t)(run_random(call->run) % 5)));
    case 4: return native_done(call, value_string(heap, "text"));
    case 5: return native_done(call, value_list(heap, call->arguments, call->argument_count));
    case 6: return native_done(call, value_error(heap, "an error"));
    case 7: return native_done(call, value_duration((int64_t)(run_random(call->run) % 5) * MILLISECOND));
    case 8: return native_fail(call, "a failure");
    default: break;
    }
    if (!(call->row->flags & NATIVE_WAITS)) return native_done(call, value_no_data(heap, "nothing"));
    struct wait *wait = memory_allocate(sizeof *wait);
    enum native_outcome outcome = native_wait(call, "a while", wait_cancel, wait);
    *wait = (struct wait){ .run = call->run, .ticket = native_ticket(call) };
    wait->timer = loop_timer_start(run_loop(call->run), run_now(call->run) + MILLISECOND, wait_over, wait);
    return outcome;
}

/* ---- running ---- */

static struct run *volatile running;

/* A program may go round for ever without time passing: that is for the run's owner to end. */
static void enough(int number) {
    (void)number;
    struct run *run = running;
    if (!run) return;
    run->interruptions = 2;
    run->stopping = true;
}

static timer_t watchdog(void) {
    static timer_t timer;
    static bool made;
    if (made) return timer;
    struct sigaction action = { .sa_handler = enough, .sa_flags = SA_RESTART };
    sigaction(SIGRTMIN, &action, NULL);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) __builtin_trap();
    made = true;
    return timer;
}

static void execute(const struct program *program, uint64_t seed) {
    static native_function *functions[1024];
    for (size_t i = 0; i < catalogue()->row_count && i < 1024; i++) functions[i] = answer;
    struct judge *judge = judge_new(program, NULL);
    struct run_options options = { .program = program,
                                   .natives = catalogue(),
                                   .clock = LOOP_VIRTUAL,
                                   .seed = seed,
                                   .functions = { .functions = functions, .count = catalogue()->row_count },
                                   .memory_quota = 1 << 24,
                                   .limit = SECOND,
                                   .judge = judge_hooks(judge) };
    struct run *run = run_new(&options);
    const struct itimerspec soon = { .it_value = { .tv_nsec = 10 * MILLISECOND },
                                     .it_interval = { .tv_nsec = 10 * MILLISECOND } };
    const struct itimerspec never = { 0 };
    timer_t timer = watchdog();
    running = run;
    timer_settime(timer, 0, &soon, NULL);
    enum run_end end = run_execute(run);
    timer_settime(timer, 0, &never, NULL);
    running = NULL;
    struct buffer message = { 0 };
    judge_outcome(judge, run, end, &message);
    buffer_done(&message);
    if (run_leaked(run) != 0) __builtin_trap();
    run_free(run);
    judge_free(judge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = { data, size };
    size_t blocks = memory_live_blocks();
    bool wild = take(&bytes, 2);
    uint64_t seed = take(&bytes, 65536);
    struct source_set *sources = source_set_new();
    source_set_add(sources, "fuzz.aot", TEXT("some\ntext\nhere"));
    struct program *program = make_program(&bytes, sources, wild);
    struct buffer error = { 0 }, listing = { 0 };
    if (!wild) mend(program);
    bool good = program_verify(program, catalogue(), &error);
    if (good != (error.length == 0)) __builtin_trap(); /* a refusal has a reason, and only a refusal */
    program_dump(program, catalogue(), &listing);
    if (good) execute(program, seed);
    buffer_done(&error);
    buffer_done(&listing);
    program_free(program);
    source_set_free(sources);
    if (memory_live_blocks() != blocks) __builtin_trap();
    return 0;
}
