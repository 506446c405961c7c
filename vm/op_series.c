/* Instructions that cut series, after their operands were looked at. */
#include "vm/op.h"

/* Gives the instant, or what to answer instead. */
static bool instant_of(struct run *run, struct value value, int64_t *instant, struct value *instead) {
    if (value.kind == VALUE_INSTANT) {
        *instant = value.integer;
        return true;
    }
    *instead = value_is_bad(value) ? value_retain(value)
                                   : value_error(run->heap, "%s is no instant", value_kind_name(value.kind));
    return false;
}

struct value op_cut_from(struct run *run, struct value series, struct value from, struct value to) {
    int64_t start, end = INT64_MAX;
    struct value instead;
    if (!instant_of(run, from, &start, &instead)) return instead;
    if (to.kind != VALUE_NONE && !instant_of(run, to, &end, &instead)) return instead;
    return series_between(run->heap, series, start, end);
}

struct value op_cut_before(struct run *run, struct value series, struct value instant) {
    int64_t end;
    struct value instead;
    if (!instant_of(run, instant, &end, &instead)) return instead;
    return series_before(run->heap, series, end);
}

struct value op_window(struct run *run, struct value series, struct value length) {
    if (value_is_bad(length)) return value_retain(length);
    if (length.kind != VALUE_DURATION)
        return value_error(run->heap, "%s is no length of time", value_kind_name(length.kind));
    return series_window(run->heap, series, length.integer);
}
