/* The table of types: equal types are one pointer, so they compare by pointer everywhere else.
 * Owned by the arena of the compilation; nothing here is freed alone. */
#include "compiler/type.h"

#include "base/memory.h"

#include <string.h>

enum { POWER_LIMIT = 100, COMMON_LIMIT = 3, RECENT = 64 };

struct type_table {
    struct arena *arena;                                   /* of the compilation */
    const struct type *simple[TYPE_EACH + 1];              /* the kinds without parts */
    const struct type *common[COMMON_LIMIT][COMMON_LIMIT]; /* quantities with powers from -1 to 1, once asked for */
    const struct type *recent[RECENT];                     /* what type_of last gave, by kind and element */
    const struct type **slots;                             /* open addressing; NULL is free; 2^n of them */
    uint32_t capacity;                                     /* slots */
    uint32_t count;                                        /* types in them */
};

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct type *type) {
    uint64_t hash = mix(type->kind, (uint64_t)(uint8_t)type->time_power << 8 | (uint8_t)type->byte_power);
    hash = mix(hash, (uintptr_t)type->element);
    hash = mix(hash, type->is_load);
    if (type->kind == TYPE_VARIABLE) hash = mix(hash, text_hash(type->name));
    for (uint32_t i = 0; i < type->count; i++) {
        hash = mix(hash, text_hash(type->kind == TYPE_WORDS ? type->words[i] : type->fields[i].name));
        if (type->kind != TYPE_WORDS) hash = mix(hash, (uintptr_t)type->fields[i].type);
    }
    return hash;
}

static bool equal(const struct type *a, const struct type *b) {
    if (a->kind != b->kind || a->time_power != b->time_power || a->byte_power != b->byte_power ||
        a->element != b->element || a->count != b->count || a->is_load != b->is_load || !text_equal(a->name, b->name))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->kind == TYPE_WORDS) {
            if (!text_equal(a->words[i], b->words[i])) return false;
        } else if (a->fields[i].type != b->fields[i].type || !text_equal(a->fields[i].name, b->fields[i].name)) {
            return false;
        }
    }
    return true;
}

static const struct type **slot_of(const struct type_table *table, const struct type *wanted) {
    uint32_t slot = (uint32_t)hash_of(wanted) & (table->capacity - 1);
    while (table->slots[slot] && !equal(table->slots[slot], wanted)) slot = (slot + 1) & (table->capacity - 1);
    return &table->slots[slot];
}

static void grow(struct type_table *table) {
    const struct type **old = table->slots;
    uint32_t old_capacity = table->capacity;
    table->capacity *= 2;
    table->slots = ARENA_ARRAY(table->arena, const struct type *, table->capacity);
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i]) *slot_of(table, old[i]) = old[i];
}

static bool kind_is_data(enum type_kind kind) {
    switch (kind) {
    case TYPE_HANDLE:
    case TYPE_STREAM:
    case TYPE_SIGNAL:
    case TYPE_WINDOW:
    case TYPE_INTERVAL:
    case TYPE_MODULE:
    case TYPE_SQL:
    case TYPE_SHELL:
    case TYPE_COMMAND:
    case TYPE_VARIABLE:
    case TYPE_SERIES:
    case TYPE_EACH: return false;
    case TYPE_POISON:
    case TYPE_ANY:
    case TYPE_NOTHING:
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_QUANTITY:
    case TYPE_RATIO:
    case TYPE_INSTANT:
    case TYPE_VERSION:
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_REGEX:
    case TYPE_URL:
    case TYPE_PATH:
    case TYPE_LABEL:
    case TYPE_JSON:
    case TYPE_WORDS:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OPTIONAL:
    case TYPE_RECORD: return true;
    }
    return true;
}

void type_complete(struct type *type) {
    type->is_data = kind_is_data(type->kind) && (!type->element || type->element->is_data);
    if (type->kind == TYPE_RECORD)
        for (uint32_t i = 0; i < type->count; i++) type->is_data &= type->fields[i].type->is_data;
}

/* The one type that is equal to `wanted`; its fields and words are copied when it is new. */
static const struct type *intern(struct type_table *table, const struct type *wanted) {
    const struct type **slot = slot_of(table, wanted);
    if (*slot) return *slot;
    struct type *made = ARENA_NEW(table->arena, struct type);
    *made = *wanted;
    if (wanted->count && wanted->kind == TYPE_WORDS) {
        made->words = ARENA_ARRAY(table->arena, struct text, wanted->count);
        memcpy(made->words, wanted->words, wanted->count * sizeof *made->words);
    } else if (wanted->count) {
        made->fields = ARENA_ARRAY(table->arena, struct type_field, wanted->count);
        memcpy(made->fields, wanted->fields, wanted->count * sizeof *made->fields);
    }
    type_complete(made);
    *slot = made;
    if (++table->count * 2 > table->capacity) grow(table);
    return made;
}

