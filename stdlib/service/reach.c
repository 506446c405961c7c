/* One connection attempt at a time; what was accepted is closed at once. */
#include "stdlib/service/reach.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRY_EVERY (50 * MILLISECOND)

struct reach {
    struct run *run;
    struct sockaddr_in address;
    int64_t deadline;
    int descriptor;           /* of the attempt; -1 */
    struct loop_watch *watch; /* NULL */
    struct loop_timer *timer; /* the next attempt, or this one's end; NULL */
    void (*done)(void *data, bool reached);
    void *data;
};

static void attempt(void *data);

static void give_up_attempt(struct reach *reach) {
    if (reach->watch) loop_watch_stop(reach->watch);
    reach->watch = NULL;
    if (reach->descriptor >= 0) close(reach->descriptor);
    reach->descriptor = -1;
    if (reach->timer) loop_timer_stop(reach->timer);
    reach->timer = NULL;
}

static void set_timer(struct reach *reach, int64_t at, void (*due)(void *data)) {
    reach->timer = loop_timer_start(run_loop(reach->run), at, due, reach);
}

static void try_later(struct reach *reach) {
    give_up_attempt(reach);
    int64_t next = run_now(reach->run) + TRY_EVERY;
    if (next < reach->deadline)
        set_timer(reach, next, attempt);
    else
        reach->done(reach->data, false);
}

static void on_late(void *data) {
    struct reach *reach = data;
    reach->timer = NULL;
    try_later(reach);
}

static void on_answer(void *data, int events) {
    struct reach *reach = data;
    int error = 0;
    socklen_t size = sizeof error;
    (void)events;
    if (getsockopt(reach->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) {
        try_later(reach);
        return;
    }
    give_up_attempt(reach);
    reach->done(reach->data, true);
}

static void attempt(void *data) {
    struct reach *reach = data;
    reach->timer = NULL;
    reach->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool begun = reach->descriptor >= 0 &&
                 (connect(reach->descriptor, (struct sockaddr *)&reach->address, sizeof reach->address) == 0 ||
                  errno == EINPROGRESS);
    if (begun)
        reach->watch = loop_watch_start(run_loop(reach->run), reach->descriptor, LOOP_WRITABLE, on_answer, reach);
    if (reach->watch)
        set_timer(reach, reach->deadline, on_late);
    else
        try_later(reach);
}

struct reach *reach_start(struct run *run, const char *host, int port, int64_t deadline,
                          void (*done)(void *data, bool reached), void *data) {
    struct reach *reach = memory_allocate(sizeof *reach);
    *reach = (struct reach){ .run = run,
                             .address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) },
                             .deadline = deadline,
                             .descriptor = -1,
                             .done = done,
                             .data = data };
    inet_pton(AF_INET, host, &reach->address.sin_addr);
    set_timer(reach, run_now(run), attempt);
    return reach;
}

void reach_free(struct reach *reach) {
    if (!reach) return;
    give_up_attempt(reach);
    memory_release(reach);
}
