/* The rows of uploads: what a recipe asks, checked before a process is started, and what becomes of the process's end. */
#include "stdlib/upload/job.h"

#include "base/clock.h"
#include "stdlib/file/content.h"
#include "stdlib/functions.h"
#include "stdlib/http/request.h"
#include "stdlib/http/url.h"
#include "stdlib/upload/uploader.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- arguments ---- */

static char *copy(struct text text) {
    return memory_copy(text.bytes, text.length);
}

static enum upload_protocol protocol_of(struct text word) {
    return text_is(word, "tus") ? UPLOAD_TUS : text_is(word, "ietf") ? UPLOAD_IETF : UPLOAD_SESSION;
}

static bool belongs_to_protocol(const char *line) {
    static const char *const names[] = { "Upload-",      "Tus-Resumable", "Idempotency-Key",
                                         "Content-Type", "Expect",        "Accept-Encoding" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(line, names[i], strlen(names[i])) == 0) return true;
    return false;
}

static bool read_headers(struct value headers, struct job *job, struct buffer *problem) {
    struct request request = { .file = -1 };
    bool good = request_read_headers(headers, &request, problem);
    if (request.accept_encoding) buffer_append_string(problem, "headers: Accept-Encoding has no use here");
    for (size_t i = 0; i < request.headers.count; i++) {
        char *line = request.headers.items[i];
        VECTOR_PUSH(&job->headers, line);
        if (!problem->length && belongs_to_protocol(line))
            buffer_printf(problem, "headers: %.*s is set by the protocol", (int)strcspn(line, ":;"), line);
    }
    memory_release(request.accept_encoding);
    VECTOR_DONE(&request.headers);
    return good && !problem->length;
}

static bool read_key(struct text key, struct job *job, struct buffer *problem) {
    for (size_t i = 0; i < key.length; i++)
        if ((unsigned char)key.bytes[i] < ' ' || key.bytes[i] == 127) {
            buffer_append_string(problem, "the key has a control character");
            return false;
        }
    job->key = copy(key);
    return true;
}

/* What both rows have: `at` are the places of protocol, key, headers, timeout, ca, insecure. */
struct places {
    unsigned char url, protocol, key, headers, timeout, ca, insecure;
};

static bool read_common(struct native_call *call, const struct places *at, struct job *job, struct buffer *problem) {
    struct text url = argument_text(call, at->url), ca = argument_text(call, at->ca);
    job->url = copy(url);
    job->protocol = protocol_of(argument_text(call, at->protocol));
    job->timeout = argument_integer(call, at->timeout);
    job->insecure = argument_boolean(call, at->insecure);
    job->kill_at = -1;
    if (!argument_is_none(call, at->ca)) job->ca = copy(ca);
    if (job->timeout <= 0) buffer_append_string(problem, "the timeout must be above 0s");
    if (job->timeout > HOUR) buffer_append_string(problem, "the timeout must be an hour at most");
    if (job->ca && access(job->ca, R_OK) != 0) buffer_printf(problem, "ca %s: %s", job->ca, content_problem(errno));
    bool good = !problem->length && url_check(url, problem) && read_headers(argument(call, at->headers), job, problem);
    return good && (argument_is_none(call, at->key) || read_key(argument_text(call, at->key), job, problem));
}

static void check_places(const struct job *job, struct buffer *problem) {
    struct buffer size = { 0 }, place = { 0 };
    size_print(&size, job->size);
    size_print(&place, job->from > job->size ? job->from : job->kill_at);
    if (job->from > job->size)
        buffer_printf(problem, "from: %s is beyond the end of %s, which has %s", place.bytes, job->path, size.bytes);
    else if (job->kill_at >= job->size)
        buffer_printf(problem,
                      "kill_at: %s is not before the end of %s, which has %s: an upload that is over cannot be killed",
                      place.bytes, job->path, size.bytes);
    else if (job->kill_at >= 0 && job->kill_at <= job->from)
        buffer_printf(problem, "kill_at: %s is not behind from:, so nothing would be sent", place.bytes);
    buffer_done(&size);
    buffer_done(&place);
}

