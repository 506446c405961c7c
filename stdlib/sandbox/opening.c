/* Making a sandbox: the keeper makes the namespace, then there are two proxies on the run's wire, one out (the road, which is cut) and
 * one in (the control, which is not). By "proxy" the road alone, in nobody's namespace. */
#include "stdlib/sandbox/sandbox.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/passing.h"
#include "stdlib/proxy/gate.h"
#include "stdlib/proxy/proxy.h"
#include "stdlib/sandbox/keeper.h"
#include "stdlib/sql/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE (5 * SECOND) /* for the keeper's first word */
enum { HIGHEST_PORT = 65535 };

struct opening {
    struct run *run;
    struct value handle;      /* owned */
    struct value subject;     /* a service, a db, or a URL; owned */
    struct sandbox *sandbox;  /* of the handle */
    struct target_list known; /* where the service is; owned until there is a road */
    int port;                 /* of the road, inside; 0: any */
    int channel;              /* to the keeper; -1 */
    struct loop_watch *watch; /* of the channel; NULL */
    struct loop_timer *timer; /* ends the wait for the keeper; NULL */
    struct ticket ticket;
    int64_t start;
};

static void opening_done(struct opening *opening) {
    if (opening->watch) loop_watch_stop(opening->watch);
    if (opening->timer) loop_timer_stop(opening->timer);
    if (opening->channel >= 0) close(opening->channel);
    target_list_done(&opening->known);
    value_release(opening->subject);
    value_release(opening->handle);
}

static void opening_free(void *state) {
    opening_done(state);
    memory_release(state);
}

/* ---- its two proxies ---- */

static void open_road(struct opening *opening, struct proxies *proxies, int listener, struct gate *gate) {
    bool is_url = opening->subject.kind == VALUE_TEXT;
    struct proxy_opening road = { .target = is_url ? value_none() : opening->subject,
                                  .known = opening->known,
                                  .url = is_url ? value_text_of(opening->subject) : db_address_url(opening->subject),
                                  .listener = listener,
                                  .port = opening->port,
                                  .name = handle_name(opening->handle),
                                  .gate = gate,
                                  .dispenser = -1 };
    struct target target = { 0 };
    struct buffer problem = { 0 };
    opening->known = (struct target_list){ 0 };
    if (road.url.length) target_of_url(road.url, &target, &road.authority, &problem);
    buffer_done(&problem);
    road.what = text_of(is_url ? target.shown : handle_name(opening->subject));
    opening->sandbox->road = proxy_open(opening->run, proxies, &road);
}

static struct target here(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct target target = { .length = sizeof address };
    memcpy(&target.address, &address, sizeof address);
    snprintf(target.shown, sizeof target.shown, "127.0.0.1:%d", port);
    return target;
}

/* False with text in `problem`. */
static bool open_control(struct opening *opening, struct proxies *proxies, struct buffer *problem) {
    struct sandbox *sandbox = opening->sandbox;
    int port = sandbox->port.number, listener = proxy_listen(&port);
    if (listener < 0) {
        buffer_printf(problem, "cannot listen on 127.0.0.1:%d: %s", port, strerror(errno));
        return false;
    }
    struct target inside = here(port);
    struct buffer name = { 0 }, what = { 0 };
    buffer_printf(&name, "%s.control", handle_name(opening->handle));
    buffer_printf(&what, "the inside of %s", handle_name(opening->handle));
    struct proxy_opening control = { .target = value_none(),
                                     .known = target_list_copy(&(struct target_list){ &inside, 1 }),
                                     .what = buffer_text(&what),
                                     .listener = listener,
                                     .port = port,
                                     .name = name.bytes,
                                     .dispenser = opening->channel };
    opening->channel = -1;
    sandbox->control = proxy_open(opening->run, proxies, &control);
    buffer_done(&name);
    buffer_done(&what);
    return true;
}

