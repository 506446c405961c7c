/* Names to rows of the native tables: one hash table over all names, built at the start; signatures and record types are
 * parsed when they are first asked for. Everything lives on the arena. */
#include "compiler/signature.h"

#include <string.h>

enum { NAME_LIMIT = 200, MEMBER_CACHE = 256 };

/* An answer of signature_find_member. Names are interned and types' names are single, so addresses tell them apart. */
struct member {
    const char *type;   /* where the type's name stands */
    const char *member; /* where the member's name stands */
    uint32_t row;       /* the answer */
};

struct signature_table {
    struct arena *arena;
    struct name_table *names;
    struct type_table *types;
    const struct native_catalogue *catalogue;
    struct text *row_names;              /* of each row */
    struct member members[MEMBER_CACHE]; /* what was last asked for, by type and member */
    uint32_t *slots;                     /* row + 1 of the first row of a name; 0 is free; 2^n of them */
    uint32_t capacity;                   /* of slots */
    uint32_t *next;                      /* for each row: the next of the same name, or NO_ROW */
    struct signature **signatures;       /* for each row; NULL until it is asked for */
    struct text *errors;                 /* for each row */
    struct type **named;                 /* for each type row; NULL until it is asked for */
};

static uint32_t slot_of(const struct signature_table *table, struct text name, uint64_t hash) {
    uint32_t slot = (uint32_t)hash & (table->capacity - 1);
    while (table->slots[slot] && !text_equal(name, table->row_names[table->slots[slot] - 1]))
        slot = (slot + 1) & (table->capacity - 1);
    return slot;
}

/* Backwards, so that the first row of a name comes to stand in front. */
static void enter_rows(struct signature_table *table) {
    for (size_t i = table->catalogue->row_count; i-- > 0;) {
        table->row_names[i] = text_of(table->catalogue->rows[i].name);
        uint32_t slot = slot_of(table, table->row_names[i], text_hash(table->row_names[i]));
        table->next[i] = table->slots[slot] ? table->slots[slot] - 1 : NO_ROW;
        table->slots[slot] = (uint32_t)i + 1;
    }
}

struct signature_table *signature_table_new(struct arena *arena, struct name_table *names, struct type_table *types,
                                            const struct native_catalogue *catalogue) {
    struct signature_table *table = ARENA_NEW(arena, struct signature_table);
    table->arena = arena;
    table->names = names;
    table->types = types;
    table->catalogue = catalogue;
    table->capacity = 64;
    while (table->capacity < catalogue->row_count * 2) table->capacity *= 2;
    table->row_names = ARENA_ARRAY(arena, struct text, catalogue->row_count);
    table->slots = ARENA_ARRAY(arena, uint32_t, table->capacity);
    table->next = ARENA_ARRAY(arena, uint32_t, catalogue->row_count);
    table->signatures = ARENA_ARRAY(arena, struct signature *, catalogue->row_count);
    table->errors = ARENA_ARRAY(arena, struct text, catalogue->row_count);
    table->named = ARENA_ARRAY(arena, struct type *, catalogue->type_count);
    enter_rows(table);
    return table;
}

static uint32_t find(const struct signature_table *table, struct text name, uint64_t hash) {
    uint32_t found = table->slots[slot_of(table, name, hash)];
    return found ? found - 1 : NO_ROW;
}

uint32_t signature_find(const struct signature_table *table, const struct name *name) {
    return find(table, name->text, name->hash);
}

static uint32_t find_member(const struct signature_table *table, struct text type, struct text member) {
    char joined[NAME_LIMIT];
    size_t length = type.length + 1 + member.length;
    if (length > sizeof joined) return NO_ROW;
    memcpy(joined, type.bytes, type.length);
    joined[type.length] = '.';
    memcpy(joined + type.length + 1, member.bytes, member.length);
    struct text name = { joined, length };
    return find(table, name, text_hash(name));
}

uint32_t signature_find_member(struct signature_table *table, struct text type, struct text member) {
    if (!type.length) return NO_ROW;
    uintptr_t mixed = (uintptr_t)type.bytes * 31 + ((uintptr_t)member.bytes >> 4);
    struct member *known = &table->members[mixed % MEMBER_CACHE];
    if (known->type != type.bytes || known->member != member.bytes)
        *known = (struct member){ type.bytes, member.bytes, find_member(table, type, member) };
    return known->row;
}

uint32_t signature_next(const struct signature_table *table, uint32_t row) {
    return table->next[row];
}

const struct native_row *signature_row(const struct signature_table *table, uint32_t row) {
    return &table->catalogue->rows[row];
}

static const struct type *find_type(void *data, struct text name) {
    return signature_type(data, name);
}

