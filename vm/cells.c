/* Cells: the matrix of a recipe, evaluated. Product of the axes in declared order, minus exclusions, thinned by
 * `cover`, plus inclusions. The same recipe, inputs and seed give the same cells in the same order. */
#include "vm/cover.h"
#include "vm/run_state.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdarg.h>
#include <time.h>

enum { MOST_CELLS = 100000 };
static const int64_t evaluation_limit = 60 * SECOND;

/* The expansion while it goes on. Values live on the run's heap until they are handed out. */
struct expansion {
    struct run *run;
    uint32_t axis_count;
    struct value *axes;                  /* of each its list */
    struct VECTOR(struct value *) cells; /* each axis_count values, owned */
    struct cell_proof proof;
    char *error;
    struct span span;
};

static void fail(struct expansion *expansion, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct expansion *expansion, struct span span, const char *format, ...) {
    if (expansion->error) return;
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    expansion->error = buffer_take(&message);
    expansion->span = span;
}

/* Runs a unit; false, with the error told, when it gave nothing. */
static bool evaluate(struct expansion *expansion, uint32_t unit, struct value *result) {
    struct run *run = expansion->run;
    if (scheduler_call(run, unit, result)) {
        if (!value_is_bad(*result)) return true;
        fail(expansion, run->program->units[unit].span, "%.*s", TEXT_ARGS(value_text_of(*result)));
        value_release(*result);
        *result = value_none();
        return false;
    }
    struct span span =
        run->message_span.source == SPAN_NONE.source ? run->program->units[unit].span : run->message_span;
    fail(expansion, span, "%s", run->message ? run->message : "it was not evaluated");
    return false;
}

static void check_twice(struct expansion *expansion, const struct axis *axis, struct value list) {
    for (size_t i = 0; i < value_count(list); i++) {
        for (size_t k = 0; k < i; k++) {
            if (!value_equal(value_at(list, i), value_at(list, k))) continue;
            struct buffer text = { 0 };
            value_print(value_at(list, i), &text);
            fail(expansion, axis->span, "the axis %.*s has %s twice", TEXT_ARGS(axis->name), text.bytes);
            buffer_done(&text);
            return;
        }
    }
}

static void read_axes(struct expansion *expansion) {
    const struct program *program = expansion->run->program;
    struct value nothing = value_none();
    if (program->inputs_unit != UINT32_MAX && !evaluate(expansion, program->inputs_unit, &nothing)) return;
    value_release(nothing);
    run_check_inputs(expansion->run);
    if (expansion->run->stopping) {
        fail(expansion, expansion->run->message_span, "%s", expansion->run->message);
        return;
    }
    for (uint32_t i = 0; i < expansion->axis_count; i++) {
        const struct axis *axis = &program->axes[i];
        struct value *list = &expansion->axes[i];
        if (!evaluate(expansion, axis->unit, list)) return;
        bool walks = list->kind == VALUE_LIST || list->kind == VALUE_RANGE;
        if (!walks || value_count(*list) == 0) {
            fail(expansion, axis->span, walks ? "the axis %.*s has no values" : "the axis %.*s is no list",
                 TEXT_ARGS(axis->name));
            return;
        }
        check_twice(expansion, axis, *list);
        if (expansion->error) return;
    }
}

static void bind(struct expansion *expansion, const struct value *cell) {
    struct run *run = expansion->run;
    for (uint32_t i = 0; i < expansion->axis_count; i++) {
        uint32_t global = run->program->axes[i].global;
        struct value old = run->globals[global];
        run->globals[global] = value_retain(cell[i]);
        value_release(old);
    }
}

static bool is_excluded(struct expansion *expansion, const struct value *cell) {
    const struct program *program = expansion->run->program;
    bind(expansion, cell);
    for (uint32_t i = 0; i < program->exclusion_count && !expansion->error; i++) {
        struct value excluded;
        if (!evaluate(expansion, program->exclusions[i].unit, &excluded)) return false;
        bool is_bool = excluded.kind == VALUE_BOOL, hit = value_is_true(excluded);
        value_release(excluded);
        if (!is_bool) fail(expansion, program->exclusions[i].span, "an exclusion must be true or false");
        if (hit) return true;
    }
    return false;
}

