/* The matrix: product, exclusions, inclusions, pairwise cover, and what is refused. */
#include "hand.h"

#include "base/memory.h"
#include "vm/heap.h"

#include <criterion/criterion.h>
#include <string.h>

/* An axis `name` with the ints 0 … count-1. */
static void axis(struct hand *hand, const char *name, uint16_t count) {
    uint32_t global = hand_global(hand, GLOBAL_AXIS, name);
    uint32_t unit = hand_begin(hand, UNIT_AXIS, name, 0);
    for (uint16_t i = 0; i < count; i++) hand_integer(hand, i, i);
    hand_emit(hand, OP_MAKE_LIST, 0, 0, count);
    hand_emit(hand, OP_RETURN, 0, 0, 0);
    hand_end(hand, (uint16_t)(count + 1));
    VECTOR_PUSH(&hand->builder->axes,
                (struct axis){ global, unit, builder_text(hand->builder, text_of(name)), SPAN_NONE });
}

/* exclude <first axis> == <second axis> */
static void exclude_equal(struct hand *hand, const char *until) {
    uint32_t unit = hand_begin(hand, UNIT_EXCLUDE, "exclude", 0);
    hand_emit(hand, OP_GET_GLOBAL, 0, 0, 0);
    hand_emit(hand, OP_GET_GLOBAL, 1, 1, 0);
    hand_emit(hand, OP_EQUAL, 0, 0, 1);
    hand_emit(hand, OP_RETURN, 0, 0, 0);
    hand_end(hand, 2);
    VECTOR_PUSH(
        &hand->builder->exclusions,
        (struct exclusion){ .unit = unit, .until = builder_text(hand->builder, text_of(until)), .span = SPAN_NONE });
}

static void include(struct hand *hand, const char *json) {
    uint32_t unit = hand_begin(hand, UNIT_INCLUDE, "include", 0);
    hand_constant(hand, 0, (struct constant){ .kind = CONSTANT_JSON, .text = text_of(json) });
    hand_emit(hand, OP_RETURN, 0, 0, 0);
    hand_end(hand, 1);
    VECTOR_PUSH(&hand->builder->inclusions, (struct inclusion){ unit, SPAN_NONE });
}

static struct heap *heap;
static struct cell_list cells;
static uint32_t axis_count;

/* Expands; the cells as "00 01 10", or the error. */
static char *expand(struct hand *hand, uint64_t seed) {
    static char text[4000];
    const struct program *program = hand->program ? hand->program : hand_program(hand);
    struct run_options options = fake_options(program);
    options.seed = seed;
    axis_count = program->axis_count;
    heap = heap_new(0);
    cells = cells_expand(&options, heap);
    struct buffer out = { 0 };
    for (size_t i = 0; i < cells.count; i++) {
        if (i) buffer_append_byte(&out, ' ');
        for (uint32_t k = 0; k < axis_count; k++) value_plain(cells.cells[i].values[k], &out);
    }
    if (cells.error) buffer_append_string(&out, cells.error);
    cr_assert_lt(out.length, sizeof text);
    strcpy(text, out.bytes ? out.bytes : "");
    buffer_done(&out);
    return text;
}

static void give_back(struct hand *hand) {
    cells_free(&cells, axis_count);
    cr_expect_eq(heap_free(heap), 0);
    if (!hand) return;
    hand_done(hand);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(cells, product_in_declared_order_minus_exclusions_plus_inclusions) {
    struct hand hand = hand_new();
    axis(&hand, "a", 3);
    axis(&hand, "b", 2);
    exclude_equal(&hand, "");
    include(&hand, "{\"a\": 7, \"b\": 8}");
    include(&hand, "{\"b\": 1, \"a\": 2}"); /* is there already */
    cr_expect_str_eq(expand(&hand, 1), "01 10 20 21 78");
    give_back(&hand);
}

Test(cells, no_axes_are_one_cell) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(&hand, 1);
    cr_expect_str_eq(expand(&hand, 1), "");
    cr_expect_null(cells.error);
    cr_expect_eq(cells.count, 1);
    give_back(&hand);
}

