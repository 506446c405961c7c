/* A job as text, and back. One table of fields serves both. */
#include "stdlib/upload/job.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct text_field {
    const char *name;
    size_t offset; /* of a char * */
} texts[] = {
    { "path", offsetof(struct job, path) },
    { "url", offsetof(struct job, url) },
    { "key", offsetof(struct job, key) },
    { "ca", offsetof(struct job, ca) },
};
static const struct number_field {
    const char *name;
    size_t offset; /* of an int64_t */
} numbers[] = {
    { "size", offsetof(struct job, size) },       { "changed", offsetof(struct job, changed) },
    { "chunk", offsetof(struct job, chunk) },     { "from", offsetof(struct job, from) },
    { "kill_at", offsetof(struct job, kill_at) }, { "settle", offsetof(struct job, settle) },
    { "timeout", offsetof(struct job, timeout) }, { "every", offsetof(struct job, every) },
};
enum { TEXTS = sizeof texts / sizeof *texts, NUMBERS = sizeof numbers / sizeof *numbers };

static void put(struct buffer *out, const char *name, const char *content) {
    buffer_append_string(out, name);
    buffer_append_byte(out, 0);
    buffer_append_string(out, content);
    buffer_append_byte(out, 0);
}

static void put_number(struct buffer *out, const char *name, int64_t number) {
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRId64, number);
    put(out, name, digits);
}

void job_write(const struct job *job, struct buffer *out) {
    const char *bytes = (const char *)job;
    for (size_t i = 0; i < TEXTS; i++) {
        const char *content;
        memcpy(&content, bytes + texts[i].offset, sizeof content);
        if (content) put(out, texts[i].name, content);
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t number;
        memcpy(&number, bytes + numbers[i].offset, sizeof number);
        put_number(out, numbers[i].name, number);
    }
    for (size_t i = 0; i < job->headers.count; i++) put(out, "header", job->headers.items[i]);
    put_number(out, "protocol", job->protocol);
    put_number(out, "asks", job->asks);
    put_number(out, "create", job->create);
    put_number(out, "insecure", job->insecure);
    put(out, "end", "");
}

/* ---- back ---- */

static bool take_text(struct job *job, const char *name, const char *content) {
    if (strcmp(name, "header") == 0) {
        VECTOR_PUSH(&job->headers, memory_copy(content, strlen(content)));
        return true;
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (strcmp(name, texts[i].name) != 0) continue;
        char *copy = memory_copy(content, strlen(content)), *old;
        memcpy(&old, (char *)job + texts[i].offset, sizeof old);
        memory_release(old);
        memcpy((char *)job + texts[i].offset, &copy, sizeof copy);
        return true;
    }
    return false;
}

static bool take_number(struct job *job, const char *name, int64_t number) {
    for (size_t i = 0; i < NUMBERS; i++) {
        if (strcmp(name, numbers[i].name) != 0) continue;
        memcpy((char *)job + numbers[i].offset, &number, sizeof number);
        return true;
    }
    if (strcmp(name, "protocol") == 0 && number >= 0 && number < UPLOAD_PROTOCOLS)
        job->protocol = (enum upload_protocol)number;
    else if (strcmp(name, "asks") == 0)
        job->asks = number != 0;
    else if (strcmp(name, "create") == 0)
        job->create = number != 0;
    else if (strcmp(name, "insecure") == 0)
        job->insecure = number != 0;
    else
        return false;
    return true;
}

/* The text up to the next NUL; NULL when there is none any more. */
static const char *next(struct text *text) {
    const char *begin = text->bytes, *end = text->length ? memchr(text->bytes, 0, text->length) : NULL;
    if (!end) return NULL;
    *text = text_slice(*text, (size_t)(end - begin) + 1, text->length);
    return begin;
}

bool job_read(struct text text, struct job *job) {
    for (;;) {
        const char *name = next(&text), *content = name ? next(&text) : NULL;
        if (!content) return false;
        if (strcmp(name, "end") == 0) return job->url != NULL;
        if (take_text(job, name, content)) continue;
        char *end;
        int64_t number = strtoll(content, &end, 10);
        if (!*content || *end || !take_number(job, name, number)) return false;
    }
}

void job_done(struct job *job) {
    for (size_t i = 0; i < job->headers.count; i++) memory_release(job->headers.items[i]);
    VECTOR_DONE(&job->headers);
    memory_release(job->path);
    memory_release(job->url);
    memory_release(job->key);
    memory_release(job->ca);
    *job = (struct job){ 0 };
}
