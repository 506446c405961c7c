/* Fields that no version knows, by chance from a seed (splitmix64, Steele, Lea and Flood 2014): what parsers lose is among them more often
 * than chance would have it. Each document has a generator of its own. Nothing here is ambiguous in JSON: no NUL, no half characters, no
 * number that differs from another one by its spelling alone. */
#include "stdlib/document/future.h"

#include "base/vector.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_BIG_INTEGER,
    FIELD_BEYOND_DOUBLE,
    FIELD_LONG_FRACTION,
    FIELD_WORD,
    FIELD_OBJECT,
    FIELD_LIST,
    FIELD_LIST_OF_OBJECTS,
    FIELD_ESCAPED_NAME,
    FIELD_ESCAPED_TEXT,
    FIELD_EMPTY_NAME,
    FIELD_TWICE,
    FIELD_DEEP,
    FIELD_EMPTY_CONTAINER,
    FIELD_EMPTY_TEXT,
    FIELD_LONG_TEXT,
    FIELD_KIND_COUNT
};
enum { OBJECTS_OF_SINGLES = 4, FIELDS_MAXIMUM = 6, DEEP = 24, LONG = 2048, NESTED_MAXIMUM = 3 };

struct objects VECTOR(struct document_node *);
struct chance {
    struct arena *arena;
    bool twice; /* equal names are allowed */
    uint64_t state;
};

