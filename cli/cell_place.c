/* Paths and names of a cell. Makes nothing. */
#include "cli/cell_place.h"

#include "cli/cell_label.h"
#include "cli/run_folder.h"

#include <string.h>

void cell_place_find(struct cell_place *place, const struct run_session *session, size_t index) {
    const struct course *course = session->course;
    const struct program *program = session->program;
    *place = (struct cell_place){ .number = session->first_number + index };
    cell_label(program, &session->cells, session_cell(session, index), &place->label);
    buffer_append(&place->name, program->id);
    if (place->label.length) buffer_printf(&place->name, " [%s]", place->label.bytes);

    struct buffer file = { 0 }, words = { 0 };
    if (course->all.count > 1) buffer_append(&words, program->id);
    if (words.length && place->label.length) buffer_append_string(&words, ", ");
    buffer_append(&words, buffer_text(&place->label));
    run_folder_cell(place->number, buffer_text(&words), &file);
    buffer_printf(&place->folder, "%s/%s", course->folder.bytes, file.bytes);
    if (!course->record_path)
        buffer_printf(&place->record, "%s/run.aotrec", place->folder.bytes);
    else if (course->selected == 1)
        buffer_append_string(&place->record, course->record_path);
    else
        buffer_printf(&place->record, "%s/%s.aotrec", course->record_path, file.bytes);
    run_folder_scratch(buffer_text(&course->id), place->number, &place->scratch);
    buffer_printf(&place->guard_id, "%s.%zu", course->id.bytes, place->number);
    buffer_done(&file);
    buffer_done(&words);
}

void cell_place_done(struct cell_place *place) {
    buffer_done(&place->label);
    buffer_done(&place->name);
    buffer_done(&place->folder);
    buffer_done(&place->record);
    buffer_done(&place->scratch);
    buffer_done(&place->guard_id);
}
