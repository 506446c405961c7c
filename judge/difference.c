/* Walks into two values side by side as long as they are of one kind; what is then printed is small, and begins where they part. */
#include "judge/difference.h"

#include "judge/shown.h"

enum { BEFORE = 12, BEHIND = 40, LONG = 60 };
static const char absent[] = "(absent)";

static void print_side(const struct world *world, const struct value *side, struct buffer *out) {
    if (side)
        shown_plain(world, *side, out);
    else
        buffer_append_string(out, absent);
}

static void print_two(const struct world *world, const struct value *left, const struct value *right,
                      struct buffer *out) {
    struct buffer one = { 0 }, other = { 0 };
    print_side(world, left, &one);
    print_side(world, right, &other);
    bool alike = left && right && text_equal(buffer_text(&one), buffer_text(&other));
    if (alike) {
        buffer_clear(&one);
        buffer_clear(&other);
        shown_exactly(world, *left, &one);
        shown_exactly(world, *right, &other);
    }
    buffer_printf(out, ": %.*s != %.*s", TEXT_ARGS(buffer_text(&one)), TEXT_ARGS(buffer_text(&other)));
    buffer_done(&one);
    buffer_done(&other);
}

/* ---- texts ---- */

static bool is_inside_letter(struct text text, size_t at) {
    return at < text.length && ((unsigned char)text.bytes[at] & 0xC0) == 0x80;
}

static void print_around(struct text text, size_t at, struct buffer *out) {
    size_t from = at > BEFORE ? at - BEFORE : 0, to = at + BEHIND < text.length ? at + BEHIND : text.length;
    while (from && is_inside_letter(text, from)) from--;
    while (is_inside_letter(text, to)) to++;
    buffer_append_string(out, from ? "\"…" : "\"");
    for (size_t i = from; i < to; i++) {
        char byte = text.bytes[i];
        if (byte == '\n')
            buffer_append_string(out, "\\n");
        else if (byte == '\t')
            buffer_append_string(out, "\\t");
        else
            buffer_append_byte(out, byte);
    }
    buffer_append_string(out, to < text.length ? "…\"" : "\"");
}

/* What differs within what is shown of both anyway is not worth a line. */
static bool print_texts(struct text left, struct text right, bool is_first, struct buffer *out) {
    size_t at = 0, letter = 1;
    while (at < left.length && at < right.length && left.bytes[at] == right.bytes[at]) at++;
    while (at && (is_inside_letter(left, at) || is_inside_letter(right, at))) at--;
    for (size_t i = 0; i < at; i++) letter += !is_inside_letter(left, i + 1);
    if (at == left.length && at == right.length) return false; /* only in what was masked */
    if (is_first && at < LONG) return false;
    buffer_printf(out, "%scharacter %zu: ", is_first ? "" : ", ", letter);
    print_around(left, at, out);
    buffer_append_string(out, " != ");
    print_around(right, at, out);
    return true;
}

static bool print_masked(const struct world *world, struct text left, struct text right, bool is_first,
                         struct buffer *out) {
    struct buffer one = { 0 }, other = { 0 };
    mask_apply(world->mask, left, &one); /* before it is cut */
    mask_apply(world->mask, right, &other);
    bool printed = print_texts(buffer_text(&one), buffer_text(&other), is_first, out);
    buffer_done(&one);
    buffer_done(&other);
    return printed;
}

/* ---- what holds others ---- */

static void print_key(struct text key, struct buffer *out) {
    buffer_printf(out, ".%.*s", TEXT_ARGS(key));
}

/* The first entry in which two records or lists differ, or that only one of them has. */
struct parting {
    bool is_found;
    bool has_left, has_right;
    struct value left, right;
    struct text key; /* of a record */
    size_t index;    /* of a list */
};

static struct parting part_records(struct value left, struct value right) {
    for (size_t i = 0; i < value_count(left); i++) {
        struct text key = value_key_at(left, i);
        bool found;
        struct value other = value_field(right, key, &found);
        if (!found || !value_equal(value_at(left, i), other))
            return (struct parting){ true, true, found, value_at(left, i), other, key, 0 };
    }
    for (size_t i = 0; i < value_count(right); i++) {
        bool found;
        value_field(left, value_key_at(right, i), &found);
        if (!found)
            return (struct parting){ true, false, true, value_none(), value_at(right, i), value_key_at(right, i), 0 };
    }
    return (struct parting){ 0 };
}

static struct parting part_lists(struct value left, struct value right) {
    size_t count = value_count(left), others = value_count(right);
    for (size_t i = 0; i < count || i < others; i++) {
        bool has_left = i < count, has_right = i < others;
        if (has_left && has_right && value_equal(value_at(left, i), value_at(right, i))) continue;
        return (struct parting){ true,
                                 has_left,
                                 has_right,
                                 has_left ? value_at(left, i) : value_none(),
                                 has_right ? value_at(right, i) : value_none(),
                                 TEXT_NONE,
                                 i };
    }
    return (struct parting){ 0 };
}

static bool is_long(struct value value) {
    return value_text_of(value).length > LONG;
}

bool difference_print(const struct world *world, struct value left, struct value right, struct buffer *out) {
    struct parting parting = { true, true, true, left, right, TEXT_NONE, 0 };
    size_t depth = 0;
    if (value_equal(left, right)) return false;
    buffer_append_string(out, "at ");
    while (parting.has_left && parting.has_right) {
        struct value a = parting.left, b = parting.right;
        bool are_records = a.kind == VALUE_RECORD && b.kind == VALUE_RECORD;
        if (!are_records && (a.kind != VALUE_LIST || b.kind != VALUE_LIST)) break;
        struct parting next = are_records ? part_records(a, b) : part_lists(a, b);
        if (!next.is_found) break; /* the same in another order of fields */
        parting = next;
        if (are_records)
            print_key(parting.key, out);
        else
            buffer_printf(out, "[%zu]", parting.index);
        depth++;
    }
    bool are_texts = parting.has_left && parting.has_right && parting.left.kind == VALUE_TEXT &&
                     parting.right.kind == VALUE_TEXT && (is_long(parting.left) || is_long(parting.right));
    if (are_texts)
        return print_masked(world, value_text_of(parting.left), value_text_of(parting.right), depth == 0, out);
    if (depth)
        print_two(world, parting.has_left ? &parting.left : NULL, parting.has_right ? &parting.right : NULL, out);
    return depth > 0;
}
