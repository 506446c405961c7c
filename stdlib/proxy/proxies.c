/* The loop's side of the wire. News become elements of streams; what was lost becomes an error in every stream, because a claim must
 * not take it for silence. */
#include "stdlib/proxy/proxies.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/proxy/proxy_fault.h"

#include <errno.h>
#include <string.h>

enum { NEWS_LIMIT = 8 << 20 };
#define ASK_EVERY (20 * MILLISECOND)
#define ECHO_PATIENCE (2 * SECOND)

/* A fiber that waits for an echo. */
struct echo_wait {
    struct echo_wait *next;
    struct proxies *proxies;
    struct proxy *proxy;      /* whose stream; NULL: it is gone */
    uint64_t number;          /* of the echo */
    struct ticket ticket;     /* of the fiber */
    struct value stream;      /* what it gets; owned */
    struct loop_timer *timer; /* gives it up; NULL */
};
struct proxies {
    struct run *run;
    struct engine *engine;
    struct loop_watch *watch; /* of the news */
    struct proxy *first;      /* all that were not removed */
    struct echo_wait *waits;
    uint32_t last_id;
    uint64_t last_echo, last_fault;
};

/* ---- echoes ---- */

static void unlink_wait(struct echo_wait *wait) {
    struct echo_wait **at = &wait->proxies->waits;
    while (*at != wait) at = &(*at)->next;
    *at = wait->next;
    if (wait->timer) loop_timer_stop(wait->timer);
}

static void end_wait(struct echo_wait *wait) {
    struct run *run = wait->proxies->run;
    struct ticket ticket = wait->ticket;
    struct value stream = wait->stream;
    unlink_wait(wait);
    memory_release(wait);
    native_wake(run, ticket, stream);
}

static void cancel_wait(void *state) {
    struct echo_wait *wait = state;
    unlink_wait(wait);
    value_release(wait->stream);
    memory_release(wait);
}

static void tell_error(struct proxy *proxy, const char *what) {
    struct value *streams[] = { &proxy->responses, &proxy->attempts, &proxy->upload };
    int64_t now = run_now(proxy->run);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        struct value error = value_error(run_heap(proxy->run), "%s", what);
        stream_add(stream_of(*streams[i]), now, now, INT64_MIN, error);
        value_release(error);
    }
}

/* The stream is not known to be complete: it says so itself, now and to whoever judges again. */
static void on_patience_over(void *data) {
    struct echo_wait *wait = data;
    struct run *run = wait->proxies->run;
    wait->timer = NULL;
    int64_t now = run_now(run);
    if (wait->proxy) tell_error(wait->proxy, "the proxy did not tell within 2s what crossed it");
    run_effect(run, "proxy", TEXT("the wire's thread"), now - ECHO_PATIENCE, now, TEXT("did not answer within 2s"));
    end_wait(wait);
}

/* Counted apart from echoes: dice are thrown by it, and must fall the same way in each run. */
uint64_t proxies_next_fault(struct proxies *proxies) {
    return ++proxies->last_fault;
}

enum native_outcome proxies_await(struct native_call *call, struct proxy *proxy, struct value stream) {
    struct proxies *proxies = proxy->proxies;
    struct loop *loop = run_loop(call->run);
    if (stream.kind != VALUE_STREAM)
        return native_done(call, value_error(run_heap(call->run), "%s is read outside of loads", call->row->name));
    if (!proxy->front) return native_done(call, value_retain(stream));
    struct echo_wait *wait = memory_allocate(sizeof *wait);
    *wait = (struct echo_wait){ .next = proxies->waits,
                                .proxies = proxies,
                                .proxy = proxy,
                                .number = ++proxies->last_echo,
                                .stream = value_retain(stream) };
    proxies->waits = wait;
    enum native_outcome outcome = native_wait(call, "what crossed the proxy", cancel_wait, wait);
    wait->ticket = native_ticket(call);
    wait->timer = loop_timer_start(loop, loop_now(loop) + ECHO_PATIENCE, on_patience_over, wait);
    front_echo(proxy->front, wait->number, run_is_over(call->run));
    return outcome;
}

/* ---- news ---- */

static void add(struct value stream, const struct news *news, struct value owned) {
    stream_add(stream_of(stream), news->start, news->end, INT64_MIN, owned);
    value_release(owned);
}

static void note(struct proxy *proxy, const struct news *news) {
    run_effect(proxy->run, "proxy", text_of(proxy->shown), news->start, news->end, text_of(news->outcome));
}