static void add_cell(struct expansion *expansion, const struct value *values) {
    struct value *cell = memory_allocate(expansion->axis_count * sizeof *cell);
    for (uint32_t i = 0; i < expansion->axis_count; i++) cell[i] = value_retain(values[i]);
    VECTOR_PUSH(&expansion->cells, cell);
}

static void multiply(struct expansion *expansion) {
    uint32_t axis_count = expansion->axis_count;
    size_t total = 1;
    for (uint32_t i = 0; i < axis_count; i++) {
        if (__builtin_mul_overflow(total, value_count(expansion->axes[i]), &total) || total > MOST_CELLS) {
            fail(expansion, expansion->run->program->axes[i].span, "the matrix has over %d cells", MOST_CELLS);
            return;
        }
    }
    struct value *cell = memory_allocate(axis_count * sizeof *cell);
    for (size_t n = 0; n < total && !expansion->error; n++) {
        size_t rest = n;
        for (uint32_t i = axis_count; i-- > 0;) { /* the last axis changes fastest */
            size_t count = value_count(expansion->axes[i]);
            cell[i] = value_at(expansion->axes[i], rest % count);
            rest /= count;
        }
        if (!is_excluded(expansion, cell)) add_cell(expansion, cell);
    }
    memory_release(cell);
}

/* "2027-06-30" of the calendar in UTC; that day still counts. */
static void check_dates(struct expansion *expansion) {
    const struct program *program = expansion->run->program;
    char today[16];
    time_t now = (time_t)(clock_wall() / SECOND);
    struct tm day;
    gmtime_r(&now, &day);
    strftime(today, sizeof today, "%Y-%m-%d", &day);
    for (uint32_t i = 0; i < program->exclusion_count; i++) {
        struct text until = program->exclusions[i].until;
        if (until.length && text_compare(until, text_of(today)) < 0) {
            fail(expansion, program->exclusions[i].span,
                 "this exclusion was to end on %.*s: let the cells run again, or say anew until when",
                 TEXT_ARGS(until));
        }
    }
}

static bool has_cell(const struct expansion *expansion, const struct value *values) {
    for (size_t i = 0; i < expansion->cells.count; i++) {
        bool same = true;
        for (uint32_t k = 0; k < expansion->axis_count && same; k++)
            same = value_equal(expansion->cells.items[i][k], values[k]);
        if (same) return true;
    }
    return false;
}

static void include(struct expansion *expansion, const struct inclusion *inclusion) {
    const struct program *program = expansion->run->program;
    struct value record;
    if (!evaluate(expansion, inclusion->unit, &record)) return;
    struct value *cell = memory_allocate(expansion->axis_count * sizeof *cell);
    for (uint32_t i = 0; i < expansion->axis_count; i++) {
        bool found;
        cell[i] = value_field(record, program->axes[i].name, &found);
        if (!found)
            fail(expansion, inclusion->span, "the included cell lacks the axis %.*s", TEXT_ARGS(program->axes[i].name));
    }
    if (value_count(record) > expansion->axis_count)
        fail(expansion, inclusion->span, "the included cell names something that is no axis");
    if (!expansion->error && !has_cell(expansion, cell)) add_cell(expansion, cell);
    memory_release(cell);
    value_release(record);
}

static size_t minimum_of(const struct expansion *expansion, const struct cover *cover) {
    if (!cover->has_minimum) return 0;
    if (!cover->minimum_is_ratio) return cover->minimum < 0 ? 0 : (size_t)cover->minimum;
    double cells = cover->minimum * (double)expansion->cells.count;
    size_t whole = (size_t)cells;
    return (double)whole < cells - 1e-9 ? whole + 1 : whole;
}

static void drop_cell(const struct expansion *expansion, struct value *cell) {
    for (uint32_t k = 0; k < expansion->axis_count; k++) value_release(cell[k]);
    memory_release(cell);
}

