/* Starting a program in other namespaces, for which posix_spawn has no word. Between fork and exec only system calls are made:
 * threads of aot may have held any lock. What fails comes back as an errno through a pipe that exec closes. */
#include "stdlib/process/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT = 3 }; /* the pipe's descriptor in the child */

/* Dispositions to their defaults: handlers are aot's. */
static void default_signals(void) {
    struct sigaction plain = { .sa_handler = SIG_DFL };
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) sigaction(number, &plain, NULL);
}

static bool enter(const struct program_place *place) {
    if (place->user >= 0 && setns(place->user, CLONE_NEWUSER) != 0) return false;
    return setns(place->network, CLONE_NEWNET) == 0;
}

/* The three are at 0, 1, 2 afterwards, the report behind them, and nothing else. */
static bool arrange(const int *three, int report) {
    int moved[4];
    for (int i = 0; i < 4; i++) {
        moved[i] = fcntl(i < 3 ? three[i] : report, F_DUPFD_CLOEXEC, REPORT + 1);
        if (moved[i] < 0) return false;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(moved[i], i) < 0) return false;
    return dup3(moved[3], REPORT, O_CLOEXEC) >= 0 && close_range(REPORT + 1, UINT_MAX, 0) == 0;
}

static _Noreturn void be_program(const struct program_start *program, const int *three, int report) {
    sigset_t none;
    int null = three[0] >= 0 ? three[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int all[3] = { null, three[1], three[2] };
    setsid();
    default_signals();
    sigemptyset(&none);
    bool good = null >= 0 && enter(program->place) && arrange(all, report);
    if (good) report = REPORT;
    if (good && (!program->folder || chdir(program->folder) == 0)) {
        pthread_sigmask(SIG_SETMASK, &none, NULL);
        execve(program->path, program->arguments.items, program->environment.items);
    }
    int problem = errno;
    (void)!write(report, &problem, sizeof problem);
    _exit(127);
}

int program_enter(const struct program_start *program, const int *three, pid_t *process) {
    int ends[2], problem = 0;
    sigset_t all, before;
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    *process = fork();
    if (*process == 0) be_program(program, three, ends[1]);
    if (*process < 0) problem = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    ssize_t got = -1;
    while (*process > 0 && (got = read(ends[0], &problem, sizeof problem)) < 0 && errno == EINTR) continue;
    if (got == 0) problem = 0; /* exec has closed it */
    close(ends[0]);
    while (problem && *process > 0 && waitpid(*process, NULL, 0) < 0 && errno == EINTR)
        continue; /* it ends by itself */
    return problem;
}
