/* A program of PostgreSQL as a child: started under the guard, watched by the loop, its last words kept. */
#ifndef AOT_STDLIB_SQL_TOOL_H
#define AOT_STDLIB_SQL_TOOL_H
#include "stdlib/sql/owner.h"
#include "vm/native_call.h"

struct tool;
struct tool_request {
    const char *const *arguments; /* argv, NULL behind the last; the first is the program's full path */
    const struct owner *owner;    /* becomes this user; NULL: stays who we are */
    const char *folder;           /* working folder; NULL: ours */
    const char *output;           /* file that takes stdout and stderr; NULL: kept in memory, the last 8 KiB */
    bool outlives;                /* may live on after aot (--keep): it does not carry the run's mark */
    int stop_signal;              /* what the guard sends first */
    int64_t patience;             /* how long the guard then waits before SIGKILL, in ns */
};

/* `ended` is called once from the loop, with the wait status; the tool stays until tool_free. NULL with a reason on
 * failure. */
struct tool *tool_start(struct run *run, const struct tool_request *request, void (*ended)(void *data, int status),
                        void *data, struct buffer *error);
pid_t tool_process(const struct tool *tool); /* 0 once it has ended */
struct text tool_output(const struct tool *tool);
void tool_signal(const struct tool *tool, int number);
/* Kills the child's session if it still runs, and forgets it; `ended` is not called any more. NULL is allowed.
 * A killed child is reaped when the loop turns; until then tool_living counts it, and no other. */
void tool_free(struct tool *tool);
size_t tool_living(struct run *run);
/* Forgets it and lets it live on, outside the guard. NULL is allowed. */
void tool_leave(struct tool *tool);
/* "exit status 1", "signal 9 (Killed)" */
void tool_status_print(int status, struct buffer *out);
#endif
