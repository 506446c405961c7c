/* One connection of the lean client. It belongs to an exchange while that goes on, else to its target's list of idle ones, where the
 * server's closing is seen at once. Nothing here waits; every end of a socket is the end of its watch. */
#include "stdlib/http/lean.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/descriptors.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 65536, READS_AT_ONCE = 16, SMALL_BODY = 65536 };

struct link {
    struct lean *lean;
    struct target *target;
    struct link *previous, *next; /* in the target's idle list */
    struct exchange *exchange;    /* NULL: idle */
    struct secure *secure;        /* with TLS: owns the descriptor; else NULL */
    int descriptor;               /* -1: there is none yet */
    struct loop_watch *watch;
    struct loop_timer *more; /* TLS may have bytes that no readiness tells of; NULL */
    int events;
    bool connecting;        /* and shaking hands */
    struct value peer_name; /* once it is connected; owned */
    size_t served;          /* exchanges that ended well on it */
    struct buffer pending;  /* bytes that could not be read yet */
};

static void ready(void *data, int events);

static void watch_for(struct link *link, int events) {
    if (link->events != events) loop_watch_change(link->watch, events);
    link->events = events;
}

/* ---- ends ---- */
void link_close(struct link *link) {
    if (link->watch) loop_watch_stop(link->watch);
    if (link->more) loop_timer_stop(link->more);
    if (link->secure)
        secure_close(link->secure);
    else if (link->descriptor >= 0)
        close(link->descriptor);
    value_release(link->peer_name);
    buffer_done(&link->pending);
    memory_release(link);
}

static void leave_idle(struct link *link) {
    if (link->previous)
        link->previous->next = link->next;
    else
        link->target->idle = link->next;
    if (link->next) link->next->previous = link->previous;
    link->previous = link->next = NULL;
}

struct link *link_idle(struct target *target) {
    struct link *link = target->idle;
    if (link) leave_idle(link);
    return link;
}

void link_rest(struct link *link) {
    struct exchange *exchange = link->exchange;
    link->exchange = NULL;
    exchange->link = NULL;
    bool keeps = exchange->answer.stage == ANSWER_COMPLETE && exchange->answer.keeps && !exchange->prepared->fresh &&
                 !link->pending.length && exchange->sent == exchange->prepared->bytes.length;
    if (!keeps) {
        link_close(link);
        return;
    }
    link->served++;
    link->next = link->target->idle;
    if (link->next) link->next->previous = link;
    link->target->idle = link;
}

/* The connection is of no use any more, and so is what was asked on it. */
static void lose(struct link *link, int error) {
    struct exchange *exchange = link->exchange;
    bool is_stale = link->served > 0 && !exchange->began;
    struct buffer words = { 0 };
    if (error && link->secure)
        secure_failure(link->secure, &words);
    else if (error)
        buffer_append_string(&words, error == ECONNRESET || error == EPIPE ? "connection reset" : strerror(error));
    exchange->link = NULL;
    link_close(link);
    if (is_stale && !exchange->prepared->is_action && !exchange->resent) {
        exchange->resent = true;
        run_count_resent(lean_run(exchange->lean));
        lean_begin_link(exchange, true);
    } else if (is_stale) {
        lean_fail(exchange, "stale_reuse",
                  exchange->prepared->is_action
                      ? "connection closed without an answer, after the request was sent; not sent again"
                      : "connection closed without an answer");
    } else if (error) {
        bool unsent = exchange->sent < exchange->prepared->bytes.length;
        lean_fail(exchange, unsent && !exchange->began ? "send" : "reset_mid_response", "%s", words.bytes);
    } else if (exchange->began) {
        lean_fail(exchange, "eof_mid_response", "connection closed in the middle of the %s",
                  exchange->answer.status ? "body" : "answer");
    } else {
        lean_fail(exchange, "eof_mid_response", "connection closed without an answer");
    }
    buffer_done(&words);
}

/* ---- sending ---- */
static void connect_failed(struct link *link, int error) {
    struct exchange *exchange = link->exchange;
    exchange->link = NULL;
    link_close(link);
    if (error == ECONNREFUSED)
        lean_fail(exchange, "connect_refused", "connection refused");
    else if (error == ETIMEDOUT)
        lean_fail(exchange, "connect_timeout", "connection timed out");
    else if (error == EHOSTUNREACH || error == ENETUNREACH)
        lean_fail(exchange, "connect_other", error == EHOSTUNREACH ? "host unreachable" : "network unreachable");
    else if (error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == EAGAIN)
        lean_fail(exchange, "connect_other", "this machine: %s", strerror(error));
    else
        lean_fail(exchange, "connect_other", "%s", strerror(error));
}

static void send_some(struct link *link) {
    struct exchange *exchange = link->exchange;
    const struct buffer *bytes = &exchange->prepared->bytes;
    while (exchange->sent < bytes->length) {
        const char *rest = bytes->bytes + exchange->sent;
        size_t left = bytes->length - exchange->sent;
        ssize_t sent =
            link->secure ? secure_send(link->secure, rest, left) : send(link->descriptor, rest, left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) {
            /* An answer may have come all the same: reading tells. */
            watch_for(link, LOOP_READABLE);
            return;
        }
        exchange->sent += (size_t)sent;
    }
    watch_for(link, exchange->sent < bytes->length ? LOOP_READABLE | LOOP_WRITABLE : LOOP_READABLE);
}

