/* Assembles the sample: one of nearly everything. */
#include "sample.h"

static const struct native_row rows[] = {
    { "text_length", "len", "value: string -> int", NATIVE_CONST, "" },
    { "http_get", "http.get", "url: url, headers: {string: string} = {}, word: \"a,b\"|\"->\" = \"a,b\" -> response",
      NATIVE_PROBE | NATIVE_WAITS, "" },
    { "random_uuid", "uuid", "-> string", NATIVE_CONST, "" },
};
const struct native_catalogue sample_natives = { rows, sizeof rows / sizeof rows[0], NULL, 0 };
struct sample_places sample_at;

static uint32_t at(const struct assembly *assembly) {
    return (uint32_t)assembly->code.count;
}

static void finish(struct builder *b, uint32_t unit, struct assembly *assembly, uint16_t registers,
                   uint16_t parameters) {
    assembly_finish(assembly);
    builder_unit_code(b, unit, assembly, registers, parameters);
    assembly_done(assembly);
}

static void simple(struct builder *b, uint32_t unit, uint16_t registers, uint16_t parameters) {
    struct assembly code = { 0 };
    assembly_emit(&code, OP_RETURN_NONE, 0, 0, 0);
    finish(b, unit, &code, registers, parameters);
}

static uint16_t narrow(struct builder *b, enum constant_kind kind, struct text text) {
    uint16_t index;
    builder_narrow_constant(b, (struct constant){ .kind = kind, .text = text }, &index);
    return index;
}

static void tables(struct builder *b) {
    VECTOR_PUSH(&b->shapes, (struct shape){ .kind = SHAPE_ANY, .name = TEXT("any") });
    VECTOR_PUSH(&b->shapes, (struct shape){ .kind = SHAPE_LIST, .element = 0, .name = TEXT("[any]") });
    VECTOR_PUSH(&b->shape_fields, (struct shape_field){ TEXT("a"), SHAPE_OF_LIST });
    VECTOR_PUSH(&b->shapes, (struct shape){ .kind = SHAPE_RECORD, .field_count = 1, .name = TEXT("{a: [any]}") });
    const enum global_kind kinds[] = { GLOBAL_INPUT, GLOBAL_PHASE, GLOBAL_MARK, GLOBAL_LOAD,
                                       GLOBAL_WATCH, GLOBAL_AXIS,  GLOBAL_LET };
    const char *names[] = { "x", "p", "m", "q", "w", "a", "y" };
    for (size_t i = 0; i < 7; i++)
        VECTOR_PUSH(&b->globals, (struct global){ .kind = kinds[i], .name = text_of(names[i]) });
    VECTOR_PUSH(&b->inputs, (struct input){ .global = GLOBAL_X, .name = TEXT("x"), .has_default = true });
    VECTOR_PUSH(&b->axes, (struct axis){ .global = GLOBAL_A, .unit = UNIT_OF_AXIS, .name = TEXT("a") });
    VECTOR_PUSH(&b->phases, (struct phase_entry){ .name = TEXT("p"), .global = GLOBAL_P, .outer = UINT32_MAX });
    VECTOR_PUSH(&b->services, (struct service){ .unit = UNIT_OF_SERVICE,
                                                .ready_unit = UNIT_OF_READY,
                                                .app = UINT32_MAX,
                                                .version_unit = UINT32_MAX,
                                                .name = TEXT("api") });
}

static void claims(struct builder *b) {
    VECTOR_PUSH(&b->formulas, (struct formula){ .kind = FORMULA_ALWAYS,
                                                .body = 1,
                                                .condition = NO_REGISTER,
                                                .ending = NO_REGISTER,
                                                .within = NO_REGISTER,
                                                .within_of = NO_REGISTER,
                                                .hold = NO_REGISTER,
                                                .during = 0,
                                                .from = NO_REGISTER,
                                                .to = NO_REGISTER,
                                                .before = NO_REGISTER,
                                                .every = NO_REGISTER });
    VECTOR_PUSH(&b->formulas, (struct formula){ .kind = FORMULA_PLAIN,
                                                .body = NO_FORMULA,
                                                .condition = 1,
                                                .ending = NO_REGISTER,
                                                .within = NO_REGISTER,
                                                .within_of = NO_REGISTER,
                                                .hold = NO_REGISTER,
                                                .during = NO_REGISTER,
                                                .from = NO_REGISTER,
                                                .to = NO_REGISTER,
                                                .before = NO_REGISTER,
                                                .every = NO_REGISTER });
    VECTOR_PUSH(&b->rule_names, TEXT("R1.1"));
    VECTOR_PUSH(&b->assertions,
                (struct assertion){ .title = TEXT("it holds"), .rule_count = 1, .unit = UNIT_OF_ASSERT });
    VECTOR_PUSH(&b->sites, (struct site){ .register_index = 1 });
    VECTOR_PUSH(&b->sites, (struct site){ .register_index = 9 });
    VECTOR_PUSH(
        &b->claims,
        (struct claim){
            .assertion = 0, .formula = 0, .text = TEXT("always during p: c"), .site_count = 1, .result = NO_REGISTER });
    VECTOR_PUSH(&b->claims, (struct claim){ .assertion = UINT32_MAX,
                                            .formula = NO_FORMULA,
                                            .text = TEXT("r.ok"),
                                            .first_site = 1,
                                            .site_count = 1,
                                            .result = NO_REGISTER });
}

