/* One question to one DNS server: c-ares says which descriptors it wants watched and when it wants to look again, the loop does it.
 * Owns a channel of its own for each question, so that nothing is kept from one to the next. It never waits inside c-ares. */
#include "stdlib/dns/resolver.h"

#include "base/clock.h"
#include "base/memory.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    DNS_PORT = 53,
    TRIES = 3,         /* sent at most, each with twice the patience of the one before */
    SHARES = 1 + 2 + 4 /* of the first try's patience in all tries */
};

/* A descriptor of c-ares that is watched. */
struct socket {
    struct socket *next;       /* of the same question */
    struct resolver *resolver; /* whose it is */
    int descriptor;            /* owned by c-ares */
    struct loop_watch *watch;  /* owned */
};
struct resolver {
    struct loop *loop;       /* that drives it */
    ares_channel channel;    /* owned; NULL when c-ares could not make one */
    struct socket *sockets;  /* owned */
    struct loop_timer *look; /* when c-ares wants to look for late answers; NULL */
    struct loop_timer *end;  /* the time is over, or the answer was there at once; NULL */
    int64_t timeout;         /* ns, of all of it */
    bool done;               /* `addresses` or `problem` is there, nothing more is taken */
    bool refused;            /* nobody listens there: a datagram came back */
    bool stream;             /* a connection was made: the answer comes by TCP */
    struct buffer addresses; /* separated by commas; of a query the whole answer */
    struct buffer problem;   /* empty unless it failed */
    void (*answered)(void *data, const struct resolver_answer *answer);
    void (*replied)(void *data, const struct resolver_reply *reply); /* of a query, instead */
    void *data;                                                      /* for either */
};

/* ---- servers ---- */

static bool read_port(struct text text, uint16_t *port) {
    uint32_t number = 0;
    for (size_t i = 0; i < text.length && number <= UINT16_MAX; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        number = number * 10 + (uint32_t)(text.bytes[i] - '0');
    }
    *port = (uint16_t)number;
    return number > 0 && number <= UINT16_MAX;
}

static bool read_address(struct text text, int family, struct resolver_server *server) {
    char terminated[INET6_ADDRSTRLEN];
    if (text.length == 0 || text.length >= sizeof terminated) return false;
    memcpy(terminated, text.bytes, text.length);
    terminated[text.length] = 0;
    server->family = family;
    return strlen(terminated) == text.length && inet_pton(family, terminated, &server->address) == 1;
}

bool resolver_server_read(struct text text, struct resolver_server *server) {
    *server = (struct resolver_server){ .port = DNS_PORT };
    if (text.length && text.bytes[0] == '[') {
        size_t close = text_find(text, TEXT("]"));
        if (close == SIZE_MAX || !read_address(text_slice(text, 1, close - 1), AF_INET6, server)) return false;
        struct text rest = text_slice(text, close + 1, text.length);
        return !rest.length || (rest.bytes[0] == ':' && read_port(text_slice(rest, 1, rest.length), &server->port));
    }
    if (read_address(text, AF_INET6, server)) return true;
    size_t colon = text_find(text, TEXT(":"));
    if (colon == SIZE_MAX) return read_address(text, AF_INET, server);
    return read_address(text_slice(text, 0, colon), AF_INET, server) &&
           read_port(text_slice(text, colon + 1, text.length), &server->port);
}

void resolver_server_print(const struct resolver_server *server, struct buffer *out) {
    char shown[INET6_ADDRSTRLEN] = "";
    inet_ntop(server->family, &server->address, shown, sizeof shown);
    buffer_printf(out, server->family == AF_INET6 ? "[%s]:%u" : "%s:%u", shown, (unsigned)server->port);
}

bool resolver_is_local(const char *name) {
    struct text text = text_of(name), local = TEXT("localhost");
    if (text.length && text.bytes[text.length - 1] == '.') text = text_slice(text, 0, text.length - 1);
    if (text.length < local.length) return false;
    size_t start = text.length - local.length;
    return strncasecmp(text.bytes + start, local.bytes, local.length) == 0 &&
           (start == 0 || text.bytes[start - 1] == '.');
}

/* ---- the end of a question ---- */

