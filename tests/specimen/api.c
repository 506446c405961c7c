/* Routes and handlers:
 *   GET /healthz /readyz /version      the process
 *   GET, POST /notes                   the newest ones, a new one
 *   GET, PUT, DELETE /notes/ID
 *   GET /find?q=TEXT                   notes by title; /search before v2.0.0, and still answered by it
 *   GET, POST /items                   what offline clients brought: {"items": [{"id", "title"}]}; one more, known by its id
 *   /uploads, /blobs                   files that come in pieces: upload.h
 *   GET /generate                      a text of the AI gateway; 503 ai_unavailable when there is none
 * As the gateway: GET /healthz, /readyz, /version, /complete.
 * Clients say who they are: X-Client-Version and X-Schema. Whoever says nothing is served. */
#include "api.h"

#include "ai.h"
#include "control.h"
#include "defect.h"
#include "items.h"
#include "life.h"
#include "release.h"
#include "store.h"
#include "upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char oldest_client[] = "v1.0.0";

struct request {
    const struct http_message *message;
    char method[8];
    char path[512];
    char query[512]; /* behind the question mark, as it came */
    long id;         /* of /notes/ID; 0 for other paths */
};

void api_refuse(struct answer *answer, int status, const char *why) {
    answer->status = status;
    answer->type = "application/json";
    answer->body.length = 0;
    text_add(&answer->body, "{\"error\":", 9);
    text_quote(&answer->body, why);
    text_add(&answer->body, "}", 1);
}

static void say(struct answer *answer, int status, const char *text) {
    answer->status = status;
    answer->type = "text/plain";
    text_print(&answer->body, "%s", text);
}

/* ---- the process ---- */

static void healthz(const struct request *request, struct answer *answer) {
    (void)request;
    if (defect_on(DEFECT_HEALTHZ_DIES_TOO) && !ai_is_well())
        say(answer, 503, "the gateway fails\n");
    else
        say(answer, 200, "ok\n");
}

static void readyz(const struct request *request, struct answer *answer) {
    (void)request;
    if (life_is_draining())
        say(answer, 503, "draining\n");
    else if (!life_is_warm() && !defect_on(DEFECT_READY_BEFORE_WARM))
        say(answer, 503, "warming up\n");
    else
        say(answer, 200, "ready\n");
}

static void version(const struct request *request, struct answer *answer) {
    (void)request;
    say(answer, 200, release_this()->tag);
}

/* ---- notes ---- */

/* Answers what the store could not do; true if it did it. */
static bool stored(enum store_result result, struct answer *answer) {
    if (result == STORE_ABSENT) api_refuse(answer, 404, "there is no such note");
    if (result == STORE_FAILED) api_refuse(answer, 500, "the database failed");
    return result == STORE_OK;
}

static void show(int status, const struct note *note, struct answer *answer) {
    answer->status = status;
    answer->type = "application/json";
    note_print(note, &answer->body);
}

static void show_all(const char *part, struct answer *answer) {
    struct notes notes = { 0 };
    if (stored(store_search(part, &notes), answer)) {
        answer->status = 200;
        answer->type = "application/json";
        text_add(&answer->body, "{\"notes\":[", 10);
        for (size_t i = 0; i < notes.count; i++) {
            if (i) text_add(&answer->body, ",", 1);
            note_print(&notes.items[i], &answer->body);
        }
        text_add(&answer->body, "]}", 2);
    }
    notes_free(&notes);
}

static void list(const struct request *request, struct answer *answer) {
    (void)request;
    show_all(NULL, answer);
}

static struct json *document_of(const struct request *request) {
    return request->message->body ? json_read(request->message->body, request->message->length) : NULL;
}

static void create(const struct request *request, struct answer *answer) {
    struct json *document = document_of(request);
    struct note note = { 0 };
    const char *problem = note_update(&note, document);
    if (!problem && defect_on(DEFECT_NEW_FIELD_REQUIRED) && release_this()->schema >= 2 && !note.author)
        problem = "author is missing";
    if (problem)
        api_refuse(answer, 400, problem);
    else if (stored(store_create(&note), answer))
        show(201, &note, answer);
    note_free(&note);
    json_free(document);
}

static void get(const struct request *request, struct answer *answer) {
    struct note note = { 0 };
    if (stored(store_get(request->id, &note), answer)) show(200, &note, answer);
    note_free(&note);
}

static void update(const struct request *request, struct answer *answer) {
    struct json *document = document_of(request);
    struct note note = { 0 };
    const char *problem = NULL;
    enum store_result result = store_update(request->id, document, &note, &problem);
    if (problem)
        api_refuse(answer, 400, problem);
    else if (stored(result, answer))
        show(200, &note, answer);
    note_free(&note);
    json_free(document);
}

