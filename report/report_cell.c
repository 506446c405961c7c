/* Reads a cell's record for the reports. A loop's thousand verdicts become one assertion with its worst ones. */
#include "report/report_cell.h"

#include "base/memory.h"

#include <stdlib.h>

const char *report_outcome_name(enum report_outcome outcome) {
    switch (outcome) {
    case REPORT_FAIL: return "fail";
    case REPORT_ERROR: return "error";
    case REPORT_INCONCLUSIVE: return "inconclusive";
    case REPORT_NOT_RUN: return "not run";
    case REPORT_SKIPPED: return "skipped";
    case REPORT_PASS: return "pass";
    }
    return "error";
}

enum report_outcome report_outcome_of(struct text name) {
    for (int outcome = REPORT_FAIL; outcome <= REPORT_PASS; outcome++)
        if (text_is(name, report_outcome_name((enum report_outcome)outcome))) return (enum report_outcome)outcome;
    return REPORT_ERROR;
}

/* ---- facts ---- */
static int64_t number(struct record *record, const char *key) {
    struct buffer value = { 0 };
    int64_t result = record_read_meta(record, key, &value) ? strtoll(value.bytes, NULL, 10) : 0;
    buffer_done(&value);
    return result;
}

/* "axis.00.app" = "N-1", in the order of the recipe */
static bool take_axis(void *data, struct text key, struct text value) {
    struct report_cell *cell = data;
    if (!text_starts(key, TEXT("axis."))) return true;
    size_t dot = text_find(text_slice(key, 5, SIZE_MAX), TEXT("."));
    if (dot == SIZE_MAX) return true;
    struct report_axis axis = { arena_copy(cell->arena, text_slice(key, 5 + dot + 1, SIZE_MAX)),
                                arena_copy(cell->arena, value) };
    VECTOR_PUSH(&cell->axes, axis);
    return true;
}

/* Of a cell without a record. */
static void take_axes(struct report_cell *cell, const struct report_entry *entry) {
    for (size_t i = 0; i < entry->axis_count; i++) {
        struct report_axis axis = { arena_copy(cell->arena, entry->axes[i].name),
                                    arena_copy(cell->arena, entry->axes[i].value) };
        VECTOR_PUSH(&cell->axes, axis);
    }
}

/* ---- deaths ---- */
struct deaths {
    struct report_cell *cell;
    int64_t zero;
};

static bool take_death(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                       struct text outcome) {
    struct deaths *deaths = data;
    struct report_cell *cell = deaths->cell;
    (void)kind, (void)subject, (void)end;
    if (cell->death_count++ >= DEATHS_KEPT) return true;
    struct report_death death = { start - deaths->zero, arena_printf(cell->arena, "service %.*s", TEXT_ARGS(outcome)) };
    VECTOR_PUSH(&cell->deaths, death);
    return true;
}

/* ---- verdicts ---- */
static struct verdict_row copied(struct arena *arena, const struct verdict_row *row) {
    struct verdict_row copy = *row;
    struct text *const texts[] = { &copy.assertion, &copy.rules,       &copy.claim,    &copy.outcome,
                                   &copy.reason,    &copy.explanation, &copy.evidence, &copy.file };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = arena_copy(arena, *texts[i]);
    return copy;
}

static enum report_outcome outcome_of_row(const struct verdict_row *row) {
    enum report_outcome outcome = report_outcome_of(row->outcome);
    return row->is_assume && outcome == REPORT_FAIL ? REPORT_INCONCLUSIVE : outcome;
}

static struct report_assertion *assertion_of(struct report_cell *cell, const struct verdict_row *row) {
    for (size_t i = cell->assertions.count; i-- > 0;) {
        struct report_assertion *assertion = &cell->assertions.items[i];
        if (text_equal(assertion->title, row->assertion) && assertion->is_assume == row->is_assume) return assertion;
    }
    struct report_assertion assertion = { .title = arena_copy(cell->arena, row->assertion),
                                          .rules = arena_copy(cell->arena, row->rules),
                                          .is_assume = row->is_assume,
                                          .outcome = REPORT_PASS };
    VECTOR_PUSH(&cell->assertions, assertion);
    return &cell->assertions.items[cell->assertions.count - 1];
}

/* The worst stay, and among equals those that came first. */
static bool take_verdict(void *data, const struct verdict_row *row) {
    struct report_cell *cell = data;
    struct report_assertion *assertion = assertion_of(cell, row);
    enum report_outcome outcome = outcome_of_row(row);
    assertion->claims++;
    assertion->passed += outcome == REPORT_PASS;
    if (outcome < assertion->outcome) assertion->outcome = outcome;
    size_t at = assertion->rows.count;
    while (at > 0 && outcome_of_row(&assertion->rows.items[at - 1]) > outcome) at--;
    if (at >= CLAIMS_KEPT) return true;
    if (assertion->rows.count < CLAIMS_KEPT) VECTOR_PUSH(&assertion->rows, (struct verdict_row){ .line = 0 });
    for (size_t i = assertion->rows.count - 1; i > at; i--) assertion->rows.items[i] = assertion->rows.items[i - 1];
    assertion->rows.items[at] = copied(cell->arena, row);
    return true;
}

