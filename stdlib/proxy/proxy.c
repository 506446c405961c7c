/* The natives of proxies. The handle lasts to the end of the run, whoever owns it: clients know its address. */
#include "stdlib/proxy/proxy.h"

#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/proxy/remote.h"
#include "stdlib/service/service.h"
#include "stdlib/sql/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* ---- where to ---- */

static void add_target(struct target_list *list, const struct target *target) {
    list->items = memory_resize(list->items, (list->count + 1) * sizeof *target);
    list->items[list->count++] = *target;
}

bool proxy_targets(struct value service, struct target_list *list, struct buffer *problem) {
    struct target target;
    struct text url = db_address_url(service), authority;
    if (url.length) {
        if (!target_of_url(url, &target, &authority, problem)) return false;
        add_target(list, &target);
        return true;
    }
    for (size_t i = 0; i < service_replica_count(service); i++) {
        struct text address = service_replica_address(service, i);
        if (!address.length) continue; /* it is being replaced */
        if (!target_read(address, &target, problem)) return false;
        add_target(list, &target);
    }
    return true;
}

void proxy_ask_targets(struct proxy *proxy, bool always) {
    struct target_list list = { 0 };
    struct buffer problem = { 0 };
    if (!proxy->front) return;
    bool good = proxy_targets(proxy->target, &list, &problem);
    bool changed = good && !target_list_equal(&list, &proxy->known);
    if (changed) {
        target_list_done(&proxy->known);
        proxy->known = target_list_copy(&list);
    }
    if (changed || always) front_set_targets(proxy->front, target_list_copy(&proxy->known));
    target_list_done(&list);
    buffer_done(&problem);
}

/* ---- the handle ---- */

static bool lasting(void *state) {
    const struct proxy *proxy = state;
    return !proxy->is_closed;
}

static void close_streams(struct proxy *proxy) {
    struct value streams[] = { proxy->responses, proxy->attempts, proxy->upload };
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        if (streams[i].kind == VALUE_STREAM) stream_close(stream_of(streams[i]), run_now(proxy->run));
}

/* What the end itself cuts is no evidence: everything was judged by now. */
static bool stop(void *state, int64_t deadline) {
    struct proxy *proxy = state;
    close_streams(proxy);
    proxies_close(proxy);
    return proxy->is_closed || run_now(proxy->run) >= deadline;
}

static void describe(void *state, struct buffer *out) {
    const struct proxy *proxy = state;
    buffer_append_string(out, proxy->shown ? proxy->shown : "never opened");
}

static void release(void *state) {
    struct proxy *proxy = state;
    if (proxy->proxies) proxies_remove(proxy);
    close_streams(proxy);
    value_release(proxy->responses);
    value_release(proxy->attempts);
    value_release(proxy->upload);
    exchange_recent_done(&proxy->recent);
    target_list_done(&proxy->known);
    value_release(proxy->target);
    memory_release(proxy->url);
    memory_release(proxy->address);
    memory_release(proxy->shown);
    memory_release(proxy);
}

/* In a load a proxy is known by its address; what crosses it is told to the run that made it. */
static void *twin(void *state, struct run *worker) {
    const struct proxy *proxy = state;
    struct proxy *own = memory_allocate(sizeof *own);
    *own = (struct proxy){ .run = worker,
                           .is_closed = true,
                           .url = memory_copy(proxy->url, strlen(proxy->url)),
                           .address = memory_copy(proxy->address, strlen(proxy->address)),
                           .shown = memory_copy(proxy->shown, strlen(proxy->shown)) };
    return own;
}

static const struct handle_class proxy_class = {
    .type = "proxy", .release = release, .stop = stop, .describe = describe, .lasting = lasting, .twin = twin
};

struct proxy *proxy_of(struct value handle) {
    return handle_state(handle, &proxy_class);
}

/* ---- making one ---- */

int proxy_listen(int *port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)*port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (descriptor < 0) return -1;
    if (*port) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 && listen(descriptor, FRONT_BACKLOG) == 0 &&
        getsockname(descriptor, (struct sockaddr *)&address, &length) == 0) {
        *port = ntohs(address.sin_port);
        return descriptor;
    }
    int problem = errno;
    close(descriptor);
    errno = problem;
    return -1;
}

static struct value stream_for(struct run *run, const char *name, const char *property) {
    struct buffer full = { 0 };
    buffer_printf(&full, "%s.%s", name, property);
    struct value stream = run_stream(run, full.bytes, SERIES_EVENTS, true);
    buffer_done(&full);
    return stream;
}

/* The target's URL with this proxy's address in place of its own. */
static void name_it(struct proxy *proxy, int port, struct text url, struct text authority, struct text what) {
    struct buffer address = { 0 }, own = { 0 }, shown = { 0 };
    buffer_printf(&address, "127.0.0.1:%d", port);
    if (authority.length) {
        size_t before = (size_t)(authority.bytes - url.bytes);
        buffer_append(&own, text_slice(url, 0, before));
        buffer_append(&own, buffer_text(&address));
        buffer_append(&own, text_slice(url, before + authority.length, url.length));
    } else {
        buffer_printf(&own, "http://%s", address.bytes);
    }
    buffer_printf(&shown, "%s to %.*s", address.bytes, TEXT_ARGS(what));
    proxy->address = buffer_take(&address);
    proxy->url = buffer_take(&own);
    proxy->shown = buffer_take(&shown);
}

