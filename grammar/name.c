/* The table of identifiers: open addressing over name structs that never move. Owns every name and its spelling. */
#include "grammar/name.h"

#include "base/memory.h"

#include <string.h>

enum { FIRST_CAPACITY = 1024 };

struct slot {
    uint64_t hash;           /* of the name, so that most misses touch no name */
    const struct name *name; /* NULL: free */
};

struct name_table {
    struct arena *arena; /* the names and their spellings */
    struct slot *slots;  /* a power of two of them, at most half in use */
    size_t capacity;     /* of slots */
    uint32_t count;      /* names so far */
};

struct name_table *name_table_new(void) {
    struct name_table *table = memory_allocate(sizeof *table);
    table->arena = arena_new();
    table->capacity = FIRST_CAPACITY;
    table->slots = memory_allocate(table->capacity * sizeof *table->slots);
    return table;
}

void name_table_free(struct name_table *table) {
    if (!table) return;
    arena_free(table->arena);
    memory_release(table->slots);
    memory_release(table);
}

static void grow(struct name_table *table) {
    size_t capacity = table->capacity * 2;
    struct slot *slots = memory_allocate(capacity * sizeof *slots);
    for (size_t i = 0; i < table->capacity; i++) {
        if (!table->slots[i].name) continue;
        size_t at = table->slots[i].hash & (capacity - 1);
        while (slots[at].name) at = (at + 1) & (capacity - 1);
        slots[at] = table->slots[i];
    }
    memory_release(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

const struct name *name_intern(struct name_table *table, struct text spelling) {
    uint64_t hash = text_hash(spelling);
    size_t at = hash & (table->capacity - 1);
    for (; table->slots[at].name; at = (at + 1) & (table->capacity - 1)) {
        const struct slot *slot = &table->slots[at];
        if (slot->hash == hash && text_equal(slot->name->text, spelling)) return slot->name;
    }
    struct name *name = ARENA_NEW(table->arena, struct name);
    name->text = arena_copy(table->arena, spelling);
    name->hash = hash;
    name->index = table->count++;
    table->slots[at] = (struct slot){ hash, name };
    if ((size_t)table->count * 2 > table->capacity) grow(table);
    return name;
}

uint32_t name_table_count(const struct name_table *table) {
    return table->count;
}