/* On a connection that is there. */
static void begin(struct link *link) {
    struct exchange *exchange = link->exchange;
    value_release(exchange->peer_name);
    exchange->peer_name = value_retain(link->peer_name);
    send_some(link);
}

void link_send(struct link *link, struct exchange *exchange) {
    link->exchange = exchange;
    exchange->link = link;
    exchange->sent = 0;
    answer_begin(&exchange->answer, exchange->prepared->of_head);
    if (!link->connecting) begin(link);
}

const char *link_stage(const struct link *link) {
    return link->secure ? secure_stage(link->secure) : "while connecting";
}

static void connected(struct link *link) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(link->descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error) {
        connect_failed(link, error);
        return;
    }
    link->connecting = false;
    begin(link);
}

static int new_socket(const struct target *target) {
    int descriptor = descriptors_socket(target->peer.any.sa_family), on = 1;
    if (descriptor < 0) return -1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return descriptor;
}

/* ---- with TLS ---- */
static void handshake_failed(struct link *link) {
    struct exchange *exchange = link->exchange;
    struct buffer words = { 0 };
    const char *class = secure_failure(link->secure, &words);
    exchange->link = NULL;
    link_close(link);
    lean_fail(exchange, class, "%s", words.bytes);
    buffer_done(&words);
}

/* Mostly the same as that of the last connection: then the same value, which answers are compared by. */
static void name_peer(struct link *link) {
    struct buffer name = { 0 };
    struct target *target = link->target;
    secure_peer(link->secure, &name);
    bool same = target->peer_name.kind == VALUE_TEXT && text_is(value_text_of(target->peer_name), name.bytes);
    if (!same) {
        value_release(target->peer_name);
        target->peer_name = value_string(run_heap(lean_run(link->lean)), name.bytes);
    }
    link->peer_name = value_retain(target->peer_name);
    buffer_done(&name);
}

static void secured(void *data) {
    struct link *link = data;
    if (!secure_is_open(link->secure)) {
        handshake_failed(link);
        return;
    }
    link->descriptor = secure_descriptor(link->secure);
    link->events = LOOP_READABLE;
    link->watch = loop_watch_start(run_loop(lean_run(link->lean)), link->descriptor, link->events, ready, link);
    if (!link->watch) {
        connect_failed(link, EMFILE);
        return;
    }
    link->connecting = false;
    name_peer(link);
    begin(link);
}

static struct link *open_secure(struct link *link) {
    struct lean *lean = link->lean;
    link->descriptor = -1;
    if (!descriptors_have_room()) { /* libcurl would blame the name */
        connect_failed(link, EMFILE);
        return NULL;
    }
    link->connecting = true;
    link->secure = secure_open(run_loop(lean_run(lean)), link->exchange->prepared, lean_shared(lean), secured, link);
    return link;
}

/* ---- a new one ---- */
struct link *link_open(struct lean *lean, struct exchange *exchange) {
    struct target *target = exchange->target;
    struct link *link = memory_allocate(sizeof *link);
    *link = (struct link){ .lean = lean, .target = target, .exchange = exchange };
    exchange->link = link;
    if (exchange->prepared->origin) return open_secure(link);
    link->peer_name = value_retain(target->peer_name);
    link->descriptor = new_socket(target);
    socklen_t length = target->peer.any.sa_family == AF_INET ? sizeof target->peer.v4 : sizeof target->peer.v6;
    int failed = link->descriptor < 0 || connect(link->descriptor, &target->peer.any, length) != 0 ? errno : 0;
    if (failed && failed != EINPROGRESS) {
        connect_failed(link, failed);
        return NULL;
    }
    link->connecting = failed == EINPROGRESS;
    link->events = link->connecting ? LOOP_WRITABLE : LOOP_READABLE;
    link->watch = loop_watch_start(run_loop(lean_run(lean)), link->descriptor, link->events, ready, link);
    if (link->watch) return link;
    connect_failed(link, EMFILE);
    return NULL;
}

/* ---- receiving ---- */
static bool take_lines(void *data, struct text lines, bool is_trailer) {
    struct exchange *exchange = data;
    if (!is_trailer) {
        buffer_clear(&exchange->head);
        exchange->head_number = exchange->target->memory.changes;
    } else {
        exchange->head_number = 0; /* no other answer's headers are these */
    }
    buffer_append(&exchange->head, lines);
    return exchange->head.length <= BODY_IN_MEMORY;
}

static bool too_large(struct exchange *exchange) {
    struct buffer limit = { 0 };
    size_print(&limit, exchange->prepared->limit);
    exchange->class = "protocol";
    buffer_printf(&exchange->problem, "body over %s", limit.bytes);
    buffer_done(&limit);
    return false;
}

