/* How types relate: what may stand where, what holds both of two, what can be equal, what a signature's variables become.
 * Pure functions over the table. A budget bounds the work on records that hold each other many times over. */
#include "compiler/type.h"

#include "base/memory.h"

#include <string.h>

enum { BUDGET = 20000, COST_WIDEN = 1, COST_TEXT = 2, COST_DYNAMIC = 3 };

static int fit(const struct type *from, const struct type *to, int *budget);

/* Fields mostly stand at the same place in both records. */
static const struct type_field *field_near(const struct type *record, struct text name, uint32_t place) {
    bool is_there = place < record->count && text_equal(record->fields[place].name, name);
    return is_there ? &record->fields[place] : type_find_field(record, name);
}

static int worse(int a, int b) {
    return a < 0 || b < 0 ? TYPE_MISFIT : a + b;
}

/* Every field of `to` is there and fits. A record that was written down has exactly the fields; the checker sees to that. */
static int fit_record(const struct type *from, const struct type *to, int *budget) {
    if (from->name.length && to->name.length) return TYPE_MISFIT;
    int cost = from->count == to->count ? 0 : COST_WIDEN;
    for (uint32_t i = 0; i < to->count && cost >= 0; i++) {
        const struct type_field *field = field_near(from, to->fields[i].name, i);
        cost = field ? worse(cost, fit(field->type, to->fields[i].type, budget)) : TYPE_MISFIT;
    }
    return cost;
}

static int fit_map(const struct type *from, const struct type *to, int *budget) {
    if (from->kind == TYPE_MAP) return fit(from->element, to->element, budget);
    if (from->kind != TYPE_RECORD || from->name.length) return TYPE_MISFIT;
    int cost = 0;
    for (uint32_t i = 0; i < from->count && cost >= 0; i++)
        cost = worse(cost, fit(from->fields[i].type, to->element, budget));
    return cost;
}

static int fit_optional(const struct type *from, const struct type *to, int *budget) {
    if (from->kind == TYPE_NOTHING) return 0;
    if (from->kind == TYPE_OPTIONAL) return fit(from->element, to->element, budget);
    return worse(COST_WIDEN, fit(from, to->element, budget));
}

static int fit_text(const struct type *from, const struct type *to) {
    if (!type_is_text(from)) return TYPE_MISFIT;
    bool crosses =
        (from->kind == TYPE_URL && to->kind == TYPE_PATH) || (from->kind == TYPE_PATH && to->kind == TYPE_URL);
    return crosses ? TYPE_MISFIT : COST_TEXT;
}

static int fit(const struct type *from, const struct type *to, int *budget) {
    if (from == to || type_is_unknown(from) || to->kind == TYPE_POISON || --*budget < 0) return 0;
    switch (to->kind) {
    case TYPE_ANY: return type_is_series(from) || from->kind == TYPE_WINDOW ? TYPE_MISFIT : COST_DYNAMIC;
    case TYPE_QUANTITY: return from->kind == TYPE_INT && type_is_number(to) ? COST_WIDEN : TYPE_MISFIT;
    case TYPE_STRING:
    case TYPE_URL:
    case TYPE_PATH:
    case TYPE_WORDS: return fit_text(from, to);
    case TYPE_JSON: return from->is_data ? COST_DYNAMIC : TYPE_MISFIT;
    case TYPE_COMMAND:
        if (from->kind == TYPE_SHELL) return COST_WIDEN;
        return from->kind == TYPE_LIST && type_is_text(from->element) ? COST_WIDEN : TYPE_MISFIT;
    case TYPE_LIST: return from->kind == TYPE_LIST ? fit(from->element, to->element, budget) : TYPE_MISFIT;
    case TYPE_MAP: return fit_map(from, to, budget);
    case TYPE_OPTIONAL: return fit_optional(from, to, budget);
    case TYPE_RECORD: return from->kind == TYPE_RECORD ? fit_record(from, to, budget) : TYPE_MISFIT;
    case TYPE_HANDLE:
        return from->kind == TYPE_HANDLE && text_is(from->name, "db") && text_is(to->name, "service") ? COST_WIDEN
                                                                                                      : TYPE_MISFIT;
    case TYPE_STREAM:
    case TYPE_SIGNAL:
    case TYPE_WINDOW:
    case TYPE_SERIES:
    case TYPE_EACH:
        if (from->kind != to->kind && !(to->kind == TYPE_SERIES && type_is_series(from))) return TYPE_MISFIT;
        return to->is_load && !from->is_load ? TYPE_MISFIT : fit(from->element, to->element, budget);
    case TYPE_POISON:
    case TYPE_NOTHING:
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_RATIO:
    case TYPE_INSTANT:
    case TYPE_VERSION:
    case TYPE_BYTES:
    case TYPE_REGEX:
    case TYPE_LABEL:
    case TYPE_SQL:
    case TYPE_SHELL:
    case TYPE_INTERVAL:
    case TYPE_MODULE:
    case TYPE_VARIABLE: return TYPE_MISFIT;
    }
    return TYPE_MISFIT;
}

