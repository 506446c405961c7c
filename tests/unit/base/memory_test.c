/* base/memory, base/vector and base/arena: everything handed out is counted and comes back. */
#include "base/arena.h"
#include "base/memory.h"
#include "base/vector.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(memory, counts_live_blocks) {
    size_t before = memory_live_blocks();
    char *block = memory_allocate(100);
    for (int i = 0; i < 100; i++) cr_assert_eq(block[i], 0);
    block = memory_resize(block, 100000);
    char *fresh = memory_resize(NULL, 1);
    char *copy = memory_copy("abc", 2);
    cr_assert_str_eq(copy, "ab");
    cr_assert_eq(memory_live_blocks(), before + 3);
    memory_release(block);
    memory_release(fresh);
    memory_release(copy);
    memory_release(NULL);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(memory, nothing_is_still_a_block) {
    void *block = memory_allocate(0);
    cr_assert_not_null(block);
    block = memory_resize(block, 0);
    cr_assert_not_null(block);
    memory_release(block);
    char *empty = memory_copy(NULL, 0);
    cr_assert_str_eq(empty, "");
    memory_release(empty);
}

Test(memory, exhaustion_ends_the_process_with_status_5, .exit_code = 5) {
    /* Under a sanitizer the request must not reach its allocator, which aborts on its own terms. */
    memory_copy("", SIZE_MAX);
    cr_assert(false, "came back from exhausted memory");
}

Test(vector, grows_and_empties) {
    size_t before = memory_live_blocks();
    struct VECTOR(int) numbers = { 0 };
    for (int i = 0; i < 1000; i++) VECTOR_PUSH(&numbers, i * 3);
    cr_assert_eq(numbers.count, 1000);
    for (int i = 0; i < 1000; i++) cr_assert_eq(numbers.items[i], i * 3);
    VECTOR_DONE(&numbers);
    cr_assert_null(numbers.items);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(arena, memory_is_zeroed_aligned_and_apart) {
    size_t before = memory_live_blocks();
    struct arena *arena = arena_new();
    unsigned char *blocks[2000];
    size_t sizes[2000];
    for (size_t i = 0; i < 2000; i++) {
        sizes[i] = i * 7 % 300;
        blocks[i] = arena_allocate(arena, sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++) cr_assert_eq(blocks[i][k], 0);
        memset(blocks[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < 2000; i++)
        for (size_t k = 0; k < sizes[i]; k++) cr_assert_eq(blocks[i][k], i % 251 + 1);
    arena_free(arena);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(arena, a_big_block_does_not_waste_the_one_being_filled) {
    struct arena *arena = arena_new();
    char *small = arena_allocate(arena, 16);
    memset(arena_allocate(arena, 5000000), 1, 5000000);
    char *next = arena_allocate(arena, 16);
    cr_assert_eq(next, small + 16);
    cr_assert_gt(arena_size(arena), 5000000);
    cr_assert_lt(arena_size(arena), 5100000);
    arena_free(arena);
}

Test(arena, many_small_requests_take_few_blocks) {
    struct arena *arena = arena_new();
    size_t before = memory_live_blocks();
    for (int i = 0; i < 100000; i++) ARENA_NEW(arena, uint64_t);
    cr_assert_lt(memory_live_blocks() - before, 12);
    cr_assert_lt(arena_size(arena), 4 * 1024 * 1024);
    arena_free(arena);
}

Test(arena, copies_and_prints) {
    struct arena *arena = arena_new();
    struct text copy = arena_copy(arena, text_slice(TEXT("hello world"), 0, 5));
    cr_assert_str_eq(copy.bytes, "hello");
    cr_assert_eq(copy.length, 5);
    cr_assert_str_eq(arena_copy(arena, TEXT_NONE).bytes, "");
    struct text printed = arena_printf(arena, "%d:%s", 42, "x");
    cr_assert_str_eq(printed.bytes, "42:x");
    cr_assert_eq(printed.length, 4);
    cr_assert_eq(arena_printf(arena, "%s", "").length, 0);
    copy = arena_copy(arena, TEXT("exactly 16 bytes"));
    printed = arena_printf(arena, "%s", "exactly 16 bytes");
    memset(arena_allocate(arena, 16), 'x', 16);
    cr_assert_str_eq(copy.bytes, "exactly 16 bytes");
    cr_assert_str_eq(printed.bytes, "exactly 16 bytes");
    int *numbers = ARENA_ARRAY(arena, int, 3);
    cr_assert_eq(numbers[0] + numbers[2], 0);
    arena_free(arena);
    arena_free(NULL);
}
