/* Sends a file chunk by chunk, and stops dead at the place where it is to be killed: nothing beyond it is given to the kernel, and it is
 * reported only when the peer's kernel has acknowledged everything and `settle` has passed, so that what the server then has is its own
 * doing. That is reached, not timed. */
#include "stdlib/upload/sender.h"

#include "base/clock.h"
#include "stdlib/file/content.h"
#include "stdlib/http/lone.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INTERIM_MOST = 64 /* that are told */, KILLED_WITHIN = 10000 /* ms */, TELL_BODY = 200 };

struct sender {
    const struct job *job; /* borrowed */
    struct lone lone;      /* to the server */
    struct buffer target;  /* where the next chunk goes */
    struct buffer stray;   /* the other origin that a Location leads to, where nothing is sent; empty: none does */
    bool has_upload;       /* the target is the upload itself, not where it is made */
    int64_t offset;        /* where the next chunk begins */
    int64_t sent;          /* how far bytes were handed to the kernel */
    int64_t quiet_since;   /* when everything up to the cut was acknowledged; 0: it is not */
    int interims;          /* so far */
    int status;            /* of the last answer; 0: none */
    struct buffer problem; /* why it is not well */
};

static int64_t memory_peak(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * INT64_C(1024) : 0;
}

/* ---- the cut ---- */

/* Asks for the SIGKILL and waits for it. */
static _Noreturn void await_end(struct sender *sender) {
    printf("cut %" PRId64 " %" PRId64 " %d\n", sender->job->kill_at, memory_peak(), sender->lone.requests);
    fflush(stdout);
    poll(NULL, 0, KILLED_WITHIN);
    fputs("nobody ended it\n", stderr);
    _exit(1);
}

/* At the place of the cut the request goes on as far as answers go: a server that refuses it meanwhile was not cut off by us. */
static void on_turn(void *data) {
    struct sender *sender = data;
    int64_t handed = lone_handed(&sender->lone);
    if (handed > sender->sent) sender->sent = handed;
    if (sender->job->kill_at <= sender->lone.begin || handed != sender->job->kill_at) return;
    int64_t now = clock_monotonic();
    if (!lone_is_acknowledged(&sender->lone))
        sender->quiet_since = 0;
    else if (!sender->quiet_since)
        sender->quiet_since = now;
    else if (now - sender->quiet_since >= sender->job->settle)
        await_end(sender);
}

/* ---- answers ---- */

/* Another origin gets neither the recipe's headers, which may be secrets, nor the file: only this one was named, and allowed. */
static void set_target(struct sender *sender, const char *location) {
    struct buffer target = { 0 }, here = { 0 };
    buffer_clear(&sender->stray);
    if (lone_resolve(sender->job->url, location, &target) && lone_origin(sender->job->url, &here) &&
        lone_origin(target.bytes, &sender->stray)) {
        printf("location %s\n", target.bytes);
        sender->has_upload = strcmp(here.bytes, sender->stray.bytes) == 0;
    }
    if (sender->has_upload) {
        buffer_clear(&sender->stray);
        buffer_clear(&sender->target);
        buffer_append(&sender->target, buffer_text(&target));
    }
    buffer_done(&target);
    buffer_done(&here);
}

static void tell_no_target(struct sender *sender) {
    if (sender->stray.length)
        buffer_printf(&sender->problem, "the server's Location leads to %s, another origin: nothing is sent there",
                      sender->stray.bytes);
    else
        buffer_append_string(&sender->problem, "the server did not say where the upload is (Location)");
}

static void on_interim(void *data) {
    struct sender *sender = data;
    const struct lone_answer *answer = &sender->lone.answer;
    if (sender->interims++ >= INTERIM_MOST) return;
    printf("interim %d %" PRId64 " %s\n", answer->status, answer->offset,
           answer->header.length ? answer->header.bytes : "");
    /* Of another version's 104 the draft says that a client must not act on it. */
    bool creates = sender->job->create && !sender->has_upload && answer->status == 104 && answer->version == 8;
    if (creates && answer->header.length) set_target(sender, answer->header.bytes);
    fflush(stdout);
}

static void tell_refusal(struct sender *sender, const struct lone_answer *answer) {
    buffer_printf(&sender->problem, "the server answered %d", answer->status);
    if (answer->status == 409 && answer->offset >= 0)
        buffer_printf(&sender->problem, ": its cursor is at %" PRId64 ", the chunk begins at %" PRId64, answer->offset,
                      sender->offset);
    struct text body = text_trim(text_slice(buffer_text(&answer->body), 0, TELL_BODY));
    if (!body.length) return;
    buffer_append_string(&sender->problem, ": ");
    for (size_t i = 0; i < body.length; i++)
        buffer_append_byte(&sender->problem, (unsigned char)body.bytes[i] < ' ' ? ' ' : body.bytes[i]);
}

/* The place up to which this answer says that the server has the file; -1 with words when it cannot be. */
static int64_t acknowledged(struct sender *sender, const struct lone_answer *answer, int64_t begin, int64_t end) {
    bool must = sender->job->protocol == UPLOAD_TUS && sender->has_upload;
    if (answer->nonsense)
        buffer_append_string(&sender->problem, "the server's Upload-Offset is no number");
    else if (answer->offset < 0 && must)
        buffer_printf(&sender->problem, "the server answered %d without Upload-Offset", answer->status);
    else if (answer->offset > end)
        buffer_printf(&sender->problem,
                      "the server's cursor is at %" PRId64 ", and only the bytes up to %" PRId64 " were sent",
                      answer->offset, end);
    else if (answer->offset >= 0 && answer->offset < begin)
        buffer_printf(&sender->problem, "the server's cursor went back from %" PRId64 " to %" PRId64, begin,
                      answer->offset);
    else if (answer->offset == begin && end > begin)
        buffer_printf(&sender->problem, "the server answered %d and took nothing of the chunk at %" PRId64,
                      answer->status, begin);
    else
        return answer->offset < 0 ? end : answer->offset;
    return -1;
}

