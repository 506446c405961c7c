/* The client: libcurl says which descriptors and which timer it wants watched, the loop says when they are ready. It owns the multi
 * handle, the transfers on their way and some easy handles to use again. It never waits inside libcurl. */
#include "stdlib/http/client.h"

#include "stdlib/broken_pipe.h"
#include "stdlib/functions.h"
#include "stdlib/http/response.h"

#include <string.h>

enum { SPARE_MAXIMUM = 64 };

struct client {
    CURLM *multi;                /* all transfers and the kept connections */
    struct loop *loop;           /* of the run */
    struct run *run;             /* whose client it is */
    struct loop_timer *timer;    /* what libcurl asked for; NULL */
    struct loop_timer *delivery; /* something ended before its fiber was parked; NULL */
    struct transfer *first;      /* on their way */
    CURL *spares[SPARE_MAXIMUM]; /* easy handles that are free */
    size_t spare_count;          /* of them */
    struct recent recent;        /* of the last answer */
};

/* A descriptor of libcurl's that is watched. */
struct socket {
    struct client *client;
    curl_socket_t descriptor;
    struct loop_watch *watch;
};

static void deliver(struct client *client);

static void act(struct client *client, curl_socket_t descriptor, int events) {
    int running;
    curl_multi_socket_action(client->multi, descriptor, events, &running);
}

static void on_ready(void *data, int events) {
    struct socket *socket = data;
    struct client *client = socket->client; /* libcurl may let the socket go meanwhile */
    act(client, socket->descriptor,
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0));
    deliver(client);
}

static void on_timer(void *data) {
    struct client *client = data;
    client->timer = NULL;
    act(client, CURL_SOCKET_TIMEOUT, 0);
    deliver(client);
}

static void on_delivery(void *data) {
    struct client *client = data;
    client->delivery = NULL;
    deliver(client);
}

static int watch_socket(CURL *easy, curl_socket_t descriptor, int what, void *data, void *known) {
    struct client *client = data;
    struct socket *socket = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (!socket) return 0;
        curl_multi_assign(client->multi, descriptor, NULL);
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
    *socket = (struct socket){ .client = client, .descriptor = descriptor };
    socket->watch = loop_watch_start(client->loop, descriptor, events, on_ready, socket);
    curl_multi_assign(client->multi, descriptor, socket);
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *data) {
    struct client *client = data;
    (void)multi;
    if (client->timer) loop_timer_stop(client->timer);
    client->timer = NULL;
    if (milliseconds >= 0)
        client->timer =
            loop_timer_start(client->loop, loop_now(client->loop) + milliseconds * 1000000, on_timer, client);
    return 0;
}

/* ---- the client's life ---- */

