/* From clauses to times: `during`, `from … to`, `before`, `within … of`, or none. */
#ifndef AOT_JUDGE_SCOPE_H
#define AOT_JUDGE_SCOPE_H
#include "judge/monitor.h"
#include "judge/world.h"

/* Where a claim looks. */
struct extent {
    struct scope scope;
    struct text name;    /* of the phase under `during`: "migrate"; "scope" for other clauses; empty: the whole run */
    bool is_unreached;   /* it never began */
    bool is_backwards;   /* it ends before it begins */
    struct text problem; /* why there is no scope: a message that a clause's value brought; borrowed */
    bool is_error;       /* that value is an error, not no data */
    const char *bound;   /* "within", "for": a bound that leaves no time; NULL: none such */
    int64_t length;      /* of that bound */
    const struct idle_fault *rests_on; /* what the claim reads was bound in its phase; NULL: nothing was */
};
/* `base`: the whole run, or for a live claim the time in which it was polled. */
struct extent extent_of(const struct formula *formula, const struct value *registers, struct scope base);
/* The duration of a clause ("within", "for"): TIME_END when the clause is not there; false with a problem or the bound in
 * `extent` when it is none, or leaves no time. */
bool extent_duration(struct extent *extent, const struct value *registers, uint16_t index, const char *word,
                     int64_t *duration);
bool formula_has_scope(const struct formula *formula); /* names one of its own */
#endif