/* ---- the whole ---- */
static void read_facts(struct report_cell *cell, struct record *record) {
    cell->recipe = record_meta_text(record, "recipe", cell->arena);
    cell->title = record_meta_text(record, "title", cell->arena);
    cell->path = record_meta_text(record, "path", cell->arena);
    cell->cell = record_meta_text(record, "cell", cell->arena);
    cell->run = record_meta_text(record, "run", cell->arena);
    cell->seed = record_meta_text(record, "seed", cell->arena);
    cell->rules_counted = record_meta_text(record, "rules_counted", cell->arena);
    cell->narrowed = record_meta_text(record, "narrowed", cell->arena);
    cell->end = record_meta_text(record, "end", cell->arena);
    cell->message = record_meta_text(record, "message", cell->arena);
    cell->message_place = record_meta_text(record, "message_place", cell->arena);
    cell->started = number(record, "started");
    cell->duration = number(record, "duration");
    struct buffer outcome = { 0 }, message = { 0 };
    cell->outcome = REPORT_ERROR; /* killed before it had one */
    if (record_read_outcome(record, &outcome, &message)) cell->outcome = report_outcome_of(buffer_text(&outcome));
    buffer_done(&outcome);
    buffer_done(&message);
}

bool report_cell_read(struct report_cell *cell, const struct report_entry *entry) {
    *cell = (struct report_cell){ .arena = arena_new() };
    cell->outcome = entry->skipped ? REPORT_SKIPPED : entry->lost ? REPORT_ERROR : REPORT_NOT_RUN;
    cell->recipe = arena_copy(cell->arena, entry->recipe);
    cell->path = arena_copy(cell->arena, entry->path);
    cell->cell = arena_copy(cell->arena, entry->cell);
    cell->why = arena_copy(cell->arena, entry->why);
    cell->narrowed = arena_copy(cell->arena, entry->narrowed);
    if (!entry->record) {
        take_axes(cell, entry);
        return true;
    }
    cell->record = arena_copy(cell->arena, text_of(entry->record));
    char *error = NULL;
    struct record *record = record_open(entry->record, &error);
    if (record) {
        read_facts(cell, record);
        record_each_meta(record, take_axis, cell);
        struct deaths deaths = { cell, number(record, "zero") };
        record_each_effect_of(record, "service.died", take_death, &deaths);
        record_each_verdict(record, take_verdict, cell);
        if (record_reading_error(record)) cell->why = arena_copy(cell->arena, text_of(record_reading_error(record)));
        record_close(record, NULL);
    } else {
        cell->outcome = REPORT_ERROR;
        cell->why = arena_printf(cell->arena, "%s: %s", entry->record, error);
        memory_release(error);
    }
    return record != NULL;
}

struct text report_cell_name(const struct report_cell *cell) {
    if (!cell->cell.length) return cell->recipe;
    return arena_printf(cell->arena, "%.*s [%.*s]", TEXT_ARGS(cell->recipe), TEXT_ARGS(cell->cell));
}

void report_death_print(const struct report_death *death, struct buffer *out) {
    buffer_printf(out, "%+.3fs  %.*s", (double)death->at / 1e9, TEXT_ARGS(death->text));
}

bool report_cell_has_trouble(const struct report_cell *cell) {
    bool early = cell->end.length && !text_is(cell->end, "complete");
    bool proven = cell->assertions.count || cell->outcome == REPORT_PASS;
    return early || cell->why.length || !proven;
}

struct text report_cell_trouble(const struct report_cell *cell) {
    const char *place = cell->message_place.length ? cell->message_place.bytes : "";
    const char *colon = *place ? ": " : "";
    if (cell->outcome == REPORT_NOT_RUN || cell->outcome == REPORT_SKIPPED || cell->why.length)
        return arena_printf(cell->arena, "%s%s%.*s", cell->record.length ? "" : report_outcome_name(cell->outcome),
                            cell->record.length || !cell->why.length ? "" : ": ", TEXT_ARGS(cell->why));
    if (cell->end.length && !text_is(cell->end, "complete"))
        return arena_printf(cell->arena, "the run ended early: %s%s%.*s", place, colon, TEXT_ARGS(cell->message));
    return TEXT("nothing is asserted, so nothing is proven");
}

void report_cell_done(struct report_cell *cell) {
    for (size_t i = 0; i < cell->assertions.count; i++) VECTOR_DONE(&cell->assertions.items[i].rows);
    VECTOR_DONE(&cell->assertions);
    VECTOR_DONE(&cell->axes);
    VECTOR_DONE(&cell->deaths);
    arena_free(cell->arena);
}
