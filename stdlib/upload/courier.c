/* The process of an upload, from its first line to its last. It owns nothing that anybody would have to tidy up: it may be killed at any
 * moment, that is its purpose. */
#include "stdlib/upload/courier.h"

#include "stdlib/upload/sender.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { JOB_MOST = 4 << 20, BLOCK = 4096 };

static bool read_job(struct job *job) {
    struct buffer text = { 0 };
    char block[BLOCK];
    while (text.length < JOB_MOST) {
        ssize_t got = read(STDIN_FILENO, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        buffer_append(&text, (struct text){ block, (size_t)got });
    }
    bool good = job_read(buffer_text(&text), job);
    buffer_done(&text);
    return good;
}

int courier_main(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the guard ends it, too */
    struct job job = { 0 };
    bool good = read_job(&job);
    if (!good)
        fputs("aot upload-process: started by aot itself, for `upload` in a recipe; it reads a job that only aot "
              "writes\n",
              stderr);
    else if (job.asks)
        asker_run(&job);
    else
        sender_run(&job);
    job_done(&job);
    return good ? 0 : 2;
}
