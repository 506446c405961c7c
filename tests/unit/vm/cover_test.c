/* Pairwise covering against its definition, over random matrices: every pair that some cell has stands in a chosen one; and the proof
 * that is printed says what a count of its own says. */
#include "base/memory.h"
#include "vm/cover.h"

#include <criterion/criterion.h>

static uint64_t state;

static uint64_t draw(uint64_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % limit;
}

struct matrix {
    struct value *cells[400];
    size_t count;
    uint32_t axes;
    int64_t sizes[5];
};

/* A product of two to five axes of one to four values, of which each cell is left out with the chance of one in `holes`. */
static struct matrix random_matrix(uint64_t holes) {
    struct matrix matrix = { .axes = 2 + (uint32_t)draw(4) };
    size_t product = 1;
    for (uint32_t i = 0; i < matrix.axes; i++) {
        matrix.sizes[i] = 1 + (int64_t)draw(product > 60 ? 2 : 4);
        product *= (size_t)matrix.sizes[i];
    }
    for (size_t n = 0; n < product && matrix.count < 400; n++) {
        size_t rest = n;
        if (draw(holes) == 0) continue;
        struct value *cell = memory_allocate(matrix.axes * sizeof *cell);
        for (uint32_t i = 0; i < matrix.axes; i++) {
            cell[i] = value_integer((int64_t)(rest % (size_t)matrix.sizes[i]));
            rest /= (size_t)matrix.sizes[i];
        }
        matrix.cells[matrix.count++] = cell;
    }
    return matrix;
}

static size_t chosen_with(const struct matrix *matrix, const bool *chosen, size_t cell, uint32_t a, uint32_t b) {
    size_t count = 0;
    for (size_t i = 0; i < matrix->count; i++)
        count += chosen[i] && matrix->cells[i][a].integer == matrix->cells[cell][a].integer &&
                 matrix->cells[i][b].integer == matrix->cells[cell][b].integer;
    return count;
}

static void check(const struct matrix *matrix, const bool *chosen, size_t minimum) {
    struct cell_proof proof = cover_prove(matrix->cells, matrix->count, matrix->axes, chosen);
    size_t cells = 0, least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        cells += chosen[i];
        for (uint32_t a = 0; a < matrix->axes; a++) {
            for (uint32_t b = a + 1; b < matrix->axes; b++) {
                size_t times = chosen_with(matrix, chosen, i, a, b);
                if (times < least) least = times;
                if (times > most) most = times;
            }
        }
    }
    if (!matrix->count) return;
    cr_assert_geq(least, 1, "a pair stands in no chosen cell");
    cr_assert_geq(cells, minimum);
    cr_assert_eq(proof.of, matrix->count);
    cr_assert_eq(proof.cells, cells);
    cr_assert_eq(proof.covered, proof.pairs);
    cr_assert_eq(proof.least, least);
    cr_assert_eq(proof.most, most);
}

Test(cover, every_pair_of_every_random_matrix_is_covered) {
    for (uint64_t seed = 1; seed <= 300; seed++) {
        state = seed;
        struct matrix matrix = random_matrix(3 + draw(20));
        size_t minimum = matrix.count ? (size_t)draw(matrix.count) : 0;
        bool *chosen = cover_pairwise(matrix.cells, matrix.count, matrix.axes, minimum, seed);
        check(&matrix, chosen, minimum);
        memory_release(chosen);
        for (size_t i = 0; i < matrix.count; i++) memory_release(matrix.cells[i]);
    }
}

Test(cover, the_proof_sees_a_pair_that_is_missing) {
    state = 7;
    struct matrix matrix = random_matrix(1000);
    bool *chosen = memory_allocate((matrix.count + 1) * sizeof *chosen);
    chosen[0] = true;
    struct cell_proof proof = cover_prove(matrix.cells, matrix.count, matrix.axes, chosen);
    cr_expect_eq(proof.cells, 1);
    cr_expect_eq(proof.covered, matrix.axes * (matrix.axes - 1) / 2);
    cr_expect_gt(proof.pairs, proof.covered);
    cr_expect_eq(proof.least, 0);
    memory_release(chosen);
    for (size_t i = 0; i < matrix.count; i++) memory_release(matrix.cells[i]);
}