static void run_unit(struct builder *b) {
    struct assembly code = { 0 };
    sample_at.load_constant = at(&code);
    assembly_emit_wide(&code, OP_LOAD_CONSTANT, 0,
                       builder_constant(b, (struct constant){ .kind = CONSTANT_DURATION, .integer = 5 }));
    sample_at.make_list = at(&code);
    assembly_emit(&code, OP_MAKE_LIST, 1, 0, 10);
    sample_at.make_record = at(&code);
    assembly_emit(&code, OP_MAKE_RECORD, 1, 8, narrow(b, CONSTANT_KEYS, TEXT("a\0b\0")));
    sample_at.get_field = at(&code);
    assembly_emit(&code, OP_GET_FIELD, 1, 1, narrow(b, CONSTANT_TEXT, TEXT("a")));
    sample_at.call = at(&code);
    assembly_emit(&code, OP_CALL, 2, UNIT_OF_FUNCTION, 8);
    sample_at.native = at(&code);
    assembly_emit(&code, OP_CALL_NATIVE, 2, SAMPLE_PROBE, 7);
    sample_at.lifted = at(&code);
    assembly_emit(&code, OP_CALL_LIFTED, 2, SAMPLE_CONST, 9);
    sample_at.spawn = at(&code);
    assembly_emit(&code, OP_SPAWN, 3, UNIT_OF_TASK, 9);
    sample_at.load = at(&code);
    assembly_emit(&code, OP_LOAD_START, GLOBAL_Q, UNIT_OF_LOAD, 7);
    sample_at.watch = at(&code);
    assembly_emit(&code, OP_WATCH_START, GLOBAL_W, UNIT_OF_WATCH, 9);
    sample_at.service = at(&code);
    assembly_emit(&code, OP_MAKE_SERVICE, 3, UNIT_OF_SERVICE, 9);
    sample_at.mark = at(&code);
    assembly_emit(&code, OP_MARK, GLOBAL_M, 0, 0);
    sample_at.phase_enter = at(&code);
    assembly_emit(&code, OP_PHASE_ENTER, 0, 3, 0);
    assembly_emit(&code, OP_PHASE_LEAVE, 0, 0, 0);
    struct label head = assembly_here(&code);
    sample_at.poll_begin = at(&code);
    assembly_emit(&code, OP_POLL_BEGIN, 4, 8, UINT16_MAX);
    sample_at.jump = at(&code);
    assembly_jump(&code, OP_JUMP_IF_FALSE, 4, 0, head);
    sample_at.expect = at(&code);
    assembly_emit(&code, OP_EXPECT, 4, 1, 0);
    sample_at.set_global = at(&code);
    assembly_emit_wide(&code, OP_SET_GLOBAL, 4, GLOBAL_Y);
    assembly_emit(&code, OP_RETURN_NONE, 0, 0, 0);
    finish(b, UNIT_OF_RUN, &code, 10, 0);
}

struct program *sample_program(void) {
    struct builder *b = builder_new(NULL);
    const enum unit_kind kinds[] = { UNIT_INPUTS, UNIT_AXIS,  UNIT_RUN,     UNIT_FUNCTION, UNIT_LOAD,
                                     UNIT_WATCH,  UNIT_SPAWN, UNIT_SERVICE, UNIT_FUNCTION, UNIT_ASSERT };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        builder_unit(b, kinds[i], text_of(unit_kind_name(kinds[i])), SPAN_NONE);
    tables(b);
    claims(b);
    struct assembly inputs = { 0 };
    struct label given = assembly_label(&inputs);
    assembly_jump(&inputs, OP_GET_INPUT, 0, 0, given);
    assembly_emit_wide(&inputs, OP_LOAD_INTEGER, 0, (uint32_t)-7);
    assembly_place(&inputs, given);
    assembly_emit_wide(&inputs, OP_SET_GLOBAL, 0, GLOBAL_X);
    assembly_emit(&inputs, OP_RETURN_NONE, 0, 0, 0);
    finish(b, UNIT_OF_INPUTS, &inputs, 1, 0);
    simple(b, UNIT_OF_AXIS, 0, 0);
    run_unit(b);
    simple(b, UNIT_OF_FUNCTION, 3, 2);
    simple(b, UNIT_OF_LOAD, 1, 1);
    simple(b, UNIT_OF_WATCH, 0, 0);
    simple(b, UNIT_OF_TASK, 1, 1);
    simple(b, UNIT_OF_SERVICE, 2, 2);
    simple(b, UNIT_OF_READY, 2, 2);
    struct assembly judged = { 0 };
    assembly_emit(&judged, OP_CLAIM, 0, 0, 0);
    assembly_emit(&judged, OP_RETURN_NONE, 0, 0, 0);
    finish(b, UNIT_OF_ASSERT, &judged, 2, 0);
    struct program *program = b->program;
    program->inputs_unit = UNIT_OF_INPUTS;
    program->run_unit = UNIT_OF_RUN;
    program->id = builder_text(b, TEXT("T0"));
    program->title = builder_text(b, TEXT("a sample"));
    program->path = builder_text(b, TEXT("sample.aot"));
    return builder_finish(b);
}

struct program *sample_loop(uint32_t body) {
    struct builder *b = builder_new(NULL);
    uint32_t unit = builder_unit(b, UNIT_RUN, TEXT("run"), SPAN_NONE);
    struct assembly code = { 0 };
    struct label end = assembly_label(&code);
    assembly_emit(&code, OP_ITERATE, 1, 0, 0);
    struct label head = assembly_here(&code);
    assembly_jump(&code, OP_NEXT, 2, 1, end);
    for (uint32_t i = 0; i < body; i++) assembly_emit(&code, OP_LOAD_NONE, 3, 0, 0);
    assembly_jump(&code, OP_RETRY_AGAIN, 3, 3, head);
    assembly_jump(&code, OP_JUMP, 0, 0, head);
    assembly_place(&code, end);
    assembly_emit(&code, OP_RETURN_NONE, 0, 0, 0);
    finish(b, unit, &code, 4, 0);
    b->program->run_unit = unit;
    return builder_finish(b);
}
