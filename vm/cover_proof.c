/* That the chosen cells cover every pair, counted from the cells alone: it shares nothing with the way they were chosen. */
#include "vm/cover.h"

#include "base/vector.h"

/* Values of one axis in order of appearance; which one each cell has. */
struct column {
    struct VECTOR(struct value) values; /* borrowed */
    size_t *of_cell;
};

static struct column column_of(struct value *const *cells, size_t count, uint32_t axis) {
    struct column column = { .of_cell = memory_allocate((count + 1) * sizeof *column.of_cell) };
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < column.values.count && !value_equal(column.values.items[at], cells[i][axis])) at++;
        if (at == column.values.count) VECTOR_PUSH(&column.values, cells[i][axis]);
        column.of_cell[i] = at;
    }
    return column;
}

static void column_done(struct column *column) {
    VECTOR_DONE(&column->values);
    memory_release(column->of_cell);
}

/* The pairs of two axes. `counts` 0: no cell has the pair, else one more than the number of chosen ones. */
static void count_pairs(const struct column *a, const struct column *b, size_t count, const bool *chosen,
                        struct cell_proof *proof) {
    size_t size = a->values.count * b->values.count;
    size_t *counts = memory_allocate((size + 1) * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        size_t *pair = &counts[a->of_cell[i] * b->values.count + b->of_cell[i]];
        *pair = (*pair ? *pair : 1) + chosen[i];
    }
    for (size_t i = 0; i < size; i++) {
        if (!counts[i]) continue;
        size_t stands = counts[i] - 1;
        if (!proof->pairs || stands < proof->least) proof->least = stands;
        if (stands > proof->most) proof->most = stands;
        proof->pairs++;
        proof->covered += stands > 0;
    }
    memory_release(counts);
}

struct cell_proof cover_prove(struct value *const *cells, size_t count, uint32_t axis_count, const bool *chosen) {
    struct cell_proof proof = { .of = count };
    for (size_t i = 0; i < count; i++) proof.cells += chosen[i];
    for (uint32_t a = 0; a < axis_count; a++) {
        struct column first = column_of(cells, count, a);
        for (uint32_t b = a + 1; b < axis_count; b++) {
            struct column second = column_of(cells, count, b);
            count_pairs(&first, &second, count, chosen, &proof);
            column_done(&second);
        }
        column_done(&first);
    }
    return proof;
}
