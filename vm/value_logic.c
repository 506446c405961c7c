/* and, or, not (Kleene's, over true, false, error and no data), `in`, `~`, and taking elements out of containers. */
#include "vm/heap.h"
#include "vm/regex.h"
#include "vm/release.h"

/* What a side of `and`/`or` counts as: something that is no bool is an error. */
static struct value as_truth(struct heap *heap, struct value value) {
    if (value.kind == VALUE_BOOL || value_is_bad(value)) return value_retain(value);
    return value_error(heap, "%s is neither true nor false", value_kind_name(value.kind));
}

/* The side that decides alone wins; else an error before no data; else the other side. */
static struct value kleene(struct heap *heap, bool decisive, struct value a, struct value b) {
    struct value left = as_truth(heap, a), right = as_truth(heap, b);
    bool left_decides = left.kind == VALUE_BOOL && left.boolean == decisive;
    bool right_decides = right.kind == VALUE_BOOL && right.boolean == decisive;
    bool take_left =
        left_decides ||
        (!right_decides && (left.kind == VALUE_ERROR || (left.kind == VALUE_NO_DATA && right.kind != VALUE_ERROR)));
    value_release(take_left ? right : left);
    return take_left ? left : right;
}

struct value value_and(struct heap *heap, struct value a, struct value b) {
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_AND, a, b);
    return kleene(heap, false, a, b);
}

struct value value_or(struct heap *heap, struct value a, struct value b) {
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_OR, a, b);
    return kleene(heap, true, a, b);
}

static struct value not_of_element(struct heap *heap, struct value element, void *data) {
    (void)data;
    return value_not(heap, element);
}

struct value value_not(struct heap *heap, struct value a) {
    if (value_is_series(a)) return series_map(heap, a, not_of_element, NULL);
    struct value truth = as_truth(heap, a);
    return truth.kind == VALUE_BOOL ? value_boolean(!truth.boolean) : truth;
}

struct value value_match(struct heap *heap, struct value text, struct value regex) {
    if (value_is_series(text) || value_is_series(regex)) return series_lift(heap, LIFT_MATCH, text, regex);
    if (value_is_bad(text)) return value_retain(text);
    if (value_is_bad(regex)) return value_retain(regex);
    if (text.kind != VALUE_TEXT && text.kind != VALUE_BYTES && text.kind != VALUE_VERSION) {
        return value_error(heap, "%s is no text to match", value_kind_name(text.kind));
    }
    if (text.kind == VALUE_VERSION) {
        struct value tag = release_text(heap, text);
        struct value result = value_match(heap, tag, regex);
        value_release(tag);
        return result;
    }
    struct value compiled = regex.kind == VALUE_TEXT ? value_regex(heap, value_text_of(regex)) : value_retain(regex);
    if (compiled.kind != VALUE_REGEX) {
        if (value_is_bad(compiled)) return compiled;
        struct value error = value_error(heap, "%s is no regex", value_kind_name(compiled.kind));
        value_release(compiled);
        return error;
    }
    struct regex_match match;
    enum regex_outcome outcome = regex_find(compiled, value_text_of(text), 0, &match);
    struct value result = outcome == REGEX_GAVE_UP ? value_error(heap, "re'%.*s' takes too long on this text",
                                                                 TEXT_ARGS(value_text_of(compiled)))
                                                   : value_boolean(outcome == REGEX_FOUND);
    value_release(compiled);
    return result;
}

static struct value in_list(struct heap *heap, struct value item, struct value list) {
    struct value error = value_boolean(false);
    for (size_t i = 0; i < value_count(list); i++) {
        struct value same = value_compare(heap, COMPARE_EQUAL, item, value_at(list, i));
        if (value_is_true(same)) {
            value_release(error);
            return same;
        }
        if (same.kind == VALUE_ERROR && error.kind == VALUE_BOOL)
            error = same;
        else
            value_release(same);
    }
    return error;
}

struct value value_in(struct heap *heap, struct value item, struct value container) {
    if (value_is_series(item) || value_is_series(container)) return series_lift(heap, LIFT_IN, item, container);
    if (value_is_bad(item)) return value_retain(item);
    if (value_is_bad(container)) return value_retain(container);
    bool found;
    switch ((enum value_kind)container.kind) {
    case VALUE_RANGE:
        if (item.kind == VALUE_INTEGER) {
            return value_boolean(item.integer >= range_object(container)->from &&
                                 item.integer <= range_object(container)->to);
        }
        return in_list(heap, item, container);
    case VALUE_LIST: return in_list(heap, item, container);
    case VALUE_RECORD:
        if (item.kind != VALUE_TEXT)
            return value_error(heap, "a record's keys are texts, not %s", value_kind_name(item.kind));
        value_field(container, value_text_of(item), &found);
        return value_boolean(found);
    case VALUE_TEXT:
        if (item.kind != VALUE_TEXT) return value_error(heap, "a text holds texts, not %s", value_kind_name(item.kind));
        return value_boolean(text_find(value_text_of(container), value_text_of(item)) != SIZE_MAX);
    case VALUE_INTERVAL: {
        struct interval interval = value_interval_of(container);
        if (item.kind != VALUE_INSTANT)
            return value_error(heap, "an interval holds instants, not %s", value_kind_name(item.kind));
        if (!interval.reached) return value_no_data(heap, "%.*s never began", TEXT_ARGS(interval.name));
        return value_boolean(item.integer >= interval.start && item.integer <= interval.end);
    }
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_VERSION:
    case VALUE_REGEX:
    case VALUE_SQL:
    case VALUE_SHELL:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_KIND_COUNT: break;
    }
    return value_error(heap, "%s holds nothing that one could look for", value_kind_name(container.kind));
}

struct value value_index(struct heap *heap, struct value container, struct value index) {
    if (value_is_bad(container)) return value_retain(container);
    if (value_is_bad(index)) return value_retain(index);
    if (container.kind == VALUE_NONE) return value_missing(heap, "none has no elements");
    if (container.kind == VALUE_RECORD && index.kind == VALUE_TEXT) {
        bool found;
        struct value item = value_field(container, value_text_of(index), &found);
        if (found) return value_retain(item);
        return value_missing(heap, "there is no key \"%.*s\"", TEXT_ARGS(value_text_of(index)));
    }
    if (container.kind != VALUE_LIST && container.kind != VALUE_RANGE) {
        return value_error(heap, "%s has no element [%s]", value_kind_name(container.kind),
                           index.kind == VALUE_TEXT ? "key" : "index");
    }
    if (index.kind != VALUE_INTEGER)
        return value_error(heap, "a list is indexed by an int, not by %s", value_kind_name(index.kind));
    if (index.integer < 0 || (uint64_t)index.integer >= value_count(container)) {
        return value_missing(heap, "there is no element [%lld], the list has %zu", (long long)index.integer,
                             value_count(container));
    }
    return value_retain(value_at(container, (size_t)index.integer));
}
