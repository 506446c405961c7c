/* SIGPIPE, for every module that writes to descriptors. */
#include "stdlib/broken_pipe.h"

#include <signal.h>
#include <stddef.h>

void broken_pipe_ignore(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, NULL);
}
