/* The words of explanations. Text without colour; lines are joined by newlines and not indented here. */
#include "judge/phrase.h"

#include "base/clock.h"
#include "judge/sites.h"

#include <stdio.h>

void phrase_count(struct buffer *out, size_t count, const char *one, const char *many) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%zu", count);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) buffer_append_byte(out, ',');
        buffer_append_byte(out, digits[i]);
    }
    const char *noun = count == 1 ? one : many;
    if (noun) buffer_printf(out, " %s", noun);
}

static bool is_letter(char byte) {
    return byte >= 'a' && byte <= 'z';
}

/* Three digits say enough of a measured length. */
static int64_t rounded(int64_t nanoseconds) {
    int64_t unit = 1;
    while (nanoseconds / unit >= 1000 && nanoseconds < MINUTE) unit *= 10;
    return (nanoseconds + unit / 2) / unit * unit;
}

void phrase_length(struct buffer *out, int64_t nanoseconds) {
    struct buffer text = { 0 };
    duration_print(&text, nanoseconds < 0 ? nanoseconds : rounded(nanoseconds));
    size_t unit = 0;
    while (unit < text.length && !is_letter(text.bytes[unit])) unit++;
    size_t end = unit;
    while (end < text.length && is_letter(text.bytes[end])) end++;
    /* 560 ms, but 1m30s as it is */
    buffer_append(out, text_slice(buffer_text(&text), 0, unit));
    if (end == text.length) buffer_append_byte(out, ' ');
    buffer_append(out, text_slice(buffer_text(&text), unit, SIZE_MAX));
    buffer_done(&text);
}

void phrase_time(struct buffer *out, const struct judgement *judgement, int64_t time) {
    buffer_append_string(out, "run ");
    offset_print(out, time - judgement->world->started);
    const struct extent *extent = &judgement->extent;
    if (extent->name.length == 0 || extent->is_unreached) return;
    buffer_printf(out, "   %.*s ", TEXT_ARGS(extent->name));
    offset_print(out, time - extent->scope.from);
}

const char *phrase_unit(const struct trace *trace, bool many) {
    if (trace->events) return many ? "events" : "event";
    return many ? "samples" : "sample";
}

void phrase_operand(struct buffer *out, const struct judgement *judgement, const struct trace *trace, size_t element) {
    struct buffer value = { 0 };
    sites_values(judgement, trace, element, 1, &value);
    if (value.length) buffer_printf(out, "   %.*s", TEXT_ARGS(buffer_text(&value)));
    buffer_done(&value);
}

void phrase_element(struct buffer *out, const struct judgement *judgement, const char *label, const struct trace *trace,
                    size_t element) {
    buffer_printf(out, "\n%-8s%s ", label, phrase_unit(trace, false));
    phrase_count(out, element + 1, NULL, NULL);
    buffer_append_string(out, "   ");
    phrase_time(out, judgement, trace->end[element]);
    phrase_operand(out, judgement, trace, element);
    const struct stall *stall = world_stall(judgement->world, trace->start[element], trace->end[element]);
    if (!stall) return;
    buffer_append_string(out, "   (aot itself was frozen for ");
    phrase_length(out, stall->length);
    buffer_append_byte(out, ')');
}

int64_t phrase_interval(const struct judgement *judgement, const struct trace *trace) {
    const struct operand *operand = judgement_operand(judgement, trace);
    if (!operand || trace->events) return 0;
    return series_of(operand->series)->provenance.every;
}
