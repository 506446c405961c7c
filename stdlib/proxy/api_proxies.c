/* Creating, changing, populating, resetting. What is asked is looked at as a whole before anything of it is done. */
#include "stdlib/proxy/api_proxies.h"

#include "base/memory.h"
#include "stdlib/proxy/api_listener.h"

#include <stdio.h>
#include <string.h>

/* What a body says of a proxy; NULL: nothing. */
struct wish {
    char *name, *listen, *upstream; /* owned */
    struct target target;           /* the upstream's address */
    bool has_enabled, is_enabled;   /* it is said; what */
    struct api_toxic *toxics;       /* owned, in their order */
    bool has_toxics;                /* they are said */
};

static void free_toxics(struct api_toxic *toxic) {
    while (toxic) {
        struct api_toxic *next = toxic->next;
        api_toxic_free(toxic);
        toxic = next;
    }
}

static void wish_done(struct wish *wish) {
    memory_release(wish->name);
    memory_release(wish->listen);
    memory_release(wish->upstream);
    free_toxics(wish->toxics);
    *wish = (struct wish){ 0 };
}

/* ---- reading ---- */

static void read_word(struct value body, const char *name, char **word, struct api_problem *problem) {
    struct value field = api_field(body, name);
    struct text content = value_text_of(field);
    if (field.kind == VALUE_NONE) return;
    if (field.kind != VALUE_TEXT || (content.length && memchr(content.bytes, 0, content.length)))
        api_refuse(problem, 400, "bad request body: %s must be a string", name);
    else
        *word = memory_copy(content.bytes, content.length);
}

static void read_toxics(struct value list, struct wish *wish, struct api_problem *problem) {
    struct api_toxic **at = &wish->toxics;
    if (list.kind == VALUE_NONE) return;
    if (list.kind != VALUE_LIST) {
        api_refuse(problem, 400, "bad request body: toxics must be an array");
        return;
    }
    wish->has_toxics = true;
    for (size_t i = 0; i < value_count(list) && !problem->status; i++) {
        *at = api_toxic_read(value_at(list, i), wish->toxics, problem);
        if (*at) at = &(*at)->next;
    }
}

static void read_wish(struct value body, struct wish *wish, struct api_problem *problem) {
    struct value enabled = api_field(body, "enabled");
    if (body.kind != VALUE_RECORD && body.kind != VALUE_NONE)
        api_refuse(problem, 400, "bad request body: a proxy is an object");
    read_word(body, "name", &wish->name, problem);
    read_word(body, "listen", &wish->listen, problem);
    read_word(body, "upstream", &wish->upstream, problem);
    if (enabled.kind != VALUE_NONE && enabled.kind != VALUE_BOOL)
        api_refuse(problem, 400, "bad request body: enabled must be a boolean");
    wish->has_enabled = enabled.kind == VALUE_BOOL;
    wish->is_enabled = !wish->has_enabled || value_is_true(enabled);
}

static void read_upstream(struct wish *wish, struct api_problem *problem) {
    struct buffer wrong = { 0 };
    if (wish->upstream && !target_read(text_of(wish->upstream), &wish->target, &wrong))
        api_refuse(problem, 400, "upstream: %s", wrong.bytes);
    buffer_done(&wrong);
}

/* What a new proxy must have. `where`: " at proxy 2", or nothing. */
static void require(const struct wish *wish, const char *where, struct api_problem *problem) {
    if (!wish->name || !wish->name[0])
        api_refuse(problem, 400, "missing required field: name%s", where);
    else if (!wish->upstream || !wish->upstream[0])
        api_refuse(problem, 400, "missing required field: upstream%s", where);
}

/* ---- listening ---- */

static bool enable(struct api_proxy *proxy, struct api_problem *problem) {
    struct buffer shown = { 0 }, wrong = { 0 };
    if (proxy->is_enabled) return true;
    int listener = api_listen(proxy->listen, &shown, &wrong);
    if (listener < 0) {
        api_refuse(problem, 500, "%s", wrong.bytes);
    } else {
        memory_release(proxy->listen);
        proxy->listen = buffer_take(&shown);
        front_listen(proxy->front, listener);
        proxy->is_enabled = true;
    }
    buffer_done(&shown);
    buffer_done(&wrong);
    return listener >= 0;
}

static void disable(struct api_proxy *proxy) {
    front_rest(proxy->front);
    proxy->is_enabled = false;
}

/* ---- toxics ---- */

