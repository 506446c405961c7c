#include "stdlib/process/session.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The child leads a session and says how often it gets the signal, by its exit status. A real-time signal is queued, so none is
 * lost by coming twice in a moment. */
static pid_t counting_child(int ready) {
    pid_t child = fork();
    if (child != 0) return child;
    sigset_t counted;
    sigemptyset(&counted);
    sigaddset(&counted, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &counted, NULL);
    setsid();
    if (write(ready, "x", 1) != 1) _exit(99);
    int count = 0;
    struct timespec patience = { .tv_sec = 20 };
    while (sigtimedwait(&counted, NULL, &patience) > 0) {
        count++;
        patience = (struct timespec){ .tv_nsec = 300 * 1000000L };
    }
    _exit(count);
}

Test(session, each_member_gets_a_signal_once) {
    int ends[2], status = 0;
    char byte;
    cr_assert_eq(pipe(ends), 0);
    struct session session = { .mark = "AOT_PROCESS=nobody", .since = session_clock() };
    session.leader = counting_child(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    cr_expect_eq(session_signal(&session, SIGRTMIN), 1);
    cr_assert_eq(waitpid(session.leader, &status, 0), session.leader);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "counted %d", WEXITSTATUS(status));
    close(ends[0]);
    close(ends[1]);
}
