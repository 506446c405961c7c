/* All processes that stem from one that aot started: its session, and those that left it but still carry its mark in their
 * environment. Found by /proc. */
#ifndef AOT_STDLIB_PROCESS_SESSION_H
#define AOT_STDLIB_PROCESS_SESSION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct session {
    pid_t leader;     /* the process that was started; 0: only the mark counts */
    const char *mark; /* "AOT_PROCESS=…", or "AOT_RUN=…": the whole entry; borrowed */
    uint64_t since;   /* clock ticks since boot: what is older cannot be a member */
};
uint64_t session_clock(void); /* now, in those ticks */
/* Sends the signal to every living member (0: to none) and returns how many there are. */
size_t session_signal(const struct session *session, int signal);
/* A cheap look at the leader's own group alone. */
bool session_group_lives(const struct session *session);
#endif