void api_proxy_add_toxic(struct api_proxy *proxy, struct api_toxic *toxic) {
    struct api_toxic **at = &proxy->toxics;
    while (*at) at = &(*at)->next;
    *at = toxic;
    toxic->next = NULL;
    toxic->fault = memory_allocate(sizeof *toxic->fault);
    api_toxic_fault(toxic, toxic->fault);
    toxic->fault->id = ++proxy->proxies->last_fault;
    fault_begin(proxy->front, toxic->fault);
}

void api_proxy_apply_change(struct api_proxy *proxy, struct api_toxic *toxic) {
    struct fault like;
    api_toxic_fault(toxic, &like);
    fault_change(proxy->front, toxic->fault, &like);
}

void api_proxy_remove_toxic(struct api_proxy *proxy, struct api_toxic *toxic) {
    struct api_toxic **at = &proxy->toxics;
    while (*at != toxic) at = &(*at)->next;
    *at = toxic->next;
    fault_end(proxy->front, toxic->fault);
    memory_release(toxic->fault);
    api_toxic_free(toxic);
}

/* Those of the wish are taken over. */
static void set_toxics(struct api_proxy *proxy, struct wish *wish) {
    if (!wish->has_toxics) return;
    while (proxy->toxics) api_proxy_remove_toxic(proxy, proxy->toxics);
    while (wish->toxics) {
        struct api_toxic *toxic = wish->toxics;
        wish->toxics = toxic->next;
        api_proxy_add_toxic(proxy, toxic);
    }
}

/* ---- proxies ---- */

struct api_proxy *api_proxies_find(const struct api_proxies *proxies, const char *name) {
    struct api_proxy *proxy = proxies->first;
    while (proxy && strcmp(proxy->name, name) != 0) proxy = proxy->next;
    return proxy;
}

static void insert(struct api_proxies *proxies, struct api_proxy *proxy) {
    struct api_proxy **at = &proxies->first;
    while (*at && strcmp((*at)->name, proxy->name) < 0) at = &(*at)->next;
    proxy->next = *at;
    *at = proxy;
}

static void take_out(struct api_proxy *proxy) {
    struct api_proxy **at = &proxy->proxies->first;
    while (*at != proxy) at = &(*at)->next;
    *at = proxy->next;
}

static void free_proxy(struct api_proxy *proxy) {
    front_end(proxy->front); /* with its faults */
    free_toxics(proxy->toxics);
    memory_release(proxy->name);
    memory_release(proxy->listen);
    memory_release(proxy->upstream);
    memory_release(proxy);
}

/* Its toxics are in force before anybody can call. The wish's texts are taken over. */
static struct api_proxy *make(struct api_proxies *proxies, struct wish *wish, struct api_problem *problem) {
    struct api_proxy *proxy = memory_allocate(sizeof *proxy);
    struct target_list list = { &wish->target, 1 };
    *proxy =
        (struct api_proxy){ .name = wish->name,
                            .listen = wish->listen ? wish->listen : memory_copy("", 0),
                            .upstream = wish->upstream,
                            .proxies = proxies,
                            .front = front_new(proxies->engine, ++proxies->last_front, -1, target_list_copy(&list)) };
    wish->name = wish->listen = wish->upstream = NULL;
    proxy->front->is_unread = true;
    proxy->front->seed = proxies->seed + proxies->last_front;
    set_toxics(proxy, wish);
    if (!wish->is_enabled || enable(proxy, problem)) return proxy;
    free_proxy(proxy);
    return NULL;
}

struct api_proxy *api_proxies_create(struct api_proxies *proxies, struct value body, struct api_problem *problem) {
    struct wish wish = { 0 };
    struct api_proxy *proxy = NULL;
    read_wish(body, &wish, problem);
    require(&wish, "", problem);
    read_upstream(&wish, problem);
    if (!problem->status) read_toxics(api_field(body, "toxics"), &wish, problem);
    if (!problem->status && api_proxies_find(proxies, wish.name)) api_refuse(problem, 409, "proxy already exists");
    if (!problem->status) proxy = make(proxies, &wish, problem);
    if (proxy) insert(proxies, proxy);
    wish_done(&wish);
    return proxy;
}

static void replace(char **word, char **by) {
    memory_release(*word);
    *word = *by;
    *by = NULL;
}

/* True when the address or the upstream is another one; false with a problem when the address is none. */
static bool is_different(const struct api_proxy *proxy, const struct wish *wish, struct api_problem *problem) {
    struct buffer shown = { 0 }, wrong = { 0 };
    bool is_other = wish->upstream && strcmp(wish->upstream, proxy->upstream) != 0;
    if (wish->listen && strcmp(wish->listen, proxy->listen) != 0) {
        if (!api_listener_resolve(wish->listen, &shown, &wrong)) api_refuse(problem, 500, "%s", wrong.bytes);
        is_other = is_other || !shown.bytes || strcmp(shown.bytes, proxy->listen) != 0;
    }
    buffer_done(&shown);
    buffer_done(&wrong);
    return is_other && !problem->status;
}