static void stop_timer(struct loop_timer **timer) {
    if (*timer) loop_timer_stop(*timer);
    *timer = NULL;
}

void resolver_forget(struct resolver *resolver) {
    resolver->done = true; /* c-ares tells of the end of what is destroyed; that is no answer */
    if (resolver->channel) ares_destroy(resolver->channel); /* also stops the watches */
    stop_timer(&resolver->look);
    stop_timer(&resolver->end);
    buffer_done(&resolver->addresses);
    buffer_done(&resolver->problem);
    memory_release(resolver);
    ares_library_cleanup();
}

/* Everything is freed first: what is called may ask again, or end the run. */
static void finish(struct resolver *resolver) {
    struct resolver past = *resolver;
    bool failed = resolver->problem.length > 0;
    size_t length = resolver->addresses.length;
    char *words = buffer_take(failed ? &resolver->problem : &resolver->addresses);
    resolver_forget(resolver);
    if (past.replied) {
        struct resolver_reply reply = { .bytes = { words, failed ? 0 : length },
                                        .by_tcp = past.stream,
                                        .problem = failed ? words : NULL };
        past.replied(past.data, &reply);
    } else {
        struct resolver_answer answer = { .addresses = failed ? NULL : words, .problem = failed ? words : NULL };
        past.answered(past.data, &answer);
    }
    memory_release(words);
}

static void describe(struct resolver *resolver, int status) {
    struct buffer *out = &resolver->problem;
    switch (status) {
    case ARES_ENOTFOUND: buffer_append_string(out, "no such name"); return;
    case ARES_ENODATA: buffer_append_string(out, "the name has no address"); return;
    case ARES_EREFUSED: buffer_append_string(out, "the server refused to answer"); return;
    case ARES_ESERVFAIL: buffer_append_string(out, "the server failed (SERVFAIL)"); return;
    case ARES_ECONNREFUSED:
        buffer_append_string(out, resolver->refused ? "connection refused" : "the server cannot be reached");
        if (resolver->refused && resolver->stream) buffer_append_string(out, " by TCP");
        return;
    case ARES_ETIMEOUT:
        buffer_append_string(out, "timeout after ");
        duration_print(out, resolver->timeout);
        return;
    default: buffer_append_string(out, ares_strerror(status)); return;
    }
}