static void thin(struct expansion *expansion) {
    const struct cover *cover = &expansion->run->program->cover;
    size_t minimum = minimum_of(expansion, cover), count = expansion->cells.count;
    if (minimum > count) {
        fail(expansion, cover->span, "`cover` wants %zu cells, and only %zu are left", minimum, count);
        return;
    }
    if (cover->kind != COVER_PAIRWISE) return;
    bool *chosen =
        cover_pairwise(expansion->cells.items, count, expansion->axis_count, minimum, expansion->run->options.seed);
    expansion->proof = cover_prove(expansion->cells.items, count, expansion->axis_count, chosen);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (chosen[i])
            expansion->cells.items[kept++] = expansion->cells.items[i];
        else
            drop_cell(expansion, expansion->cells.items[i]);
    }
    expansion->cells.count = kept;
    memory_release(chosen);
}

/* Coverage must not shrink unseen. */
static void check_values(struct expansion *expansion) {
    for (uint32_t axis = 0; axis < expansion->axis_count; axis++) {
        for (size_t v = 0; v < value_count(expansion->axes[axis]) && !expansion->error; v++) {
            struct value value = value_at(expansion->axes[axis], v);
            bool used = false;
            for (size_t i = 0; i < expansion->cells.count && !used; i++)
                used = value_equal(expansion->cells.items[i][axis], value);
            if (used) continue;
            struct buffer text = { 0 };
            value_print(value, &text);
            const struct axis *entry = &expansion->run->program->axes[axis];
            fail(expansion, entry->span, "no cell is left with %.*s = %s", TEXT_ARGS(entry->name), text.bytes);
            buffer_done(&text);
        }
    }
}

static void expand(struct expansion *expansion) {
    const struct program *program = expansion->run->program;
    read_axes(expansion);
    if (!expansion->error) check_dates(expansion);
    if (!expansion->error) multiply(expansion);
    if (!expansion->error) thin(expansion);
    for (uint32_t i = 0; i < program->inclusion_count && !expansion->error; i++)
        include(expansion, &program->inclusions[i]);
    if (!expansion->error) check_values(expansion);
}

static void hand_over(struct expansion *expansion, struct cell_list *list, struct heap *heap) {
    list->count = expansion->error ? 0 : expansion->cells.count;
    list->cells = memory_allocate(list->count * sizeof *list->cells);
    for (size_t i = 0; i < list->count; i++) {
        list->cells[i].values = memory_allocate(expansion->axis_count * sizeof(struct value));
        for (uint32_t k = 0; k < expansion->axis_count; k++) {
            list->cells[i].values[k] = value_copy(heap, expansion->cells.items[i][k]);
        }
    }
    list->proof = expansion->proof;
    list->error = expansion->error;
    list->error_span = expansion->span;
}

struct cell_list cells_expand(const struct run_options *given, struct heap *heap) {
    struct run_options options = *given;
    options.record = options.replay = NULL;
    options.judge = (struct run_judge){ 0 };
    options.watcher = (struct run_watcher){ 0 };
    options.cell = NULL;
    struct expansion expansion = { .run = run_new(&options),
                                   .axis_count = given->program->axis_count,
                                   .span = SPAN_NONE };
    expansion.axes = memory_allocate(expansion.axis_count * sizeof *expansion.axes);
    run_set_limit(expansion.run, evaluation_limit);
    expand(&expansion);
    struct cell_list list = { 0 };
    hand_over(&expansion, &list, heap);
    for (size_t i = 0; i < expansion.cells.count; i++) drop_cell(&expansion, expansion.cells.items[i]);
    VECTOR_DONE(&expansion.cells);
    for (uint32_t i = 0; i < expansion.axis_count; i++) value_release(expansion.axes[i]);
    memory_release(expansion.axes);
    run_give_back(expansion.run);
    run_free(expansion.run);
    return list;
}

void cells_free(struct cell_list *list, uint32_t axis_count) {
    for (size_t i = 0; i < list->count; i++) {
        for (uint32_t k = 0; k < axis_count; k++) value_release(list->cells[i].values[k]);
        memory_release(list->cells[i].values);
    }
    memory_release(list->cells);
    memory_release(list->error);
    *list = (struct cell_list){ 0 };
}
