/* Starting a program: a session of its own, three pipes or /dev/null, no other descriptor, default signals. posix_spawn, because
 * threads (name look-ups, files) may exist, and a plain fork could copy a lock that one of them holds. */
#include "stdlib/process/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0) close(pair[i]);
    pair[0] = pair[1] = -1;
}

/* `ours` is the end that must never block us: 0 to read, 1 to write. */
static int open_pair(int pair[2], int ours) {
    if (pipe2(pair, O_CLOEXEC) != 0) return errno;
    return fcntl(pair[ours], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

static int plan(posix_spawn_file_actions_t *actions, const char *folder, int input, int output, int error) {
    int problem = input >= 0 ? posix_spawn_file_actions_adddup2(actions, input, 0)
                             : posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!problem) problem = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (!problem) problem = posix_spawn_file_actions_adddup2(actions, error, 2);
    if (!problem && folder) problem = posix_spawn_file_actions_addchdir_np(actions, folder);
    if (!problem) problem = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return problem;
}

static int spawn(const struct program_start *program, int input, int output, int error, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int problem = plan(&actions, program->folder, input, output, error);
    if (!problem)
        problem = posix_spawn(process, program->path, &actions, &attributes, program->arguments.items,
                              program->environment.items);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

int program_spawn(const struct program_start *program, bool with_input, pid_t *process, struct pipes *pipes) {
    int input[2] = { -1, -1 }, output[2] = { -1, -1 }, error[2] = { -1, -1 };
    int problem = with_input ? open_pair(input, 1) : 0;
    if (!problem) problem = open_pair(output, 0);
    if (!problem) problem = open_pair(error, 0);
    if (!problem && program->place && program->place->network >= 0)
        problem = program_enter(program, (const int[]){ input[0], output[1], error[1] }, process);
    else if (!problem)
        problem = spawn(program, input[0], output[1], error[1], process);
    if (!problem) {
        *pipes = (struct pipes){ input[1], output[0], error[0] };
        input[1] = output[0] = error[0] = -1;
    }
    close_pair(input);
    close_pair(output);
    close_pair(error);
    return problem;
}
