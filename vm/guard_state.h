/* Inside vm/ only: what aot's side of a guard holds. */
#ifndef AOT_VM_GUARD_STATE_H
#define AOT_VM_GUARD_STATE_H
#include "vm/guard.h"

#include <pthread.h>
#include <stdatomic.h>

#define GUARD_SUFFIX ".journal"

struct guard {
    char *run_id;
    struct buffer journal_path;    /* absolute: the guard may outlive any change of folder */
    int journal;                   /* append-only descriptor; -1: a cell's, and nothing was registered so far */
    int pipe;                      /* a socket's end; when all of its holders are gone the guard knows that aot is */
    struct buffer unwritten;       /* lines that the journal did not take; the guard has them through the pipe */
    pid_t process;                 /* the guard's own */
    pid_t aot;                     /* whose things these are */
    bool adopts;                   /* orphans become aot's children */
    bool shared;                   /* a cell's: the guard process is its parent's */
    pthread_mutex_t lock;          /* of the journal and `unwritten`: a load's thread registers, too */
    atomic_bool started_processes; /* one was registered, so some may have to be looked for */
    atomic_uint next_id;
};

/* Undoes what the journals of the run's cells still say: each is named `<run id>.<cell>.journal`. `guard` is spared. */
size_t guard_undo_cells(const char *journal_path, const char *run_id, pid_t guard);
#endif
