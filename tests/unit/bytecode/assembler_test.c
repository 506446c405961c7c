/* Labels, jumps both ways, and jumps that outgrow 16 bits. */
#include "sample.h"
#include "base/memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void verified(const struct program *program) {
    struct buffer error = { 0 };
    cr_expect(program_verify(program, NULL, &error), "%.*s", TEXT_ARGS(buffer_text(&error)));
    buffer_done(&error);
}

/* Follows jumps from `at` as if the instruction there jumps, and says where the chain of plain JUMPs ends. */
static uint32_t landing(const struct program *program, uint32_t at) {
    uint32_t to = at + 1 + (uint32_t)(int16_t)program->code[at].c;
    while (program->code[to].op == OP_JUMP) to += 1 + instruction_wide(program->code[to]);
    return to;
}

Test(assembler, a_short_loop_has_short_jumps) {
    size_t blocks = memory_live_blocks();
    struct program *program = sample_loop(10);
    verified(program);
    cr_expect(eq(u32, program->code_count, 15));
    cr_expect(eq(u32, landing(program, 1), 14));
    cr_expect(eq(u32, landing(program, 12), 1));
    program_free(program);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}

Test(assembler, jumps_that_outgrow_16_bits_are_lengthened) {
    size_t blocks = memory_live_blocks();
    for (uint32_t body = INT16_MAX - 6; body < INT16_MAX + 6; body++) {
        struct program *program = sample_loop(body);
        verified(program);
        uint32_t end = program->code_count - 1;
        cr_expect(eq(u16, program->code[end].op, OP_RETURN_NONE));
        cr_expect(eq(u32, landing(program, 1), end));
        uint32_t again = end;
        while (program->code[again].op != OP_RETRY_AGAIN) again--;
        cr_expect(eq(u32, landing(program, again), 1), "body of %u", body);
        /* what does not jump goes on behind the detour: NEXT into the body, RETRY_AGAIN to the loop's own jump */
        uint32_t on = 2;
        while (program->code[on].op == OP_JUMP) on += 1 + instruction_wide(program->code[on]);
        cr_expect(eq(u16, program->code[on].op, OP_LOAD_NONE));
        program_free(program);
    }
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}

Test(assembler, a_very_long_loop_still_works) {
    struct program *program = sample_loop(300000);
    verified(program);
    cr_expect(eq(u32, landing(program, 1), program->code_count - 1));
    program_free(program);
}
