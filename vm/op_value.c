/* Instructions that make values of values. Errors and no data pass through; over a series each works on every
 * element. */
#include "vm/convert.h"
#include "vm/op.h"
#include "vm/release.h"

#include "base/memory.h"

static struct value not_one(struct run *run, const char *format, struct value value) {
    return value_error(run->heap, format, value_kind_name(value.kind));
}

/* The series of a window, so that what has no meaning for a window works on its elements. Borrowed. */
static struct value inside(struct value value) {
    return value.kind == VALUE_WINDOW ? window_of(value).series : value;
}

struct value op_make_record(struct run *run, struct value keys, const struct value *items) {
    struct value record = value_record(run->heap);
    for (size_t i = 0; i < value_count(keys) && record.kind == VALUE_RECORD; i++) {
        record = value_record_with(record, value_text_of(value_at(keys, i)), items[i]);
    }
    return record;
}

static bool is_list_of_versions(struct value value) {
    if (value.kind != VALUE_LIST || value_count(value) == 0) return false;
    for (size_t i = 0; i < value_count(value); i++)
        if (value_at(value, i).kind != VALUE_VERSION) return false;
    return true;
}

/* Appends what stands in a text for a value: a version is its tag there. Gives none, or an owned error. */
static struct value append_text(struct heap *heap, struct value value, struct buffer *out) {
    struct value bad;
    if (value_holds_bad(value, &bad)) return value_retain(bad);
    if (is_list_of_versions(value)) {
        for (size_t i = 0; i < value_count(value); i++) {
            buffer_append_string(out, i ? ", " : "[");
            struct value error = append_text(heap, value_at(value, i), out);
            if (error.kind != VALUE_NONE) return error;
        }
        buffer_append_byte(out, ']');
        return value_none();
    }
    if (value.kind != VALUE_VERSION) {
        value_plain(value, out);
        return value_none();
    }
    struct value tag = release_text(heap, value);
    if (value_is_bad(tag)) return tag;
    buffer_append(out, value_text_of(tag));
    value_release(tag);
    return value_none();
}

struct value op_make_text(struct run *run, const struct value *parts, size_t count) {
    struct value value = value_none();
    struct buffer text = { 0 };
    for (size_t i = 0; i < count && value.kind == VALUE_NONE; i++) value = append_text(run->heap, parts[i], &text);
    if (value.kind == VALUE_NONE) value = value_text(run->heap, buffer_text(&text));
    buffer_done(&text);
    return value;
}

/* One word of a shell's, whatever it holds. */
static void append_word(struct buffer *out, struct text word) {
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < word.length; i++) {
        if (word.bytes[i] == '\'')
            buffer_append_string(out, "'\\''");
        else
            buffer_append_byte(out, word.bytes[i]);
    }
    buffer_append_byte(out, '\'');
}

/* A list is so many words. Gives none, or an owned error. */
static struct value append_words(struct heap *heap, struct buffer *out, struct value value) {
    struct value error = value_none();
    if (value.kind == VALUE_LIST) {
        for (size_t i = 0; i < value_count(value) && error.kind == VALUE_NONE; i++) {
            if (i) buffer_append_byte(out, ' ');
            error = append_words(heap, out, value_at(value, i));
        }
        return error;
    }
    struct buffer word = { 0 };
    if (value.kind != VALUE_NONE) error = append_text(heap, value, &word);
    struct text text = buffer_text(&word);
    if (error.kind == VALUE_NONE && text_find(text, (struct text){ "", 1 }) != SIZE_MAX) /* it would end the command */
        error = value_error(heap, "a shell's word cannot hold a NUL byte");
    append_word(out, text);
    buffer_done(&word);
    return error;
}

struct value op_make_shell(struct run *run, const struct value *parts, size_t count) {
    struct buffer text = { 0 };
    struct value result = value_none(), bad;
    for (size_t i = 0; i < count && result.kind == VALUE_NONE; i++) {
        if (value_holds_bad(parts[i], &bad))
            result = value_retain(bad);
        else if (i % 2 == 0)
            value_plain(parts[i], &text);
        else
            result = append_words(run->heap, &text, parts[i]);
    }
    if (result.kind == VALUE_NONE) result = value_shell(run->heap, buffer_text(&text));
    buffer_done(&text);
    return result;
}

