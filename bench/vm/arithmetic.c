/* fib(32) and a loop of 50 million steps as hand-assembled bytecode (the language has no recursion). Prints the
 * milliseconds that the run itself took: `arithmetic fib` or `arithmetic loop`. */
#include "base/clock.h"
#include "bytecode/builder.h"
#include "vm/run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct native_catalogue no_natives;

static void emit(struct assembly *code, enum op op, uint16_t a, uint16_t b, uint16_t c) {
    assembly_emit(code, op, a, b, c);
}

/* fn fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2) */
static uint32_t assemble_fib(struct builder *builder) {
    uint32_t fib = builder_unit(builder, UNIT_FUNCTION, TEXT("fib"), SPAN_NONE);
    struct assembly code = { 0 };
    struct label small = assembly_label(&code);
    assembly_emit_wide(&code, OP_LOAD_INTEGER, 1, 2);
    assembly_jump(&code, OP_JUMP_IF_LESS, 0, 1, small);
    emit(&code, OP_ADD_INTEGER, 1, 0, (uint16_t)-1);
    emit(&code, OP_CALL, 1, (uint16_t)fib, 1);
    emit(&code, OP_ADD_INTEGER, 2, 0, (uint16_t)-2);
    emit(&code, OP_CALL, 2, (uint16_t)fib, 2);
    emit(&code, OP_ADD, 1, 1, 2);
    emit(&code, OP_RETURN, 1, 0, 0);
    assembly_place(&code, small);
    emit(&code, OP_RETURN, 0, 0, 0);
    assembly_finish(&code);
    builder_unit_code(builder, fib, &code, 3, 1);
    assembly_done(&code);
    return fib;
}

static void assemble_loop(struct assembly *code, int32_t steps) {
    assembly_emit_wide(code, OP_LOAD_INTEGER, 0, 0);
    assembly_emit_wide(code, OP_LOAD_INTEGER, 1, 0);
    assembly_emit_wide(code, OP_LOAD_INTEGER, 2, (uint32_t)steps);
    struct label again = assembly_here(code);
    emit(code, OP_ADD, 0, 0, 1);
    emit(code, OP_ADD_INTEGER, 1, 1, 1);
    assembly_jump(code, OP_JUMP_IF_LESS, 1, 2, again);
}

static struct program *assemble(bool fib) {
    struct builder *builder = builder_new(NULL);
    struct program *program = builder->program;
    program->limit_unit = program->inputs_unit = program->world_unit = program->setup_unit = program->teardown_unit =
        UINT32_MAX;
    VECTOR_PUSH(&builder->shapes, (struct shape){ .kind = SHAPE_ANY, .name = TEXT("any") });
    VECTOR_PUSH(&builder->globals, (struct global){ .kind = GLOBAL_RUN, .name = TEXT("answer"), .span = SPAN_NONE });
    uint32_t function = fib ? assemble_fib(builder) : 0;
    program->run_unit = builder_unit(builder, UNIT_RUN, TEXT("run"), SPAN_NONE);
    struct assembly code = { 0 };
    if (fib) {
        assembly_emit_wide(&code, OP_LOAD_INTEGER, 0, 32);
        emit(&code, OP_CALL, 0, (uint16_t)function, 0);
    } else {
        assemble_loop(&code, 50 * 1000 * 1000);
    }
    assembly_emit_wide(&code, OP_SET_GLOBAL, 0, 0);
    emit(&code, OP_RETURN_NONE, 0, 0, 0);
    assembly_finish(&code);
    builder_unit_code(builder, program->run_unit, &code, 3, 0);
    assembly_done(&code);
    return builder_finish(builder);
}

static int64_t answer;

static void look(void *data, struct run *run, enum run_stage stage) {
    (void)data;
    if (stage == STAGE_STOP) answer = run_global(run, 0).integer;
}

int main(int count, char **arguments) {
    bool fib = count > 1 && strcmp(arguments[1], "fib") == 0;
    struct program *program = assemble(fib);
    struct buffer error = { 0 };
    if (!program_verify(program, &no_natives, &error)) return fprintf(stderr, "%s\n", error.bytes), 1;
    struct run_options options = {
        .program = program, .natives = &no_natives, .clock = LOOP_REAL, .watcher.stage = look
    };
    struct run *run = run_new(&options);
    clock_t start = clock(); /* of the processor: other work on the machine does not count */
    enum run_end end = run_execute(run);
    double length = (double)(clock() - start) / CLOCKS_PER_SEC * 1e3;
    bool good = end == RUN_COMPLETE && answer == (fib ? 2178309 : INT64_C(1249999975000000)) && run_leaked(run) == 0;
    printf("%.3f\n", length);
    if (!good) fprintf(stderr, "wrong answer: %lld\n", (long long)answer);
    run_free(run);
    program_free(program);
    return !good;
}
