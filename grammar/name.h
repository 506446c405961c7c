/* Interned identifiers: one struct for each spelling, so names compare by pointer. Owned by the table. */
#ifndef AOT_GRAMMAR_NAME_H
#define AOT_GRAMMAR_NAME_H
#include "base/arena.h"

struct name {
    struct text text; /* the spelling */
    uint64_t hash;    /* text_hash of it */
    uint32_t index;   /* dense, from 0, in order of first use: usable as an array index */
};
struct name_table;
struct name_table *name_table_new(void);
void name_table_free(struct name_table *table);
const struct name *name_intern(struct name_table *table, struct text spelling);
uint32_t name_table_count(const struct name_table *table);
#endif
