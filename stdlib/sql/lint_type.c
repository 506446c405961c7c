/* ALTER COLUMN … TYPE: when the server keeps the table as it is, and when it rewrites, scans or builds. */
#include "stdlib/sql/lint.h"
#include <string.h>

enum { HEADER = 4, UNLIMITED = -1 };

const char *lint_type_name(const PgQuery__TypeName *type) {
    const PgQuery__Node *last = type->n_names ? type->names[type->n_names - 1] : NULL;
    return last && last->node_case == PG_QUERY__NODE__NODE_STRING ? last->string->sval : "";
}

static int modifier_number(const PgQuery__TypeName *type, size_t index, int otherwise) {
    if (index >= type->n_typmods || type->typmods[index]->node_case != PG_QUERY__NODE__NODE_A_CONST) return otherwise;
    const PgQuery__AConst *constant = type->typmods[index]->a_const;
    return constant->val_case == PG_QUERY__A__CONST__VAL_IVAL ? constant->ival->ival : otherwise;
}

static bool same(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* The same type with another limit: free when nothing that fitted can stop to fit. */
static bool widens(const struct fact_column *column, const PgQuery__TypeName *wanted) {
    const char *type = column->type;
    bool unlimited = wanted->n_typmods == 0;
    if (same(type, "varchar") || same(type, "varbit")) {
        return unlimited || (column->modifier != UNLIMITED &&
                             modifier_number(wanted, 0, 0) + (same(type, "varchar") ? HEADER : 0) >= column->modifier);
    }
    if (same(type, "numeric")) {
        if (unlimited) return true;
        if (column->modifier == UNLIMITED) return false;
        int precision = (column->modifier - HEADER) >> 16 & 0xFFFF, scale = (column->modifier - HEADER) & 0x7FF;
        return modifier_number(wanted, 0, 0) >= precision && modifier_number(wanted, 1, 0) == scale;
    }
    if (same(type, "timestamp") || same(type, "timestamptz") || same(type, "time") || same(type, "timetz")) {
        return unlimited || (column->modifier != UNLIMITED && modifier_number(wanted, 0, 6) >= column->modifier);
    }
    if (same(type, "bpchar")) return !unlimited && modifier_number(wanted, 0, 0) + HEADER == column->modifier;
    return unlimited && column->modifier == UNLIMITED;
}

/* Another type whose values are stored alike. */
static bool stored_alike(const struct fact_column *column, const PgQuery__TypeName *wanted, bool utc) {
    const char *from = column->type, *to = lint_type_name(wanted);
    bool limited = wanted->n_typmods > 0;
    if (same(from, "varchar") && same(to, "text")) return true;
    if (same(from, "text") && same(to, "varchar")) return !limited;
    if (same(from, "cidr") && same(to, "inet")) return true;
    bool times =
        (same(from, "timestamp") && same(to, "timestamptz")) || (same(from, "timestamptz") && same(to, "timestamp"));
    return times && utc && !limited;
}

static bool is_text(const char *type) {
    return same(type, "text") || same(type, "varchar");
}

enum type_change lint_type_change(const struct fact_column *column, const PgQuery__ColumnDef *wanted, bool utc) {
    if (!column || !wanted->type_name) return TYPE_REWRITES;
    const PgQuery__TypeName *type = wanted->type_name;
    bool converts =
        wanted->raw_default && wanted->raw_default->node_case != PG_QUERY__NODE__NODE_COLUMN_REF; /* USING … */
    bool array = type->n_array_bounds > 0;
    bool same_type = same(column->type, lint_type_name(type));
    if (converts || array || !(same_type ? widens(column, type) : stored_alike(column, type, utc)))
        return TYPE_REWRITES;
    bool sorts_anew = wanted->coll_clause || (!same_type && !(is_text(column->type) && is_text(lint_type_name(type))));
    if (column->indexed && sorts_anew) return TYPE_BUILDS;
    return column->checked ? TYPE_SCANS : TYPE_FREE;
}
