/* A request is worked on from a timer, never while descriptors that are ready are gone through: what it removes may be one of them.
 * Nobody can hold the server: a request has 15 s to come, an answer 30 s to be taken, a silent connection 60 s; of 256 connections
 * the one that was silent longest gives way to a new one. */
#include "stdlib/proxy/api_server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/descriptors.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 256, ACCEPTS_A_TURN = 64 };
#define REQUEST_PATIENCE (15 * SECOND)
#define ANSWER_PATIENCE (30 * SECOND)
#define IDLE_PATIENCE (60 * SECOND)
#define DRAIN_PATIENCE SECOND
#define FULL_PAUSE (100 * MILLISECOND)

struct api_client {
    struct watched watched;           /* first */
    struct api_server *server;        /* whose */
    struct api_client *next, *before; /* silent longest first */
    struct api_reader reader;
    struct buffer out;         /* an answer */
    size_t sent;               /* of it */
    bool closes;               /* after the answer */
    bool is_draining;          /* the answer is out and the end was said: what still comes is thrown away */
    bool has_ended;            /* it sends no more */
    struct loop_timer *work;   /* soon; NULL */
    struct loop_timer *expiry; /* its time is up then; NULL */
    bool in_request;           /* `expiry` is for the request that is on its way */
    bool gives_way;            /* its time is up, whatever it does */
};
struct api_server {
    struct watched watched; /* its listener; first */
    struct engine *engine;
    struct api_proxies proxies;
    struct api_client *first, *last; /* owned */
    size_t count;
    uint64_t requests;
    char *version;            /* owned */
    struct loop_timer *pause; /* no descriptor was left; NULL */
};

/* ---- the list ---- */

static void unlink_client(struct api_client *client) {
    struct api_server *server = client->server;
    *(client->before ? &client->before->next : &server->first) = client->next;
    *(client->next ? &client->next->before : &server->last) = client->before;
    client->next = client->before = NULL;
}

static void append_client(struct api_client *client) {
    struct api_server *server = client->server;
    client->before = server->last;
    *(server->last ? &server->last->next : &server->first) = client;
    server->last = client;
}

static void stop_timer(struct loop_timer **timer) {
    if (*timer) timers_remove(*timer);
    *timer = NULL;
}

static void free_client(struct api_client *client) {
    struct api_server *server = client->server;
    unlink_client(client);
    server->count--;
    stop_timer(&client->work);
    stop_timer(&client->expiry);
    engine_forget(server->engine, &client->watched);
    api_reader_done(&client->reader);
    buffer_done(&client->out);
    memory_release(client);
}

static void on_expiry(void *data) {
    struct api_client *client = data;
    client->expiry = NULL;
    free_client(client);
}

static void expire_in(struct api_client *client, int64_t patience) {
    if (client->gives_way && client->expiry) return;
    stop_timer(&client->expiry);
    client->expiry = timers_add(&client->server->engine->timers, clock_monotonic() + patience, on_expiry, client);
}

/* ---- answers ---- */

static const char *reason_of(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = { { 200, "OK" },
                    { 201, "Created" },
                    { 204, "No Content" },
                    { 400, "Bad Request" },
                    { 403, "Forbidden" },
                    { 404, "Not Found" },
                    { 405, "Method Not Allowed" },
                    { 409, "Conflict" },
                    { 413, "Request Entity Too Large" },
                    { 431, "Request Header Fields Too Large" },
                    { 500, "Internal Server Error" } };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status) return reasons[i].reason;
    return "Unknown";
}

static void write_date(struct buffer *out) {
    char date[64];
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts) && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        buffer_printf(out, "Date: %s\r\n", date);
}

static void put_answer(struct api_client *client, const struct api_answer *answer) {
    struct buffer *out = &client->out;
    buffer_printf(out, "HTTP/1.1 %d %s\r\n", answer->status, reason_of(answer->status));
    if (answer->type) buffer_printf(out, "Content-Type: %s\r\n", answer->type);
    if (answer->is_plain) buffer_append_string(out, "X-Content-Type-Options: nosniff\r\n");
    buffer_printf(out, "X-Toxiproxy-Request-Id: %016llx\r\n",
                  (unsigned long long)connection_mix(client->server->proxies.seed, ++client->server->requests));
    write_date(out);
    if (answer->status != 204) buffer_printf(out, "Content-Length: %zu\r\n", answer->body.length);
    if (client->closes) buffer_append_string(out, "Connection: close\r\n");
    buffer_append_string(out, "\r\n");
    buffer_append(out, buffer_text(&answer->body));
}