int type_fit(const struct type *from, const struct type *to) {
    int budget = BUDGET;
    return fit(from, to, &budget);
}

static const struct type *join(struct type_table *table, const struct type *a, const struct type *b, int *budget);

static const struct type *join_records(struct type_table *table, const struct type *a, const struct type *b,
                                       int *budget) {
    if (a->name.length || b->name.length || a->count != b->count) return NULL;
    struct type_field *fields = memory_allocate((a->count + 1) * sizeof *fields);
    const struct type *joined = a;
    for (uint32_t i = 0; i < a->count && joined; i++) {
        const struct type_field *other = field_near(b, a->fields[i].name, i);
        fields[i].name = a->fields[i].name;
        fields[i].type = other ? join(table, a->fields[i].type, other->type, budget) : NULL;
        if (!fields[i].type) joined = NULL;
    }
    if (joined) joined = type_record(table, fields, a->count);
    memory_release(fields);
    return joined;
}

static const struct type *join_elements(struct type_table *table, const struct type *a, const struct type *b,
                                        int *budget) {
    const struct type *element = join(table, a->element, b->element, budget);
    return element ? type_of(table, a->kind, element) : NULL;
}

static const struct type *join(struct type_table *table, const struct type *a, const struct type *b, int *budget) {
    if (a == b || b->kind == TYPE_POISON || b->kind == TYPE_ANY || --*budget < 0) return a;
    if (type_is_unknown(a)) return b;
    if (a->kind == TYPE_NOTHING) return type_of(table, TYPE_OPTIONAL, b);
    if (b->kind == TYPE_NOTHING) return type_of(table, TYPE_OPTIONAL, a);
    if (a->kind == TYPE_OPTIONAL || b->kind == TYPE_OPTIONAL) {
        const struct type *inner = join(table, type_present(a), type_present(b), budget);
        return inner ? type_of(table, TYPE_OPTIONAL, inner) : NULL;
    }
    if (type_is_text(a) && type_is_text(b)) return type_simple(table, TYPE_STRING);
    if (a->kind == b->kind && a->element && !a->is_load && !b->is_load) return join_elements(table, a, b, budget);
    if (a->kind == TYPE_RECORD && b->kind == TYPE_RECORD) {
        const struct type *record = join_records(table, a, b, budget);
        if (record) return record;
    }
    if (fit(a, b, budget) >= 0) return b;
    return fit(b, a, budget) >= 0 ? a : NULL;
}

const struct type *type_join(struct type_table *table, const struct type *a, const struct type *b) {
    int budget = BUDGET;
    return join(table, a, b, &budget);
}

static bool comparable(const struct type *a, const struct type *b, int *budget) {
    if (a == b || type_is_unknown(a) || type_is_unknown(b) || --*budget < 0) return true;
    if (a->kind == TYPE_JSON) return b->is_data;
    if (b->kind == TYPE_JSON) return a->is_data;
    if (a->kind == TYPE_NOTHING) return b->kind == TYPE_OPTIONAL;
    if (b->kind == TYPE_NOTHING) return a->kind == TYPE_OPTIONAL;
    a = type_present(a);
    b = type_present(b);
    if (a == b) return true;
    if (type_is_number(a) && type_is_number(b)) return true;
    if (type_is_text(a) && type_is_text(b)) return fit(a, b, budget) >= 0 || fit(b, a, budget) >= 0;
    if (a->kind == TYPE_RECORD && b->kind == TYPE_RECORD) {
        if (a->count != b->count) return false;
        for (uint32_t i = 0; i < a->count; i++) {
            const struct type_field *other = field_near(b, a->fields[i].name, i);
            if (!other || !comparable(a->fields[i].type, other->type, budget)) return false;
        }
        return true;
    }
    if (a->kind == TYPE_RECORD && b->kind == TYPE_MAP) return fit_map(a, b, budget) >= 0;
    if (a->kind == TYPE_MAP && b->kind == TYPE_RECORD) return fit_map(b, a, budget) >= 0;
    return a->kind == b->kind && (a->kind == TYPE_LIST || a->kind == TYPE_MAP) &&
           comparable(a->element, b->element, budget);
}

