/* The wire of the tests: its sockets, what was told, its end. */
#include "tests/unit/stdlib_proxy/wire.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- sockets ---- */

int listen_on(int *port, int backlog) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 && listen(descriptor, backlog) == 0);
    cr_assert_eq(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return descriptor;
}

int call(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)port) };
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
    return descriptor;
}

bool is_ready(int descriptor, short events, int milliseconds) {
    struct pollfd one = { .fd = descriptor, .events = events };
    return poll(&one, 1, milliseconds) > 0;
}

int answer_call(const struct wire *wire) {
    cr_assert(is_ready(wire->service, POLLIN, PATIENCE), "nobody called the service");
    return accept4(wire->service, NULL, NULL, SOCK_CLOEXEC);
}

void say(int descriptor, const char *text) {
    cr_assert_eq(send(descriptor, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The next `length` bytes, or what came before the end. */
size_t hear(int descriptor, char *bytes, size_t length) {
    size_t got = 0;
    while (got < length) {
        cr_assert(is_ready(descriptor, POLLIN, PATIENCE), "silence after %zu bytes", got);
        ssize_t part = recv(descriptor, bytes + got, length - got, 0);
        if (part <= 0) break;
        got += (size_t)part;
    }
    return got;
}

void expect_words(int descriptor, const char *words) {
    char bytes[256] = "";
    hear(descriptor, bytes, strlen(words));
    cr_expect_str_eq(bytes, words);
}

/* 0: an end; else the error. */
int hear_end(int descriptor) {
    char byte;
    cr_assert(is_ready(descriptor, POLLIN, PATIENCE), "no end came");
    ssize_t got = recv(descriptor, &byte, 1, 0);
    cr_expect_leq(got, 0, "a byte instead of the end");
    return got < 0 ? errno : 0;
}

void reset(int descriptor) {
    struct linger none = { 1, 0 };
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(descriptor);
}

size_t open_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

size_t room_for(size_t pairs) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t room = limit.rlim_cur / 4 - 25; /* four descriptors for each */
    return room < pairs ? room : pairs;
}

/* ---- the wire ---- */

struct target_list targets(int port) {
    struct buffer problem = { 0 };
    struct target_list list = { memory_allocate(sizeof *list.items), 1 };
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    cr_assert(target_read(text_of(address), list.items, &problem), "%s", problem.bytes);
    return list;
}

struct wire *wire_over(int listener, size_t descriptors) {
    struct wire *wire = memory_allocate(sizeof *wire);
    wire->descriptors = descriptors;
    wire->engine = engine_start(8 << 20);
    cr_assert(wire->engine);
    wire->service = listen_on(&wire->service_port, 1024);
    wire->front = front_new(wire->engine, 1, listener, targets(wire->service_port));
    return wire;
}

struct wire *wire_begin(void) {
    size_t descriptors = open_descriptors();
    int port, listener = listen_on(&port, 1024);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    struct wire *wire = wire_over(listener, descriptors);
    wire->port = port;
    return wire;
}

struct wire *wire_new(void) {
    struct wire *wire = wire_begin();
    front_open(wire->front);
    return wire;
}

static void note_fault(struct wire *wire, const struct news *news) {
    wire->fault = *news;
    wire->faults++;
}

static void note(struct wire *wire, const struct news *news) {
    switch (news->kind) {
    case NEWS_EXCHANGE:
        buffer_printf(&wire->told, "%.*s %.*s %d %lld", TEXT_ARGS(news->method), TEXT_ARGS(news->path), news->status,
                      (long long)news->size);
        if (news->error.length) buffer_printf(&wire->told, " (%.*s)", TEXT_ARGS(news->error));
        buffer_append_byte(&wire->told, '\n');
        return;
    case NEWS_ATTEMPT: buffer_printf(&wire->told, "%s %lld\n", news->outcome, (long long)news->size); return;
    case NEWS_UPLOAD: wire->uploaded += (uint64_t)news->size; return;
    case NEWS_NOTE: buffer_printf(&wire->told, "note: %s\n", news->outcome); return;
    case NEWS_STALE: buffer_append_string(&wire->told, "stale\n"); return;
    case NEWS_FAULT: note_fault(wire, news); return;
    case NEWS_ECHO: wire->echoes = news->number; return;
    case NEWS_CLOSED: wire->is_closed = true; return;
    }
}

void wire_take_news(struct wire *wire) {
    uint64_t lost;
    for (struct news *news = news_take(wire->engine->news, &lost), *next; news; news = next) {
        next = news->next;
        note(wire, news);
        memory_release(news);
    }
    cr_expect_eq(lost, 0);
}

/* Everything that was told until now. */
const char *told(struct wire *wire) {
    static uint64_t number;
    front_echo(wire->front, ++number, wire->settles);
    while (wire->echoes != number) {
        cr_assert(is_ready(news_queue_descriptor(wire->engine->news), POLLIN, PATIENCE), "no echo");
        wire_take_news(wire);
    }
    return wire->told.bytes ? wire->told.bytes : "";
}

/* Waits until the told lines have these among them. */
void await_told(struct wire *wire, const char *lines) {
    for (int i = 0; i < 2000 && !strstr(told(wire), lines); i++) poll(NULL, 0, 5);
    cr_expect(strstr(told(wire), lines), "no \"%s\" in:\n%s", lines, told(wire));
}

static void await_fault(struct wire *wire, uint64_t words) {
    while (wire->faults < words) {
        cr_assert(is_ready(news_queue_descriptor(wire->engine->news), POLLIN, PATIENCE), "no word on the fault");
        wire_take_news(wire);
    }
}

uint64_t wire_apply(struct wire *wire, const struct fault *fault) {
    static uint64_t id = 100;
    struct fault *own = memory_allocate(sizeof *own);
    *own = *fault;
    own->id = fault->id ? fault->id : ++id;
    if (toxic_stage(own->toxic) && !own->is_up && !own->is_down) own->is_up = own->is_down = true;
    if (!own->share) own->share = 1;
    front_apply(wire->front, own);
    await_fault(wire, wire->faults + 1);
    return wire->fault.number;
}

struct news wire_undo(struct wire *wire, uint64_t id) {
    front_undo(wire->front, id);
    await_fault(wire, wire->faults + 1);
    cr_assert_eq(wire->fault.number, id);
    return wire->fault;
}

void wire_free(struct wire *wire) {
    int64_t begin = clock_monotonic();
    front_close(wire->front);
    while (!wire->is_closed) {
        cr_assert(is_ready(news_queue_descriptor(wire->engine->news), POLLIN, PATIENCE), "it does not close");
        wire_take_news(wire);
    }
    engine_stop(wire->engine);
    cr_expect_lt(clock_monotonic() - begin, 10 * SECOND);
    close(wire->service);
    cr_expect_eq(open_descriptors(), wire->descriptors, "descriptors leak");
    buffer_done(&wire->told);
    memory_release(wire);
    cr_expect_eq(memory_live_blocks(), 0, "%zu blocks", memory_live_blocks());
}