static bool take_large(struct exchange *exchange, struct text bytes) {
    switch (body_add(exchange->large, bytes)) {
    case BODY_GOOD: return true;
    case BODY_OVER: return too_large(exchange);
    case BODY_UNWRITTEN:
        exchange->unwritten = true;
        exchange->unwritten_errno = errno;
        return false;
    }
    return false;
}

static bool take_body(void *data, struct text bytes) {
    struct exchange *exchange = data;
    if (exchange->answer.announced > exchange->prepared->limit) return too_large(exchange);
    if (exchange->large) return take_large(exchange, bytes);
    if ((int64_t)(exchange->small.length + bytes.length) > exchange->prepared->limit) return too_large(exchange);
    if (exchange->small.length + bytes.length <= SMALL_BODY) {
        buffer_append(&exchange->small, bytes);
        return true;
    }
    exchange->large = body_new(lean_run(exchange->lean), exchange->prepared->limit);
    if (!take_large(exchange, buffer_text(&exchange->small))) return false;
    buffer_clear(&exchange->small);
    return take_large(exchange, bytes);
}

static void break_off(struct exchange *exchange) {
    if (exchange->unwritten || exchange->class) {
        lean_complete(exchange);
    } else {
        const char *problem = exchange->answer.problem ? exchange->answer.problem : "";
        bool plain = text_starts(text_of(problem), TEXT("headers over"));
        lean_fail(exchange, "protocol", "%s%s", plain ? "" : "not HTTP: ", problem);
    }
}

/* Reads what has come; what is no whole line yet waits in `pending`. False: the link is this exchange's no more. */
static bool digest(struct link *link, struct text bytes) {
    struct exchange *exchange = link->exchange;
    struct answer_sink sink = { exchange, take_lines, take_body };
    exchange->began = true;
    if (link->pending.length) {
        buffer_append(&link->pending, bytes);
        bytes = buffer_text(&link->pending);
    }
    size_t used = answer_read(&exchange->answer, bytes, &exchange->target->memory, &sink);
    struct buffer old = link->pending;
    link->pending = (struct buffer){ 0 };
    if (used < bytes.length) buffer_append(&link->pending, text_slice(bytes, used, SIZE_MAX));
    buffer_done(&old);
    if (exchange->answer.stage == ANSWER_COMPLETE) {
        lean_complete(exchange);
        return false;
    }
    if (exchange->answer.stage != ANSWER_BROKEN) return true;
    break_off(exchange);
    return false;
}

/* When the last of these bytes reached the machine; by now at the latest, and no kernel's clock that was just set. */
static int64_t arrival(struct msghdr *message, struct exchange *exchange) {
    int64_t now = run_now(lean_run(exchange->lean));
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_TIMESTAMPNS) continue;
        struct timespec stamp, real;
        memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
        clock_gettime(CLOCK_REALTIME, &real);
        int64_t age = (real.tv_sec - stamp.tv_sec) * SECOND + (real.tv_nsec - stamp.tv_nsec);
        if (age >= 0 && age < SECOND && now - age >= exchange->start) return now - age;
    }
    return now;
}

static ssize_t receive_secure(struct link *link, struct iovec into) {
    ssize_t got = secure_receive(link->secure, into.iov_base, into.iov_len);
    if (got > 0 && link->exchange) link->exchange->end = run_now(lean_run(link->lean));
    return got;
}

static ssize_t receive(struct link *link, struct iovec into) {
    if (link->secure) return receive_secure(link, into);
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t got;
    do got = recvmsg(link->descriptor, &message, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0 && link->exchange) link->exchange->end = arrival(&message, link->exchange);
    return got;
}

static void ended(struct link *link, int error) {
    struct exchange *exchange = link->exchange;
    if (!error) {
        bool was_open = exchange->answer.stage == ANSWER_TO_END;
        if (was_open) {
            exchange->end = run_now(lean_run(exchange->lean));
            answer_end(&exchange->answer);
            lean_complete(exchange);
            return;
        }
    }
    lose(link, error);
}

static void receive_all(struct link *link);

static void receive_more(void *data) {
    struct link *link = data;
    link->more = NULL;
    receive_all(link);
}

/* A socket tells again what was left in it; of TLS a part of it may have been taken out already. */
static void receive_all(struct link *link) {
    char bytes[RECEIVE_BYTES];
    struct loop *loop = run_loop(lean_run(link->lean));
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t got = receive(link, (struct iovec){ bytes, sizeof bytes });
        if (got < 0 && errno == EAGAIN) return;
        if (!link->exchange) { /* an idle one that says anything, or ends, is of no use */
            leave_idle(link);
            link_close(link);
            return;
        }
        if (got <= 0) {
            ended(link, got < 0 ? errno : 0);
            return;
        }
        if (!digest(link, (struct text){ bytes, (size_t)got })) return;
        if (!link->secure && (size_t)got < sizeof bytes) return;
    }
    if (link->secure && !link->more) link->more = loop_timer_start(loop, loop_now(loop), receive_more, link);
}

static void ready(void *data, int events) {
    struct link *link = data;
    if (link->connecting) {
        connected(link);
        return;
    }
    if ((events & LOOP_WRITABLE) && link->exchange) send_some(link);
    if (events & LOOP_READABLE) receive_all(link);
}
