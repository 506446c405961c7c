/* Functions of texts. Owned by nobody; they make new values and never wait. Characters are code points. */
#include "base/letters.h"
#include "stdlib/functions.h"
#include "vm/regex.h"

/* The buffer's content as a text value; the buffer is released. */
static enum native_outcome done_text(struct native_call *call, struct buffer *out) {
    struct value result = value_text(run_heap(call->run), buffer_text(out));
    buffer_done(out);
    return native_done(call, result);
}

enum native_outcome text_length(struct native_call *call) {
    return native_done(call, value_integer((int64_t)letters_count(argument_text(call, 0))));
}

enum native_outcome text_join(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct value list = argument(call, 0);
    struct text separator = argument_text(call, 1);
    struct buffer out = { 0 };
    for (size_t i = 0; i < value_count(list); i++) {
        struct value item = value_at(list, i);
        if (item.kind != VALUE_TEXT) {
            buffer_done(&out);
            return native_done(call, value_error(heap, "join: element %zu is no string", i));
        }
        if (i) buffer_append(&out, separator);
        buffer_append(&out, value_text_of(item));
    }
    return done_text(call, &out);
}

/* Without a separator a text falls into its characters. */
static size_t part_end(struct text rest, struct text separator) {
    if (separator.length) return text_find(rest, separator);
    size_t first = letters_first(rest);
    return first >= rest.length ? SIZE_MAX : first;
}

enum native_outcome text_split(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct text rest = argument_text(call, 0), separator = argument_text(call, 1);
    struct value parts = value_list(heap, NULL, 0);
    if (!separator.length && !rest.length) return native_done(call, parts);
    for (;;) {
        size_t end = part_end(rest, separator);
        struct value part = value_text(heap, text_slice(rest, 0, end == SIZE_MAX ? rest.length : end));
        parts = value_list_append(parts, part);
        value_release(part);
        if (end == SIZE_MAX) return native_done(call, parts);
        rest = text_slice(rest, end + separator.length, rest.length);
    }
}

enum native_outcome text_trim_native(struct native_call *call) {
    return native_done(call, value_text(run_heap(call->run), text_trim(argument_text(call, 0))));
}

enum native_outcome text_replace(struct native_call *call) {
    struct text rest = argument_text(call, 0), old = argument_text(call, 1), replacement = argument_text(call, 2);
    if (!old.length)
        return native_done(call, value_error(run_heap(call->run), "replace: there is nothing to look for"));
    struct buffer out = { 0 };
    for (size_t at; (at = text_find(rest, old)) != SIZE_MAX;) {
        buffer_append(&out, text_slice(rest, 0, at));
        buffer_append(&out, replacement);
        rest = text_slice(rest, at + old.length, rest.length);
    }
    buffer_append(&out, rest);
    return done_text(call, &out);
}

/* `$1` stands for a group, `$0` for the whole match, `$$` for a dollar sign. */
static void put_replacement(struct buffer *out, struct text replacement, struct text subject,
                            const struct regex_match *match) {
    for (size_t i = 0; i < replacement.length; i++) {
        char next = i + 1 < replacement.length ? replacement.bytes[i + 1] : 0;
        if (replacement.bytes[i] != '$' || (next != '$' && (next < '0' || next > '9'))) {
            buffer_append_byte(out, replacement.bytes[i]);
            continue;
        }
        i++;
        if (next == '$') {
            buffer_append_byte(out, '$');
            continue;
        }
        size_t start = match->start[next - '0'];
        if (start != SIZE_MAX) buffer_append(out, text_slice(subject, start, match->end[next - '0'] - start));
    }
}

enum native_outcome text_replace_regex(struct native_call *call) {
    struct text subject = argument_text(call, 0);
    struct buffer out = { 0 };
    size_t copied = 0;
    enum regex_outcome outcome = REGEX_ABSENT;
    for (size_t from = 0; from <= subject.length;) {
        struct regex_match match;
        outcome = regex_find(argument(call, 1), subject, from, &match);
        if (outcome != REGEX_FOUND) break;
        buffer_append(&out, text_slice(subject, copied, match.start[0] - copied));
        put_replacement(&out, argument_text(call, 2), subject, &match);
        copied = from = match.end[0];
        /* Behind an empty match the search goes on one character later. */
        if (match.end[0] == match.start[0]) {
            size_t step = letters_first(text_slice(subject, from, subject.length));
            from += step ? step : 1;
        }
    }
    if (outcome == REGEX_GAVE_UP) {
        buffer_done(&out);
        return native_done(call, value_error(run_heap(call->run), "replace: the pattern took too many steps"));
    }
    buffer_append(&out, text_slice(subject, copied, subject.length));
    return done_text(call, &out);
}

enum native_outcome text_upper(struct native_call *call) {
    struct buffer out = { 0 };
    letters_upper(argument_text(call, 0), &out);
    return done_text(call, &out);
}

enum native_outcome text_lower(struct native_call *call) {
    struct buffer out = { 0 };
    letters_lower(argument_text(call, 0), &out);
    return done_text(call, &out);
}

enum native_outcome note(struct native_call *call) {
    int64_t now = run_now(call->run);
    run_effect(call->run, "note", argument_text(call, 0), now, now, TEXT_NONE);
    return native_done(call, value_none());
}
