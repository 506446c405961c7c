/* The table's own consistency, and what is derived from it. */
#include "sample.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(op, every_row_has_operands_that_make_sense) {
    for (int op = 0; op < OP_COUNT; op++) {
        const struct op_info *info = op_info((enum op)op);
        cr_expect(eq(sz, strlen(info->kinds), 3), "%s", info->name);
        for (int i = 0; i < 3; i++)
            cr_expect(strchr("_wrsikfugtqpxnjKGUJIH", info->kinds[i]) != NULL, "%s: kind %c", info->name,
                      info->kinds[i]);
        bool wide = strchr("KGUJI", info->kinds[1]) != NULL;
        cr_expect(eq(int, wide, info->kinds[2] == 'H'), "%s: a wide operand and its upper half", info->name);
        cr_expect(strchr("KGUJIHj", info->kinds[0]) == NULL, "%s", info->name);
        cr_expect(info->kinds[1] != 'j', "%s: a 16-bit jump stands in c", info->name);
        cr_expect(strlen(info->effect) > 5, "%s", info->name);
    }
    cr_expect(text_is(text_of(op_info((enum op)9999)->name), "UNKNOWN"));
}

Test(op, parameters_of_natives_are_counted) {
    const struct {
        const char *signature;
        uint32_t count;
    } cases[] = {
        { "-> string", 0 },
        { "value: string -> int", 1 },
        { "value: {string: T} -> int", 1 },
        { "a: {x: int, y: int}, b: [T] = [1, 2] -> int", 2 },
        { "a: string = \",->,\", b: \"x,y\"|\"\\\"\" -> none", 2 },
        { "first: T, second: T, more: ...T -> T", 3 },
        { "a: stream<response>, b: each<bool> -> ratio", 2 },
        { "", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct native_row row = { .signature = cases[i].signature };
        cr_expect(eq(u32, native_parameter_count(&row), cases[i].count), "%s", cases[i].signature);
    }
}

Test(op, the_page_has_a_row_for_each_instruction) {
    struct buffer page = { 0 };
    opcodes_print(&page);
    for (int op = 0; op < OP_COUNT; op++) {
        struct buffer cell = { 0 };
        buffer_printf(&cell, "| `%s` |", op_info((enum op)op)->name);
        cr_expect(text_find(buffer_text(&page), buffer_text(&cell)) != SIZE_MAX, "%s", op_info((enum op)op)->name);
        buffer_done(&cell);
    }
    buffer_done(&page);
}