bool type_comparable(const struct type *a, const struct type *b) {
    int budget = BUDGET;
    return comparable(a, b, &budget);
}

/* ---- variables ---- */

/* `Q` stands for numbers and quantities, `O` for what has an order, any other letter for any type. */
static bool may_be(const struct type *variable, const struct type *from) {
    char letter = variable->name.bytes[0];
    if (type_is_series(from) || from->kind == TYPE_WINDOW) return false;
    if (letter != 'Q' && letter != 'O') return true;
    from = type_present(from); /* of none there is no sum: a value that cannot be judged, found at run time */
    if (from->kind == TYPE_INT || from->kind == TYPE_QUANTITY || from->kind == TYPE_RATIO || from->kind == TYPE_JSON)
        return true;
    if (type_is_unknown(from)) return true;
    return letter == 'O' && (from->kind == TYPE_INSTANT || from->kind == TYPE_VERSION || type_is_text(from));
}

static int bind(struct type_table *table, const struct type *from, const struct type *variable,
                struct type_bindings *bindings) {
    if (!may_be(variable, from)) return TYPE_MISFIT;
    for (int i = 0; i < TYPE_VARIABLE_LIMIT; i++) {
        if (bindings->variable[i] == variable) {
            const struct type *joined = type_join(table, bindings->bound[i], from);
            if (!joined) return TYPE_MISFIT;
            int cost = joined == bindings->bound[i] ? 0 : COST_WIDEN;
            bindings->bound[i] = joined;
            return cost;
        }
        if (!bindings->variable[i]) {
            bindings->variable[i] = variable;
            bindings->bound[i] = from;
            return 0;
        }
    }
    return TYPE_MISFIT;
}

static int match_map(struct type_table *table, const struct type *from, const struct type *pattern,
                     struct type_bindings *bindings) {
    if (from->kind == TYPE_MAP) return type_match(table, from->element, pattern->element, bindings);
    if (from->kind != TYPE_RECORD || from->name.length) return TYPE_MISFIT;
    int cost = 0;
    for (uint32_t i = 0; i < from->count && cost >= 0; i++)
        cost = worse(cost, type_match(table, from->fields[i].type, pattern->element, bindings));
    return cost;
}

int type_match(struct type_table *table, const struct type *from, const struct type *pattern,
               struct type_bindings *bindings) {
    if (!pattern->has_variable && pattern->kind != TYPE_SERIES && pattern->kind != TYPE_EACH)
        return type_fit(from, pattern);
    if (pattern->kind == TYPE_VARIABLE) return bind(table, from, pattern, bindings);
    if (type_is_unknown(from)) return 0;
    if (pattern->kind == TYPE_MAP) return match_map(table, from, pattern, bindings);
    if (pattern->kind == TYPE_OPTIONAL) {
        if (from->kind == TYPE_NOTHING) return 0;
        int cost = type_match(table, type_present(from), pattern->element, bindings);
        return from->kind == TYPE_OPTIONAL ? cost : worse(COST_WIDEN, cost);
    }
    bool same = from->kind == pattern->kind || (pattern->kind == TYPE_SERIES && type_is_series(from)) ||
                (pattern->kind == TYPE_EACH && (type_is_series(from) || from->kind == TYPE_LIST));
    if (!same || !pattern->element || !from->element) return TYPE_MISFIT;
    if (pattern->kind == TYPE_EACH && from->element->kind == TYPE_JSON) return COST_DYNAMIC;
    return type_match(table, from->element, pattern->element, bindings);
}

const struct type *type_substitute(struct type_table *table, const struct type *pattern,
                                   const struct type_bindings *bindings) {
    if (!pattern->has_variable) return pattern;
    if (pattern->kind == TYPE_VARIABLE) {
        for (int i = 0; i < TYPE_VARIABLE_LIMIT; i++)
            if (bindings->variable[i] == pattern) return bindings->bound[i];
        return type_simple(table, TYPE_ANY);
    }
    if (!pattern->element) return pattern;
    return type_of(table, pattern->kind, type_substitute(table, pattern->element, bindings));
}