struct type_table *type_table_new(struct arena *arena) {
    struct type_table *table = ARENA_NEW(arena, struct type_table);
    table->arena = arena;
    table->capacity = 128;
    table->slots = ARENA_ARRAY(arena, const struct type *, table->capacity);
    struct type *all = ARENA_ARRAY(arena, struct type, TYPE_EACH + 1);
    for (int kind = 0; kind <= TYPE_EACH; kind++) {
        all[kind].kind = (enum type_kind)kind;
        type_complete(&all[kind]);
        table->simple[kind] = &all[kind];
    }
    return table;
}

const struct type *type_simple(const struct type_table *table, enum type_kind kind) {
    return table->simple[kind];
}

const struct type *type_quantity(struct type_table *table, int time_power, int byte_power) {
    if (time_power == 0 && byte_power == 0) return table->simple[TYPE_QUANTITY];
    if (time_power > POWER_LIMIT || time_power < -POWER_LIMIT || byte_power > POWER_LIMIT || byte_power < -POWER_LIMIT)
        return table->simple[TYPE_POISON];
    const struct type *none = NULL;
    bool is_common = time_power >= -1 && time_power <= 1 && byte_power >= -1 && byte_power <= 1;
    const struct type **known = is_common ? &table->common[time_power + 1][byte_power + 1] : &none;
    if (!*known)
        *known = intern(table, &(struct type){ .kind = TYPE_QUANTITY,
                                               .time_power = (int8_t)time_power,
                                               .byte_power = (int8_t)byte_power });
    return *known;
}

const struct type *type_of(struct type_table *table, enum type_kind kind, const struct type *element) {
    if (kind == TYPE_OPTIONAL &&
        (element->kind == TYPE_OPTIONAL || element->kind == TYPE_NOTHING || element->kind == TYPE_POISON))
        return element;
    const struct type **known = &table->recent[((uintptr_t)element / 16 + (unsigned)kind * 7) % RECENT];
    if (*known && (*known)->kind == kind && (*known)->element == element) return *known;
    bool is_pattern = element->has_variable || kind == TYPE_SERIES || kind == TYPE_EACH;
    return *known = intern(table, &(struct type){ .kind = kind, .element = element, .has_variable = is_pattern });
}

static bool is_new_field(const struct type *body, const char *name) {
    return !type_find_field(body, text_of(name));
}

const struct type *type_load(struct type_table *table, const struct type *body) {
    const struct type *instant = table->simple[TYPE_INSTANT], *duration = type_quantity(table, 1, 0);
    const struct type_field own[] = {
        { TEXT("intended"), instant }, { TEXT("sent"), instant },     { TEXT("end"), instant },
        { TEXT("late"), duration },    { TEXT("latency"), duration }, { TEXT("request"), duration },
        { TEXT("at"), instant },
    };
    enum { OWN = sizeof own / sizeof own[0] };
    uint32_t of_body = body->kind == TYPE_RECORD ? body->count : 0, count = of_body;
    struct type_field *fields = memory_allocate((of_body + OWN) * sizeof *fields);
    if (of_body) memcpy(fields, body->fields, of_body * sizeof *fields);
    for (uint32_t i = 0; i < OWN; i++)
        if (is_new_field(body, own[i].name.bytes)) fields[count++] = own[i];
    const struct type *made = intern(table, &(struct type){ .kind = TYPE_STREAM,
                                                            .element = body,
                                                            .fields = fields,
                                                            .count = count,
                                                            .is_load = true,
                                                            .load_body = body });
    memory_release(fields);
    return made;
}

const struct type *type_record(struct type_table *table, const struct type_field *fields, uint32_t count) {
    bool is_pattern = false;
    for (uint32_t i = 0; i < count; i++) is_pattern |= fields[i].type->has_variable;
    return intern(table, &(struct type){ .kind = TYPE_RECORD,
                                         .fields = (struct type_field *)(uintptr_t)fields,
                                         .count = count,
                                         .has_variable = is_pattern });
}

const struct type *type_words(struct type_table *table, const struct text *words, uint32_t count) {
    return intern(table,
                  &(struct type){ .kind = TYPE_WORDS, .words = (struct text *)(uintptr_t)words, .count = count });
}

const struct type *type_variable(struct type_table *table, struct text name) {
    return intern(table, &(struct type){ .kind = TYPE_VARIABLE, .name = name, .has_variable = true });
}

struct type *type_named(struct type_table *table, enum type_kind kind, struct text name) {
    struct type *made = ARENA_NEW(table->arena, struct type);
    made->kind = kind;
    made->name = name;
    type_complete(made);
    return made;
}

bool type_is_number(const struct type *type) {
    return type->kind == TYPE_INT || type_is_quantity(type, 0, 0);
}

bool type_is_quantity(const struct type *type, int time_power, int byte_power) {
    return type->kind == TYPE_QUANTITY && type->time_power == time_power && type->byte_power == byte_power;
}

bool type_is_text(const struct type *type) {
    return type->kind == TYPE_STRING || type->kind == TYPE_URL || type->kind == TYPE_PATH || type->kind == TYPE_WORDS;
}

const struct type_field *type_find_field(const struct type *record, struct text name) {
    for (uint32_t i = 0; i < record->count; i++)
        if (text_equal(record->fields[i].name, name)) return &record->fields[i];
    return NULL;
}
