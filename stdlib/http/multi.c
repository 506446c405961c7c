/* See multi.h. libcurl's sockets are its own; here they are only watched. */
#include "stdlib/http/multi.h"

#include "base/clock.h"
#include "base/memory.h"

/* A descriptor of libcurl's that is watched. */
struct socket {
    struct multi *multi;
    curl_socket_t descriptor;
    struct loop_watch *watch;
};

static void act(struct multi *multi, curl_socket_t descriptor, int events) {
    int running;
    curl_multi_socket_action(multi->handle, descriptor, events, &running);
}

static void on_ready(void *data, int events) {
    struct socket *socket = data;
    struct multi *multi = socket->multi; /* libcurl may let the socket go meanwhile */
    act(multi, socket->descriptor,
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0));
    multi_deliver(multi);
}

static void on_timer(void *data) {
    struct multi *multi = data;
    multi->timer = NULL;
    act(multi, CURL_SOCKET_TIMEOUT, 0);
    multi_deliver(multi);
}

static void on_delivery(void *data) {
    struct multi *multi = data;
    multi->delivery = NULL;
    multi_deliver(multi);
}

static int watch_socket(CURL *easy, curl_socket_t descriptor, int what, void *data, void *known) {
    struct multi *multi = data;
    struct socket *socket = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (!socket) return 0;
        curl_multi_assign(multi->handle, descriptor, NULL);
        loop_watch_stop(socket->watch);
        memory_release(socket);
        return 0;
    }
    int events = (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0);
    if (socket) {
        loop_watch_change(socket->watch, events);
        return 0;
    }
    socket = memory_allocate(sizeof *socket);
    *socket = (struct socket){ .multi = multi, .descriptor = descriptor };
    socket->watch = loop_watch_start(multi->loop, descriptor, events, on_ready, socket);
    curl_multi_assign(multi->handle, descriptor, socket);
    return 0;
}

static int set_timer(CURLM *handle, long milliseconds, void *data) {
    struct multi *multi = data;
    (void)handle;
    multi_rest(multi);
    if (milliseconds >= 0)
        multi->timer =
            loop_timer_start(multi->loop, loop_now(multi->loop) + milliseconds * MILLISECOND, on_timer, multi);
    return 0;
}

void multi_begin(struct multi *multi, struct loop *loop, bool (*ended)(void *data, CURL *easy, CURLcode code),
                 void *data) {
    *multi = (struct multi){ .handle = curl_multi_init(), .loop = loop, .ended = ended, .data = data };
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
}

void multi_rest(struct multi *multi) {
    if (multi->timer) loop_timer_stop(multi->timer);
    multi->timer = NULL;
}

void multi_end(struct multi *multi) {
    curl_multi_cleanup(multi->handle);
    multi_rest(multi);
    if (multi->delivery) loop_timer_stop(multi->delivery);
    multi->delivery = NULL;
}

void multi_start(struct multi *multi) {
    act(multi, CURL_SOCKET_TIMEOUT, 0);
}

void multi_deliver(struct multi *multi) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi->handle, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        if (!multi->ended(multi->data, message->easy_handle, message->data.result)) return;
    }
}

void multi_deliver_soon(struct multi *multi) {
    if (!multi->delivery) multi->delivery = loop_timer_start(multi->loop, loop_now(multi->loop), on_delivery, multi);
}