static uint64_t next(struct chance *chance) {
    uint64_t mixed = chance->state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

static size_t below(struct chance *chance, size_t bound) {
    return (size_t)(next(chance) % bound);
}
#define ONE_OF(chance, list) (list)[below(chance, sizeof(list) / sizeof *(list))]

static const char *const words[] = { "trace",  "locale", "priority", "region", "expires",
                                     "labels", "origin", "retry",    "quota",  "shape" };
static const char *const odd_texts[] = { "quote\"inside",
                                         "back\\slash",
                                         "tab\tand\nnewline",
                                         "caf\u00e9",
                                         "\u043a\u043b\u044e\u0447",
                                         "\U0001F680 launch",
                                         "line\u2028separator",
                                         "a.b",
                                         "a/b",
                                         " blank ",
                                         "bell\x07",
                                         "</script>",
                                         "100%",
                                         "$ref",
                                         "__proto__" };

static struct document_node *scalar(struct chance *chance, enum document_kind kind, const char *text) {
    struct document_node *node = document_node_new(chance->arena, kind);
    node->text = text_of(text);
    return node;
}

/* ---- values ---- */

static struct document_node *value(struct chance *chance, enum field_kind kind, unsigned nested);

static struct document_node *any_value(struct chance *chance, unsigned nested) {
    return value(chance, (enum field_kind)below(chance, FIELD_KIND_COUNT), nested);
}

static void name_it(struct chance *chance, struct document_node *node, const char *prefix) {
    node->name = arena_printf(chance->arena, "%s%s_%u", prefix, ONE_OF(chance, words), (unsigned)below(chance, 1000));
}

static struct document_node *object(struct chance *chance, unsigned nested) {
    struct document_node *made = document_node_new(chance->arena, DOCUMENT_OBJECT);
    for (size_t i = 1 + below(chance, 3); i > 0; i--) {
        struct document_node *member = any_value(chance, nested + 1);
        name_it(chance, member, "");
        if (!document_member(made, member->name)) document_append(made, member);
    }
    return made;
}

static struct document_node *list(struct chance *chance, unsigned nested, bool of_objects) {
    struct document_node *node = document_node_new(chance->arena, DOCUMENT_LIST);
    for (size_t i = 1 + below(chance, 4); i > 0; i--)
        document_append(node, of_objects ? object(chance, nested + 1) : any_value(chance, nested + 1));
    return node;
}

static struct document_node *deep(struct chance *chance) {
    struct document_node *inner = scalar(chance, DOCUMENT_NUMBER, "9007199254740993");
    for (unsigned i = 0; i < DEEP; i++) {
        struct document_node *outer = document_node_new(chance->arena, i % 2 ? DOCUMENT_LIST : DOCUMENT_OBJECT);
        inner->name = i % 2 ? (struct text){ 0 } : TEXT("in");
        document_append(outer, inner);
        inner = outer;
    }
    return inner;
}

static struct document_node *long_text(struct chance *chance) {
    struct document_node *node = document_node_new(chance->arena, DOCUMENT_STRING);
    char *bytes = arena_allocate(chance->arena, LONG);
    for (size_t i = 0; i < LONG; i++) bytes[i] = (char)('a' + below(chance, 26));
    node->text = (struct text){ bytes, LONG };
    return node;
}

static struct document_node *number(struct chance *chance, enum field_kind kind) {
    static const char *const integers[] = { "9007199254740993", "-9007199254740993", "18446744073709551616",
                                            "-9223372036854775809", "123456789012345678901234567890" };
    static const char *const beyond[] = { "1e400", "-1e400", "1e-400", "2e308" };
    static const char *const fractions[] = { "3.14159265358979323846264338327950288",
                                             "0.1000000000000000055511151231257827",
                                             "-12345678901234567890.123456789" };
    return scalar(chance, DOCUMENT_NUMBER,
                  kind == FIELD_BIG_INTEGER     ? ONE_OF(chance, integers)
                  : kind == FIELD_BEYOND_DOUBLE ? ONE_OF(chance, beyond)
                                                : ONE_OF(chance, fractions));
}

static struct document_node *value(struct chance *chance, enum field_kind kind, unsigned nested) {
    bool leaf = nested >= NESTED_MAXIMUM;
    switch (kind) {
    case FIELD_BIG_INTEGER:
    case FIELD_BEYOND_DOUBLE:
    case FIELD_LONG_FRACTION: return number(chance, kind);
    case FIELD_WORD: return scalar(chance, (enum document_kind)(DOCUMENT_NULL + below(chance, 3)), NULL);
    case FIELD_EMPTY_CONTAINER: return scalar(chance, below(chance, 2) ? DOCUMENT_LIST : DOCUMENT_OBJECT, NULL);
    case FIELD_EMPTY_TEXT: return scalar(chance, DOCUMENT_STRING, "");
    case FIELD_ESCAPED_TEXT: return scalar(chance, DOCUMENT_STRING, ONE_OF(chance, odd_texts));
    case FIELD_LONG_TEXT: return nested ? scalar(chance, DOCUMENT_STRING, "short") : long_text(chance);
    case FIELD_DEEP: return nested ? scalar(chance, DOCUMENT_TRUE, NULL) : deep(chance);
    case FIELD_OBJECT:
        if (!leaf) return object(chance, nested);
        break;
    case FIELD_LIST:
    case FIELD_LIST_OF_OBJECTS:
        if (!leaf) return list(chance, nested, kind == FIELD_LIST_OF_OBJECTS);
        break;
    case FIELD_TEXT:
    case FIELD_ESCAPED_NAME:
    case FIELD_EMPTY_NAME:
    case FIELD_TWICE:
    case FIELD_KIND_COUNT: break;
    }
    return scalar(chance, DOCUMENT_STRING, ONE_OF(chance, words));
}

/* ---- fields ---- */

static void add_field(struct chance *chance, struct document_node *object, enum field_kind kind) {
    struct document_node *node = value(chance, kind, 0);
    if (kind == FIELD_ESCAPED_NAME)
        node->name = text_of(ONE_OF(chance, odd_texts));
    else if (kind != FIELD_EMPTY_NAME)
        name_it(chance, node, "future_");
    for (size_t range = 1000; document_member(object, node->name); range *= 2) /* nothing that the sample has */
        node->name = arena_printf(chance->arena, "future_%zu", below(chance, range));
    document_append(object, node);
    if (kind != FIELD_TWICE || !chance->twice) return;
    struct document_node *again = scalar(chance, DOCUMENT_NUMBER, "9007199254740993");
    again->name = node->name;
    document_append(object, again);
}

static void collect(struct document_node *node, struct objects *objects) {
    if (node->kind == DOCUMENT_OBJECT) VECTOR_PUSH(objects, node);
    if (node->kind != DOCUMENT_OBJECT && node->kind != DOCUMENT_LIST) return;
    for (struct document_node *item = node->first; item; item = item->next) collect(item, objects);
}

bool document_has_object(const struct document_node *node) {
    if (node->kind == DOCUMENT_OBJECT) return true;
    for (const struct document_node *item = node->first; item; item = item->next)
        if (document_has_object(item)) return true;
    return false;
}

bool document_add_future(struct arena *arena, struct document_node *sample, bool twice, uint64_t seed, size_t index) {
    struct chance chance = { arena, twice, seed };
    chance.state = next(&chance) + index;
    chance.state = next(&chance);
    struct objects objects = { 0 };
    collect(sample, &objects);
    size_t places = objects.count < OBJECTS_OF_SINGLES ? objects.count : OBJECTS_OF_SINGLES;
    bool single = index < places * FIELD_KIND_COUNT, escaped = below(&chance, 2);
    if (single) {
        add_field(&chance, objects.items[index % places], (enum field_kind)(index / places));
    } else if (objects.count) {
        for (size_t i = 2 + below(&chance, FIELDS_MAXIMUM - 1); i > 0; i--) {
            struct document_node *object = objects.items[below(&chance, objects.count)];
            add_field(&chance, object, (enum field_kind)below(&chance, FIELD_KIND_COUNT));
        }
    }
    VECTOR_DONE(&objects);
    return escaped;
}
