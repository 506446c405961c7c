/* The cells' results, summed up. */
#include "cli/results.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cell_label.h"
#include "cli/command.h"

struct results results_of(const struct course *course) {
    struct results results = { .cells = memory_allocate((course->selected + 1) * sizeof *results.cells),
                               .began = clock_monotonic() };
    for (size_t r = 0; r < course->all.count; r++) {
        struct run_session *session = course->all.items[r];
        for (size_t i = 0; i < session->total; i++) {
            if (!session->chosen[i]) continue;
            results.cells[results.count++] = (struct cell_entry){ .session = session, .index = i };
        }
    }
    return results;
}

void results_done(struct results *results) {
    memory_release(results->cells);
}

static struct report_tally tally_of(const struct results *results) {
    struct report_tally tally = { .cells = results->count };
    for (size_t i = 0; i < results->count; i++) {
        if (results->cells[i].state != CELL_OVER) {
            tally.not_run++;
            continue;
        }
        switch (results->cells[i].result.outcome) {
        case OUTCOME_PASS: tally.pass++; break;
        case OUTCOME_FAIL: tally.fail++; break;
        case OUTCOME_INCONCLUSIVE: tally.inconclusive++; break;
        case OUTCOME_ERROR: tally.error++; break;
        }
    }
    return tally;
}

int results_status(const struct results *results) {
    struct report_tally tally = tally_of(results);
    bool environment = tally.error > 0;
    for (size_t i = 0; i < results->count; i++) environment |= results->cells[i].result.environment;
    if (tally.fail) return EXIT_STATUS_FAIL;
    if (environment) return EXIT_STATUS_ENVIRONMENT;
    return tally.inconclusive || tally.not_run || !tally.cells ? EXIT_STATUS_INCONCLUSIVE : EXIT_STATUS_PASS;
}

/* "  fail  [size=3MiB]": which cells to look at, when there were many. */
static void list_failed(const struct results *results, const struct course *course, struct buffer *out) {
    enum { MOST = 20 };
    size_t listed = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct cell_entry *entry = &results->cells[i];
        if (entry->state != CELL_OVER || entry->result.outcome == OUTCOME_PASS || listed++ >= MOST) continue;
        struct text outcome = text_of(outcome_name(entry->result.outcome));
        struct buffer label = { 0 };
        cell_label(entry->session->program, &entry->session->cells, session_cell(entry->session, entry->index), &label);
        buffer_append_string(out, "  ");
        style_append(&course->style, style_of_outcome(outcome), outcome, out);
        buffer_append_string(out, "  ");
        if (course->all.count > 1) buffer_printf(out, "%.*s ", TEXT_ARGS(entry->session->program->id));
        buffer_append_string(out, "[");
        style_append(&course->style, COLOUR_PLAIN, buffer_text(&label), out);
        buffer_append_string(out, "]\n");
        buffer_done(&label);
    }
    if (listed > MOST) buffer_printf(out, "  … and %zu more\n", listed - MOST);
}

void results_print(const struct results *results, const struct course *course, struct buffer *out) {
    if (results->count < 2) return;
    struct report_tally tally = tally_of(results);
    report_text_tally(&tally, results->took, &course->style, out);
    list_failed(results, course, out);
}