static void echo(struct proxies *proxies, uint64_t number) {
    struct echo_wait *wait = proxies->waits;
    while (wait && wait->number != number) wait = wait->next;
    if (wait) end_wait(wait);
}

static void tell(struct proxy *proxy, const struct news *news) {
    struct heap *heap = run_heap(proxy->run);
    switch (news->kind) {
    case NEWS_EXCHANGE: add(proxy->responses, news, exchange_value(heap, news, &proxy->recent)); return;
    case NEWS_ATTEMPT: add(proxy->attempts, news, attempt_value(heap, news)); return;
    case NEWS_UPLOAD: add(proxy->upload, news, value_size(news->size)); return;
    case NEWS_NOTE: note(proxy, news); return;
    case NEWS_STALE: proxy_ask_targets(proxy, true); return;
    case NEWS_FAULT: proxy_fault_told(proxy, news); return;
    case NEWS_ECHO: echo(proxy->proxies, news->number); return;
    case NEWS_CLOSED: proxy->is_closed = true; return;
    }
}

static void tell_loss(struct proxy *proxy, uint64_t lost) {
    struct buffer what = { 0 };
    buffer_printf(&what, "%llu events of proxies were lost: aot was too busy", (unsigned long long)lost);
    tell_error(proxy, what.bytes);
    buffer_done(&what);
}

static void on_news(void *data, int events) {
    struct proxies *proxies = data;
    uint64_t lost;
    struct news *news = news_take(proxies->engine->news, &lost);
    (void)events;
    while (news) {
        struct news *next = news->next;
        struct proxy *proxy = proxies->first;
        while (proxy && proxy->id != news->front) proxy = proxy->next;
        if (proxy) tell(proxy, news);
        memory_release(news);
        news = next;
    }
    for (struct proxy *proxy = proxies->first; proxy && lost; proxy = proxy->next) tell_loss(proxy, lost);
}

/* ---- the run's proxies ---- */

static void *make(struct run *run) {
    struct proxies *proxies = memory_allocate(sizeof *proxies);
    proxies->run = run;
    return proxies;
}

static void release(void *state) {
    struct proxies *proxies = state;
    if (proxies->watch) loop_watch_stop(proxies->watch);
    if (proxies->engine) engine_stop(proxies->engine);
    memory_release(proxies);
}

struct proxies *proxies_of(struct run *run, struct buffer *problem) {
    struct proxies *proxies = run_module(run, "proxy", make, release);
    if (proxies->engine) return proxies;
    proxies->engine = engine_start(NEWS_LIMIT);
    if (!proxies->engine) {
        buffer_printf(problem, "the wire's thread cannot be started: %s", strerror(errno));
        return NULL;
    }
    proxies->watch =
        loop_watch_start(run_loop(run), news_queue_descriptor(proxies->engine->news), LOOP_READABLE, on_news, proxies);
    return proxies;
}

static void on_asking(void *data) {
    struct proxy *proxy = data;
    struct loop *loop = run_loop(proxy->run);
    proxy_ask_targets(proxy, false);
    proxy->asking = loop_timer_start(loop, loop_now(loop) + ASK_EVERY, on_asking, proxy);
}

void proxies_add(struct proxies *proxies, struct proxy *proxy, int listener, struct gate *gate, int dispenser) {
    struct loop *loop = run_loop(proxy->run);
    proxy->proxies = proxies;
    proxy->next = proxies->first;
    proxies->first = proxy;
    proxy->id = ++proxies->last_id;
    proxy->front = front_new(proxies->engine, proxy->id, listener, target_list_copy(&proxy->known));
    proxy->front->follows = proxy->target.kind == VALUE_HANDLE;
    proxy->front->gate = gate;
    proxy->front->dispenser = dispenser;
    proxy->front->seed = run_seed(proxy->run) + proxy->id;
    front_open(proxy->front);
    if (proxy->target.kind != VALUE_HANDLE) return;
    proxy->asking = loop_timer_start(loop, loop_now(loop) + ASK_EVERY, on_asking, proxy);
}

void proxies_close(struct proxy *proxy) {
    if (proxy->asking) loop_timer_stop(proxy->asking);
    proxy->asking = NULL;
    if (proxy->front) front_close(proxy->front);
    proxy->front = NULL;
}

void proxies_remove(struct proxy *proxy) {
    proxies_close(proxy);
    struct proxy **at = &proxy->proxies->first;
    while (*at && *at != proxy) at = &(*at)->next;
    if (*at) *at = proxy->next;
    for (struct echo_wait *wait = proxy->proxies->waits; wait; wait = wait->next)
        if (wait->proxy == proxy) wait->proxy = NULL;
}
