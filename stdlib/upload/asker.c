/* Asks where the server's cursor is, until two answers in a row are the same: what a killed client has sent may still be on its way
 * through the server. A server that is busy with it (409, 423) or not well is asked again until the time is over. */
#include "stdlib/upload/sender.h"

#include "base/clock.h"
#include "stdlib/http/lone.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

/* Whether this status may be another one in a moment. */
static bool may_pass(int status) {
    return status == 409 || status == 423 || status == 425 || status == 429 || status >= 500;
}

/* The offset; -1 with words. `again`: asking again may help. */
static int64_t ask(const struct job *job, struct lone *lone, struct buffer *problem, bool *again) {
    buffer_clear(problem);
    if (job->protocol == UPLOAD_TUS) lone_header(lone, "Tus-Resumable: 1.0.0");
    if (job->protocol == UPLOAD_IETF) lone_header(lone, "Upload-Draft-Interop-Version: 8");
    sender_add_headers(job, lone);
    bool whole = lone_ask(lone, "HEAD", job->url, 0, 0);
    const struct lone_answer *answer = &lone->answer;
    *again = false;
    if (!whole) {
        buffer_append(problem, buffer_text(&lone->problem));
        *again = true;
    } else if (answer->status < 200 || answer->status > 299) {
        buffer_printf(problem, "the server answered %d", answer->status);
        *again = may_pass(answer->status);
    } else if (answer->nonsense) {
        buffer_append_string(problem, "the server's Upload-Offset or Upload-Length is no number");
    } else if (answer->offset < 0) {
        buffer_printf(problem, "the server answered %d without Upload-Offset", answer->status);
    } else if (answer->length >= 0 && answer->offset > answer->length) {
        buffer_printf(problem, "the server's cursor is at %" PRId64 " of an upload of %" PRId64 " bytes",
                      answer->offset, answer->length);
    }
    return problem->length ? -1 : answer->offset;
}

/* The time is over. `before` and `last` are the last two answers, -1 for one that there was not. */
static void tell_unsettled(const struct job *job, int64_t before, int64_t last, const struct buffer *problem) {
    struct buffer limit = { 0 };
    duration_print(&limit, job->timeout);
    if (before >= 0)
        printf("nocursor it still moves after %s: %" PRId64 ", then %" PRId64 "\n", limit.bytes, before, last);
    else if (problem->length)
        printf("nocursor %s (asked for %s)\n", problem->bytes, limit.bytes);
    else
        printf("nocursor only one answer came in %s, and one is not enough: %" PRId64 "\n", limit.bytes, last);
    buffer_done(&limit);
}

static void ask_until_stable(const struct job *job, struct lone *lone) {
    struct buffer problem = { 0 };
    int64_t before = -1, last = -1;
    for (bool again = false;;) {
        int64_t offset = ask(job, lone, &problem, &again);
        if (offset >= 0 && offset == last) {
            printf("cursor %" PRId64 "\n", offset);
            break;
        }
        if (offset < 0 && !again) {
            printf("nocursor %s\n", problem.bytes);
            break;
        }
        if (offset >= 0) {
            before = last;
            last = offset;
        }
        if (clock_monotonic() + job->every >= lone->deadline) {
            tell_unsettled(job, before, last, &problem);
            break;
        }
        poll(NULL, 0, (int)(job->every / MILLISECOND));
    }
    buffer_done(&problem);
}

void asker_run(const struct job *job) {
    struct lone lone = { .ca = job->ca,
                         .insecure = job->insecure,
                         .file = -1,
                         .timeout = job->timeout,
                         .deadline = clock_monotonic() + job->timeout,
                         .hold_at = -1 };
    if (lone_open(&lone))
        ask_until_stable(job, &lone);
    else
        puts("broken libcurl could not be started");
    lone_close(&lone);
}