/* Faults of a proxy, and loads through it, reach what is behind it. */
bool proxy_may_reach(const struct native_call *call, const char *what, const struct target_list *list,
                     struct buffer *problem) {
    for (size_t i = 0; i < list->count; i++)
        if (!native_may_reach(call, what, text_of(list->items[i].shown), problem)) return false;
    return true;
}

struct value proxy_open(struct run *run, struct proxies *proxies, const struct proxy_opening *opening) {
    struct proxy *proxy = memory_allocate(sizeof *proxy);
    *proxy = (struct proxy){ .run = run, .target = value_retain(opening->target), .known = opening->known };
    struct value handle = handle_new(run, &proxy_class, proxy);
    const char *name = opening->name ? opening->name : handle_name(handle);
    proxy->responses = stream_for(run, name, "responses");
    proxy->attempts = stream_for(run, name, "attempts");
    proxy->upload = stream_for(run, name, "upload");
    name_it(proxy, opening->port, opening->url, opening->authority, opening->what);
    proxies_add(proxies, proxy, opening->listener, opening->gate, opening->dispenser);
    return handle;
}

/* Takes `opening->known` over. */
static enum native_outcome make_proxy(struct native_call *call, struct proxy_opening *opening) {
    struct buffer problem = { 0 };
    int64_t start = run_now(call->run);
    bool good = proxy_may_reach(call, "a proxy", &opening->known, &problem);
    struct proxies *proxies = good ? proxies_of(call->run, &problem) : NULL;
    opening->listener = proxies ? proxy_listen(&opening->port) : -1;
    if (proxies && opening->listener < 0) buffer_printf(&problem, "cannot listen on 127.0.0.1: %s", strerror(errno));
    if (problem.length) {
        enum native_outcome outcome = native_fail(call, "proxy: %s", problem.bytes);
        buffer_done(&problem);
        target_list_done(&opening->known);
        return outcome;
    }
    struct value handle = proxy_open(call->run, proxies, opening);
    run_effect(call->run, "proxy", text_of(proxy_of(handle)->shown), start, run_now(call->run), TEXT("open"));
    return native_done(call, handle);
}

enum native_outcome proxy_of_url(struct native_call *call) {
    struct target target;
    struct buffer problem = { 0 };
    struct proxy_opening opening = { .target = value_none(), .url = argument_text(call, 0), .dispenser = -1 };
    if (!target_of_url(opening.url, &target, &opening.authority, &problem)) {
        enum native_outcome outcome = native_fail(call, "proxy: %s", problem.bytes);
        buffer_done(&problem);
        return outcome;
    }
    add_target(&opening.known, &target);
    opening.what = text_of(target.shown);
    return make_proxy(call, &opening);
}

enum native_outcome proxy_of_service(struct native_call *call) {
    struct value service = argument(call, 0);
    struct proxy_opening opening = { .target = service, .url = db_address_url(service), .dispenser = -1 };
    struct buffer problem = { 0 };
    if (!proxy_targets(service, &opening.known, &problem)) {
        target_list_done(&opening.known);
        enum native_outcome outcome = native_fail(call, "proxy: %s", problem.bytes);
        buffer_done(&problem);
        return outcome;
    }
    struct target ignored;
    if (opening.url.length) target_of_url(opening.url, &ignored, &opening.authority, &problem);
    buffer_done(&problem);
    opening.what = text_of(handle_name(service));
    return make_proxy(call, &opening);
}

/* ---- what it offers ---- */

static enum native_outcome text_of_proxy(struct native_call *call, bool url) {
    const struct proxy *proxy = proxy_of(argument(call, 0));
    const struct remote *remote = remote_of(argument(call, 0));
    if (remote) return native_done(call, value_string(run_heap(call->run), url ? remote->url : remote->address));
    if (!proxy) return native_done(call, value_no_data(run_heap(call->run), "this proxy is of another run"));
    return native_done(call, value_string(run_heap(call->run), url ? proxy->url : proxy->address));
}

enum native_outcome proxy_url(struct native_call *call) {
    return text_of_proxy(call, true);
}

enum native_outcome proxy_address(struct native_call *call) {
    return text_of_proxy(call, false);
}

/* No stream of a Toxiproxy elsewhere: its silence is no evidence. */
static enum native_outcome stream_of_proxy(struct native_call *call, size_t offset) {
    struct proxy *proxy = proxy_of(argument(call, 0));
    if (!proxy)
        return native_done(call, value_no_data(run_heap(call->run),
                                               "a Toxiproxy elsewhere does not tell %s: put proxy(…) in front of it",
                                               call->row->name));
    return proxies_await(call, proxy, *(struct value *)((char *)proxy + offset));
}

enum native_outcome proxy_responses(struct native_call *call) {
    return stream_of_proxy(call, offsetof(struct proxy, responses));
}

enum native_outcome proxy_attempts(struct native_call *call) {
    return stream_of_proxy(call, offsetof(struct proxy, attempts));
}

enum native_outcome proxy_upload(struct native_call *call) {
    return stream_of_proxy(call, offsetof(struct proxy, upload));
}
