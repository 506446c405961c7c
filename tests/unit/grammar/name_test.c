/* Names are one struct for each spelling, whatever the table has gone through. */
#include "grammar/name.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct name *numbered(struct name_table *table, int number) {
    char spelling[32];
    int length = snprintf(spelling, sizeof spelling, "name_%d", number);
    return name_intern(table, (struct text){ spelling, (size_t)length });
}

Test(name, equal_spellings_are_one_name) {
    size_t blocks = memory_live_blocks();
    struct name_table *table = name_table_new();
    const struct name *first = name_intern(table, TEXT("orders"));
    char copy[] = "orders";
    cr_assert_eq(name_intern(table, (struct text){ copy, 6 }), first);
    cr_assert_neq(name_intern(table, TEXT("order")), first);
    cr_assert(text_is(first->text, "orders"));
    cr_assert_eq(first->hash, text_hash(TEXT("orders")));
    name_table_free(table);
    cr_assert_eq(memory_live_blocks(), blocks);
}

Test(name, indices_are_dense_in_order_of_first_use) {
    struct name_table *table = name_table_new();
    enum { MANY = 20000 };
    const struct name **names = memory_allocate(MANY * sizeof *names);
    for (int i = 0; i < MANY; i++) names[i] = numbered(table, i);
    cr_assert_eq(name_table_count(table), MANY);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(names[i]->index, (uint32_t)i);
        cr_assert_eq(numbered(table, i), names[i], "growing must not move or double names");
    }
    cr_assert_eq(name_table_count(table), MANY);
    memory_release(names);
    name_table_free(table);
}

Test(name, the_empty_text_is_a_name_too) {
    struct name_table *table = name_table_new();
    cr_assert_eq(name_intern(table, TEXT_NONE), name_intern(table, TEXT("")));
    name_table_free(table);
}
