/* Links: what was read goes on at once where it can, and waits in a queue where it cannot. Nothing is copied on the straight way. */
#include "stdlib/proxy/link.h"

#include "stdlib/proxy/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

void link_done(struct link *link) {
    queue_done(&link->queue);
}

void link_put(struct link *link, struct text bytes, int64_t now) {
    if (link->stages)
        link->stages->stage_class->take(link->stages, bytes, now);
    else
        link_leave(link, bytes, now);
}

void link_put_end(struct link *link, int64_t now) {
    if (link->stages)
        link->stages->stage_class->end(link->stages, now);
    else
        link_leave_end(link, now);
}

/* How much the socket took; it takes nothing before it is connected. Broken is told by the next flush. */
static size_t write_some(struct link *link, struct text bytes, enum link_outcome *outcome) {
    *outcome = LINK_GOOD;
    if (!link->to->is_connected) return 0;
    for (;;) {
        ssize_t sent = send(link->to->watched.descriptor, bytes.bytes, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) *outcome = LINK_BROKEN;
        if (sent <= 0) return 0;
        link->length += (size_t)sent;
        if (link->is_up) connection_uploaded(link->to->connection, (size_t)sent);
        return (size_t)sent;
    }
}

/* A client that has closed its socket looks like one that has closed its half, until it answers what it is sent by a reset. On
 * loopback that comes before `send` returns, mostly. */
static bool is_gone(const struct side *side) {
    struct tcp_info state;
    socklen_t length = sizeof state;
    return getsockopt(side->watched.descriptor, IPPROTO_TCP, TCP_INFO, &state, &length) == 0 &&
           state.tcpi_state == TCP_CLOSE;
}

void link_leave(struct link *link, struct text bytes, int64_t now) {
    enum link_outcome outcome;
    if (link->has_ended) return; /* a fault ended it before its time */
    bool may_be_gone = link->to->has_ended && !link->is_up;
    if (!may_be_gone) connection_saw(link->to->connection, link, bytes, now);
    size_t sent = link->queue.length ? 0 : write_some(link, bytes, &outcome);
    if (may_be_gone && !is_gone(link->to)) connection_saw(link->to->connection, link, bytes, now);
    if (sent < bytes.length) queue_append(&link->queue, text_slice(bytes, sent, bytes.length), 0);
}

void link_leave_end(struct link *link, int64_t now) {
    if (link->has_ended) return;
    link->has_ended = true;
    connection_saw_end(link->to->connection, link, now);
}

enum link_outcome link_flush(struct link *link) {
    while (link->queue.length) {
        enum link_outcome outcome;
        size_t sent = write_some(link, queue_first(&link->queue), &outcome);
        if (!sent) return outcome;
        queue_drop(&link->queue, sent);
    }
    return LINK_GOOD;
}

/* Straight on, the next bytes are read when the last ones are gone, so that they need not be kept. */
size_t link_room(const struct link *link) {
    if (!link->stages) return link->queue.length ? 0 : LINK_LIMIT;
    size_t memory = link->queue.memory;
    for (const struct stage *stage = link->stages; stage; stage = stage->next) memory += stage->held.memory;
    return memory < LINK_LIMIT ? LINK_LIMIT - memory : 0;
}
