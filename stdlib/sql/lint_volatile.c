/* Whether an expression gives another value each time. A name that the catalogue does not know may be anything. */
#include "stdlib/sql/lint.h"
#include <string.h>

struct volatile_search {
    const struct lint *lint; /* for its catalogue */
    bool found;              /* so far */
};

/* Without a catalogue: the common ones that are not. */
static bool is_known_stable(const char *name) {
    static const char *const stable[] = { "now",
                                          "transaction_timestamp",
                                          "statement_timestamp",
                                          "current_setting",
                                          "lower",
                                          "upper",
                                          "md5",
                                          "date_trunc",
                                          "to_char",
                                          "to_timestamp",
                                          "to_date",
                                          "jsonb_build_object",
                                          "json_build_object",
                                          "jsonb_build_array",
                                          "make_interval",
                                          "make_date",
                                          "timezone",
                                          "coalesce",
                                          "concat",
                                          "length",
                                          "round",
                                          "abs",
                                          "replace",
                                          "substring",
                                          "trim",
                                          "btrim" };
    for (size_t i = 0; i < sizeof stable / sizeof stable[0]; i++) {
        if (strcmp(name, stable[i]) == 0) return true;
    }
    return false;
}

static void look_at_call(void *data, const ProtobufCMessage *found) {
    struct volatile_search *search = data;
    const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)found;
    const PgQuery__Node *last = call->n_funcname ? call->funcname[call->n_funcname - 1] : NULL;
    if (!last || last->node_case != PG_QUERY__NODE__NODE_STRING) return;
    const char *name = last->string->sval;
    const struct facts *facts = search->lint->facts;
    if (!facts->known) {
        search->found |= !is_known_stable(name);
        return;
    }
    search->found |= facts_has_name(&facts->volatile_functions, name);
}

bool lint_is_volatile(const struct lint *lint, const PgQuery__Node *expression) {
    struct volatile_search search = { lint, false };
    script_walk(&expression->base, &pg_query__func_call__descriptor, look_at_call, &search);
    return search.found;
}
