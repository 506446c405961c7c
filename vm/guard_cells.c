/* What the cells of a run have registered, each in a journal of its own beside the run's: undone when the cell's process
 * did not do so itself. */
#include "vm/guard_journal.h"
#include "vm/guard_state.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t undo_one(const char *path, const char *cell_id, pid_t guard) {
    struct guard_journal journal;
    if (!guard_journal_read(path, &journal)) return 0;
    journal.guard = guard;
    size_t undone = guard_undo_all(&journal, cell_id, NULL);
    unlink(path);
    guard_journal_done(&journal);
    return undone;
}

static struct text folder_of(struct text path) {
    size_t length = path.length;
    while (length && path.bytes[length - 1] != '/') length--;
    return (struct text){ path.bytes, length };
}

/* "<run id>.<number>", from the journal's name; empty for any other name. */
static void cell_of(const char *name, const char *run_id, struct buffer *cell_id) {
    struct text text = text_of(name), run = text_of(run_id);
    if (!text_starts(text, run) || !text_ends(text, TEXT(GUARD_SUFFIX)) || name[run.length] != '.') return;
    if (text.length <= run.length + 1 + strlen(GUARD_SUFFIX)) return;
    buffer_append(cell_id, text_slice(text, 0, text.length - strlen(GUARD_SUFFIX)));
}

size_t guard_undo_cells(const char *journal_path, const char *run_id, pid_t guard) {
    struct buffer folder = { 0 };
    buffer_append(&folder, folder_of(text_of(journal_path)));
    struct dirent **names;
    int count = scandir(folder.bytes, &names, NULL, alphasort);
    size_t undone = 0;
    for (int i = 0; i < count; i++) {
        struct buffer cell_id = { 0 }, path = { 0 };
        cell_of(names[i]->d_name, run_id, &cell_id);
        buffer_printf(&path, "%s%s", folder.bytes, names[i]->d_name);
        if (cell_id.length) undone += undo_one(path.bytes, cell_id.bytes, guard);
        buffer_done(&cell_id);
        buffer_done(&path);
        free(names[i]);
    }
    if (count >= 0) free(names);
    buffer_done(&folder);
    return undone;
}

size_t guard_undo_cell(const struct guard *parent, const char *run_id) {
    struct buffer path = { 0 };
    buffer_append(&path, folder_of(buffer_text(&parent->journal_path)));
    buffer_printf(&path, "%s" GUARD_SUFFIX, run_id);
    size_t undone = undo_one(path.bytes, run_id, parent->process);
    buffer_done(&path);
    return undone;
}
