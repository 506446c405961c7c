/* Connections. Ends travel as they are: a side that stops sending is shut at the other side, a reset is a reset there. Whatever
 * happens, `finish` is called once. */
#include "stdlib/proxy/connection.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/proxy/front.h"
#include "stdlib/proxy/gate.h"
#include "stdlib/proxy/shortcut.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum { READS_A_TURN = 4, READS_AT_THE_END = 64 };
#define ADDRESS_PATIENCE SECOND /* for the loop's word on where the service is now */

/* ---- its end ---- */

static void drop_timer(struct connection *connection) {
    if (connection->timer) timers_remove(connection->timer);
    connection->timer = NULL;
}

static void close_side(struct engine *engine, struct side *side, bool by_reset) {
    struct linger none = { .l_onoff = 1, .l_linger = 0 };
    if (by_reset && side->watched.descriptor >= 0)
        setsockopt(side->watched.descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    engine_forget(engine, &side->watched);
}

static void finish(struct connection *connection, bool by_reset, const char *outcome, const char *reason) {
    struct front *front = connection->front;
    if (connection->is_over) return;
    connection->is_over = true;
    drop_timer(connection);
    fault_release(connection);
    tap_over(&connection->tap, outcome, reason, clock_monotonic());
    if (!gate_park(connection)) close_side(front->engine, &connection->client, by_reset);
    close_side(front->engine, &connection->service, by_reset);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        front->connections = connection->next;
    if (connection->next) connection->next->previous = connection->previous;
    engine_bury(front->engine, connection);
}

void connection_free(struct connection *connection) {
    tap_done(&connection->tap);
    link_done(&connection->up);
    link_done(&connection->down);
    memory_release(connection);
}

void connection_stop(struct connection *connection, const char *outcome, const char *reason) {
    finish(connection, true, outcome, reason);
}

void connection_close(struct connection *connection, const char *outcome, const char *reason) {
    finish(connection, false, outcome, reason);
}

/* ---- told by its links ---- */

/* What is no HTTP is told once for a proxy. */
static void note_alien(struct connection *connection) {
    struct front *front = connection->front;
    const char *why;
    if (front->noted_alien || !tap_is_alien(&connection->tap, &why)) return;
    front->noted_alien = true;
    front_note(front, why);
}

void connection_saw(struct connection *connection, const struct link *link, struct text bytes, int64_t now) {
    if (link->is_up) return; /* requests are seen as they arrive */
    tap_down(&connection->tap, bytes, now);
    note_alien(connection);
}

void connection_saw_end(struct connection *connection, const struct link *link, int64_t now) {
    if (!link->is_up) tap_down_ended(&connection->tap, now);
}

void connection_uploaded(struct connection *connection, size_t length) {
    front_uploaded(connection->front, length);
}

/* ---- bytes ---- */

enum reading { READING_WAITS, READING_GOES_ON, READING_BROKE };

static enum reading read_once(struct side *side, size_t *got) {
    struct connection *connection = side->connection;
    char *block = connection->front->engine->block;
    bool is_short = shortcut_is_open(side);
    ssize_t length =
        is_short ? shortcut_take(side) : recv(side->watched.descriptor, block, link_room(side->out), MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) return READING_GOES_ON;
    if (length < 0) return errno == EAGAIN ? READING_WAITS : READING_BROKE;
    int64_t now = clock_monotonic();
    *got = (size_t)length;
    side->is_bulk = length >= SHORTCUT_FROM;
    if (is_short && length) return READING_GOES_ON;
    if (length == 0) {
        side->has_ended = true;
        if (side == &connection->service && !connection->client.has_ended) connection->service_ended_first = true;
        if (side == &connection->client) tap_up_ended(&connection->tap, now);
        link_put_end(side->out, now);
        return READING_WAITS;
    }
    struct text bytes = { block, (size_t)length };
    if (side == &connection->client) {
        tap_up(&connection->tap, bytes, now);
        note_alien(connection);
    }
    link_put(side->out, bytes, now);
    return READING_GOES_ON;
}

/* A side is gone. What it said before still goes on, then the other side sees what this one did: a reset. */
static void side_broke(struct side *side) {
    struct connection *connection = side->connection;
    bool is_service = side == &connection->service;
    size_t got;
    for (int i = 0; i < READS_AT_THE_END && !side->has_ended && link_room(side->out); i++)
        if (read_once(side, &got) != READING_GOES_ON) break;
    link_flush(side->out);
    finish(connection, true, "reset",
           is_service ? "the service reset the connection" : "the client reset the connection");
}

/* Reads while it fills the block, or while an end is known to wait behind what is there. */
static void read_side(struct side *side, bool to_its_end) {
    for (int i = 0; i < READS_A_TURN && !side->has_ended && link_room(side->out); i++) {
        size_t got = 0;
        enum reading reading = read_once(side, &got);
        if (reading == READING_BROKE) {
            side_broke(side);
            return;
        }
        if (reading == READING_WAITS || (got < LINK_LIMIT && !to_its_end)) return;
    }
    if (!side->has_ended && link_room(side->out)) side->connection->front->engine->has_more = true;
}

/* ---- what to wait for ---- */

static void wait_for(struct side *side) {
    struct connection *connection = side->connection;
    if (side->watched.descriptor < 0) return;
    uint32_t events = 0;
    if (!side->has_ended && side->is_connected && link_room(side->out)) events |= EPOLLIN | EPOLLRDHUP;
    if (!side->is_connected || side->in->queue.length) events |= EPOLLOUT;
    /* Both ends were said, or an error is known: epoll would tell of it again and again. */
    bool away = !events && (side->has_trouble || (side->has_ended && side->was_shut));
    engine_watch(connection->front->engine, &side->watched, events, away);
}

static void shut_side(struct side *side) {
    if (!side->in->has_ended || side->in->queue.length || side->was_shut || !side->is_connected) return;
    side->was_shut = true;
    shutdown(side->watched.descriptor, SHUT_WR);
}

void connection_look(struct connection *connection) {
    if (connection->is_over) return;
    shut_side(&connection->client);
    shut_side(&connection->service);
    if (connection->client.was_shut && connection->service.was_shut) {
        finish(connection, false, "closed",
               connection->service_ended_first ? "the service closed the connection"
                                               : "the client closed the connection");
        return;
    }
    wait_for(&connection->client);
    wait_for(&connection->service);
}

/* ---- reaching the service ---- */

static void try_service(struct connection *connection);

static void unreachable(struct connection *connection, int problem) {
    struct buffer reason = { 0 };
    const char *outcome = problem == ECONNREFUSED ? "refused" : problem == ETIMEDOUT ? "timeout" : "unreachable";
    if (problem == EMFILE || problem == ENFILE) outcome = "full";
    buffer_printf(&reason, "the service could not be reached at %s: %s", connection->target.shown, strerror(problem));
    finish(connection, !connection->front->is_unread, outcome, reason.bytes);
    buffer_done(&reason);
}

static void on_address_timeout(void *data) {
    struct connection *connection = data;
    connection->timer = NULL;
    connection_retry(connection, false);
}

/* The address may be one of a replica that was replaced a moment ago: the loop knows. */
static void service_failed(struct connection *connection, int problem) {
    struct front *front = connection->front;
    drop_timer(connection);
    engine_forget(front->engine, &connection->service.watched);
    if (!front->follows || connection->waits_for_address || problem == EMFILE || problem == ENFILE) {
        unreachable(connection, problem);
        return;
    }
    connection->waits_for_address = true;
    connection->timer =
        timers_add(&front->engine->timers, clock_monotonic() + ADDRESS_PATIENCE, on_address_timeout, connection);
    front_ask_targets(front);
}

void connection_retry(struct connection *connection, bool changed) {
    if (!connection->waits_for_address || connection->service.watched.descriptor >= 0 || connection->is_over) return;
    drop_timer(connection);
    if (changed)
        try_service(connection);
    else
        unreachable(connection, ECONNREFUSED);
    connection_look(connection);
}

static void on_connect_timeout(void *data) {
    struct connection *connection = data;
    connection->timer = NULL;
    engine_forget(connection->front->engine, &connection->service.watched);
    unreachable(connection, ETIMEDOUT);
}

static void is_connected(struct connection *connection) {
    drop_timer(connection);
    connection->service.is_connected = true;
    if (link_flush(&connection->up) == LINK_BROKEN) side_broke(&connection->service);
}

static void try_service(struct connection *connection) {
    struct front *front = connection->front;
    const struct target *target = front_next_target(front);
    int on = 1;
    if (!target) {
        unreachable(connection, ECONNREFUSED);
        return;
    }
    connection->target = *target;
    int descriptor = front_socket(front, target->address.ss_family);
    connection->service.watched.descriptor = descriptor;
    if (descriptor < 0) {
        service_failed(connection, errno);
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, (const struct sockaddr *)&target->address, target->length) == 0) {
        is_connected(connection);
    } else if (errno == EINPROGRESS) {
        connection->timer = timers_add(&front->engine->timers, clock_monotonic() + front->connect_timeout,
                                       on_connect_timeout, connection);
    } else {
        service_failed(connection, errno);
    }
}

