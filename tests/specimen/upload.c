/* Requests about uploads. A body that is sent to a session is stored while it comes, never held. */
#include "upload.h"

#include "defect.h"
#include "json.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 * 1024 };

bool upload_is_path(const char *path) {
    return strcmp(path, "/uploads") == 0 || strncmp(path, "/uploads/", 9) == 0 || strncmp(path, "/blobs/", 7) == 0;
}

bool upload_streams(const struct http_message *message) {
    return strncmp(message->head, "PATCH /uploads/", 15) == 0;
}

/* ---- answers ---- */

static void say_cursor(struct answer *answer, const struct session *session) {
    text_print(&answer->headers, "Upload-Offset: %lld\r\nUpload-Length: %lld\r\nCache-Control: no-store\r\n",
               session->stored, session->size);
}

static void show(struct answer *answer, int status, const struct session *session) {
    answer->status = status;
    answer->type = "application/json";
    text_print(&answer->body, "{\"session\":\"%s\",\"size\":%lld,\"offset\":%lld}", session->name, session->size,
               session->stored);
    say_cursor(answer, session);
}

/* Answers what stands against it; true if nothing does. */
static bool allowed(enum session_result result, const struct session *session, struct answer *answer) {
    switch (result) {
    case SESSION_OK: return true;
    case SESSION_ABSENT: api_refuse(answer, 404, "there is no such upload"); break;
    case SESSION_EXPIRED:
        answer->status = 410;
        answer->type = "application/json";
        text_print(&answer->body, "{\"error\":\"session_expired\",\"retryable\":false}");
        break;
    case SESSION_OTHER: api_refuse(answer, 422, "the key is another upload's"); break;
    case SESSION_BUSY: api_refuse(answer, 409, "somebody else is writing"); break;
    case SESSION_WRONG:
        api_refuse(answer, 409, "that is not where it goes on");
        say_cursor(answer, session);
        break;
    case SESSION_FULL: api_refuse(answer, 503, "there is no room for it"); break;
    }
    return false;
}

/* A whole number of at least 0; -1 if it is none. */
static long long number_of(const char *text) {
    if (!text || !*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15) return -1;
    return strtoll(text, NULL, 10);
}

static long long member_of(const struct http_message *message, const char *name) {
    struct json *document = message->body ? json_read(message->body, message->length) : NULL;
    const struct json *member = json_member(document, name);
    long long number = member && member->kind == JSON_NUMBER ? number_of(member->text) : -1;
    json_free(document);
    return number;
}

/* ---- requests ---- */

static void make(const struct http_message *message, struct answer *answer) {
    char key[SESSION_KEY + 1];
    struct session session;
    long long size = member_of(message, "size");
    if (!http_header(message, "Idempotency-Key", key, sizeof key) || !*key)
        api_refuse(answer, 400, "Idempotency-Key is missing or too long");
    else if (size < 0)
        api_refuse(answer, 400, "size is missing");
    else if (allowed(session_make(key, size, &session), &session, answer))
        show(answer, 201, &session);
}

static void tell(const char *name, struct answer *answer) {
    struct session session;
    if (allowed(session_find(name, &session), &session, answer)) show(answer, 200, &session);
}

static void grow_old(const struct http_message *message, const char *name, struct answer *answer) {
    struct session session = { 0 };
    long long seconds = member_of(message, "seconds");
    if (seconds < 0)
        api_refuse(answer, 400, "seconds are missing");
    else if (allowed(session_age(name, seconds), &session, answer))
        answer->status = 204;
}

/* Stores the body as it comes; true if all of it came. */
static bool store(struct http_stream *stream, struct http_message *message, const char *name) {
    char *block = malloc(BLOCK);
    while (block && message->left > 0) {
        long long got = http_take(stream, message, block, BLOCK);
        if (got <= 0 || !session_write(name, block, got)) break;
    }
    free(block);
    return message->left == 0;
}

static void take(struct http_stream *stream, struct http_message *message, const char *name, struct answer *answer) {
    char text[SESSION_KEY + 1];
    struct session session;
    long long offset = http_header(message, "Upload-Offset", text, sizeof text) ? number_of(text) : -1;
    if (offset < 0) {
        api_refuse(answer, 400, "Upload-Offset is missing");
        return;
    }
    if (!allowed(session_find(name, &session), &session, answer)) return;
    bool is_other = http_header(message, "Idempotency-Key", text, sizeof text) && strcmp(text, session.key) != 0;
    if (is_other)
        allowed(SESSION_OTHER, &session, answer);
    else if (offset + (long long)message->left > session.size || defect_on(DEFECT_REFUSES_UPLOADS))
        api_refuse(answer, 413, "that is more than was announced");
    else if (allowed(session_begin(name, offset, &session), &session, answer)) {
        bool whole = http_continue(stream, message) && store(stream, message, name);
        session_end(name, whole, &session);
        answer->status = 204;
        say_cursor(answer, &session);
    }
}

static void give(const char *name, struct answer *answer) {
    struct session session;
    if (!allowed(session_find(name, &session), &session, answer)) return;
    int file = session.stored == session.size ? session_open(name) : -1;
    if (file < 0) {
        api_refuse(answer, 404, "the upload is not complete");
        return;
    }
    answer->status = 200;
    answer->type = "application/octet-stream";
    answer->has_file = true;
    answer->file = file;
    answer->file_length = session.size;
}

void upload_answer(struct http_stream *stream, struct http_message *message, const char *method, const char *path,
                   struct answer *answer) {
    char name[SESSION_NAME + 1] = "";
    const char *rest = strchr(path + 1, '/');
    size_t length = rest ? strcspn(rest + 1, "/") : 0;
    if (length <= SESSION_NAME && rest) snprintf(name, sizeof name, "%.*s", (int)length, rest + 1);
    bool is_age = rest && strcmp(rest + 1 + length, "/age") == 0, is_one = rest && rest[1 + length] == '\0';
    bool is_blob = strncmp(path, "/blobs/", 7) == 0, gets = strcmp(method, "GET") == 0;
    if (!rest && strcmp(method, "POST") == 0)
        make(message, answer);
    else if (is_age && !is_blob && strcmp(method, "POST") == 0)
        grow_old(message, name, answer);
    else if (is_one && gets && is_blob)
        give(name, answer);
    else if (is_one && gets)
        tell(name, answer);
    else if (is_one && !is_blob && strcmp(method, "PATCH") == 0)
        take(stream, message, name, answer);
    else
        api_refuse(answer, is_one || !rest ? 405 : 404, "there is no such method here");
}
