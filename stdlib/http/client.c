/* The client. It owns the multi handle, the transfers on their way and some easy handles to use again. */
#include "stdlib/http/client.h"

#include "stdlib/broken_pipe.h"
#include "stdlib/functions.h"
#include "stdlib/http/multi.h"
#include "stdlib/http/response.h"

#include <string.h>

enum { SPARE_MAXIMUM = 64 };

struct client {
    struct multi multi;          /* all transfers and the kept connections */
    struct loop *loop;           /* of the run */
    struct run *run;             /* whose client it is */
    struct transfer *first;      /* on their way */
    CURL *spares[SPARE_MAXIMUM]; /* easy handles that are free */
    size_t spare_count;          /* of them */
    struct recent recent;        /* of the last answer */
};

static bool ended(void *data, CURL *easy, CURLcode code);

/* ---- the client's life ---- */

void http_warm(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void *client_make(struct run *run) {
    broken_pipe_ignore();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct client *client = memory_allocate(sizeof *client);
    *client = (struct client){ .loop = run_loop(run), .run = run };
    multi_begin(&client->multi, client->loop, ended, client);
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
    curl_multi_remove_handle(client->multi.handle, transfer->easy);
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
    multi_end(&client->multi);
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

static bool ended(void *data, CURL *easy, CURLcode code) {
    (void)data;
    char *private_data = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_data);
    struct transfer *transfer = (struct transfer *)(void *)private_data;
    detach(transfer);
    complete(transfer, code);
    return true;
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
    curl_multi_add_handle(client->multi.handle, transfer->easy);
    multi_start(&client->multi);
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
        multi_deliver(&client->multi);
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
    multi_deliver_soon(&client->multi);
    return outcome;
}
