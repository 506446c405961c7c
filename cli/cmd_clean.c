/* aot clean: undoes what runs left that are dead, guard included; removes old runs' records on request. */
#include "cli/command.h"
#include "cli/run_folder.h"
#include "vm/guard.h"

#include <stdio.h>

static const struct option options_table[] = {
    { "records", 0, NULL, "also remove the records and logs of every run" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static int clean(const struct options *options) {
    struct buffer out = { 0 };
    int64_t undone = guard_clean(RUN_FOLDER_GUARD, &out);
    if (out.length) fputs(out.bytes, stdout);
    buffer_done(&out);
    if (undone < 0) {
        fputs("aot: the journals in " RUN_FOLDER_GUARD " could not be read\n", stderr);
        return EXIT_STATUS_ENVIRONMENT;
    }
    size_t removed = option_given(options, "records") ? run_folder_retain(0) : 0;
    if (undone == 0 && removed == 0)
        puts("nothing was left");
    else
        printf("undone: %lld; runs removed: %zu\n", (long long)undone, removed);
    return EXIT_STATUS_PASS;
}

const struct command command_clean = {
    "clean",
    "",
    "undo what a killed run left behind",
    options_table,
    clean,
    "A run cleans up after itself, even after kill -9: its guard does. `aot clean` is for the case\n"
    "that the guard was killed as well. Runs that are still alive are left alone."
};
