/* Routes: a table of methods and paths, and a function each. */
#include "stdlib/proxy/api.h"

#include <string.h>

enum { JSON_QUOTA = 64 << 20 };
static const char json_type[] = "application/json";
static const char text_type[] = "text/plain; charset=utf-8";

struct call {
    struct api_proxies *proxies;
    const char *version;
    const struct api_request *request;
    struct api_answer *answer;
    struct api_proxy *proxy; /* that the path names; NULL */
    struct api_toxic *toxic; /* the same */
    struct value body;       /* for routes that take one */
    struct json_writer writer;
};

/* ---- answers ---- */

static void answer_error(struct api_answer *answer, const struct api_problem *problem) {
    buffer_clear(&answer->body);
    struct json_writer writer = json_writer_on(&answer->body);
    json_object_begin(&writer);
    json_key(&writer, "error");
    json_text(&writer, buffer_text(&problem->text));
    json_key(&writer, "status");
    json_integer(&writer, problem->status);
    json_object_end(&writer);
    buffer_append_byte(&answer->body, '\n');
    answer->status = problem->status;
    answer->type = text_type;
    answer->is_plain = true;
}

static void answer_plain(struct api_answer *answer, int status, const char *words) {
    answer->status = status;
    buffer_append_string(&answer->body, words);
    if (!words[0]) return;
    answer->type = text_type;
    answer->is_plain = true;
}

static void answer_proxy(struct call *call, const struct api_proxy *proxy, int status) {
    if (!proxy) return;
    api_proxy_write(proxy, &call->writer);
    call->answer->status = status;
}

static void answer_toxic(struct call *call, const struct api_toxic *toxic) {
    api_toxic_write(toxic, &call->writer);
}

static void answer_nothing(struct call *call) {
    call->answer->status = 204;
    call->answer->type = NULL;
}

/* ---- what the routes do ---- */

static void ask_version(struct call *call, struct api_problem *problem) {
    (void)problem;
    buffer_printf(&call->answer->body, "{\"version\": \"%s\"}\n", call->version);
    call->answer->type = "application/json;charset=utf-8";
}

static void list_proxies(struct call *call, struct api_problem *problem) {
    (void)problem;
    json_object_begin(&call->writer);
    for (const struct api_proxy *proxy = call->proxies->first; proxy; proxy = proxy->next) {
        json_key(&call->writer, proxy->name);
        api_proxy_write(proxy, &call->writer);
    }
    json_object_end(&call->writer);
}

static void create_proxy(struct call *call, struct api_problem *problem) {
    answer_proxy(call, api_proxies_create(call->proxies, call->body, problem), 201);
}

static void show_proxy(struct call *call, struct api_problem *problem) {
    (void)problem;
    answer_proxy(call, call->proxy, 200);
}

static void change_proxy(struct call *call, struct api_problem *problem) {
    if (api_proxy_change(call->proxy, call->body, problem)) answer_proxy(call, call->proxy, 200);
}

static void remove_proxy(struct call *call, struct api_problem *problem) {
    (void)problem;
    api_proxy_remove(call->proxy);
    answer_nothing(call);
}

static void list_toxics(struct call *call, struct api_problem *problem) {
    (void)problem;
    api_proxy_write_toxics(call->proxy, &call->writer);
}

static void create_toxic(struct call *call, struct api_problem *problem) {
    struct api_toxic *toxic = api_toxic_read(call->body, call->proxy->toxics, problem);
    if (!toxic) return;
    api_proxy_add_toxic(call->proxy, toxic);
    answer_toxic(call, toxic);
}

static void show_toxic(struct call *call, struct api_problem *problem) {
    (void)problem;
    answer_toxic(call, call->toxic);
}

static void change_toxic(struct call *call, struct api_problem *problem) {
    if (!api_toxic_change(call->toxic, call->body, problem)) return;
    api_proxy_apply_change(call->proxy, call->toxic);
    answer_toxic(call, call->toxic);
}

static void remove_toxic(struct call *call, struct api_problem *problem) {
    (void)problem;
    api_proxy_remove_toxic(call->proxy, call->toxic);
    answer_nothing(call);
}

static void reset_all(struct call *call, struct api_problem *problem) {
    api_proxies_reset(call->proxies, problem);
    answer_nothing(call);
}

static struct value read_body(struct heap *heap, struct text json, struct api_problem *problem);

/* The one route whose errors are of JSON's type, with what was made beside them. */
static void write_populated(struct api_answer *answer, const struct api_problem *problem, struct text made) {
    buffer_clear(&answer->body);
    struct json_writer writer = json_writer_on(&answer->body);
    answer->status = problem->status ? problem->status : 201;
    json_object_begin(&writer);
    if (problem->status) {
        json_key(&writer, "error");
        json_text(&writer, buffer_text(&problem->text));
        json_key(&writer, "status");
        json_integer(&writer, problem->status);
    }
    json_key(&writer, "proxies");
    json_raw(&writer, made.length > 2 ? made : TEXT("null"));
    json_object_end(&writer);
}

static void populate(struct call *call, struct api_problem *problem) {
    struct buffer made = { 0 };
    struct api_problem own = { 0 };
    struct heap *heap = heap_new(JSON_QUOTA);
    struct json_writer writer = json_writer_on(&made);
    struct value body = read_body(heap, buffer_text(&call->request->body), &own);
    (void)problem;
    json_array_begin(&writer);
    if (!own.status) api_proxies_populate(call->proxies, body, &writer, &own);
    json_array_end(&writer);
    value_release(body);
    heap_free(heap);
    write_populated(call->answer, &own, buffer_text(&made));
    buffer_done(&own.text);
    buffer_done(&made);
}