Test(cells, refuses) {
    struct hand hand = hand_new();
    axis(&hand, "a", 0);
    cr_expect_str_eq(expand(&hand, 1), "the axis a has no values");
    give_back(&hand);

    hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_AXIS, "a");
    hand_begin(&hand, UNIT_AXIS, "a", 0);
    hand_constant(&hand, 0, (struct constant){ .kind = CONSTANT_JSON, .text = TEXT("[1, 2, 1]") });
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 1);
    VECTOR_PUSH(&hand.builder->axes, (struct axis){ global, hand.unit, TEXT("a"), SPAN_NONE });
    cr_expect_str_eq(expand(&hand, 1), "the axis a has 1 twice");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 1);
    axis(&hand, "b", 1);
    exclude_equal(&hand, "");
    cr_expect_str_eq(expand(&hand, 1), "no cell is left with a = 0");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 2);
    axis(&hand, "b", 2);
    exclude_equal(&hand, "2001-01-31");
    cr_expect_str_eq(expand(&hand, 1),
                     "this exclusion was to end on 2001-01-31: let the cells run again, or say anew until when");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 2);
    axis(&hand, "b", 2);
    exclude_equal(&hand, "9999-12-31");
    cr_expect_str_eq(expand(&hand, 1), "01 10");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 2);
    include(&hand, "{\"b\": 1}");
    cr_expect_str_eq(expand(&hand, 1), "the included cell lacks the axis a");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 2);
    include(&hand, "{\"a\": 5, \"b\": 1}");
    cr_expect_str_eq(expand(&hand, 1), "the included cell names something that is no axis");
    give_back(&hand);

    hand = hand_new();
    axis(&hand, "a", 3);
    hand.builder->program->cover =
        (struct cover){ .kind = COVER_PAIRWISE, .has_minimum = true, .minimum = 12, .span = SPAN_NONE };
    cr_expect_str_eq(expand(&hand, 1), "`cover` wants 12 cells, and only 3 are left");
    give_back(&hand);

    hand = hand_new();
    for (int i = 0; i < 6; i++) axis(&hand, &"abcdef"[i], 8);
    cr_expect_str_eq(expand(&hand, 1), "the matrix has over 100000 cells");
    give_back(&hand);
}

static void each_pair_stands_somewhere(uint16_t values) {
    bool seen[4][4][8][8] = { 0 };
    for (size_t i = 0; i < cells.count; i++) {
        const struct value *cell = cells.cells[i].values;
        for (uint32_t a = 0; a < axis_count; a++) {
            for (uint32_t b = a + 1; b < axis_count; b++) seen[a][b][cell[a].integer][cell[b].integer] = true;
        }
    }
    for (uint32_t a = 0; a < axis_count; a++) {
        for (uint32_t b = a + 1; b < axis_count; b++) {
            for (uint16_t x = 0; x < values; x++) {
                for (uint16_t y = 0; y < values; y++)
                    cr_expect(seen[a][b][x][y], "axes %u %u, values %u %u", a, b, x, y);
            }
        }
    }
}

static struct hand four_axes(uint16_t values, struct cover cover) {
    struct hand hand = hand_new();
    for (int i = 0; i < 4; i++) axis(&hand, &"abcd"[i], values);
    hand.builder->program->cover = cover;
    return hand;
}

Test(cells, pairwise_covers_every_pair_with_few_cells_and_is_repeatable) {
    struct hand hand = four_axes(4, (struct cover){ .kind = COVER_PAIRWISE, .span = SPAN_NONE });
    char first[2000];
    strcpy(first, expand(&hand, 7));
    each_pair_stands_somewhere(4);
    cr_expect_geq(cells.count, 16);
    cr_expect_leq(cells.count, 28, "%zu of 256 cells", cells.count);
    give_back(NULL);
    cr_expect_str_eq(expand(&hand, 7), first);
    give_back(NULL);
    cr_expect_str_neq(expand(&hand, 8), first);
    give_back(&hand);
}

Test(cells, a_minimum_adds_cells_to_the_pairs) {
    struct hand hand =
        four_axes(3, (struct cover){ .kind = COVER_PAIRWISE, .has_minimum = true, .minimum = 30, .span = SPAN_NONE });
    expand(&hand, 7);
    cr_expect_eq(cells.count, 30);
    each_pair_stands_somewhere(3);
    give_back(&hand);
    hand = four_axes(
        3,
        (struct cover){
            .kind = COVER_PAIRWISE, .has_minimum = true, .minimum_is_ratio = true, .minimum = 0.5, .span = SPAN_NONE });
    expand(&hand, 7);
    cr_expect_eq(cells.count, 41); /* half of 81, rounded up */
    give_back(&hand);
}
