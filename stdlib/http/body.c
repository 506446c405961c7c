/* Bodies of answers: in memory up to 1 MiB, in a scratch file beyond. The file belongs to a handle and is removed with it. */
#include "stdlib/http/body.h"

#include "base/memory.h"
#include "stdlib/file/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct body {
    struct run *run;      /* whose scratch folder and heap are used */
    int64_t limit;        /* bytes that are accepted */
    int64_t size;         /* bytes so far */
    struct buffer memory; /* while there is no file */
    char *path;           /* of the file; owned; NULL */
    int descriptor;       /* of the file; -1 */
};

struct body *body_new(struct run *run, int64_t limit) {
    struct body *body = memory_allocate(sizeof *body);
    *body = (struct body){ .run = run, .limit = limit, .descriptor = -1 };
    return body;
}

void body_free(struct body *body) {
    if (!body) return;
    if (body->descriptor >= 0) close(body->descriptor);
    if (body->path) unlink(body->path);
    memory_release(body->path);
    buffer_done(&body->memory);
    memory_release(body);
}

static enum body_outcome spool(struct body *body) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/body-XXXXXX", run_folder(body->run));
    body->descriptor = mkostemp(path.bytes, O_CLOEXEC);
    if (body->descriptor < 0) {
        int problem = errno;
        buffer_done(&path);
        errno = problem;
        return BODY_UNWRITTEN;
    }
    body->path = buffer_take(&path);
    errno = content_append(body->descriptor, buffer_text(&body->memory));
    buffer_done(&body->memory);
    return errno ? BODY_UNWRITTEN : BODY_GOOD;
}

enum body_outcome body_add(struct body *body, struct text bytes) {
    if ((int64_t)bytes.length > body->limit - body->size) return BODY_OVER;
    body->size += (int64_t)bytes.length;
    if (body->descriptor < 0 && body->size <= BODY_IN_MEMORY) {
        buffer_append(&body->memory, bytes);
        return BODY_GOOD;
    }
    if (body->descriptor < 0 && spool(body) != BODY_GOOD) return BODY_UNWRITTEN;
    errno = content_append(body->descriptor, bytes);
    return errno ? BODY_UNWRITTEN : BODY_GOOD;
}

int64_t body_size(const struct body *body) {
    return body->size;
}

bool body_equals(const struct body *body, struct text text) {
    return !body->path && text_equal(buffer_text(&body->memory), text);
}

/* ---- the handle of a spooled body: its state is the path ---- */

static void release(void *state) {
    char *path = state;
    unlink(path);
    memory_release(path);
}

static void describe(void *state, struct buffer *out) {
    buffer_printf(out, "body in %s", (const char *)state);
}

static const struct handle_class body_class = { .type = "body", .release = release, .describe = describe };

struct value body_take(struct body *body) {
    struct value value;
    if (body->path) {
        value = handle_new(body->run, &body_class, body->path);
        body->path = NULL;
    } else {
        value = value_text(run_heap(body->run), buffer_text(&body->memory));
    }
    body_free(body);
    return value;
}

struct value body_of(struct value response) {
    bool found = false;
    struct value body = response.kind == VALUE_RECORD ? value_field(response, TEXT("body"), &found) : value_none();
    return found ? body : value_none();
}

const char *body_file(struct value body) {
    return body.kind == VALUE_HANDLE ? handle_state(body, &body_class) : NULL;
}

static bool add_block(void *data, struct text bytes) {
    buffer_append(data, bytes);
    return true;
}

bool body_read(struct value body, struct buffer *out, const char **problem) {
    const char *path = body_file(body);
    int error = path ? content_read(path, NULL, add_block, out) : 0;
    if (body.kind == VALUE_TEXT) buffer_append(out, value_text_of(body));
    if (path && !error) return true;
    *problem = path ? content_problem(error) : "this answer's body was not kept";
    return body.kind == VALUE_TEXT;
}