bool api_populate(struct api_proxies *proxies, struct text json, struct api_problem *problem) {
    struct buffer made = { 0 };
    struct heap *heap = heap_new(JSON_QUOTA);
    struct json_writer writer = json_writer_on(&made);
    struct value body = read_body(heap, json, problem);
    json_array_begin(&writer);
    if (!problem->status) api_proxies_populate(proxies, body, &writer, problem);
    json_array_end(&writer);
    value_release(body);
    heap_free(heap);
    buffer_done(&made);
    return problem->status == 0;
}

/* ---- the table ---- */

struct route {
    const char *methods; /* separated by blanks */
    const char *path;    /* '*' stands for a name: first a proxy's, then a toxic's */
    void (*work)(struct call *call, struct api_problem *problem);
    bool takes_body; /* JSON, read before */
};
static const struct route routes[] = {
    { "GET", "version", ask_version, false },
    { "POST", "reset", reset_all, false },
    { "POST", "populate", populate, false },
    { "GET", "proxies", list_proxies, false },
    { "POST", "proxies", create_proxy, true },
    { "GET", "proxies/*", show_proxy, false },
    { "POST PATCH", "proxies/*", change_proxy, true },
    { "DELETE", "proxies/*", remove_proxy, false },
    { "GET", "proxies/*/toxics", list_toxics, false },
    { "POST", "proxies/*/toxics", create_toxic, true },
    { "GET", "proxies/*/toxics/*", show_toxic, false },
    { "POST PATCH", "proxies/*/toxics/*", change_toxic, true },
    { "DELETE", "proxies/*/toxics/*", remove_toxic, false },
};

static bool path_is(const char *path, const struct api_request *request) {
    struct text rest = text_of(path);
    for (size_t i = 0; i < request->word_count; i++) {
        size_t slash = text_find(rest, TEXT("/"));
        struct text word = text_slice(rest, 0, slash);
        if (i >= API_WORDS || !rest.length) return false;
        if (text_is(word, "*") ? !request->words[i][0] : !text_is(word, request->words[i])) return false;
        rest = slash == SIZE_MAX ? TEXT_NONE : text_slice(rest, slash + 1, rest.length);
    }
    return !rest.length && request->word_count;
}

static bool has_method(const char *methods, const char *method) {
    struct text rest = text_of(methods);
    while (rest.length) {
        size_t blank = text_find(rest, TEXT(" "));
        if (text_is(text_slice(rest, 0, blank), method)) return true;
        rest = blank == SIZE_MAX ? TEXT_NONE : text_slice(rest, blank + 1, rest.length);
    }
    return false;
}

/* NULL with the status: no such path, or no such method on it. */
static const struct route *route_of(const struct api_request *request, int *status) {
    *status = 404;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!path_is(routes[i].path, request)) continue;
        if (has_method(routes[i].methods, request->method)) return &routes[i];
        *status = 405;
    }
    return NULL;
}

/* What the path names must be there, before the body is looked at. */
static void find(struct call *call, struct api_problem *problem) {
    if (call->request->word_count < 2) return;
    call->proxy = api_proxies_find(call->proxies, call->request->words[1]);
    if (!call->proxy) {
        api_refuse(problem, 404, "proxy not found");
        return;
    }
    if (call->request->word_count < 4) return;
    call->toxic = api_toxic_find(call->proxy->toxics, call->request->words[3]);
    if (!call->toxic) api_refuse(problem, 404, "toxic not found");
}

static struct value read_body(struct heap *heap, struct text json, struct api_problem *problem) {
    if (!text_trim(json).length) {
        api_refuse(problem, 400, "bad request body: EOF");
        return value_none();
    }
    struct value value = value_from_json(heap, json);
    if (!value_is_bad(value)) return value;
    api_refuse(problem, 400, "bad request body: %.*s", TEXT_ARGS(value_text_of(value)));
    value_release(value);
    return value_none();
}

static void work(const struct route *route, struct call *call, struct api_problem *problem) {
    struct heap *heap = route->takes_body ? heap_new(JSON_QUOTA) : NULL;
    find(call, problem);
    if (heap && !problem->status) call->body = read_body(heap, buffer_text(&call->request->body), problem);
    if (!problem->status) route->work(call, problem);
    value_release(call->body);
    if (heap) heap_free(heap);
}

void api_ask(struct api_proxies *proxies, const char *version, const struct api_request *request,
             struct api_answer *answer) {
    struct api_problem problem = { 0 };
    int status;
    const struct route *route = route_of(request, &status);
    struct call call = { .proxies = proxies, .version = version, .request = request, .answer = answer };
    call.writer = json_writer_on(&answer->body);
    if (!route) {
        answer_plain(answer, status, status == 404 ? "404 page not found\n" : "");
        return;
    }
    if (request->is_browser) { /* a page that somebody visits must not break things: nor must a fault of DNS */
        answer_plain(answer, 403, "User agent not allowed\n");
        return;
    }
    answer->status = 200;
    answer->type = json_type;
    work(route, &call, &problem);
    if (problem.status) answer_error(answer, &problem);
    buffer_done(&problem.text);
}