void http_warm(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void *client_make(struct run *run) {
    broken_pipe_ignore();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct client *client = memory_allocate(sizeof *client);
    *client = (struct client){ .multi = curl_multi_init(), .loop = run_loop(run), .run = run };
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return client;
}

static void give_back(struct client *client, CURL *easy) {
    if (client->spare_count == SPARE_MAXIMUM) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    client->spares[client->spare_count++] = easy;
}

/* Out of the client's list and out of libcurl's hands. */
static void detach(struct transfer *transfer) {
    struct client *client = transfer->client;
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        client->first = transfer->next;
    if (transfer->next) transfer->next->previous = transfer->previous;
    curl_multi_remove_handle(client->multi, transfer->easy);
}

static void drop(struct transfer *transfer) {
    CURL *easy = transfer->easy;
    struct client *client = transfer->client;
    transfer_free(transfer);
    give_back(client, easy);
}

static void client_release(void *state) {
    struct client *client = state;
    while (client->first) {
        struct transfer *transfer = client->first;
        detach(transfer);
        drop(transfer);
    }
    recent_done(&client->recent);
    while (client->spare_count) curl_easy_cleanup(client->spares[--client->spare_count]);
    curl_multi_cleanup(client->multi);
    if (client->timer) loop_timer_stop(client->timer);
    if (client->delivery) loop_timer_stop(client->delivery);
    memory_release(client);
    curl_global_cleanup();
}

/* ---- a transfer's life ---- */

static void complete(struct transfer *transfer, CURLcode code) {
    struct run *run = transfer->run;
    int64_t end = run_now(run);
    struct buffer problem = { 0 }, outcome = { 0 };
    code = transfer_outcome(transfer, code);
    struct value response = response_of(transfer, code, end, &transfer->client->recent, &problem);
    if (response.kind == VALUE_RECORD) {
        bool found;
        struct value error = value_field(response, TEXT("error"), &found);
        struct value status = value_field(response, TEXT("status"), &found);
        value_plain(error.kind == VALUE_NONE ? status : error, &outcome);
    }
    run_effect(run, "http", text_of(transfer->request->shown), transfer->start, end,
               buffer_text(problem.length ? &problem : &outcome));
    struct ticket ticket = transfer->ticket;
    drop(transfer);
    if (problem.length)
        native_wake_failed(run, ticket, "%s", problem.bytes);
    else
        native_wake(run, ticket, response);
    buffer_done(&problem);
    buffer_done(&outcome);
}

static void deliver(struct client *client) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        char *private_data = NULL;
        CURLcode code = message->data.result; /* the message is gone with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_data);
        struct transfer *transfer = (struct transfer *)(void *)private_data;
        detach(transfer);
        complete(transfer, code);
    }
}

static void cancel(void *state) {
    struct transfer *transfer = state;
    run_effect(transfer->run, "http", text_of(transfer->request->shown), transfer->start, run_now(transfer->run),
               TEXT("given up"));
    detach(transfer);
    drop(transfer);
}

static void begin(struct transfer *transfer) {
    struct client *client = transfer->client;
    curl_multi_add_handle(client->multi, transfer->easy);
    act(client, CURL_SOCKET_TIMEOUT, 0); /* on a kept connection it is sent now */
}

/* The request's own DNS server has answered, or has not. */
static void on_name(void *data, const struct resolver_answer *answer) {
    struct transfer *transfer = data;
    struct client *client = transfer->client;
    transfer->resolver = NULL;
    if (answer->addresses) {
        int64_t left = transfer->request->timeout - (run_now(transfer->run) - transfer->start);
        transfer_use_addresses(transfer, answer->addresses, left);
        begin(transfer);
        deliver(client);
        return;
    }
    transfer->lookup_problem = memory_copy(answer->problem, strlen(answer->problem));
    detach(transfer);
    complete(transfer, CURLE_COULDNT_RESOLVE_HOST);
}

enum native_outcome client_send(struct native_call *call, struct request *request) {
    struct client *client = run_module(call->run, "http", client_make, client_release);
    CURL *easy = client->spare_count ? client->spares[--client->spare_count] : curl_easy_init();
    if (!easy) {
        request_free(request);
        return native_fail(call, "http: out of memory");
    }
    struct transfer *transfer = transfer_new(call->run, request, easy);
    transfer->client = client;
    transfer->next = client->first;
    if (client->first) client->first->previous = transfer;
    client->first = transfer;
    enum native_outcome outcome = native_wait(call, request->shown, cancel, transfer);
    transfer->ticket = native_ticket(call);
    transfer->start = run_now(call->run);
    int64_t waited = transfer->start - native_begin(call, transfer->start);
    if (waited > 0) transfer_count_from(transfer, waited);
    if (request->host) {
        transfer->resolver =
            resolver_ask(client->loop, &request->dns, request->host, request->timeout, on_name, transfer);
        return outcome;
    }
    begin(transfer);
    if (!client->delivery)
        client->delivery = loop_timer_start(client->loop, loop_now(client->loop), on_delivery, client);
    return outcome;
}
