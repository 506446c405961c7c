/* Asks git, without a shell, for at most ten seconds. Its child is always waited for. */
#include "config/tags.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAXIMUM = 1 << 20 };
static const int64_t patience = 10 * SECOND;

/* Starts git with its output and complaints into the pipes' ends. Returns the error number of posix_spawnp. */
static int start(char *const *arguments, int output, int complaints, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    int failed = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
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
static bool listen_to(int output, int complaints, struct buffer *out, struct buffer *said) {
    struct pollfd ends[] = { { .fd = output, .events = POLLIN }, { .fd = complaints, .events = POLLIN } };
    int64_t deadline = clock_monotonic() + patience;
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        int64_t left = deadline - clock_monotonic();
        if (left <= 0) return false;
        if (poll(ends, 2, (int)(left / MILLISECOND) + 1) <= 0) continue;
        if (ends[0].revents && !take(output, out)) ends[0].fd = -1;
        if (ends[1].revents && !take(complaints, said)) ends[1].fd = -1;
    }
    return true;
}

static void set_error(char **error, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void set_error(char **error, const char *format, ...) {
    struct buffer text = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    *error = buffer_take(&text);
}

/* Runs git; its output in `out`. False with the reason. */
static bool run_git(char *const *arguments, struct buffer *out, char **error) {
    int output[2] = { -1, -1 }, complaints[2] = { -1, -1 };
    struct buffer said = { 0 };
    pid_t child = 0;
    int failed = pipe2(output, O_CLOEXEC) || pipe2(complaints, O_CLOEXEC) ? errno : 0;
    if (!failed) failed = start(arguments, output[1], complaints[1], &child);
    close(output[1]);
    close(complaints[1]);
    bool ended = !failed && listen_to(output[0], complaints[0], out, &said);
    close(output[0]);
    close(complaints[0]);
    int status = 0;
    if (!failed) {
        if (!ended) kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    }
    if (failed)
        set_error(error, "git cannot be started: %s", failed == ENOENT ? "PATH has no such program" : strerror(failed));
    else if (!ended)
        set_error(error, "git gave no answer within 10 s");
    else if (status)
        set_error(error, "git says: %.*s", said.bytes ? (int)strcspn(said.bytes, "\n") : 0,
                  said.bytes ? said.bytes : "");
    buffer_done(&said);
    return *error == NULL;
}

int tags_read(const char *folder, struct text pattern, struct arena *arena, struct text *tags, char **error) {
    struct text copy = arena_copy(arena, pattern); /* with a NUL behind it */
    /* Before a release stand its candidates: v2.0.0-rc1 is older than v2.0.0. */
    char *arguments[] = { "git", "-C",     (char *)folder,      "-c", "versionsort.suffix=-",
                          "tag", "--list", "--sort=-v:refname", "--", copy.length ? (char *)copy.bytes : NULL,
                          NULL };
    struct buffer out = { 0 };
    *error = NULL;
    int count = run_git(arguments, &out, error) ? 0 : -1;
    struct text rest = count < 0 ? TEXT_NONE : buffer_text(&out);
    while (rest.length && count < TAGS_MAXIMUM) {
        size_t end = text_find(rest, TEXT("\n"));
        if (end == SIZE_MAX) end = rest.length;
        if (end) tags[count++] = arena_copy(arena, text_slice(rest, 0, end));
        rest = text_slice(rest, end + 1, SIZE_MAX);
    }
    buffer_done(&out);
    return count;
}
