/* One child, two pipes, a deadline. The child is always waited for. */
#include "base/child.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAXIMUM = 1 << 20 };

/* Its standard input is empty. Returns the error number of posix_spawnp. */
static int start(const char *const *arguments, int output, int complaints, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    int failed = posix_spawnp(child, arguments[0], &actions, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Takes what there is; false at the end of the pipe. */
static bool take(int descriptor, struct buffer *out) {
    char block[4096];
    ssize_t got = read(descriptor, block, sizeof block);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got && out->length < OUTPUT_MAXIMUM) buffer_append(out, (struct text){ block, (size_t)got });
    return got > 0;
}

/* Both pipes to their ends; false when that took too long. */
static bool listen_to(int output, int complaints, int64_t limit, struct buffer *out, struct buffer *said) {
    struct pollfd ends[] = { { .fd = output, .events = POLLIN }, { .fd = complaints, .events = POLLIN } };
    int64_t deadline = clock_monotonic() + limit;
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        int64_t left = deadline - clock_monotonic();
        if (left <= 0) return false;
        if (poll(ends, 2, (int)(left / MILLISECOND) + 1) <= 0) continue;
        if (ends[0].revents && !take(output, out)) ends[0].fd = -1;
        if (ends[1].revents && !take(complaints, said)) ends[1].fd = -1;
    }
    return true;
}

int child_ask(const char *const *arguments, int64_t limit, struct buffer *output, struct buffer *complaints,
              int *status) {
    int out[2] = { -1, -1 }, said[2] = { -1, -1 };
    pid_t child = 0;
    int failed = pipe2(out, O_CLOEXEC) || pipe2(said, O_CLOEXEC) ? errno : 0;
    if (!failed) failed = start(arguments, out[1], said[1], &child);
    if (out[1] >= 0) close(out[1]);
    if (said[1] >= 0) close(said[1]);
    bool ended = !failed && listen_to(out[0], said[0], limit, output, complaints);
    if (out[0] >= 0) close(out[0]);
    if (said[0] >= 0) close(said[0]);
    if (failed) return failed;
    if (!ended) kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR) continue;
    return ended ? 0 : ETIME;
}

const char *child_trouble(int error) {
    if (error == ENOENT) return "PATH has no such program";
    return error == ETIME ? "it gave no answer in time" : strerror(error);
}
