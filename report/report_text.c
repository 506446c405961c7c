/* Words for the terminal, from a record alone. */
#include "report/report_text.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"

#include <stdlib.h>

/* A claim in a `for` has a verdict for each element: the first few are shown, the others counted. */
struct fold {
    struct text claim;   /* owned */
    struct text outcome; /* owned */
    size_t count;        /* verdicts so far */
};

enum { SHOWN_PASSES = 3, SHOWN_OTHERS = 5 };

struct context {
    struct VECTOR(struct fold) folds; /* of the assertion at hand */
    struct buffer assertion;          /* its title */
    bool judged;                      /* there was a verdict */
    bool cut; /* the run ended early: what could not be judged for that needs no block of its own */
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

/* A broken assumption makes its cell inconclusive, whatever else is so: it is no failure of the component. */
static struct text outcome_of(const struct verdict_row *verdict) {
    return verdict->is_assume && text_is(verdict->outcome, "fail") ? TEXT("inconclusive") : verdict->outcome;
}

static void word(const struct context *context, const struct verdict_row *verdict) {
    struct text outcome = outcome_of(verdict);
    style_append(context->style, style_of_outcome(outcome), heading(outcome), context->out);
    buffer_append_string(context->out, "  ");
}

/* "T4 [app=N]" */
static void subject(const struct context *context, struct buffer *out) {
    style_append(context->style, COLOUR_PLAIN, buffer_text(&context->recipe), out);
    if (!context->cell.length) return;
    buffer_append_string(out, " [");
    style_append(context->style, COLOUR_PLAIN, buffer_text(&context->cell), out);
    buffer_append_byte(out, ']');
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

/* Its explanation often has the reason's name at the head of a line, with the details behind it. */
static bool says_reason(const struct verdict_row *verdict) {
    struct buffer head = { 0 };
    buffer_printf(&head, "\n%.*s:", TEXT_ARGS(verdict->reason));
    struct text text = verdict->explanation;
    bool says = text_starts(text, text_slice(buffer_text(&head), 1, SIZE_MAX)) ||
                text_find(text, buffer_text(&head)) != SIZE_MAX;
    buffer_done(&head);
    return says;
}

static void block(const struct context *context, const struct verdict_row *verdict) {
    word(context, verdict);
    struct buffer head = { 0 };
    subject(context, &head);
    if (verdict->rules.length) buffer_printf(&head, "  %.*s", TEXT_ARGS(verdict->rules));
    if (verdict->is_assume) buffer_append_string(&head, "  assume");
    buffer_append_string(&head, "  ");
    buffer_append(context->out, buffer_text(&head));
    style_append(context->style, COLOUR_STRONG, verdict->assertion, context->out);
    place(context, verdict,
          heading(outcome_of(verdict)).length + 2 + text_columns(buffer_text(&head)) +
              text_columns(verdict->assertion));
    buffer_append_byte(context->out, '\n');
    buffer_done(&head);
    if (verdict->reason.length && !says_reason(verdict)) {
        buffer_append_string(context->out, "      because: ");
        style_append(context->style, COLOUR_UNSURE, verdict->reason, context->out);
        buffer_append_byte(context->out, '\n');
    }
    lines(context, verdict->explanation);
}

/* A verdict on one line: its evidence, or in a word why there is none. */
static void one_line(const struct context *context, const struct verdict_row *verdict, struct text evidence) {
    word(context, verdict);
    if (verdict->rules.length) {
        style_append(context->style, COLOUR_PLAIN, verdict->rules, context->out);
        buffer_append_string(context->out, "  ");
    }
    if (verdict->is_assume) buffer_append_string(context->out, "assume  ");
    style_append(context->style, COLOUR_PLAIN, verdict->assertion, context->out);
    buffer_append_string(context->out, ": ");
    style_append(context->style, COLOUR_FAINT, evidence.length ? evidence : verdict->claim, context->out);
    buffer_append_byte(context->out, '\n');
}

static size_t shown(struct text outcome) {
    return text_is(outcome, "pass") ? SHOWN_PASSES : SHOWN_OTHERS;
}

static struct text copied(struct text text) {
    return (struct text){ memory_copy(text.bytes, text.length), text.length };
}

static bool is_of(const struct fold *fold, const struct verdict_row *verdict) {
    return text_equal(fold->claim, verdict->claim) && text_equal(fold->outcome, outcome_of(verdict));
}

/* "pass  … and 2,990 more: x < 4" for what was left out of the assertion at hand, which ends here. */
static void end_assertion(struct context *context) {
    for (size_t i = 0; i < context->folds.count; i++) {
        struct fold *fold = &context->folds.items[i];
        bool pass = text_is(fold->outcome, "pass");
        if (fold->count > shown(fold->outcome) && !(pass && context->style->quiet)) {
            style_append(context->style, style_of_outcome(fold->outcome), heading(fold->outcome), context->out);
            buffer_printf(context->out, "  … and %zu more: ", fold->count - shown(fold->outcome));
            style_append(context->style, COLOUR_FAINT, fold->claim, context->out);
            buffer_append_byte(context->out, '\n');
        }
        memory_release((char *)fold->claim.bytes);
        memory_release((char *)fold->outcome.bytes);
    }
    context->folds.count = 0;
}

/* Counts the verdict; whether it is one of the first of its kind. */
static bool is_shown(struct context *context, const struct verdict_row *verdict) {
    if (!text_equal(buffer_text(&context->assertion), verdict->assertion)) {
        end_assertion(context);
        buffer_clear(&context->assertion);
        buffer_append(&context->assertion, verdict->assertion);
    }
    for (size_t i = 0; i < context->folds.count; i++) {
        struct fold *fold = &context->folds.items[i];
        if (is_of(fold, verdict)) return ++fold->count <= shown(fold->outcome);
    }
    struct fold first = { copied(verdict->claim), copied(outcome_of(verdict)), 1 };
    VECTOR_PUSH(&context->folds, first);
    return true;
}

static bool each_verdict(void *data, const struct verdict_row *verdict) {
    struct context *context = data;
    context->judged = true;
    if (!is_shown(context, verdict)) return true;
    if (text_is(verdict->outcome, "pass")) {
        struct text evidence = text_slice(verdict->explanation, 0, text_find(verdict->explanation, TEXT("\n")));
        if (!context->style->quiet) one_line(context, verdict, evidence);
    } else if (context->cut && text_is(verdict->outcome, "inconclusive")) {
        one_line(context, verdict, TEXT("not judged, the run ended before"));
    } else {
        block(context, verdict);
    }
    return true;
}

/* Why the run ended early, before the verdicts: it explains them. */
static bool early_end(const struct context *context, struct record *record) {
    struct buffer end = { 0 }, message = { 0 }, place = { 0 }, line = { 0 };
    bool early = record_read_meta(record, "end", &end) && !text_is(buffer_text(&end), "complete");
    record_read_meta(record, "message", &message);
    record_read_meta(record, "message_place", &place);
    record_read_meta(record, "message_line", &line);
    if (early) {
        bool failed = text_is(buffer_text(&end), "failed");
        style_append(context->style, failed ? COLOUR_BAD : COLOUR_UNSURE, failed ? TEXT("FAIL") : TEXT("ERROR"),
                     context->out);
        buffer_append_string(context->out, "  ");
        subject(context, context->out);
        buffer_append_string(context->out, "  ");
        struct text said =
            text_is(buffer_text(&end), "interrupted") ? TEXT("interrupted") : TEXT("the run ended early");
        style_append(context->style, COLOUR_STRONG, said, context->out);
        buffer_append_string(context->out, place.length ? "  " : "");
        style_append(context->style, COLOUR_FAINT, buffer_text(&place), context->out);
        buffer_append_byte(context->out, '\n');
        lines(context, buffer_text(&line));
        if (!text_equal(buffer_text(&message), said)) lines(context, buffer_text(&message));
    }
    buffer_done(&end);
    buffer_done(&message);
    buffer_done(&place);
    buffer_done(&line);
    return early;
}

/* What `note` wrote down, on the run's clock. A loop's thousand notes do not bury the verdicts. */
struct notes {
    const struct context *context;
    int64_t zero; /* when `run` began; 0: it never did */
    size_t seen;
};

enum { NOTES_MAXIMUM = 20 };

static bool each_note(void *data, int64_t at, struct text text) {
    struct notes *notes = data;
    if (notes->seen++ >= NOTES_MAXIMUM) return true;
    struct buffer *out = notes->context->out;
    buffer_append_string(out, "note  ");
    style_append(notes->context->style, COLOUR_PLAIN, text, out);
    if (notes->zero)
        buffer_printf(out, "  %+.3fs\n", (double)(at - notes->zero) / 1e9);
    else
        buffer_append_string(out, "  before `run`\n");
    return true;
}

static bool each_noted(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                       struct text outcome) {
    (void)kind, (void)end, (void)outcome;
    return each_note(data, start, subject);
}

/* A death that nobody asked for is said also where every claim passes. */
static bool each_death(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                       struct text outcome) {
    struct buffer text = { 0 };
    (void)kind, (void)subject, (void)end;
    buffer_append_string(&text, "service ");
    buffer_append(&text, outcome);
    each_note(data, start, buffer_text(&text));
    buffer_done(&text);
    return true;
}

static void append_notes(const struct context *context, struct record *record) {
    struct buffer zero = { 0 };
    struct notes notes = { .context = context };
    if (record_read_meta(record, "zero", &zero)) notes.zero = strtoll(zero.bytes, NULL, 10);
    record_each_effect_of(record, "service.died", each_death, &notes);
    record_each_effect_of(record, "note", each_noted, &notes);
    record_each_note(record, each_note, &notes);
    if (notes.seen > NOTES_MAXIMUM)
        buffer_printf(context->out, "note  … and %zu more in the record\n", notes.seen - NOTES_MAXIMUM);
    buffer_done(&zero);
}

/* With --rule not all of the recipe was judged: that is said in every report. */
static void rules_line(const struct context *context, struct record *record) {
    struct buffer rules = { 0 }, counted = { 0 };
    if (record_read_meta(record, "rules_counted", &rules)) {
        record_read_meta(record, "assertions_counted", &counted);
        struct buffer line = { 0 };
        buffer_printf(&line, "only what carries %s counts: %s assertions", rules.bytes,
                      counted.length ? counted.bytes : "some");
        style_append(context->style, COLOUR_FAINT, buffer_text(&line), context->out);
        buffer_append_byte(context->out, '\n');
        buffer_done(&line);
    }
    buffer_done(&rules);
    buffer_done(&counted);
}

void report_text_cell(struct record *record, const struct report_style *style, struct buffer *out) {
    struct context context = { .style = style, .out = out };
    record_read_meta(record, "recipe", &context.recipe);
    record_read_meta(record, "cell", &context.cell);
    context.cut = early_end(&context, record);
    if (!style->quiet) append_notes(&context, record);
    if (!style->quiet) rules_line(&context, record);
    record_each_verdict(record, each_verdict, &context);
    end_assertion(&context);
    if (!context.judged && !context.cut) {
        style_append(style, COLOUR_UNSURE, heading(TEXT("inconclusive")), out);
        buffer_append_string(out, "  nothing is asserted, so nothing is proven\n");
    }
    VECTOR_DONE(&context.folds);
    buffer_done(&context.assertion);
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
    style_append(style, style_of_outcome(buffer_text(&outcome)), buffer_text(&outcome), out);
    buffer_append_string(out, "  ");
    subject(&context, out);
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
                  { tally->error, "error" },
                  { tally->not_run, "not run" } };
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