/* ---- a client's turn ---- */

static void turn(struct api_client *client);

static void on_work(void *data) {
    struct api_client *client = data;
    client->work = NULL;
    turn(client);
}

static void soon(struct api_client *client) {
    if (!client->work) client->work = timers_add(&client->server->engine->timers, clock_monotonic(), on_work, client);
}

/* False: it is gone. */
static bool flush(struct api_client *client) {
    while (client->sent < client->out.length) {
        ssize_t sent = send(client->watched.descriptor, client->out.bytes + client->sent,
                            client->out.length - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0) {
            engine_watch(client->server->engine, &client->watched, EPOLLOUT, false);
            return true;
        }
        client->sent += (size_t)sent;
    }
    buffer_clear(&client->out);
    if (client->out.capacity > API_HEAD_LIMIT) buffer_done(&client->out);
    client->sent = 0;
    return true;
}

static void work_on(struct api_client *client) {
    struct api_server *server = client->server;
    struct api_answer answer = { 0 };
    client->closes = client->closes || !client->reader.request.keeps;
    api_ask(&server->proxies, server->version, &client->reader.request, &answer);
    put_answer(client, &answer);
    buffer_done(&answer.body);
    api_reader_next(&client->reader);
    client->in_request = false;
    expire_in(client, ANSWER_PATIENCE);
}

static void refuse_request(struct api_client *client) {
    struct api_answer answer = { .status = client->reader.status, .type = "text/plain; charset=utf-8" };
    buffer_printf(&answer.body, "%d %s", answer.status, reason_of(answer.status));
    client->closes = true;
    put_answer(client, &answer);
    buffer_done(&answer.body);
    expire_in(client, ANSWER_PATIENCE);
}

/* The answer is out: a close now would be a reset where bytes came that were not read, and the answer lost. */
static void say_end(struct api_client *client) {
    client->is_draining = true;
    shutdown(client->watched.descriptor, SHUT_WR);
    expire_in(client, DRAIN_PATIENCE);
    engine_watch(client->server->engine, &client->watched, EPOLLIN, false);
}

static void await_more(struct api_client *client) {
    bool is_idle = api_reader_is_empty(&client->reader);
    if (is_idle || !client->in_request) expire_in(client, is_idle ? IDLE_PATIENCE : REQUEST_PATIENCE);
    client->in_request = !is_idle;
    engine_watch(client->server->engine, &client->watched, EPOLLIN, false);
}

/* One request a turn, so that a client with many does not hold up the wire; and nothing is read while one is left. */
static void turn(struct api_client *client) {
    bool has_more = false;
    if (!client->out.length && !client->closes) {
        enum api_reading reading = api_reader_read(&client->reader);
        if (reading == API_WHOLE) work_on(client);
        if (reading == API_BAD) refuse_request(client);
        if (reading == API_CONTINUE) buffer_append_string(&client->out, "HTTP/1.1 100 Continue\r\n\r\n");
        if (reading == API_MORE && client->has_ended) client->closes = true;
        has_more = reading == API_WHOLE && !api_reader_is_empty(&client->reader);
    }
    if (!flush(client)) {
        free_client(client);
    } else if (client->out.length) {
        return; /* until it can be written */
    } else if (client->closes && client->has_ended) {
        free_client(client);
    } else if (client->closes) {
        say_end(client);
    } else if (has_more) {
        soon(client);
    } else {
        await_more(client);
    }
}

/* It sends no more, or is gone. */
static void client_ended(struct api_client *client, bool is_broken) {
    client->has_ended = true;
    if (is_broken || client->is_draining || api_reader_is_empty(&client->reader)) client->closes = true;
    if (!is_broken) return;
    buffer_done(&client->out);
    client->sent = 0;
}

