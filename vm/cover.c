/* Pairwise covering, greedily: again and again the cell with the most pairs that no chosen cell has; among equals
 * the first of a seeded order, in which also the cells beyond the pairs are added. */
#include "vm/cover.h"

#include "base/memory.h"

struct covering {
    struct value *const *cells;
    size_t count;
    uint32_t axis_count;
    uint32_t *numbers;     /* of each cell and axis: which of the axis' values it has */
    uint32_t *value_count; /* of each axis */
    size_t *pair_base;     /* of each two axes: where their pairs begin in `covered` */
    bool *covered;
    size_t *order; /* the cells, seeded */
    bool *chosen;
};

static uint32_t number(const struct covering *c, size_t cell, uint32_t axis) {
    return c->numbers[cell * c->axis_count + axis];
}

/* Gives every value of an axis a number, in order of appearance. */
static void number_axis(struct covering *c, uint32_t axis) {
    size_t *firsts = memory_resize(NULL, c->count * sizeof *firsts);
    uint32_t known = 0;
    for (size_t i = 0; i < c->count; i++) {
        uint32_t n = 0;
        while (n < known && !value_equal(c->cells[firsts[n]][axis], c->cells[i][axis])) n++;
        if (n == known) firsts[known++] = i;
        c->numbers[i * c->axis_count + axis] = n;
    }
    c->value_count[axis] = known;
    memory_release(firsts);
}

static size_t pair(const struct covering *c, size_t cell, uint32_t a, uint32_t b) {
    return c->pair_base[a * c->axis_count + b] + (size_t)number(c, cell, a) * c->value_count[b] + number(c, cell, b);
}

static void lay_out(struct covering *c) {
    size_t pairs = 0;
    for (uint32_t a = 0; a < c->axis_count; a++) number_axis(c, a);
    for (uint32_t a = 0; a < c->axis_count; a++) {
        for (uint32_t b = a + 1; b < c->axis_count; b++) {
            c->pair_base[a * c->axis_count + b] = pairs;
            pairs += (size_t)c->value_count[a] * c->value_count[b];
        }
    }
    c->covered = memory_allocate(pairs * sizeof *c->covered);
}

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    return z ^ z >> 29;
}

static void shuffle(struct covering *c, uint64_t seed) {
    for (size_t i = 0; i < c->count; i++) c->order[i] = i;
    for (size_t i = c->count; i > 1; i--) {
        size_t other = next_random(&seed) % i, swapped = c->order[i - 1];
        c->order[i - 1] = c->order[other];
        c->order[other] = swapped;
    }
}

static size_t new_pairs(const struct covering *c, size_t cell) {
    size_t news = 0;
    for (uint32_t a = 0; a < c->axis_count; a++) {
        for (uint32_t b = a + 1; b < c->axis_count; b++) news += !c->covered[pair(c, cell, a, b)];
    }
    return news;
}

static void choose(struct covering *c, size_t cell) {
    c->chosen[cell] = true;
    for (uint32_t a = 0; a < c->axis_count; a++) {
        for (uint32_t b = a + 1; b < c->axis_count; b++) c->covered[pair(c, cell, a, b)] = true;
    }
}

/* One axis alone has no pairs: each of its values is one. */
static size_t choose_pairs(struct covering *c) {
    size_t chosen = 0;
    if (c->axis_count < 2) {
        for (size_t i = 0; i < c->count; i++) c->chosen[i] = true;
        return c->count;
    }
    for (;;) {
        size_t best = 0, most = 0;
        for (size_t i = 0; i < c->count; i++) {
            size_t news = c->chosen[c->order[i]] ? 0 : new_pairs(c, c->order[i]);
            if (news <= most) continue;
            most = news;
            best = c->order[i];
        }
        if (most == 0) return chosen;
        choose(c, best);
        chosen++;
    }
}

bool *cover_pairwise(struct value *const *cells, size_t count, uint32_t axis_count, size_t minimum, uint64_t seed) {
    struct covering c = { .cells = cells, .count = count, .axis_count = axis_count };
    c.numbers = memory_allocate(count * axis_count * sizeof *c.numbers);
    c.value_count = memory_allocate(axis_count * sizeof *c.value_count);
    c.pair_base = memory_allocate((size_t)axis_count * axis_count * sizeof *c.pair_base);
    c.order = memory_allocate(count * sizeof *c.order);
    c.chosen = memory_allocate(count * sizeof *c.chosen);
    lay_out(&c);
    shuffle(&c, seed);
    size_t chosen = choose_pairs(&c);
    for (size_t i = 0; i < count && chosen < minimum; i++) {
        if (c.chosen[c.order[i]]) continue;
        c.chosen[c.order[i]] = true;
        chosen++;
    }
    memory_release(c.numbers);
    memory_release(c.value_count);
    memory_release(c.pair_base);
    memory_release(c.covered);
    memory_release(c.order);
    return c.chosen;
}
