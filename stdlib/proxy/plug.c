/* Linux lets a listening socket have another backlog at any time. With one of 0 it holds a single call that was not taken: a plug,
 * which is a connection of our own. Every further SYN is dropped (tcp_conn_request), and counted (SK_MEMINFO_DROPS), those that a
 * client's kernel sends again included: after 1, 3, 7 s. So a client that waits gets through that much later when the plug is out. */
#include "stdlib/proxy/plug.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/descriptors.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 64 };
#define LOOK_EVERY (10 * MILLISECOND)

struct plug {
    struct front *front;
    int descriptor; /* our end of the call that is never taken; -1 */
    struct sockaddr_storage address;
    socklen_t length;           /* of our end's address */
    uint32_t drops;             /* that the kernel had counted when it was looked last */
    struct loop_timer *looking; /* NULL while nothing listens */
};

/* ---- what the kernel says ---- */

static uint32_t drops_of(int listener) {
    uint32_t counts[SK_MEMINFO_VARS] = { 0 };
    socklen_t length = sizeof counts;
    if (getsockopt(listener, SOL_SOCKET, SO_MEMINFO, counts, &length) != 0) return 0;
    return counts[SK_MEMINFO_DROPS];
}

/* Of a listener the two fields are the calls that wait, and the backlog. */
static bool is_full(int listener) {
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;
    return getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_unacked > info.tcpi_sacked;
}

static bool is_established(int descriptor) {
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_ESTABLISHED;
}

static bool is_plug(const struct plug *plug, const struct sockaddr_storage *address, socklen_t length) {
    return plug->descriptor >= 0 && length == plug->length && memcmp(address, &plug->address, length) == 0;
}

/* ---- in and out ---- */

/* Where the listener can be called: one for any address by loopback. */
static socklen_t own_address(int listener, struct sockaddr_storage *address) {
    socklen_t length = sizeof *address;
    if (getsockname(listener, (struct sockaddr *)address, &length) != 0) return 0;
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (address->ss_family == AF_INET && four->sin_addr.s_addr == htonl(INADDR_ANY))
        four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (address->ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr)) six->sin6_addr = in6addr_loopback;
    return length;
}

static bool call_it(struct plug *plug) {
    struct sockaddr_storage address = { 0 };
    socklen_t length = own_address(plug->front->watched.descriptor, &address);
    plug->descriptor = length ? descriptors_socket(address.ss_family) : -1;
    if (plug->descriptor < 0) return false;
    plug->length = sizeof plug->address;
    bool called = connect(plug->descriptor, (struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS;
    if (called && is_established(plug->descriptor) &&
        getsockname(plug->descriptor, (struct sockaddr *)&plug->address, &plug->length) == 0)
        return true;
    close(plug->descriptor);
    plug->descriptor = -1;
    return false;
}

/* Takes who waits: clients as ever, our own call to be closed. */
static void take_all(struct plug *plug) {
    struct front *front = plug->front;
    for (int i = 0; i < 2 * FRONT_BACKLOG; i++) {
        struct sockaddr_storage peer = { 0 };
        socklen_t length = sizeof peer;
        int client =
            accept4(front->watched.descriptor, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) return;
        if (is_plug(plug, &peer, length))
            close(client);
        else
            connection_start(front, client, clock_monotonic());
    }
}

static void look(struct plug *plug) {
    struct front *front = plug->front;
    uint32_t drops = drops_of(front->watched.descriptor), more = drops - plug->drops;
    plug->drops = drops;
    if (!more) return;
    front_tell_dropped(front, more, clock_monotonic());
    for (struct fault *fault = front->faults; fault; fault = fault->next) {
        if (fault->toxic != TOXIC_NO_ACCEPT) continue;
        fault->attempts += more;
        fault->touched += more;
    }
}

static void on_look(void *data) {
    struct plug *plug = data;
    look(plug);
    plug->looking = timers_add(&plug->front->engine->timers, clock_monotonic() + LOOK_EVERY, on_look, plug);
}

void plug_put_in(struct front *front) {
    struct plug *plug = front->plug;
    if (!plug || front->watched.descriptor < 0) return;
    engine_watch(front->engine, &front->watched, 0, true);
    for (int i = 0; i < TRIES && plug->descriptor < 0; i++) {
        take_all(plug);
        listen(front->watched.descriptor, 0);
        /* Somebody may have come in between: he is taken, and ours tried again. */
        call_it(plug);
        if (plug->descriptor >= 0 && is_full(front->watched.descriptor)) break;
    }
    plug->drops = drops_of(front->watched.descriptor);
    plug->looking = timers_add(&front->engine->timers, clock_monotonic() + LOOK_EVERY, on_look, plug);
}

void plug_pull(struct front *front) {
    struct plug *plug = front->plug;
    if (!plug || !plug->looking) return;
    timers_remove(plug->looking);
    plug->looking = NULL;
    look(plug);
    take_all(plug);
    if (plug->descriptor >= 0) close(plug->descriptor);
    plug->descriptor = -1;
    listen(front->watched.descriptor, FRONT_BACKLOG);
    engine_watch(front->engine, &front->watched, EPOLLIN, false);
}

/* ---- by faults ---- */

void plug_begin(struct front *front) {
    if (front->plug) return;
    front->plug = memory_allocate(sizeof *front->plug);
    *front->plug = (struct plug){ .front = front, .descriptor = -1 };
    plug_put_in(front);
}

void plug_end(struct front *front, const struct fault *fault) {
    for (const struct fault *other = front->faults; other; other = other->next)
        if (other->toxic == TOXIC_NO_ACCEPT && other != fault) return;
    plug_pull(front);
    memory_release(front->plug);
    front->plug = NULL;
}