static void client_ready(struct watched *watched, uint32_t events) {
    struct api_client *client = (struct api_client *)watched;
    char *block = client->server->engine->block;
    if (events & EPOLLOUT) {
        soon(client);
        if (!(events & (EPOLLERR | EPOLLHUP))) return;
    }
    ssize_t length = recv(watched->descriptor, block, ENGINE_BLOCK, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length > 0 && client->is_draining) return;
    if (length <= 0) {
        client_ended(client, length < 0);
    } else {
        api_reader_put(&client->reader, (struct text){ block, (size_t)length });
        unlink_client(client);
        append_client(client);
    }
    engine_watch(client->server->engine, watched, 0, true); /* until this was looked at */
    soon(client);
}

/* ---- coming ---- */

static void add_client(struct api_server *server, int descriptor) {
    struct api_client *client = memory_allocate(sizeof *client);
    client->watched = (struct watched){ .ready = client_ready, .descriptor = descriptor };
    client->server = server;
    append_client(client);
    server->count++;
    expire_in(client, IDLE_PATIENCE);
    engine_watch(server->engine, &client->watched, EPOLLIN, false);
}

/* Silent longest: its time is up at once. Not here, where it may be among what is ready. */
static void give_way(struct api_server *server) {
    size_t over = server->count > CLIENTS ? server->count - CLIENTS : 0;
    for (struct api_client *client = server->first; client && over; client = client->next, over--) {
        if (client->gives_way) continue;
        stop_timer(&client->expiry);
        client->gives_way = true;
        expire_in(client, 0);
    }
}

static void on_pause(void *data) {
    struct api_server *server = data;
    server->pause = NULL;
    engine_watch(server->engine, &server->watched, EPOLLIN, false);
}

static void server_ready(struct watched *watched, uint32_t events) {
    struct api_server *server = (struct api_server *)watched;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int descriptor = accept4(watched->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            add_client(server, descriptor);
            continue;
        }
        if ((errno == EMFILE || errno == ENFILE) && !(errno == EMFILE && descriptors_allow_more())) {
            engine_watch(server->engine, watched, 0, true);
            server->pause = timers_add(&server->engine->timers, clock_monotonic() + FULL_PAUSE, on_pause, server);
        }
        break;
    }
    give_way(server);
}

/* ---- its life ---- */

struct api_server *api_server_new(struct engine *engine, int listener, const char *version, uint64_t seed) {
    struct api_server *server = memory_allocate(sizeof *server);
    *server = (struct api_server){ .watched = { .ready = server_ready, .descriptor = listener },
                                   .engine = engine,
                                   .proxies = { .engine = engine, .seed = seed },
                                   .version = memory_copy(version, strlen(version)) };
    return server;
}

struct opening {
    struct api_server *server;
    struct text json;
    struct api_problem *problem;
    bool is_done; /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t done;
};

static void begin(struct engine *engine, void *data) {
    struct opening *opening = data;
    struct api_server *server = opening->server;
    if (opening->json.length) api_populate(&server->proxies, opening->json, opening->problem);
    if (!opening->problem->status) engine_watch(engine, &server->watched, EPOLLIN, false);
    pthread_mutex_lock(&opening->lock);
    opening->is_done = true;
    pthread_cond_signal(&opening->done);
    pthread_mutex_unlock(&opening->lock);
}

/* The thread is idle but for this, and its steps are bounded. */
bool api_server_open(struct api_server *server, struct text json, struct api_problem *problem) {
    struct opening opening = { .server = server,
                               .json = json,
                               .problem = problem,
                               .lock = PTHREAD_MUTEX_INITIALIZER,
                               .done = PTHREAD_COND_INITIALIZER };
    engine_ask(server->engine, begin, &opening);
    pthread_mutex_lock(&opening.lock);
    while (!opening.is_done) pthread_cond_wait(&opening.done, &opening.lock);
    pthread_mutex_unlock(&opening.lock);
    return problem->status == 0;
}

static void end(struct engine *engine, void *data) {
    struct api_server *server = data;
    stop_timer(&server->pause);
    engine_forget(engine, &server->watched);
    while (server->first) free_client(server->first);
    api_proxies_clear(&server->proxies);
    memory_release(server->version);
    memory_release(server);
}

void api_server_close(struct api_server *server) {
    engine_ask(server->engine, end, server);
}
