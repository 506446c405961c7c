/* The handle of a proxy elsewhere, and its making: it is asked where it listens. */
#include "stdlib/proxy/remote.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/http/url.h"
#include "stdlib/proxy/api_toxic.h"
#include "stdlib/proxy/proxy.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAXIMUM = 200 };

/* ---- calls ---- */

struct value remote_words(struct heap *heap, const char *within, const char *method, const char *url,
                          const char *body) {
    char program[PATH_MAX] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *words[8] = { program, "toxiproxy-request" };
    size_t count = 2;
    if (within) words[count++] = "--within";
    if (within) words[count++] = within;
    words[count++] = method;
    words[count++] = url;
    words[count] = body;
    return words_list(heap, words);
}

struct text remote_trouble(const struct command_end *end) {
    struct text said = command_last_line(end->problem);
    return said.length ? said : TEXT("it said nothing");
}

/* ---- the handle ---- */

static void release(void *state) {
    struct remote *remote = state;
    value_release(remote->seen_by);
    memory_release(remote->path);
    memory_release(remote->url);
    memory_release(remote->address);
    memory_release(remote->shown);
    memory_release(remote);
}

static void describe(void *state, struct buffer *out) {
    const struct remote *remote = state;
    buffer_append_string(out, remote->shown);
}

/* In a load it is known by its address alone. */
static void *twin(void *state, struct run *worker) {
    const struct remote *remote = state;
    struct remote *own = memory_allocate(sizeof *own);
    *own = (struct remote){ .run = worker,
                            .path = memory_copy(remote->path, strlen(remote->path)),
                            .url = memory_copy(remote->url, strlen(remote->url)),
                            .address = memory_copy(remote->address, strlen(remote->address)),
                            .shown = memory_copy(remote->shown, strlen(remote->shown)),
                            .seen_by = value_none() };
    return own;
}

static const struct handle_class remote_class = {
    .type = "proxy", .release = release, .describe = describe, .twin = twin
};

struct remote *remote_of(struct value handle) {
    return handle_state(handle, &remote_class);
}

/* ---- making one ---- */

struct asking {
    struct run *run;
    struct ticket ticket;    /* of the fiber that waits */
    struct command *command; /* the call; owned */
    struct remote *remote;   /* to be; owned until it is a handle */
    char *host;              /* of the API; owned */
};

static void asking_free(struct asking *asking) {
    command_free(asking->command);
    memory_release(asking->host);
    if (asking->remote) release(asking->remote);
    memory_release(asking);
}

static void cancel(void *state) {
    asking_free(state);
}

/* Where it listens, as a client there can call it: an address that stands for all is the API's host. */
static void set_address(struct asking *asking, struct text listen) {
    struct remote *remote = asking->remote;
    struct buffer address = { 0 }, url = { 0 };
    size_t colon = listen.length;
    while (colon && listen.bytes[colon - 1] != ':') colon--;
    struct text host = text_slice(listen, 0, colon ? colon - 1 : 0);
    bool is_any = !host.length || text_is(host, "[::]") || text_is(host, "0.0.0.0");
    buffer_printf(&address, "%.*s:%.*s", TEXT_ARGS(is_any ? text_of(asking->host) : host),
                  TEXT_ARGS(text_slice(listen, colon, listen.length)));
    buffer_printf(&url, "http://%s", address.bytes);
    remote->address = buffer_take(&address);
    remote->url = buffer_take(&url);
}

/* Names and addresses of this machine's own network are the same place where they have one port; other addresses of 127/8 are not. */
static bool is_same(struct text one, struct text other) {
    if (text_equal(one, other)) return true;
    struct text texts[2] = { one, other }, ports[2];
    for (size_t i = 0; i < 2; i++) {
        size_t colon = texts[i].length;
        while (colon && texts[i].bytes[colon - 1] != ':') colon--;
        struct text host = text_slice(texts[i], 0, colon ? colon - 1 : 0);
        ports[i] = text_slice(texts[i], colon, texts[i].length);
        if (!text_is(host, "localhost") && !text_is(host, "127.0.0.1") && !text_is(host, "[::1]")) return false;
    }
    return text_equal(ports[0], ports[1]);
}

static bool leads_to(const struct proxy *proxy, const char *address) {
    return proxy && proxy->known.count == 1 && is_same(text_of(proxy->known.items[0].shown), text_of(address));
}

/* From what the API said of the proxy. False with text in `problem`. */
static bool understand(struct asking *asking, struct text said, struct buffer *problem) {
    struct remote *remote = asking->remote;
    struct value json = value_from_json(run_heap(asking->run), said), listen = api_field(json, "listen");
    bool is_known = listen.kind == VALUE_TEXT && value_text_of(listen).length;
    if (is_known) set_address(asking, value_text_of(listen));
    value_release(json);
    if (!is_known) {
        buffer_append_string(problem, "it does not say where that proxy listens: is this the URL of its API?");
        return false;
    }
    if (remote->seen_by.kind == VALUE_NONE || leads_to(proxy_of(remote->seen_by), remote->address)) return true;
    buffer_printf(problem, "`seen_by` does not lead to %s, where that proxy listens: write proxy(\"http://%s\")",
                  remote->address, remote->address);
    return false;
}

