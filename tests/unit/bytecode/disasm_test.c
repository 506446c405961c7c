/* The listing names things instead of numbering them, and survives a program that the verifier refuses. */
#include "sample.h"
#include "base/memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void lists(const struct program *program, const char *const *parts, size_t count) {
    struct buffer out = { 0 };
    program_dump(program, &sample_natives, &out);
    for (size_t i = 0; i < count; i++)
        cr_expect(text_find(buffer_text(&out), text_of(parts[i])) != SIZE_MAX, "no \"%s\" in\n%.*s", parts[i],
                  TEXT_ARGS(buffer_text(&out)));
    buffer_done(&out);
}

Test(disasm, operands_are_named) {
    size_t blocks = memory_live_blocks();
    struct program *program = sample_program();
    const char *const parts[] = {
        "recipe T0 \"a sample\" of sample.aot\n",
        "global 0 input x: any\n",
        "unit 2 run run: 10 registers, 0 parameters\n",
        "     0  LOAD_CONSTANT   r0, 5ns\n",
        "     1  MAKE_LIST       r1, r0.., 10\n",
        "     2  MAKE_RECORD     r1, r8.., {a, b}\n",
        "     3  GET_FIELD       r1, r1, \"a\"\n",
        "     4  CALL            r2, u3(function), r8..\n",
        "     5  CALL_NATIVE     r2, http.get, r7..\n",
        "LOAD_START      q, u4(load), r7..\n",
        "PHASE_ENTER     p, r3\n",
        "JUMP_IF_FALSE   r4, -> 14\n",
        "     0  GET_INPUT       r0, x, -> 2\n",
        "     1  LOAD_INTEGER    r0, -7\n",
        "assert 0 by unit 9 \"it holds\" rule R1.1\n",
        "  claim 0 \"always during p: c\"\n    always during r0\n    plain condition r1\n",
    };
    lists(program, parts, sizeof parts / sizeof parts[0]);
    program_free(program);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}

Test(disasm, source_lines_stand_above_their_code) {
    struct source_set *sources = source_set_new();
    uint32_t source = source_set_add(sources, "a.aot", TEXT("recipe T0 \"x\"\n\n  run { }\n"));
    struct program *program = sample_program();
    program->sources = sources;
    for (uint32_t i = 0; i < program->code_count; i++) program->spans[i] = (struct span){ source, 17, 3 };
    const char *const parts[] = { "  a.aot:3  run { }\n     0  LOAD_CONSTANT" };
    lists(program, parts, 1);
    program_free(program);
    source_set_free(sources);
}

Test(disasm, what_is_broken_is_still_listed) {
    struct program *program = sample_program();
    for (uint32_t i = 0; i < program->code_count; i++) {
        program->code[i].a = program->code[i].b = program->code[i].c = UINT16_MAX - 1;
        if (i % 5 == 0) program->code[i].op = 5000;
    }
    program->units[UNIT_OF_LOAD].entry = UINT32_MAX;
    program->claims[0].site_count = UINT32_MAX;
    program->formulas[0].body = 0;
    program->assertions[0].rule_count = UINT32_MAX;
    program->globals[0].shape = UINT32_MAX;
    const char *const parts[] = { "UNKNOWN", "global 65534?", "its code lies outside the program's" };
    lists(program, parts, sizeof parts / sizeof parts[0]);
    program_free(program);
}
