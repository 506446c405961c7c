/* The Fenwick tree of ranks. Owns its array between begin and done. */
#include "stdlib/stats/rank.h"

#include "base/memory.h"

void rank_set_begin(struct rank_set *set, size_t size) {
    set->size = size;
    set->tree = memory_allocate((size + 1) * sizeof *set->tree);
}

void rank_set_done(struct rank_set *set) {
    memory_release(set->tree);
    *set = (struct rank_set){ 0 };
}

void rank_set_add(struct rank_set *set, size_t member) {
    for (size_t i = member + 1; i <= set->size; i += i & -i) set->tree[i]++;
}

void rank_set_take(struct rank_set *set, size_t member) {
    for (size_t i = member + 1; i <= set->size; i += i & -i) set->tree[i]--;
}

size_t rank_set_find(const struct rank_set *set, size_t k) {
    size_t step = 1, at = 0;
    while (step * 2 <= set->size) step *= 2;
    for (; step; step /= 2) {
        if (at + step > set->size || set->tree[at + step] >= k) continue;
        at += step;
        k -= set->tree[at];
    }
    return at;
}