struct value op_make_range(struct run *run, struct value from, struct value to) {
    if (value_is_bad(from)) return value_retain(from);
    if (value_is_bad(to)) return value_retain(to);
    if (from.kind != VALUE_INTEGER) return not_one(run, "a range begins with an int, not with %s", from);
    if (to.kind != VALUE_INTEGER) return not_one(run, "a range ends with an int, not with %s", to);
    return value_range(run->heap, from.integer, to.integer);
}

struct value op_append(struct run *run, struct value *list, struct value item, bool own) {
    if (value_is_bad(*list)) return value_retain(*list);
    if (list->kind != VALUE_LIST) return not_one(run, "%s is no list", *list);
    struct value taken = own ? *list : value_retain(*list);
    if (own) *list = value_none();
    return value_list_append(taken, item);
}

/* ---- of each element, when there are several ---- */
static struct value index_of_element(struct heap *heap, struct value element, void *data) {
    return value_index(heap, element, *(struct value *)data);
}

struct value op_get_index(struct run *run, struct value container, struct value index) {
    container = inside(container);
    if (value_is_series(container)) return series_map(run->heap, container, index_of_element, &index);
    return value_index(run->heap, container, index);
}

static struct value each_of(struct heap *heap, struct value container, void *data) {
    (void)data;
    if (value_is_bad(container) || container.kind == VALUE_LIST) return value_retain(container);
    if (container.kind == VALUE_RECORD || container.kind == VALUE_RANGE) {
        struct value list = value_list(heap, NULL, 0);
        for (size_t i = 0; i < value_count(container); i++) list = value_list_append(list, value_at(container, i));
        return list;
    }
    if (container.kind == VALUE_NONE) return value_missing(heap, "none has no elements");
    return value_error(heap, "%s has no elements [*]", value_kind_name(container.kind));
}

struct value op_get_each(struct run *run, struct value container) {
    container = inside(container);
    if (value_is_series(container)) return series_map(run->heap, container, each_of, NULL);
    return each_of(run->heap, container, NULL);
}

struct conversion {
    const struct program *program;
    uint32_t shape;
};

static struct value convert_element(struct heap *heap, struct value element, void *data) {
    const struct conversion *conversion = data;
    return value_convert(heap, conversion->program, conversion->shape, element);
}

struct value op_convert(struct run *run, struct value value, uint32_t shape) {
    struct conversion conversion = { run->program, shape };
    value = inside(value);
    if (value_is_series(value)) return series_map(run->heap, value, convert_element, &conversion);
    return convert_element(run->heap, value, &conversion);
}

static bool is_present(struct value value) {
    return value.kind != VALUE_NONE && !value_is_missing(value);
}

struct value op_coalesce(struct run *run, struct value value, struct value otherwise) {
    struct value left = value_as_series(inside(value)), right = value_as_series(inside(otherwise));
    if (left.kind != VALUE_SERIES) {
        bool present = is_present(left);
        value_release(present ? right : left);
        return present ? left : right;
    }
    struct series *series = series_of(left), *other = right.kind == VALUE_SERIES ? series_of(right) : NULL;
    struct value result;
    if (other && other->timing != series->timing) {
        result = value_error(run->heap, "the two sides of ?? have different elements");
    } else {
        size_t count = series->timing->count;
        struct value *values = memory_resize(NULL, count * sizeof *values);
        for (size_t i = 0; i < count; i++) {
            bool present = is_present(series->values[i]);
            values[i] = value_retain(present ? series->values[i] : other ? other->values[i] : right);
        }
        series->timing->references++;
        result = series_make(run->heap, series->kind, series->timing, values, series->provenance);
    }
    value_release(left);
    value_release(right);
    return result;
}

struct value op_iterate(struct run *run, struct value over) {
    over = inside(over);
    if (value_is_bad(over)) return value_retain(over);
    bool walks =
        over.kind == VALUE_LIST || over.kind == VALUE_RANGE || over.kind == VALUE_RECORD || value_is_series(over);
    if (!walks) return not_one(run, "%s has no elements to go through", over);
    return value_iterator(run->heap, over);
}

struct value op_not(struct run *run, struct value value) {
    return value_not(run->heap, inside(value));
}

struct value op_negated(struct run *run, struct value owned) {
    struct value result = value_not(run->heap, owned);
    value_release(owned);
    return result;
}

struct value op_negate(struct run *run, struct value value) {
    return value_negate(run->heap, inside(value));
}
