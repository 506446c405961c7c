/* Constants are kept once, and those of 16-bit operands come first. */
#include "sample.h"
#include "base/memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct constant text_constant(const char *text) {
    return (struct constant){ .kind = CONSTANT_TEXT, .text = text_of(text) };
}

Test(builder, equal_constants_are_one) {
    struct builder *b = builder_new(NULL);
    uint32_t first = builder_constant(b, text_constant("a"));
    cr_expect(eq(u32, builder_constant(b, text_constant("a")), first));
    cr_expect(ne(u32, builder_constant(b, text_constant("b")), first));
    cr_expect(ne(u32, builder_constant(b, (struct constant){ .kind = CONSTANT_LABEL, .text = TEXT("a") }), first));
    uint32_t size = builder_constant(b, (struct constant){ .kind = CONSTANT_SIZE, .integer = 7 });
    cr_expect(ne(u32, builder_constant(b, (struct constant){ .kind = CONSTANT_DURATION, .integer = 7 }), size));
    struct constant rate = { .kind = CONSTANT_QUANTITY, .time_power = -1, .number = 5 }, bandwidth = rate;
    bandwidth.byte_power = 1;
    cr_expect(ne(u32, builder_constant(b, rate), builder_constant(b, bandwidth)));
    cr_expect(ne(u32, builder_constant(b, (struct constant){ .kind = CONSTANT_NUMBER, .number = 0.0 }),
                 builder_constant(b, (struct constant){ .kind = CONSTANT_NUMBER, .number = -0.0 })));
    builder_abandon(b);
}

Test(builder, many_constants_stay_distinct) {
    struct builder *b = builder_new(NULL);
    for (int64_t i = 0; i < 100000; i++)
        cr_assert(eq(u32, builder_constant(b, (struct constant){ .kind = CONSTANT_INTEGER, .integer = i << 20 }),
                     (uint32_t)i));
    cr_expect(eq(u32, builder_constant(b, (struct constant){ .kind = CONSTANT_INTEGER, .integer = 777 << 20 }), 777));
    builder_abandon(b);
}

Test(builder, narrow_constants_come_first_and_the_code_follows) {
    size_t blocks = memory_live_blocks();
    struct builder *b = builder_new(NULL);
    struct assembly code = { 0 };
    uint16_t narrow;
    assembly_emit_wide(&code, OP_LOAD_CONSTANT, 0, builder_constant(b, text_constant("wide")));
    cr_expect(builder_narrow_constant(b, text_constant("narrow"), &narrow));
    assembly_emit(&code, OP_GET_FIELD, 0, 0, narrow);
    assembly_emit_wide(&code, OP_NOT_BUILT, 0, builder_constant(b, text_constant("other")));
    assembly_finish(&code);
    uint32_t unit = builder_unit(b, UNIT_RUN, TEXT("run"), SPAN_NONE);
    builder_unit_code(b, unit, &code, 1, 0);
    assembly_done(&code);
    struct program *program = builder_finish(b);
    struct buffer error = { 0 };
    cr_expect(program_verify(program, NULL, &error), "%.*s", TEXT_ARGS(buffer_text(&error)));
    cr_expect(text_is(program->constants[instruction_wide(program->code[0])].text, "wide"));
    cr_expect(text_is(program->constants[program->code[1].c].text, "narrow"));
    cr_expect(text_is(program->constants[instruction_wide(program->code[2])].text, "other"));
    buffer_done(&error);
    program_free(program);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}

Test(builder, narrow_constants_can_run_out) {
    struct builder *b = builder_new(NULL);
    uint16_t index;
    for (uint32_t i = 0; i <= UINT16_MAX; i++)
        cr_assert(builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_INTEGER, .integer = i }, &index));
    cr_expect(not(builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_INTEGER, .integer = -1 }, &index)));
    cr_expect(builder_narrow_constant(b, (struct constant){ .kind = CONSTANT_INTEGER, .integer = 9 }, &index));
    cr_expect(eq(u16, index, 9));
    builder_abandon(b);
}

Test(builder, keys_are_counted_and_read) {
    struct text keys = TEXT("a\0\0bc\0"), key;
    cr_expect(eq(u32, keys_count(keys), 3));
    cr_expect(eq(u32, keys_count(TEXT_NONE), 0));
    size_t offset = 0;
    cr_expect(keys_next(keys, &offset, &key) && text_is(key, "a"));
    cr_expect(keys_next(keys, &offset, &key) && text_is(key, ""));
    cr_expect(keys_next(keys, &offset, &key) && text_is(key, "bc"));
    cr_expect(not(keys_next(keys, &offset, &key)));
}
