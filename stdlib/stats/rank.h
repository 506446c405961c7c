/* A set of small integers that knows its k-th smallest: a Fenwick tree of counts. Adding, taking and finding take log n steps. */
#ifndef AOT_STDLIB_STATS_RANK_H
#define AOT_STDLIB_STATS_RANK_H
#include <stddef.h>
#include <stdint.h>

struct rank_set {
    uint32_t *tree; /* owned; tree[i] counts the members of the i-th run */
    size_t size;    /* members are 0 .. size-1 */
};
void rank_set_begin(struct rank_set *set, size_t size);
void rank_set_done(struct rank_set *set);
void rank_set_add(struct rank_set *set, size_t member);
void rank_set_take(struct rank_set *set, size_t member);
size_t rank_set_find(const struct rank_set *set, size_t k); /* the k-th smallest member, from 1; it must exist */
#endif