static struct signature_parser parser_of(struct signature_table *table, const char *text) {
    return (struct signature_parser){ .arena = table->arena,
                                      .names = table->names,
                                      .types = table->types,
                                      .find_type = find_type,
                                      .data = table,
                                      .text = text_of(text) };
}

const struct signature *signature_of(struct signature_table *table, uint32_t row) {
    if (!table->signatures[row]) {
        struct signature_parser parser = parser_of(table, table->catalogue->rows[row].signature);
        table->signatures[row] = signature_parse(&parser);
        table->errors[row] = parser.error;
    }
    return table->signatures[row];
}

struct text signature_error(struct signature_table *table, uint32_t row) {
    signature_of(table, row);
    return table->errors[row];
}

/* A type is entered before its fields are read, so that records may name each other. `load` is what every load is: a
 * stream of responses. */
const struct type *signature_type(struct signature_table *table, struct text name) {
    for (size_t i = 0; i < table->catalogue->type_count; i++) {
        const struct native_type_row *row = &table->catalogue->types[i];
        if (!text_is(name, row->name)) continue;
        if (!table->named[i]) {
            table->named[i] = type_named(table->types, row->fields ? TYPE_RECORD : TYPE_HANDLE, text_of(row->name));
            struct signature_parser parser = parser_of(table, row->fields);
            if (row->fields) signature_parse_fields(&parser, table->named[i]);
        }
        return table->named[i];
    }
    if (!text_is(name, "load")) return NULL;
    const struct type *response = signature_type(table, TEXT("response"));
    return response ? type_load(table->types, response) : NULL;
}

static bool is_type(const struct signature_table *table, struct text name) {
    for (size_t i = 0; i < table->catalogue->type_count; i++)
        if (text_is(name, table->catalogue->types[i].name)) return true;
    return false;
}

/* The part behind "prefix.", or an empty text. */
static struct text member_of(const char *row_name, struct text prefix) {
    struct text name = text_of(row_name);
    if (name.length <= prefix.length + 1 || name.bytes[prefix.length] != '.' || !text_starts(name, prefix))
        return TEXT_NONE;
    return text_slice(name, prefix.length + 1, name.length);
}

bool signature_is_module(const struct signature_table *table, struct text name) {
    if (is_type(table, name)) return false;
    for (size_t i = 0; i < table->catalogue->row_count; i++)
        if (member_of(table->catalogue->rows[i].name, name).length) return true;
    return false;
}

void signature_suggest(const struct signature_table *table, struct text of, struct suggestion *suggestion) {
    for (size_t i = 0; i < table->catalogue->row_count; i++) {
        struct text name = text_of(table->catalogue->rows[i].name);
        size_t dot = text_find(name, TEXT("."));
        if (of.length) {
            struct text member = member_of(name.bytes, of);
            if (member.length) suggestion_offer(suggestion, member);
        } else if (dot == SIZE_MAX) {
            suggestion_offer(suggestion, name);
        } else if (!is_type(table, text_slice(name, 0, dot))) {
            suggestion_offer(suggestion, text_slice(name, 0, dot));
        }
    }
}

/* "p" and digits. */
static bool is_percentile(struct text name) {
    for (size_t i = 1; i < name.length; i++)
        if (name.bytes[i] < '0' || name.bytes[i] > '9') return false;
    return name.length > 1 && name.bytes[0] == 'p';
}

void signature_percentiles(const struct signature_table *table, struct text name, struct buffer *out) {
    bool is_one =
        is_percentile(name) || text_is(name, "percentile") || text_is(name, "quantile") || text_is(name, "median");
    struct text last = TEXT_NONE;
    for (size_t i = 0; is_one && i < table->catalogue->row_count; i++) {
        struct text known = text_of(table->catalogue->rows[i].name);
        if (!is_percentile(known) || text_equal(known, last)) continue; /* a row for each form of its argument */
        buffer_printf(out, "%s`%.*s`", out->length ? ", " : "", TEXT_ARGS(known));
        last = known;
    }
}

void signature_suggest_type(const struct signature_table *table, struct suggestion *suggestion) {
    static const char *const basic[] = { "bool",  "int",     "number",  "duration", "size",  "rate",  "bandwidth",
                                         "ratio", "instant", "version", "string",   "bytes", "regex", "url",
                                         "path",  "label",   "json",    "sql",      "task",  "load" };
    for (size_t i = 0; i < sizeof basic / sizeof basic[0]; i++) suggestion_offer(suggestion, text_of(basic[i]));
    for (size_t i = 0; i < table->catalogue->type_count; i++)
        suggestion_offer(suggestion, text_of(table->catalogue->types[i].name));
}
