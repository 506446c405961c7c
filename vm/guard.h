/* The guard: a process of its own that undoes what is left when aot is gone, even by SIGKILL. Everything that is
 * acquired is registered before it is acquired. It keeps a journal file too, for `aot clean` when the guard itself
 * was killed. */
#ifndef AOT_VM_GUARD_H
#define AOT_VM_GUARD_H
#include "base/buffer.h"
#include <stdint.h>
#include <sys/types.h>

struct guard;
/* Forks the guard; call before any thread exists. `journal_folder` (".aot/guard") is made. `run_id` marks children:
 * each process that aot starts gets AOT_RUN=<run_id> in its environment and a session of its own. NULL with a reason
 * on failure. */
struct guard *guard_start(const char *journal_folder, const char *run_id, char **error);
/* In a process forked from the one that started the guard: a guard for one cell, with a journal of its own, made when the
 * first thing is registered. `run_id` ("<the run's>.<number>") marks what the cell starts. The guard process undoes a cell's
 * things too when all of aot is gone. */
struct guard *guard_share(const struct guard *parent, const char *run_id, uint32_t number);
/* Undoes what a cell has left that is dead while its aot lives: call in a process of its own, it takes its time. */
size_t guard_undo_cell(const struct guard *parent, const char *run_id);
/* Undoes what is still registered, newest first, ends the guard process, removes the journal. Returns how many
 * things it had to undo. */
size_t guard_finish(struct guard *guard);
/* The same without patience: SIGKILL to every process. */
size_t guard_finish_at_once(struct guard *guard);
/* From here on the orphans of what aot starts become its own children (its loop reaps them), and every descendant is
 * ended with the run, also one that left its session and dropped its environment. For the executable: whoever calls
 * this has no other children. */
void guard_adopt(struct guard *guard);
const char *guard_run_id(const struct guard *guard);

/* Each returns an id for guard_release. The journal has the line before the call returns. */
/* A folder to remove with all that is in it; left alone unless it is below one named .aot or the temporary folder. */
uint32_t guard_folder(struct guard *guard, const char *path);
/* A process group or session: `stop_signal` first, SIGKILL after `patience` ns. Register with process 0 before the
 * fork and set it after. */
uint32_t guard_process(struct guard *guard, pid_t process, int stop_signal, int64_t patience);
void guard_process_set(struct guard *guard, uint32_t id, pid_t process);
/* A command to run, argv joined with NULs, at most 10 s: `docker rm -f …`, `ip netns del …`. */
uint32_t guard_command(struct guard *guard, const char *const *argv);
void guard_release(struct guard *guard, uint32_t id); /* it is undone already */

/* For `aot clean`: undoes what the journals of dead runs in this folder say; prints what it does to `out`. Returns
 * the number of things undone, -1 on error. */
int64_t guard_clean(const char *journal_folder, struct buffer *out);
#endif