void connection_dial(struct connection *connection) {
    if (connection->was_dialled || connection->is_over) return;
    connection->was_dialled = true;
    try_service(connection);
}

/* ---- readiness ---- */

static void connect_ready(struct connection *connection) {
    int problem = 0;
    socklen_t length = sizeof problem;
    getsockopt(connection->service.watched.descriptor, SOL_SOCKET, SO_ERROR, &problem, &length);
    if (problem)
        service_failed(connection, problem);
    else
        is_connected(connection);
}

static void trouble(struct side *side, uint32_t events) {
    if (!side->has_ended && !link_room(side->out))
        side->has_trouble = true; /* what it said comes first */
    else if (side->has_ended && (events & EPOLLERR))
        side_broke(side);
}

static void side_ready(struct watched *watched, uint32_t events) {
    struct side *side = (struct side *)watched;
    struct connection *connection = side->connection;
    if (!side->is_connected) {
        connect_ready(connection);
        connection_look(connection);
        return;
    }
    if ((events & EPOLLOUT) && link_flush(side->in) == LINK_BROKEN) side_broke(side);
    if (!connection->is_over && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        read_side(side, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    if (!connection->is_over && (events & (EPOLLHUP | EPOLLERR))) trouble(side, events);
    connection_look(connection);
}

/* ---- its beginning ---- */

uint64_t connection_mix(uint64_t seed, uint64_t number) {
    uint64_t mix = seed + number * UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    mix = (mix ^ (mix >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mix = (mix ^ (mix >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mix ^ (mix >> 31);
}

static void join(struct connection *connection) {
    struct side *client = &connection->client, *service = &connection->service;
    connection->up = (struct link){ .from = client, .to = service, .is_up = true };
    connection->down = (struct link){ .from = service, .to = client };
    *client = (struct side){ .watched = { .ready = side_ready, .descriptor = -1 },
                             .connection = connection,
                             .out = &connection->up,
                             .in = &connection->down };
    *service = *client;
    service->out = &connection->down;
    service->in = &connection->up;
}

void connection_start(struct front *front, int client, int64_t now) {
    struct connection *connection = memory_allocate(sizeof *connection);
    int on = 1;
    join(connection);
    connection->front = front;
    connection->number = front->accepted++;
    connection->seed = connection_mix(front->seed, connection->number);
    connection->next = front->connections;
    if (connection->next) connection->next->previous = connection;
    front->connections = connection;
    tap_init(&connection->tap, front->engine->news, front->id, connection->target.shown, now);
    connection->tap.is_opaque = front->is_unread;
    connection->client.watched.descriptor = client;
    connection->client.is_connected = true;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fault_meet_all(front, connection)) connection_dial(connection);
    connection_look(connection);
}
