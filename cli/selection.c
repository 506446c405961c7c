/* Which cells of a recipe run: --cell, --matrix. Prints what it cannot select, and what there would have been. */
#include "cli/selection.h"

#include "cli/cell_label.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* Whether the cell's value of the axis is what was written after `=`: its whole text, or a file's last part. */
static bool value_is(struct value value, struct text wanted) {
    struct buffer shown = { 0 };
    value_plain(value, &shown);
    struct text text = buffer_text(&shown);
    if (text_is(wanted, "\"\"")) wanted = TEXT_NONE;
    bool equal = text_equal(text, wanted) || (wanted.length && text_ends(text, wanted) && text.length > wanted.length &&
                                              text.bytes[text.length - wanted.length - 1] == '/');
    buffer_done(&shown);
    return equal;
}

/* -1: a mistake, printed; 0: not selected; 1: selected. */
static int is_selected(const struct run_session *session, const struct cell *cell) {
    const char *choice;
    for (size_t i = 0; (choice = option_value_at(session->course->options, "cell", i)); i++) {
        const char *equals = strchr(choice, '=');
        struct text axis = { choice, equals ? (size_t)(equals - choice) : 0 };
        uint32_t index = 0;
        while (index < session->program->axis_count && !text_equal(session->program->axes[index].name, axis)) index++;
        if (!equals || index == session->program->axis_count) {
            fprintf(stderr, "aot: --cell %s: write --cell axis=value; the axes are:", choice);
            for (uint32_t k = 0; k < session->program->axis_count; k++)
                fprintf(stderr, " %.*s", TEXT_ARGS(session->program->axes[k].name));
            fputc('\n', stderr);
            return -1;
        }
        if (!value_is(cell->values[index], text_of(equals + 1))) return 0;
    }
    return 1;
}

static bool is_among(struct value value, const struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (value_equal(values[i], value)) return true;
    return false;
}

/* "no cell has these values: the cells' size are 1, 2", ten of them at most */
static void explain_none(const struct run_session *session) {
    const struct cell_list *cells = &session->cells;
    const char *choice;
    fputs("aot: no cell has these values", stderr);
    for (size_t i = 0; (choice = option_value_at(session->course->options, "cell", i)); i++) {
        struct text axis = { choice, strcspn(choice, "=") };
        uint32_t index = 0;
        while (!text_equal(session->program->axes[index].name, axis)) index++;
        fprintf(stderr, "%s the cells' %.*s are", i ? ";" : ":", TEXT_ARGS(axis));
        struct value said[10];
        for (size_t k = 0, count = 0; k < cells->count && count < 10; k++) {
            struct value value = cells->cells[k].values[index];
            if (is_among(value, said, count)) continue;
            struct buffer shown = { 0 };
            value_plain(value, &shown);
            fprintf(stderr, "%s %.*s", count ? "," : "", TEXT_ARGS(buffer_text(&shown)));
            buffer_done(&shown);
            said[count++] = value;
        }
    }
    fputs(" (aot run --list shows all)\n", stderr);
}

static bool is_outstanding(const struct run_session *session, size_t index) {
    struct buffer label = { 0 };
    cell_label(session->program, &session->cells, session_cell(session, index), &label);
    bool outstanding = rerun_choose(&session->course->rerun, session->program->id, buffer_text(&label));
    buffer_done(&label);
    return outstanding;
}

static bool is_in_shard(const struct run_session *session, size_t index) {
    struct buffer label = { 0 };
    cell_label(session->program, &session->cells, session_cell(session, index), &label);
    bool has = shard_has(&session->course->choice.shard, session->program->id, buffer_text(&label));
    buffer_done(&label);
    return has;
}

void selection_shard(struct course *course) {
    for (size_t r = 0; r < course->all.count; r++) {
        struct run_session *session = course->all.items[r];
        for (size_t i = 0; i < session->total; i++) {
            if (!session->chosen[i] || is_in_shard(session, i)) continue;
            session->chosen[i] = false;
            session->selected--;
        }
    }
}

int selection_make(struct run_session *session) {
    const struct options *options = session->course->options;
    struct course *course = session->course;
    bool all = option_given(options, "matrix") || option_given(options, "cell") || option_given(options, "list") ||
               option_given(options, "shard") || course->rerun.wanted;
    session->selected = 0;
    for (size_t i = 0; i < session->total; i++) {
        int selected = session->cells.count ? is_selected(session, &session->cells.cells[i]) : 1;
        if (selected < 0) return EXIT_STATUS_USAGE;
        selected = selected && (!course->rerun.wanted || is_outstanding(session, i));
        session->chosen[i] = selected && (all || session->selected == 0);
        session->selected += session->chosen[i];
    }
    if (course->rerun.wanted && session->selected < session->total)
        rerun_keep_whole(&course->rerun, session->program->id);
    if (session->selected || course->rerun.wanted) return 0;
    explain_none(session);
    return EXIT_STATUS_INCONCLUSIVE;
}
