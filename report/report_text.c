/* Words for the terminal, from a record alone. */
#include "report/report_text.h"

#include "base/clock.h"

#include <stdlib.h>

struct context {
    const struct report_style *style;
    struct buffer *out;
    struct buffer recipe; /* "T4" */
    struct buffer cell;   /* "app=N, size=3" */
};

/* What an outcome is called at a line's head. */
static struct text heading(struct text outcome) {
    if (text_is(outcome, "fail")) return TEXT("FAIL");
    if (text_is(outcome, "inconclusive")) return TEXT("UNSURE");
    return text_is(outcome, "error") ? TEXT("ERROR") : outcome;
}

static void word(const struct context *context, struct text outcome) {
    style_append(context->style, style_of_outcome(outcome), heading(outcome), context->out);
    buffer_append_string(context->out, "  ");
}

/* The explanation's lines, each indented below its header. */
static void lines(const struct context *context, struct text text) {
    while (text.length) {
        size_t end = text_find(text, TEXT("\n"));
        struct text line = text_slice(text, 0, end);
        buffer_append_string(context->out, "      ");
        style_append(context->style, COLOUR_PLAIN, line, context->out);
        buffer_append_byte(context->out, '\n');
        text = end == SIZE_MAX ? TEXT_NONE : text_slice(text, end + 1, SIZE_MAX);
    }
}

static void place(const struct context *context, const struct verdict_row *verdict, size_t used) {
    struct buffer where = { 0 };
    buffer_printf(&where, "%.*s:%u", TEXT_ARGS(verdict->file), verdict->line);
    size_t room = used + where.length < context->style->width ? context->style->width - used - where.length : 2;
    buffer_append_repeat(context->out, ' ', room < 2 ? 2 : room);
    style_append(context->style, COLOUR_FAINT, buffer_text(&where), context->out);
    buffer_done(&where);
}

static void block(const struct context *context, const struct verdict_row *verdict) {
    word(context, verdict->outcome);
    struct buffer head = { 0 };
    buffer_append(&head, buffer_text(&context->recipe));
    if (context->cell.length) buffer_printf(&head, " [%s]", context->cell.bytes);
    if (verdict->rules.length) buffer_printf(&head, "  %.*s", TEXT_ARGS(verdict->rules));
    if (verdict->is_assume) buffer_append_string(&head, "  assume");
    buffer_append_string(&head, "  ");
    style_append(context->style, COLOUR_PLAIN, buffer_text(&head), context->out);
    style_append(context->style, COLOUR_STRONG, verdict->assertion, context->out);
    place(context, verdict,
          heading(verdict->outcome).length + 2 + text_columns(buffer_text(&head)) + text_columns(verdict->assertion));
    buffer_append_byte(context->out, '\n');
    buffer_done(&head);
    if (verdict->reason.length) {
        buffer_append_string(context->out, "      because: ");
        style_append(context->style, COLOUR_UNSURE, verdict->reason, context->out);
        buffer_append_byte(context->out, '\n');
    }
    lines(context, verdict->explanation);
}

static void passed(const struct context *context, const struct verdict_row *verdict) {
    word(context, verdict->outcome);
    if (verdict->rules.length) {
        style_append(context->style, COLOUR_PLAIN, verdict->rules, context->out);
        buffer_append_string(context->out, "  ");
    }
    if (verdict->is_assume) buffer_append_string(context->out, "assume  ");
    struct text evidence = text_slice(verdict->explanation, 0, text_find(verdict->explanation, TEXT("\n")));
    style_append(context->style, COLOUR_PLAIN, verdict->assertion, context->out);
    buffer_append_string(context->out, ": ");
    style_append(context->style, COLOUR_FAINT, evidence.length ? evidence : verdict->claim, context->out);
    buffer_append_byte(context->out, '\n');
}

static bool each_verdict(void *data, const struct verdict_row *verdict) {
    const struct context *context = data;
    if (!text_is(verdict->outcome, "pass"))
        block(context, verdict);
    else if (!context->style->quiet)
        passed(context, verdict);
    return true;
}

void report_text_cell(struct record *record, const struct report_style *style, struct buffer *out) {
    struct context context = { .style = style, .out = out };
    record_read_meta(record, "recipe", &context.recipe);
    record_read_meta(record, "cell", &context.cell);
    record_each_verdict(record, each_verdict, &context);
    buffer_done(&context.recipe);
    buffer_done(&context.cell);
}

void report_text_outcome(struct record *record, struct text record_path, const struct report_style *style,
                         struct buffer *out) {
    struct context context = { .style = style, .out = out };
    struct buffer outcome = { 0 }, message = { 0 }, length = { 0 };
    record_read_meta(record, "recipe", &context.recipe);
    record_read_meta(record, "cell", &context.cell);
    record_read_meta(record, "duration", &length);
    if (!record_read_outcome(record, &outcome, &message)) buffer_append_string(&outcome, "error");
    bool pass = text_is(buffer_text(&outcome), "pass");
    if (message.length) lines(&context, buffer_text(&message));
    style_append(style, style_of_outcome(buffer_text(&outcome)), buffer_text(&outcome), out);
    buffer_append_string(out, "  ");
    style_append(style, COLOUR_STRONG, buffer_text(&context.recipe), out);
    if (context.cell.length) {
        buffer_append_string(out, " [");
        style_append(style, COLOUR_PLAIN, buffer_text(&context.cell), out);
        buffer_append_byte(out, ']');
    }
    if (length.length) {
        buffer_append_string(out, "  ");
        duration_print(out, strtoll(length.bytes, NULL, 10));
    }
    if (!pass || !style->quiet) {
        buffer_append_string(out, "  ");
        style_append(style, COLOUR_FAINT, record_path, out);
    }
    buffer_append_byte(out, '\n');
    buffer_done(&outcome);
    buffer_done(&message);
    buffer_done(&length);
    buffer_done(&context.recipe);
    buffer_done(&context.cell);
}

void report_text_tally(const struct report_tally *tally, int64_t nanoseconds, const struct report_style *style,
                       struct buffer *out) {
    const struct {
        size_t count;
        const char *name;
    } parts[] = { { tally->pass, "pass" },
                  { tally->fail, "fail" },
                  { tally->inconclusive, "inconclusive" },
                  { tally->error, "error" } };
    buffer_printf(out, "%zu cell%s: ", tally->cells, tally->cells == 1 ? "" : "s");
    bool first = true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!parts[i].count) continue;
        struct buffer part = { 0 };
        buffer_printf(&part, "%zu %s", parts[i].count, parts[i].name);
        if (!first) buffer_append_string(out, ", ");
        style_append(style, style_of_outcome(text_of(parts[i].name)), buffer_text(&part), out);
        buffer_done(&part);
        first = false;
    }
    buffer_append_string(out, " in ");
    duration_print(out, nanoseconds / MILLISECOND * MILLISECOND);
    buffer_append_byte(out, '\n');
}