static void delete_note(const struct request *request, struct answer *answer) {
    if (stored(store_remove(request->id), answer)) answer->status = 204;
}

/* Undoes percent-encoding and plus signs, in place. */
static void decode(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++, to++) {
        unsigned byte;
        int used = 0;
        *to = *from == '+' ? ' ' : *from;
        if (*from == '%' && sscanf(from + 1, "%2x%n", &byte, &used) == 1 &&
            used == 2) { // NOLINT(cert-err34-c): two digits
            *to = (char)byte;
            from += 2;
        }
    }
    *to = '\0';
}

static void find(const struct request *request, struct answer *answer) {
    if (strncmp(request->query, "q=", 2) != 0) {
        api_refuse(answer, 400, "what to look for is missing: ?q=TEXT");
        return;
    }
    char part[sizeof request->query];
    snprintf(part, sizeof part, "%.*s", (int)strcspn(request->query + 2, "&"), request->query + 2);
    decode(part);
    show_all(part, answer);
}

static void find_by_old_name(const struct request *request, struct answer *answer) {
    if (defect_on(DEFECT_FAILS_ON_OLD_ROUTE))
        api_refuse(answer, 500, "internal error");
    else
        find(request, answer);
}

/* ---- items of offline clients ---- */

static const char *text_of(const struct json *document, const char *name, size_t most) {
    const struct json *member = document ? json_member(document, name) : NULL;
    return member && member->kind == JSON_STRING && *member->text && strlen(member->text) <= most ? member->text : NULL;
}

static void list_items(const struct request *request, struct answer *answer) {
    (void)request;
    answer->status = 200;
    answer->type = "application/json";
    if (items_print(&answer->body)) return;
    api_refuse(answer, 500, "the database failed");
}

static void take_item(const struct request *request, struct answer *answer) {
    struct json *document = document_of(request);
    const char *id = text_of(document, "id", 64), *title = text_of(document, "title", 80);
    if (!id || !title) {
        api_refuse(answer, 400, "id and title are texts of 1 to 64 and 80 bytes");
    } else {
        enum items_result result = items_put(id, title);
        answer->status = result == ITEMS_NEW ? 201 : 200;
        answer->type = "application/json";
        text_print(&answer->body, "{\"known\":%s}", result == ITEMS_NEW ? "false" : "true");
        if (result == ITEMS_FAILED) api_refuse(answer, 500, "the database failed");
    }
    json_free(document);
}

/* ---- the optional dependency ---- */

static void say_text(struct answer *answer, const char *text) {
    answer->status = 200;
    answer->type = "application/json";
    text_add(&answer->body, "{\"text\":", 8);
    text_quote(&answer->body, text);
    text_add(&answer->body, "}", 1);
}

static void generate(const struct request *request, struct answer *answer) {
    char id[128] = "";
    struct text text = { 0 };
    if (!http_header(request->message, "X-Request-Id", id, sizeof id)) *id = '\0';
    if (ai_complete(id, &text))
        say_text(answer, text.bytes ? text.bytes : "");
    else
        api_refuse(answer, 503, "ai_unavailable");
    text_free(&text);
}

static void complete(const struct request *request, struct answer *answer) {
    (void)request;
    say_text(answer, "a note about notes");
}

/* ---- who asks ---- */

/* Refuses clients from outside the window; true if this one may go on. */
static bool welcome(const struct request *request, struct answer *answer) {
    char tag[32], schema[16];
    bool named = http_header(request->message, "X-Client-Version", tag, sizeof tag);
    bool older = named && release_compare(tag, release_this()->tag) < 0;
    if (named && release_compare(tag, oldest_client) < 0) {
        printf("refused client %s: version too old\n", tag);
        api_refuse(answer, 426, "client version too old");
        return false;
    }
    if (http_header(request->message, "X-Schema", schema, sizeof schema) && strtol(schema, NULL, 10) < 1) {
        printf("refused schema %s: schema mismatch\n", schema);
        api_refuse(answer, 409, "schema mismatch");
        return false;
    }
    if (older && defect_on(DEFECT_OLD_CLIENT_REJECTED)) {
        api_refuse(answer, 426, "please update");
        return false;
    }
    if (older && defect_on(DEFECT_VERSION_CHECK_TOO_STRICT)) printf("client %s: version too old\n", tag);
    return true;
}

/* Whether an ordinary request can be served now. */
static bool able(struct answer *answer) {
    if (!life_is_warm()) {
        api_refuse(answer, 503, "warming up");
        return false;
    }
    if (defect_on(DEFECT_FAILS_FOR_200MS) && life_since_first_request() < 200) {
        api_refuse(answer, 500, "internal error");
        return false;
    }
    if (life_is_slow()) nanosleep(&(struct timespec){ .tv_nsec = 400 * 1000000L }, NULL);
    return true;
}

