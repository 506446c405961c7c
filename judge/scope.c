/* Scopes of claims. Several clauses meet at what they have in common. A scope that never began, or whose instants have no
 * data, is unreached; one that was ended early stays open, so that only what was certain by then is said. */
#include "judge/scope.h"

bool formula_has_scope(const struct formula *formula) {
    return formula->during != NO_REGISTER || formula->from != NO_REGISTER || formula->before != NO_REGISTER ||
           formula->within_of != NO_REGISTER;
}

static void no_scope(struct extent *extent, struct value value) {
    if (extent->is_error) return;
    extent->is_unreached = true;
    extent->is_error = value.kind != VALUE_NO_DATA;
    extent->problem = value_is_bad(value) ? value_text_of(value) : TEXT("the clause is neither a phase nor an instant");
}

static void starts(struct extent *extent, int64_t from) {
    if (from > extent->scope.from) extent->scope.from = from;
}

static void ends(struct extent *extent, int64_t to, bool closed) {
    if (to > extent->scope.to) return;
    extent->scope.closed = closed || (to == extent->scope.to && extent->scope.closed);
    extent->scope.to = to;
}

static bool instant_in(struct extent *extent, struct value value, int64_t *instant) {
    if (value.kind == VALUE_INSTANT) {
        *instant = value.integer;
        return true;
    }
    no_scope(extent, value);
    return false;
}

static void during(struct extent *extent, struct value value) {
    if (value.kind != VALUE_INTERVAL) {
        no_scope(extent, value);
        return;
    }
    struct interval interval = value_interval_of(value);
    extent->name = interval.name;
    if (!interval.reached) {
        extent->is_unreached = true;
        return;
    }
    starts(extent, interval.start);
    ends(extent, interval.end, !interval.cut);
}

static void from_to(struct extent *extent, const struct formula *formula, const struct value *registers) {
    int64_t instant;
    if (formula->from != NO_REGISTER && instant_in(extent, registers[formula->from], &instant)) starts(extent, instant);
    if (formula->to != NO_REGISTER && instant_in(extent, registers[formula->to], &instant)) ends(extent, instant, true);
    if (formula->within_of != NO_REGISTER && instant_in(extent, registers[formula->within_of], &instant))
        starts(extent, instant);
    if (formula->before == NO_REGISTER) return;
    extent->scope.membership = ENDED;
    if (instant_in(extent, registers[formula->before], &instant)) ends(extent, instant, true);
}

struct extent extent_of(const struct formula *formula, const struct value *registers, struct scope base) {
    struct extent extent = { .scope = base };
    if (!formula_has_scope(formula)) return extent;
    if (formula->during != NO_REGISTER) during(&extent, registers[formula->during]);
    from_to(&extent, formula, registers);
    if (extent.name.length == 0) extent.name = TEXT("scope");
    extent.is_backwards = !extent.is_unreached && extent.scope.to < extent.scope.from;
    return extent;
}

bool extent_duration(struct extent *extent, const struct value *registers, uint16_t index, const char *word,
                     int64_t *duration) {
    *duration = TIME_END;
    if (index == NO_REGISTER) return true;
    struct value value = registers[index];
    if (value.kind == VALUE_DURATION) {
        *duration = value.integer < 0 ? 0 : value.integer;
        if (value.integer > 0) return true;
        if (!extent->bound) {
            extent->bound = word;
            extent->length = value.integer;
        }
        return false;
    }
    if (value.kind == VALUE_NONE) return true;
    no_scope(extent, value);
    if (!value_is_bad(value)) extent->problem = TEXT("the bound is no duration");
    return false;
}