/* Said in the record and, as a note, in the report. */
static void tell(const struct opening *opening, const char *mechanism) {
    struct buffer words = { 0 };
    int64_t now = run_now(opening->run);
    buffer_printf(&words, "open: %s", mechanism);
    run_effect(opening->run, "sandbox", text_of(proxy_of(opening->sandbox->road)->shown), opening->start, now,
               buffer_text(&words));
    buffer_clear(&words);
    buffer_printf(&words, "%s is %s", handle_name(opening->handle), mechanism);
    run_effect(opening->run, "note", buffer_text(&words), now, now, TEXT_NONE);
    buffer_done(&words);
}

static void be_open(struct opening *opening, const char *mechanism) {
    struct buffer url = { 0 };
    buffer_printf(&url, "http://127.0.0.1:%d", opening->sandbox->port.number);
    opening->sandbox->control_url = buffer_take(&url);
    opening->sandbox->is_open = true;
    tell(opening, mechanism);
}

/* ---- by a namespace ---- */

static void fail(struct opening *opening, const char *why) {
    native_wake_failed(opening->run, opening->ticket, "sandbox: %s", why);
    opening_free(opening);
}

static void use_gifts(struct opening *opening, bool has_user, const int *gives) {
    struct buffer problem = { 0 };
    struct program_place *place = &opening->sandbox->place;
    struct proxies *proxies = proxies_of(opening->run, &problem); /* they were there before */
    *place = (struct program_place){ gives[KEEPER_GIVES_NETWORK], gives[KEEPER_GIVES_USER] };
    if (!has_user) {
        close(place->user); /* the network's once more */
        place->user = -1;
    }
    open_road(opening, proxies, gives[KEEPER_GIVES_LISTENER],
              gate_new(gives[KEEPER_GIVES_CALLS], gives[KEEPER_GIVES_WORDS], gives[KEEPER_GIVES_VOICE],
                       (uint16_t)opening->port));
    if (open_control(opening, proxies, &problem)) {
        be_open(opening, has_user ? "a network namespace, in a user namespace of its own" : "a network namespace");
        native_wake(opening->run, opening->ticket, value_retain(opening->handle));
        opening_free(opening);
    } else {
        fail(opening, problem.bytes);
    }
    buffer_done(&problem);
}

static void on_word(void *data, int events) {
    struct opening *opening = data;
    struct keeper_word word = { .problem = ECHILD };
    int gives[KEEPER_GIVES];
    size_t count = KEEPER_GIVES;
    (void)events;
    ssize_t length = passing_take(opening->channel, &word, sizeof word, gives, &count);
    if (length < 0 && errno == EAGAIN) return;
    loop_watch_stop(opening->watch);
    opening->watch = NULL;
    if (length == sizeof word && word.step == KEEPER_READY && count == KEEPER_GIVES) {
        use_gifts(opening, word.has_user, gives);
        return;
    }
    for (size_t i = 0; length > 0 && i < count; i++) close(gives[i]);
    struct buffer why = { 0 };
    if (length == sizeof word)
        keeper_explain(&word, &why);
    else
        buffer_append_string(&why, "the process that makes the private network ended");
    fail(opening, why.bytes);
    buffer_done(&why);
}

static void on_patience_over(void *data) {
    struct opening *opening = data;
    opening->timer = NULL;
    fail(opening, "the private network was not there within 5s");
}

static bool start_keeper(struct opening *opening, struct buffer *problem) {
    struct sandbox *sandbox = opening->sandbox;
    struct guard *guard = run_guard(opening->run);
    if (guard) sandbox->guarded = guard_process(guard, 0, SIGKILL, 0);
    pid_t keeper = keeper_start((uint16_t)opening->port, &opening->channel);
    if (keeper < 0) {
        buffer_printf(problem, "cannot fork: %s", strerror(errno));
        if (guard) guard_release(guard, sandbox->guarded);
        sandbox->guarded = 0;
        return false;
    }
    if (guard) guard_process_set(guard, sandbox->guarded, keeper);
    if (sandbox_watch_keeper(sandbox, keeper)) return true;
    buffer_printf(problem, "cannot watch the process %d: %s", (int)keeper, strerror(errno));
    return false;
}

