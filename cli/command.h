/* The commands of aot: one row, one file (cmd_<name>.c) each. */
#ifndef AOT_CLI_COMMAND_H
#define AOT_CLI_COMMAND_H
#include "cli/options.h"

/* Exit status, the same for all commands (docs/language.md 7b). */
enum exit_status {
    EXIT_STATUS_PASS = 0,
    EXIT_STATUS_FAIL = 1,
    EXIT_STATUS_USAGE = 2,        /* also: does not compile */
    EXIT_STATUS_INCONCLUSIVE = 3, /* also: nothing was selected */
    EXIT_STATUS_ENVIRONMENT = 4,
    EXIT_STATUS_INTERNAL = 5,
    EXIT_STATUS_INTERRUPTED = 130,
    EXIT_STATUS_TERMINATED = 143
};

struct command {
    const char *name;
    const char *operands; /* "FILE…" */
    const char *summary;  /* one line */
    const struct option *options;
    /* Gets the parsed options; returns the exit status. */
    int (*run)(const struct options *options);
    const char *notes; /* more lines for its --help, or NULL */
};

extern const struct command command_run, command_check, command_judge, command_dump, command_explain, command_docs,
    command_report, command_clean, command_export, command_config, command_doctor, command_sql, command_proxy,
    command_fmt;
/* In the order of `aot help`; NULL ends the list. */
extern const struct command *const commands[];
#endif