static void on_answer(void *data, const struct command_end *end) {
    struct asking *asking = data;
    struct run *run = asking->run;
    struct ticket ticket = asking->ticket;
    struct buffer problem = { 0 };
    struct text said = remote_trouble(end);
    struct value handle = value_none();
    if (end->code != 0)
        buffer_printf(&problem, "%s: %.*s", asking->remote->path, TEXT_ARGS(said));
    else if (understand(asking, end->output, &problem)) {
        handle = handle_new(run, &remote_class, asking->remote);
        run_effect(run, "toxiproxy", text_of(asking->remote->shown), run_now(run), run_now(run),
                   text_of(asking->remote->address));
        asking->remote = NULL;
    }
    asking_free(asking);
    if (handle.kind == VALUE_NONE)
        native_wake_failed(run, ticket, "toxiproxy: %s", problem.bytes);
    else
        native_wake(run, ticket, handle);
    buffer_done(&problem);
}

/* "http://host:8474/", also without the slash: to "http://host:8474" and its host. */
static bool read_api(struct text api, struct text *base, char **host, struct buffer *problem) {
    struct buffer target = { 0 };
    static const struct text scheme = { "http://", 7 };
    while (api.length && api.bytes[api.length - 1] == '/') api.length--;
    struct text rest = text_slice(api, scheme.length, api.length);
    bool good = text_starts(api, scheme) && rest.length && text_find(rest, TEXT("/")) == SIZE_MAX &&
                text_find(rest, TEXT("@")) == SIZE_MAX && text_find(rest, TEXT("?")) == SIZE_MAX;
    if (!good) buffer_append_string(problem, "the API's URL is http://host:port, with nothing behind it");
    size_t colon = rest.length;
    while (colon && rest.bytes[colon - 1] != ':' && rest.bytes[colon - 1] != ']') colon--;
    if (colon && rest.bytes[colon - 1] == ':') rest.length = colon - 1;
    *base = api;
    *host = memory_copy(rest.bytes, rest.length);
    buffer_done(&target);
    return good;
}

static bool is_name(struct text name) {
    for (size_t i = 0; i < name.length; i++)
        if (strchr("/?#% \"\\", name.bytes[i]) || (unsigned char)name.bytes[i] < ' ') return false;
    return name.length > 0 && name.length <= NAME_MAXIMUM;
}

static bool may_reach(struct native_call *call, struct text base, struct buffer *problem) {
    struct buffer target = { 0 };
    char *url = memory_copy(base.bytes, base.length);
    bool good = url_check(base, problem) && url_target(url, &target) &&
                native_may_reach(call, "a toxiproxy", buffer_text(&target), problem);
    memory_release(url);
    buffer_done(&target);
    return good;
}

enum native_outcome proxy_of_toxiproxy(struct native_call *call) {
    struct text api = argument_text(call, 0), name = argument_text(call, 1), base;
    struct buffer problem = { 0 }, path = { 0 }, shown = { 0 };
    char *host = NULL;
    bool good = read_api(api, &base, &host, &problem);
    if (good && !is_name(name)) buffer_append_string(&problem, "a proxy's name is one word of a path");
    if (!good || problem.length || !may_reach(call, base, &problem)) {
        enum native_outcome outcome = native_fail(call, "toxiproxy: %s", problem.bytes);
        buffer_done(&problem);
        memory_release(host);
        return outcome;
    }
    buffer_printf(&path, "%.*s/proxies/%.*s", TEXT_ARGS(base), TEXT_ARGS(name));
    buffer_printf(&shown, "toxiproxy %.*s at %.*s", TEXT_ARGS(name), TEXT_ARGS(text_slice(base, 7, base.length)));
    struct asking *asking = memory_allocate(sizeof *asking);
    *asking = (struct asking){ .run = call->run, .host = host, .remote = memory_allocate(sizeof *asking->remote) };
    *asking->remote = (struct remote){ .run = call->run,
                                       .path = buffer_take(&path),
                                       .shown = buffer_take(&shown),
                                       .seen_by = value_retain(argument(call, 2)) };
    enum native_outcome outcome = native_wait(call, asking->remote->shown, cancel, asking);
    asking->ticket = native_ticket(call);
    asking->command =
        command_start(call->run, remote_words(run_heap(call->run), NULL, "GET", asking->remote->path, NULL),
                      value_none(), REMOTE_PATIENCE, on_answer, asking);
    buffer_done(&problem);
    return outcome;
}