static enum native_outcome by_namespace(struct native_call *call, struct opening *like, struct buffer *problem) {
    struct loop *loop = run_loop(call->run);
    if (!start_keeper(like, problem)) return NATIVE_FAIL;
    struct opening *opening = memory_allocate(sizeof *opening);
    *opening = *like;
    enum native_outcome outcome = native_wait(call, "a private network", opening_free, opening);
    opening->ticket = native_ticket(call);
    opening->watch = loop_watch_start(loop, opening->channel, LOOP_READABLE, on_word, opening);
    opening->timer = loop_timer_start(loop, loop_now(loop) + PATIENCE, on_patience_over, opening);
    return outcome;
}

/* ---- by a proxy ---- */

static enum native_outcome by_proxy(struct native_call *call, struct opening *opening, struct proxies *proxies,
                                    struct buffer *problem) {
    opening->port = 0;
    int listener = proxy_listen(&opening->port);
    if (listener < 0) {
        buffer_printf(problem, "cannot listen on 127.0.0.1: %s", strerror(errno));
        return NATIVE_FAIL;
    }
    open_road(opening, proxies, listener, NULL);
    be_open(opening, "a proxy, as was asked for: what goes past it is neither cut nor seen");
    return native_done(call, value_retain(opening->handle));
}

/* ---- both ---- */

/* Inside, a service of this machine is where it is outside; no two can want that port. */
static int port_inside(const struct target_list *known, int control) {
    struct sockaddr_in address;
    if (known->count && known->items[0].address.ss_family == AF_INET) {
        memcpy(&address, &known->items[0].address, sizeof address);
        int port = ntohs(address.sin_port);
        if (ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET && port != control) return port;
    }
    return control < HIGHEST_PORT ? control + 1 : control - 1;
}

/* Takes `known` over; text in `problem` says what is wrong with it. */
static enum native_outcome make(struct native_call *call, struct target_list known, struct buffer *problem) {
    struct opening opening = { .run = call->run,
                               .handle = sandbox_handle(call->run),
                               .subject = value_retain(argument(call, 0)),
                               .known = known,
                               .channel = -1,
                               .start = run_now(call->run) };
    struct proxies *proxies = NULL;
    enum native_outcome outcome = NATIVE_FAIL;
    opening.sandbox = sandbox_of(opening.handle);
    if (!problem->length && proxy_may_reach(call, "a sandbox", &known, problem) &&
        port_take(&opening.sandbox->port, problem))
        proxies = proxies_of(call->run, problem);
    if (proxies) {
        opening.port = port_inside(&known, opening.sandbox->port.number);
        outcome = text_is(argument_text(call, 1), "proxy") ? by_proxy(call, &opening, proxies, problem)
                                                           : by_namespace(call, &opening, problem);
    }
    if (outcome == NATIVE_FAIL) native_fail(call, "sandbox: %s", problem->bytes);
    if (outcome != NATIVE_WAIT) opening_done(&opening);
    buffer_done(problem);
    return outcome;
}

enum native_outcome sandbox_of_service(struct native_call *call) {
    struct buffer problem = { 0 };
    struct target_list known = { 0 };
    proxy_targets(argument(call, 0), &known, &problem);
    return make(call, known, &problem);
}

enum native_outcome sandbox_of_url(struct native_call *call) {
    struct buffer problem = { 0 };
    struct target target;
    struct text authority;
    bool good = target_of_url(argument_text(call, 0), &target, &authority, &problem);
    return make(call, good ? target_list_copy(&(struct target_list){ &target, 1 }) : (struct target_list){ 0 },
                &problem);
}