/* ---- routes ---- */

struct route {
    const char *method, *path; /* a star stands for an id */
    void (*handle)(const struct request *request, struct answer *answer);
    bool ordinary; /* as in struct answer */
};

static const struct route routes[] = {
    { "GET", "/healthz", healthz, false },  { "GET", "/readyz", readyz, false },
    { "GET", "/version", version, false },  { "GET", "/notes", list, true },
    { "POST", "/notes", create, true },     { "GET", "/notes/*", get, true },
    { "PUT", "/notes/*", update, true },    { "DELETE", "/notes/*", delete_note, true },
    { "GET", "/generate", generate, true }, { "GET", "/items", list_items, true },
    { "POST", "/items", take_item, true },
};
static const struct route gateway_routes[] = {
    { "GET", "/healthz", healthz, false },
    { "GET", "/readyz", healthz, false }, /* it has nothing to warm */
    { "GET", "/version", version, false },
    { "GET", "/complete", complete, false },
};
static bool is_gateway, is_client;

void api_be_gateway(void) {
    is_gateway = true;
}

void api_be_client(void) {
    is_client = true;
}

static bool read_request(const struct http_message *message, struct request *request) {
    char target[sizeof request->path];
    int used = 0;
    *request = (struct request){ .message = message };
    if (sscanf(message->head, "%7[A-Z] %511[!-~] HTTP/1.%*1[01]%n", request->method, target, &used) != 2 || !used ||
        *target != '/')
        return false;
    char *question = strchr(target, '?');
    if (question) {
        *question = '\0';
        snprintf(request->query, sizeof request->query, "%s", question + 1);
    }
    snprintf(request->path, sizeof request->path, "%s", target);
    if (strncmp(target, "/notes/", 7) == 0) {
        char *end;
        request->id = strtol(target + 7, &end, 10);
        if (*end || request->id < 1 || request->id > 2147483647L || target[7] < '0' || target[7] > '9') request->id = 0;
    }
    return true;
}

/* The search has another path in each release. */
static const struct route *search_route(const struct request *request) {
    static const struct route current = { "GET", "", find, true }, old = { "GET", "", find_by_old_name, true };
    const struct release *release = release_this();
    if (strcmp(request->path, release->search) == 0) return &current;
    return release->old_search && strcmp(request->path, release->old_search) == 0 ? &old : NULL;
}

/* The route of a request; NULL, with `*known` set if only the method is wrong. */
static const struct route *route_of(const struct request *request, const char *method, bool *known) {
    const struct route *search = is_gateway ? NULL : search_route(request);
    if (search) {
        *known = true;
        return strcmp(method, search->method) == 0 ? search : NULL;
    }
    const struct route *table = is_gateway ? gateway_routes : routes;
    size_t count = is_gateway ? sizeof gateway_routes / sizeof *table : sizeof routes / sizeof *table;
    for (size_t i = 0; i < count; i++) {
        bool here = request->id ? strcmp(table[i].path, "/notes/*") == 0 : strcmp(table[i].path, request->path) == 0;
        *known |= here;
        if (here && strcmp(table[i].method, method) == 0) return &table[i];
    }
    return NULL;
}

bool api_streams(const struct http_message *message) {
    return upload_streams(message);
}

void api_free(struct answer *answer) {
    text_free(&answer->body);
    text_free(&answer->headers);
    if (answer->has_file) close(answer->file);
}

void api_answer(struct http_stream *stream, struct http_message *message, struct answer *answer) {
    struct request request;
    bool known = false;
    if (is_client) {
        control_answer(message, answer);
        return;
    }
    *answer = (struct answer){ 0 };
    if (!read_request(message, &request)) {
        api_refuse(answer, 400, "this is no HTTP request");
        return;
    }
    answer->bodiless = strcmp(request.method, "HEAD") == 0;
    if (!is_gateway && upload_is_path(request.path)) {
        answer->ordinary = true;
        if (able(answer) && welcome(&request, answer))
            upload_answer(stream, message, answer->bodiless ? "GET" : request.method, request.path, answer);
        return;
    }
    const struct route *route = route_of(&request, answer->bodiless ? "GET" : request.method, &known);
    if (!route) {
        api_refuse(answer, known ? 405 : 404, known ? "there is no such method here" : "there is nothing here");
        return;
    }
    answer->ordinary = route->ordinary;
    if (!route->ordinary || (able(answer) && welcome(&request, answer))) route->handle(&request, answer);
}
