/* The guard's journal: what is registered and not yet undone, a line a change. aot appends, the guard and `aot
 * clean` read.
 *   aot PID START PID START        aot and its guard, with their start times (a process number alone may be
 *       another's by now)
 *   + ID folder PATH               + ID process PID START SIGNAL PATIENCE        + ID command ARGUMENT\x1fARGUMENT…
 *   = ID PID START                 the process of an entry is known now
 *   - ID                           undone */
#ifndef AOT_VM_GUARD_JOURNAL_H
#define AOT_VM_GUARD_JOURNAL_H
#include "base/buffer.h"
#include "base/vector.h"
#include <stdint.h>
#include <sys/types.h>

enum guard_kind { GUARD_FOLDER, GUARD_PROCESS, GUARD_COMMAND };
struct guard_entry {
    uint32_t id;
    enum guard_kind kind;
    char *text;       /* the folder, or the arguments with \x1f between them; owned; NULL for a process */
    pid_t process;    /* 0: not known yet */
    uint64_t started; /* its start time in clock ticks since boot; 0: not known */
    int stop_signal;
    int64_t patience; /* ns between the stop signal and SIGKILL */
};
/* A process that came of aot, by whatever way. */
struct guard_descendant {
    pid_t process;
    uint64_t started;
};
struct guard_descendants {
    struct VECTOR(struct guard_descendant) list;
    long newest;  /* of guard_descendants_renote: the kernel's latest number when they were noted */
    bool settled; /* and that was some time after the number was given */
};
struct guard_journal {
    pid_t aot, guard;
    uint64_t aot_started, guard_started;
    pid_t root;                           /* whose descendants are to be ended too; 0: of those that were noted only */
    struct guard_descendants descendants; /* noted while aot lived */
    bool at_once;                         /* SIGKILL without patience */
    struct VECTOR(struct guard_entry) entries; /* oldest first */
};

/* Reads a journal; false when it cannot be read. Lines that make no sense (a torn last one) are passed over. */
bool guard_journal_read(const char *path, struct guard_journal *journal);
void guard_journal_done(struct guard_journal *journal);
/* When a process was started, in ticks since boot; 0 when there is none. A zombie counts as none. */
uint64_t guard_process_started(pid_t process);
bool guard_process_is(pid_t process, uint64_t started);

/* One more line, without its newline, from wherever. */
void guard_journal_line(struct guard_journal *journal, const char *line);
/* A path or arguments in a line: a newline is written \n, a backslash \\. */
void guard_journal_escape(struct buffer *line, const char *text);

/* Removes a folder with everything in it, if it is below a folder .aot or the system's temporary folder. Follows no
 * link. */
enum guard_removal {
    GUARD_REMOVED,
    GUARD_ABSENT,
    GUARD_STAYED, /* something in it could not be removed */
    GUARD_REFUSED /* it is none of aot's */
};
enum guard_removal guard_remove(const char *path);

/* Who descends from `root` now, but for `spared` and what came of that. */
void guard_descendants_note(pid_t root, pid_t spared, struct guard_descendants *noted);
/* The same, to be called now and then: looks only when there is a new process on this machine since. */
void guard_descendants_renote(pid_t root, pid_t spared, struct guard_descendants *noted);
/* SIGKILL to all of them, again until none is left: newly noted ones of `root`, or, when that is 0, those in
 * `noted`. */
size_t guard_descendants_kill(pid_t root, pid_t spared, struct guard_descendants *noted);

/* Undoes one entry; a line about it to `out` when that is not NULL. Bounded. */
void guard_undo(const struct guard_entry *entry, struct buffer *out);
/* Kills every process that has AOT_RUN=<run_id> in its environment, this one and `spared` excepted. Returns how
 * many. */
size_t guard_kill_marked(const char *run_id, pid_t spared, struct buffer *out);
/* Undoes folders and commands only: where no process was started none is looked for. */
size_t guard_undo_rest(struct guard_journal *journal);
/* Undoes all entries, newest first, and what is marked. Returns how many things there were. */
size_t guard_undo_all(struct guard_journal *journal, const char *run_id, struct buffer *out);
#endif