/* ---- requests ---- */

void sender_add_headers(const struct job *job, struct lone *lone) {
    if (job->key) lone_header(lone, "Idempotency-Key: %s", job->key);
    for (size_t i = 0; i < job->headers.count; i++) lone_header(lone, "%s", job->headers.items[i]);
}

static void add_headers(struct sender *sender, bool creates, int64_t end) {
    const struct job *job = sender->job;
    struct lone *lone = &sender->lone;
    if (creates)
        lone_header(lone, "Upload-Length: %" PRId64, job->size);
    else
        lone_header(lone, "Upload-Offset: %" PRId64, sender->offset);
    switch (job->protocol) {
    case UPLOAD_IETF:
        lone_header(lone, "Upload-Draft-Interop-Version: 8");
        lone_header(lone, "Upload-Complete: %s", end == job->size ? "?1" : "?0");
        if (!creates) lone_header(lone, "Content-Type: application/partial-upload");
        break;
    case UPLOAD_TUS: lone_header(lone, "Tus-Resumable: 1.0.0"); __attribute__((fallthrough));
    case UPLOAD_SESSION:
    case UPLOAD_PROTOCOLS: lone_header(lone, "Content-Type: application/offset+octet-stream"); break;
    }
    sender_add_headers(job, lone);
}

static void tell_file(const struct sender *sender, int problem) {
    const char *words = problem < 0 ? "it became shorter while it was sent" : content_problem(problem);
    printf("broken %s: %s\n", sender->job->path, words);
}

/* One chunk. False when the upload is over, well or not. */
static bool send_chunk(struct sender *sender) {
    const struct job *job = sender->job;
    struct lone *lone = &sender->lone;
    bool creates = job->create && !sender->has_upload;
    int64_t begin = sender->offset, end = job->size - begin > job->chunk ? begin + job->chunk : job->size;
    add_headers(sender, creates, end);
    bool whole = lone_ask(lone, creates ? "POST" : "PATCH", sender->target.bytes, begin, end);
    int64_t handed = lone_handed(lone);
    if (handed > sender->sent) sender->sent = handed;
    const struct lone_answer *answer = &lone->answer;
    sender->status = answer->status >= 200 ? answer->status : 0;
    if (!whole)
        buffer_append(&sender->problem, buffer_text(&lone->problem));
    else if (answer->status < 200 || answer->status > 299)
        tell_refusal(sender, answer);
    int64_t place = sender->problem.length ? -1 : acknowledged(sender, answer, begin, handed < end ? handed : end);
    if (place >= 0) sender->offset = place;
    if (creates && place >= 0 && answer->header.length) set_target(sender, answer->header.bytes);
    printf("answer %d %" PRId64 "\n", sender->status, sender->offset);
    if (place >= 0 && place < job->size && creates && !sender->has_upload) tell_no_target(sender);
    return !sender->problem.length && sender->offset < job->size;
}

/* ---- the file ---- */

static int64_t changed_at(const struct stat *status) {
    return status->st_mtim.tv_sec * SECOND + status->st_mtim.tv_nsec;
}

/* Whether it is still the file that the recipe named. */
static bool is_same_file(const struct sender *sender) {
    struct stat status;
    return fstat(sender->lone.file, &status) == 0 && status.st_size == sender->job->size &&
           changed_at(&status) == sender->job->changed;
}

static void send_all(struct sender *sender) {
    const struct job *job = sender->job;
    bool more = true;
    while (more) {
        more = send_chunk(sender);
        if (sender->lone.read_error || !is_same_file(sender)) {
            if (sender->lone.read_error)
                tell_file(sender, sender->lone.read_error);
            else
                printf("broken %s: it changed while it was sent\n", job->path);
            return;
        }
        if (more && sender->offset == job->kill_at) { /* the end of a chunk, and its answer is there already */
            poll(NULL, 0, (int)(job->settle / MILLISECOND));
            await_end(sender);
        }
    }
    printf("end %d %" PRId64 " %" PRId64 " %d %s\n", sender->problem.length == 0, sender->sent, memory_peak(),
           sender->lone.requests, sender->problem.length ? sender->problem.bytes : "");
}

void sender_run(const struct job *job) {
    struct sender sender = { .job = job, .offset = job->from, .sent = job->from };
    sender.lone = (struct lone){ .ca = job->ca,
                                 .insecure = job->insecure,
                                 .file = content_open(job->path),
                                 .timeout = job->timeout,
                                 .deadline = clock_monotonic() + job->timeout,
                                 .hold_at = job->kill_at,
                                 .data = &sender,
                                 .turned = on_turn,
                                 .interim = on_interim };
    buffer_append_string(&sender.target, job->url);
    sender.has_upload = !job->create;
    if (sender.lone.file < 0)
        tell_file(&sender, errno);
    else if (!is_same_file(&sender))
        printf("broken %s: it changed before it was sent\n", job->path);
    else if (!lone_open(&sender.lone))
        puts("broken libcurl could not be started");
    else
        send_all(&sender);
    lone_close(&sender.lone);
    if (sender.lone.file >= 0) close(sender.lone.file);
    buffer_done(&sender.target);
    buffer_done(&sender.stray);
    buffer_done(&sender.problem);
}