bool api_proxy_change(struct api_proxy *proxy, struct value body, struct api_problem *problem) {
    struct wish wish = { 0 };
    read_wish(body, &wish, problem);
    read_upstream(&wish, problem);
    bool enabled = wish.has_enabled ? wish.is_enabled : proxy->is_enabled;
    if (!problem->status && is_different(proxy, &wish, problem)) {
        disable(proxy);
        if (wish.listen) replace(&proxy->listen, &wish.listen);
        if (wish.upstream) {
            replace(&proxy->upstream, &wish.upstream);
            front_aim(proxy->front, &wish.target);
        }
    }
    if (!problem->status && enabled) enable(proxy, problem);
    if (!problem->status && !enabled) disable(proxy);
    wish_done(&wish);
    return problem->status == 0;
}

void api_proxy_remove(struct api_proxy *proxy) {
    take_out(proxy);
    free_proxy(proxy);
}

void api_proxies_clear(struct api_proxies *proxies) {
    while (proxies->first) api_proxy_remove(proxies->first);
}

void api_proxies_reset(struct api_proxies *proxies, struct api_problem *problem) {
    for (struct api_proxy *proxy = proxies->first; proxy && !problem->status; proxy = proxy->next) {
        while (proxy->toxics) api_proxy_remove_toxic(proxy, proxy->toxics);
        enable(proxy, problem);
    }
}

/* ---- populate ---- */

static struct api_proxy *add_or_replace(struct api_proxies *proxies, struct wish *wish, struct api_problem *problem) {
    struct api_proxy *existing = api_proxies_find(proxies, wish->name);
    if (!wish->listen) wish->listen = memory_copy("", 0);
    if (existing && !is_different(existing, wish, problem)) {
        if (problem->status) return NULL;
        set_toxics(existing, wish);
        return existing;
    }
    if (existing) disable(existing); /* its address may be wanted again */
    struct api_proxy *proxy = make(proxies, wish, problem);
    if (!proxy) return NULL;
    if (existing) api_proxy_remove(existing);
    insert(proxies, proxy);
    return proxy;
}

void api_proxies_populate(struct api_proxies *proxies, struct value body, struct json_writer *made,
                          struct api_problem *problem) {
    size_t count = body.kind == VALUE_LIST ? value_count(body) : 0;
    struct wish *wishes = memory_allocate((count + 1) * sizeof *wishes);
    if (body.kind != VALUE_LIST && body.kind != VALUE_NONE)
        api_refuse(problem, 400, "bad request body: proxies are populated from an array");
    for (size_t i = 0; i < count; i++) read_wish(value_at(body, i), &wishes[i], problem);
    for (size_t i = 0; i < count && !problem->status; i++) {
        char where[40];
        snprintf(where, sizeof where, " at proxy %zu", i + 1);
        require(&wishes[i], where, problem);
        read_upstream(&wishes[i], problem);
        if (!problem->status) read_toxics(api_field(value_at(body, i), "toxics"), &wishes[i], problem);
    }
    /* Written at once: a later one of the same name may take its place. */
    for (size_t i = 0; i < count && !problem->status; i++) {
        struct api_proxy *proxy = add_or_replace(proxies, &wishes[i], problem);
        if (proxy) api_proxy_write(proxy, made);
    }
    for (size_t i = 0; i < count; i++) wish_done(&wishes[i]);
    memory_release(wishes);
}

/* ---- writing ---- */

void api_proxy_write_toxics(const struct api_proxy *proxy, struct json_writer *writer) {
    json_array_begin(writer);
    for (int up = 1; up >= 0; up--)
        for (const struct api_toxic *toxic = proxy->toxics; toxic; toxic = toxic->next)
            if (toxic->is_up == (up == 1)) api_toxic_write(toxic, writer);
    json_array_end(writer);
}

void api_proxy_write(const struct api_proxy *proxy, struct json_writer *writer) {
    json_object_begin(writer);
    json_key(writer, "name");
    json_string(writer, proxy->name);
    json_key(writer, "listen");
    json_string(writer, proxy->listen);
    json_key(writer, "upstream");
    json_string(writer, proxy->upstream);
    json_key(writer, "enabled");
    json_boolean(writer, proxy->is_enabled);
    json_key(writer, "Logger"); /* an accident of Toxiproxy's that clients have got used to */
    json_object_begin(writer);
    json_object_end(writer);
    json_key(writer, "toxics");
    api_proxy_write_toxics(proxy, writer);
    json_object_end(writer);
}