static bool read_file(struct text path, struct job *job, struct buffer *problem) {
    struct stat status;
    job->path = copy(path);
    int file = content_open(job->path);
    if (file < 0 || fstat(file, &status) != 0) {
        buffer_printf(problem, "%s: %s", job->path, content_problem(errno));
    } else {
        job->size = status.st_size;
        job->changed = status.st_mtim.tv_sec * SECOND + status.st_mtim.tv_nsec;
        check_places(job, problem);
    }
    if (file >= 0) close(file);
    return !problem->length;
}

/* source, target, key, chunk, from, kill_at, protocol, create, headers, settle, timeout, ca, insecure */
static bool read_upload(struct native_call *call, struct job *job, struct buffer *problem) {
    static const struct places at = {
        .url = 1, .protocol = 6, .key = 2, .headers = 8, .timeout = 10, .ca = 11, .insecure = 12
    };
    if (!read_common(call, &at, job, problem)) return false;
    job->chunk = argument_integer(call, 3);
    job->from = argument_integer(call, 4);
    if (!argument_is_none(call, 5)) job->kill_at = argument_integer(call, 5);
    job->create = argument_boolean(call, 7);
    job->settle = argument_integer(call, 9);
    if (job->chunk <= 0)
        buffer_append_string(problem, "the chunk must be above 0B");
    else if (job->from < 0)
        buffer_append_string(problem, "from: cannot be negative");
    else if (!argument_is_none(call, 5) && job->kill_at < 0)
        buffer_append_string(problem, "kill_at: cannot be negative");
    else if (job->settle < 0 || job->settle > MINUTE)
        buffer_append_string(problem, "settle: 0s to 1m");
    else if (job->create && job->protocol == UPLOAD_SESSION)
        buffer_append_string(problem, "create: is of tus and ietf; a session is made by a request of its own");
    else if (job->create && job->from > 0)
        buffer_append_string(problem, "create: begins a new upload, which cannot go on from: a place");
    return !problem->length && read_file(argument_text(call, 0), job, problem);
}

/* url, protocol, key, headers, every, timeout, ca, insecure */
static bool read_question(struct native_call *call, struct job *job, struct buffer *problem) {
    static const struct places at = {
        .url = 0, .protocol = 1, .key = 2, .headers = 3, .timeout = 5, .ca = 6, .insecure = 7
    };
    job->asks = true;
    job->every = argument_integer(call, 4);
    if (job->every < MILLISECOND || job->every > MINUTE) buffer_append_string(problem, "every: 1ms to 1m");
    return !problem->length && read_common(call, &at, job, problem);
}

/* A load that gets out of hand must not fall upon somebody else's machine. */
static bool may_go(struct native_call *call, const struct job *job, struct buffer *problem) {
    if (!native_is_of_load(call)) return true;
    struct buffer target = { 0 };
    bool may = url_target(job->url, &target) && native_may_reach(call, "a load", buffer_text(&target), problem);
    if (!may && !problem->length) buffer_append_string(problem, "the URL names no host");
    buffer_done(&target);
    return may;
}

static enum native_outcome start(struct native_call *call,
                                 bool (*read)(struct native_call *call, struct job *job, struct buffer *problem)) {
    struct job job = { 0 };
    struct buffer problem = { 0 };
    enum native_outcome outcome = NATIVE_FAIL;
    if (read(call, &job, &problem) && may_go(call, &job, &problem)) outcome = uploader_start(call, &job, &problem);
    if (problem.length) outcome = native_fail(call, "%s: %s", call->row->name, problem.bytes);
    job_done(&job);
    buffer_done(&problem);
    return outcome;
}

enum native_outcome upload_send(struct native_call *call) {
    return start(call, read_upload);
}

enum native_outcome upload_cursor(struct native_call *call) {
    return start(call, read_question);
}
