/* Finds the load's own elements behind the violating ones of a trace, by their times, and counts them by status or kind of
 * error. */
#include "judge/answers.h"

#include "base/vector.h"
#include "judge/phrase.h"
#include "judge/shown.h"

enum { KINDS = 3, LONGEST = 160 };

struct answer_kind {
    struct buffer name; /* "status 500", "connect_refused" */
    size_t count;
};
struct answers {
    struct VECTOR(struct answer_kind) kinds;
    struct value first; /* the first violating answer; borrowed from the load's series */
};

/* The load's recording, owned; none when the series comes from elsewhere. */
static struct value load_named(const struct world *world, struct text name) {
    for (uint32_t i = 0; world->global && i < world->program->global_count; i++) {
        const struct global *global = &world->program->globals[i];
        if (global->kind == GLOBAL_LOAD && text_equal(global->name, name))
            return value_as_series(world->global(world->data, i));
    }
    return value_none();
}

/* Both are in the order of their ends. */
static size_t find(const struct timing *timing, size_t from, int64_t start, int64_t end) {
    for (size_t i = from; i < timing->count && timing->end[i] <= end; i++)
        if (timing->end[i] == end && timing->start[i] == start) return i;
    return NO_ELEMENT;
}

static bool field_text(struct value answer, const char *key, struct text *text) {
    bool found = false;
    struct value field = answer.kind == VALUE_RECORD ? value_field(answer, text_of(key), &found) : value_none();
    *text = found && field.kind == VALUE_TEXT ? value_text_of(field) : TEXT_NONE;
    return text->length > 0;
}

static void name_kind(struct value answer, struct buffer *name) {
    bool found = false;
    struct text text;
    struct value status = answer.kind == VALUE_RECORD ? value_field(answer, TEXT("status"), &found) : value_none();
    if (found && status.kind == VALUE_INTEGER)
        buffer_printf(name, "status %lld", (long long)status.integer);
    else if (field_text(answer, "error_class", &text) || field_text(answer, "error", &text))
        buffer_append(name, text);
    else if (value_is_bad(answer))
        buffer_append(name, text_slice(value_text_of(answer), 0, LONGEST));
}

static void add(struct answers *answers, struct value answer) {
    struct buffer name = { 0 };
    name_kind(answer, &name);
    size_t kind = 0;
    while (kind < answers->kinds.count &&
           !text_equal(buffer_text(&answers->kinds.items[kind].name), buffer_text(&name)))
        kind++;
    if (name.length && answers->first.kind == VALUE_NONE) answers->first = answer;
    if (name.length && kind == answers->kinds.count) {
        VECTOR_PUSH(&answers->kinds, (struct answer_kind){ .name = name });
        name = (struct buffer){ 0 };
    }
    if (kind < answers->kinds.count) answers->kinds.items[kind].count++;
    buffer_done(&name);
}

static void collect(struct answers *answers, const struct judgement *judgement, const struct tally *tally,
                    const struct series *load) {
    const struct finding *finding = &judgement->finding;
    struct walk walk = walk_over(tally->trace, finding->window, finding->membership);
    size_t at = 0;
    for (size_t i = walk_first(&walk); i < walk.stop; i = walk_next(&walk, i)) {
        enum truth truth = truth_under(tally->never, walk.trace->truth[i]);
        if (truth == TRUTH_TRUE || truth == TRUTH_NO_DATA) continue;
        size_t found = find(load->timing, at, walk.trace->start[i], walk.trace->end[i]);
        if (found == NO_ELEMENT) continue;
        at = found;
        add(answers, load->values[found]);
    }
}

static size_t commonest(const struct answers *answers) {
    size_t most = 0;
    for (size_t i = 1; i < answers->kinds.count; i++)
        if (answers->kinds.items[i].count > answers->kinds.items[most].count) most = i;
    return most;
}

static void say_kinds(struct answers *answers, struct buffer *out) {
    for (size_t i = 0; i < KINDS && i < answers->kinds.count; i++) {
        struct answer_kind *kind = &answers->kinds.items[commonest(answers)];
        buffer_append_string(out, i ? " · " : "\nthey are ");
        phrase_count(out, kind->count, NULL, NULL);
        buffer_printf(out, " × %.*s", TEXT_ARGS(buffer_text(&kind->name)));
        kind->count = 0;
    }
    if (answers->kinds.count > KINDS) buffer_printf(out, " · and %zu kinds more", answers->kinds.count - KINDS);
}

static void say_first(const struct answers *answers, const struct world *world, struct buffer *out) {
    bool has_error, has_body;
    if (answers->first.kind != VALUE_RECORD) return;
    struct value error = value_field(answers->first, TEXT("error"), &has_error);
    struct value body = value_field(answers->first, TEXT("body"), &has_body);
    struct value shown = has_error && error.kind == VALUE_TEXT ? error : body;
    if (shown.kind != VALUE_TEXT || (!has_body && !has_error) || value_text_of(shown).length == 0) return;
    buffer_append_string(out, "\nsaying  ");
    shown_print(world, shown, out);
}

void answers_print(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct operand *operand = judgement_operand(judgement, tally->trace);
    if (!operand || !operand_is_series(operand) || !tally->trace->events || tally->violations == 0) return;
    struct value load = load_named(judgement->world, series_of(operand->series)->provenance.name);
    struct answers answers = { 0 };
    if (load.kind == VALUE_SERIES) collect(&answers, judgement, tally, series_of(load));
    say_kinds(&answers, out);
    say_first(&answers, judgement->world, out);
    for (size_t i = 0; i < answers.kinds.count; i++) buffer_done(&answers.kinds.items[i].name);
    VECTOR_DONE(&answers.kinds);
    value_release(load);
}