static void add_address(struct buffer *out, const struct ares_addrinfo_node *node) {
    char shown[INET6_ADDRSTRLEN] = "";
    bool six = node->ai_family == AF_INET6;
    const void *address = six ? (const void *)&((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr
                              : (const void *)&((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr;
    if (!inet_ntop(node->ai_family, address, shown, sizeof shown)) return;
    buffer_printf(out, six ? "%s[%s]" : "%s%s", out->length ? "," : "", shown);
}

/* Called by c-ares, within which the channel cannot be destroyed: the result is only kept. */
static void take_result(void *data, int status, int timeouts, struct ares_addrinfo *result) {
    struct resolver *resolver = data;
    (void)timeouts;
    if (!resolver->done) {
        for (const struct ares_addrinfo_node *node = status == ARES_SUCCESS ? result->nodes : NULL; node;
             node = node->ai_next)
            add_address(&resolver->addresses, node);
        if (!resolver->addresses.length)
            describe(resolver, status == ARES_SUCCESS ? ARES_ENODATA : resolver->refused ? ARES_ECONNREFUSED : status);
        resolver->done = true;
    }
    if (result) ares_freeaddrinfo(result);
}

/* The same of a query: what the server said is kept as it came, whatever its code. */
static void take_reply(void *data, int status, int timeouts, unsigned char *bytes, int length) {
    struct resolver *resolver = data;
    (void)timeouts;
    if (resolver->done) return;
    if (bytes && length > 0)
        buffer_append(&resolver->addresses, (struct text){ (const char *)bytes, (size_t)length });
    else
        describe(resolver, status == ARES_SUCCESS ? ARES_ENODATA : resolver->refused ? ARES_ECONNREFUSED : status);
    resolver->done = true;
}

/* ---- sockets as c-ares wants them, but a refusal is noted: c-ares would wait for an answer to what came back ---- */

static ares_socket_t open_socket(int family, int type, int protocol, void *data) {
    struct resolver *resolver = data;
    if (type == SOCK_STREAM) resolver->stream = true;
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int close_socket(ares_socket_t descriptor, void *data) {
    (void)data;
    return close(descriptor);
}

static int connect_socket(ares_socket_t descriptor, const struct sockaddr *address, ares_socklen_t length, void *data) {
    (void)data;
    return connect(descriptor, address, length);
}

static ssize_t noted(struct resolver *resolver, ssize_t outcome) {
    if (outcome < 0 && errno == ECONNREFUSED) resolver->refused = true;
    return outcome;
}

static ssize_t receive(ares_socket_t descriptor, void *bytes, size_t room, int flags, struct sockaddr *address,
                       ares_socklen_t *length, void *data) {
    return noted(data, recvfrom(descriptor, bytes, room, flags, address, length));
}

static ssize_t send_parts(ares_socket_t descriptor, const struct iovec *parts, int count, void *data) {
    return noted(data, writev(descriptor, parts, count));
}

static const struct ares_socket_functions socket_functions = { .asocket = open_socket,
                                                               .aclose = close_socket,
                                                               .aconnect = connect_socket,
                                                               .arecvfrom = receive,
                                                               .asendv = send_parts };

static void end_refused(struct resolver *resolver) {
    if (resolver->done || !resolver->refused) return;
    describe(resolver, ARES_ECONNREFUSED);
    resolver->done = true;
}

/* ---- what c-ares wants of the loop ---- */

static void act(struct resolver *resolver, int readable, int writable);

static void on_look(void *data) {
    struct resolver *resolver = data;
    resolver->look = NULL;
    act(resolver, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_end(void *data) {
    struct resolver *resolver = data;
    resolver->end = NULL;
    if (!resolver->done) describe(resolver, ARES_ETIMEOUT);
    finish(resolver);
}

static void on_ready(void *data, int events) {
    struct socket *socket = data;
    int descriptor = socket->descriptor; /* c-ares may let the socket go meanwhile */
    act(socket->resolver, events & LOOP_READABLE ? descriptor : ARES_SOCKET_BAD,
        events & LOOP_WRITABLE ? descriptor : ARES_SOCKET_BAD);
}

static void look_again(struct resolver *resolver) {
    struct timeval left, *wanted = ares_timeout(resolver->channel, NULL, &left);
    stop_timer(&resolver->look);
    if (!wanted) return;
    int64_t delay = wanted->tv_sec * SECOND + wanted->tv_usec * MICROSECOND + MILLISECOND; /* not early, not at once */
    resolver->look = loop_timer_start(resolver->loop, loop_now(resolver->loop) + delay, on_look, resolver);
}

static void act(struct resolver *resolver, int readable, int writable) {
    ares_process_fd(resolver->channel, readable, writable);
    end_refused(resolver);
    if (resolver->done)
        finish(resolver);
    else
        look_again(resolver);
}

static void watch_socket(void *data, ares_socket_t descriptor, int readable, int writable) {
    struct resolver *resolver = data;
    struct socket **place = &resolver->sockets, *socket;
    while (*place && (*place)->descriptor != descriptor) place = &(*place)->next;
    int events = (readable ? LOOP_READABLE : 0) | (writable ? LOOP_WRITABLE : 0);
    socket = *place;
    if (socket && events) {
        loop_watch_change(socket->watch, events);
    } else if (socket) {
        *place = socket->next;
        loop_watch_stop(socket->watch);
        memory_release(socket);
    } else if (events) {
        *place = socket = memory_allocate(sizeof *socket);
        *socket = (struct socket){ .resolver = resolver, .descriptor = descriptor };
        socket->watch = loop_watch_start(resolver->loop, descriptor, events, on_ready, socket);
    }
}

/* ---- the beginning ---- */

/* The shares and a little more are longer than the timeout, so that it is always `end` that tells of silence. */
static int first_patience(int64_t timeout) {
    int64_t milliseconds = timeout / SHARES / MILLISECOND + 1;
    return milliseconds > INT32_MAX / SHARES ? INT32_MAX / SHARES : (int)milliseconds;
}

/* As the machine is configured: its hosts file, then its servers. */
static int open_usual_channel(struct resolver *resolver) {
    struct ares_options options = { .timeout = first_patience(resolver->timeout),
                                    .tries = TRIES,
                                    .sock_state_cb = watch_socket,
                                    .sock_state_cb_data = resolver };
    int status =
        ares_init_options(&resolver->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) resolver->channel = NULL;
    return status;
}

/* What is given here is not read from the machine's files and environment. */
static int open_channel(struct resolver *resolver, const struct resolver_server *server, bool tcp) {
    if (!server) return open_usual_channel(resolver);
    char only_dns[] = "b", no_file[] = "/dev/null";
    struct ares_options options = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
                                    .timeout = first_patience(resolver->timeout),
                                    .tries = TRIES,
                                    .ndots = 1,
                                    .lookups = only_dns,
                                    .resolvconf_path = no_file,
                                    .sock_state_cb = watch_socket,
                                    .sock_state_cb_data = resolver };
    int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_LOOKUPS |
                ARES_OPT_RESOLVCONF | ARES_OPT_DOMAINS | ARES_OPT_NOROTATE | ARES_OPT_SOCK_STATE_CB;
    if (tcp) options.flags |= ARES_FLAG_USEVC;
#ifdef ARES_OPT_QUERY_CACHE /* from 1.31 on: answers, and that there is none, would be kept */
    options.qcache_max_ttl = 0;
    given |= ARES_OPT_QUERY_CACHE;
#endif
    int status = ares_init_options(&resolver->channel, &options, given);
    if (status != ARES_SUCCESS) {
        resolver->channel = NULL;
        return status;
    }
    ares_set_socket_functions(resolver->channel, &socket_functions, resolver);
    struct ares_addr_port_node node = { .family = server->family, .udp_port = server->port, .tcp_port = server->port };
    if (server->family == AF_INET6)
        memcpy(&node.addr.addr6, &server->address.six, sizeof node.addr.addr6);
    else
        node.addr.addr4 = server->address.four;
    return ares_set_servers_ports(resolver->channel, &node);
}

/* One that has a channel; without one `done` is set and says why. */
static struct resolver *new_resolver(struct loop *loop, const struct resolver_server *server, bool tcp, int64_t timeout,
                                     void *data) {
    struct resolver *resolver = memory_allocate(sizeof *resolver);
    *resolver = (struct resolver){ .loop = loop, .timeout = timeout, .data = data };
    ares_library_init(ARES_LIB_INIT_ALL);
    int status = open_channel(resolver, server, tcp);
    if (status == ARES_SUCCESS) return resolver;
    describe(resolver, status);
    resolver->done = true;
    return resolver;
}

/* The question was asked. */
static struct resolver *begin(struct resolver *resolver) {
    struct loop *loop = resolver->loop;
    end_refused(resolver);
    if (!resolver->done) look_again(resolver);
    int64_t end = resolver->done ? 0 : resolver->timeout > INT64_MAX / 2 ? INT64_MAX / 2 : resolver->timeout;
    resolver->end = loop_timer_start(loop, loop_now(loop) + end, on_end, resolver);
    return resolver;
}

struct resolver *resolver_ask(struct loop *loop, const struct resolver_server *server, const char *name,
                              int64_t timeout, void (*answered)(void *data, const struct resolver_answer *answer),
                              void *data) {
    struct resolver *resolver = new_resolver(loop, server, false, timeout, data);
    struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    resolver->answered = answered;
    if (!resolver->done) ares_getaddrinfo(resolver->channel, name, NULL, &hints, take_result, resolver);
    return begin(resolver);
}

struct resolver *resolver_query(struct loop *loop, const struct resolver_server *server,
                                const struct resolver_question *question,
                                void (*replied)(void *data, const struct resolver_reply *reply), void *data) {
    enum { CLASS_IN = 1 };
    struct resolver *resolver = new_resolver(loop, server, question->tcp, question->timeout, data);
    resolver->replied = replied;
    if (!resolver->done) ares_query(resolver->channel, question->name, CLASS_IN, question->type, take_reply, resolver);
    return begin(resolver);
}
