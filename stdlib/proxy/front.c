/* Proxies on the wire: accepting, whose turn it is, and what goes up. */
#include "stdlib/proxy/front.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/descriptors.h"
#include "stdlib/passing.h"
#include "stdlib/proxy/gate.h"
#include "stdlib/proxy/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, DISPENSER_PATIENCE = 50 /* ms */ };
#define CONNECT_TIMEOUT (10 * SECOND)
#define UPLOAD_EVERY (10 * MILLISECOND)

/* ---- telling ---- */

void front_tell(struct front *front, const struct news *news) {
    struct news told = *news;
    told.front = front->id;
    news_put(front->engine->news, news_new(&told));
}

void front_note(struct front *front, const char *what) {
    int64_t now = clock_monotonic();
    front_tell(front, &(struct news){ .kind = NEWS_NOTE, .start = now, .end = now, .outcome = what });
}

void front_ask_targets(struct front *front) {
    front_tell(front, &(struct news){ .kind = NEWS_STALE });
}

static void tell_upload(struct front *front) {
    if (front->upload_timer) timers_remove(front->upload_timer);
    front->upload_timer = NULL;
    if (!front->upload) return;
    front_tell(front, &(struct news){ .kind = NEWS_UPLOAD,
                                      .start = front->upload_start,
                                      .end = front->upload_end,
                                      .size = front->upload });
    front->upload = 0;
}

static void on_upload_timer(void *data) {
    struct front *front = data;
    front->upload_timer = NULL;
    tell_upload(front);
}

void front_uploaded(struct front *front, size_t length) {
    front->upload_end = clock_monotonic();
    if (!front->upload) front->upload_start = front->upload_end;
    front->upload += (int64_t)length;
    if (front->upload_timer) return;
    front->upload_timer =
        timers_add(&front->engine->timers, front->upload_start + UPLOAD_EVERY, on_upload_timer, front);
}

/* ---- descriptors ---- */

/* There is none left: one that was kept back serves to turn the client away, who would wait without an answer otherwise. */
static void turn_away(struct front *front, int64_t now) {
    struct engine *engine = front->engine;
    struct linger none = { .l_onoff = 1, .l_linger = 0 };
    if (engine->spare >= 0) close(engine->spare);
    int client = accept4(front->watched.descriptor, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) {
        setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(client);
        front->accepted++;
        front_tell(front, &(struct news){ .kind = NEWS_ATTEMPT, .start = now, .end = now, .outcome = "full" });
    }
    engine->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!front->noted_full) front_note(front, "no descriptor is left: clients are turned away (ulimit -n)");
    front->noted_full = true;
}

/* The dispenser keeps some in the channel, and one more for each that is taken; with a burst they may take a moment. */
static int take_dispensed(int channel) {
    for (int tries = 0; tries < 2; tries++) {
        int descriptor = -1;
        size_t count = 1;
        char word;
        ssize_t got = passing_take(channel, &word, sizeof word, &descriptor, &count);
        if (got > 0 && count == 1) {
            (void)send(channel, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
            return descriptor;
        }
        if (got >= 0) errno = ENETDOWN; /* whoever gave them is gone */
        if (got >= 0 || errno != EAGAIN) return -1;
        struct pollfd entry = { .fd = channel, .events = POLLIN };
        if (poll(&entry, 1, DISPENSER_PATIENCE) <= 0) break;
    }
    errno = ENETDOWN;
    return -1;
}

int front_socket(const struct front *front, sa_family_t family) {
    return front->dispenser >= 0 ? take_dispensed(front->dispenser) : descriptors_socket(family);
}

bool front_take_calls(struct front *front) {
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int client = accept4(front->watched.descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0 && errno == EAGAIN) return true;
        int64_t now = clock_monotonic();
        if (client >= 0)
            connection_start(front, client, now);
        else if ((errno == EMFILE || errno == ENFILE) && !(errno == EMFILE && descriptors_allow_more()))
            turn_away(front, now);
        front->engine->has_more = true; /* who came may have asked already */
    }
    return false;
}

static void front_ready(struct watched *watched, uint32_t events) {
    struct front *front = (struct front *)watched;
    (void)events;
    if (!front_take_calls(front)) front->engine->has_calls = true;
}

/* A flood of them is told in part: each is a line. */
void front_tell_dropped(struct front *front, uint64_t count, int64_t now) {
    for (uint64_t i = 0; i < count && i < 256; i++)
        front_tell(front, &(struct news){ .kind = NEWS_ATTEMPT, .start = now, .end = now, .outcome = "dropped" });
}

/* ---- targets ---- */

const struct target *front_next_target(struct front *front) {
    if (!front->targets.count) return NULL;
    return &front->targets.items[front->next_target++ % front->targets.count];
}

struct new_targets {
    struct front *front;
    struct target_list list;
};

static void set_targets(struct engine *engine, void *data) {
    struct new_targets *targets = data;
    struct front *front = targets->front;
    (void)engine;
    bool changed = !target_list_equal(&front->targets, &targets->list);
    target_list_done(&front->targets);
    front->targets = targets->list;
    memory_release(targets);
    for (struct connection *connection = front->connections, *next; connection; connection = next) {
        next = connection->next;
        connection_retry(connection, changed);
    }
}

void front_set_targets(struct front *front, struct target_list list) {
    struct new_targets *targets = memory_allocate(sizeof *targets);
    *targets = (struct new_targets){ front, list };
    engine_ask(front->engine, set_targets, targets);
}

/* ---- from the loop ---- */

struct front *front_new(struct engine *engine, uint32_t id, int listener, struct target_list targets) {
    struct front *front = memory_allocate(sizeof *front);
    *front = (struct front){ .watched = { .ready = front_ready, .descriptor = listener },
                             .engine = engine,
                             .id = id,
                             .targets = targets,
                             .dispenser = -1,
                             .connect_timeout = CONNECT_TIMEOUT };
    return front;
}

static void begin(struct engine *engine, void *data) {
    struct front *front = data;
    engine_watch(engine, &front->watched, EPOLLIN, false);
    if (front->gate) gate_join(front->gate, front);
    engine->has_more = true; /* clients may have come since it listens */
}

void front_open(struct front *front) {
    engine_ask(front->engine, begin, front);
}

struct echo {
    struct front *front;
    uint64_t number;
    bool settles;
};

static void answer_echo(struct engine *engine, void *data) {
    struct echo *echo = data;
    struct connection *connection = echo->front->connections;
    (void)engine;
    for (; echo->settles && connection; connection = connection->next) tap_settle(&connection->tap, clock_monotonic());
    tell_upload(echo->front);
    front_tell(echo->front, &(struct news){ .kind = NEWS_ECHO, .number = echo->number });
    memory_release(echo);
}

void front_echo(struct front *front, uint64_t number, bool settles) {
    struct echo *echo = memory_allocate(sizeof *echo);
    *echo = (struct echo){ front, number, settles };
    engine_ask(front->engine, answer_echo, echo);
}

/* ---- faults ---- */

struct fault_errand {
    struct front *front;
    struct fault *fault; /* to apply; or NULL */
    uint64_t id;         /* to undo */
};

static void tell_fault(struct front *front, const struct fault *fault) {
    front_tell(front, &(struct news){ .kind = NEWS_FAULT,
                                      .number = fault->id,
                                      .size = (int64_t)fault->met,
                                      .attempts = fault->attempts,
                                      .most_up = fault->most_up,
                                      .most_down = fault->most_down,
                                      .touched = fault->touched });
}

static void apply(struct engine *engine, void *data) {
    struct fault_errand *errand = data;
    engine->has_more = true; /* what it lets go, or holds, is seen in the next turn */
    fault_begin(errand->front, errand->fault);
    tell_fault(errand->front, errand->fault);
    memory_release(errand);
}

static void undo(struct engine *engine, void *data) {
    struct fault_errand *errand = data;
    struct fault *fault = errand->front->faults;
    engine->has_more = true;
    while (fault && fault->id != errand->id) fault = fault->next;
    if (fault) {
        fault_end(errand->front, fault);
        tell_fault(errand->front, fault);
        memory_release(fault);
    }
    memory_release(errand);
}

static void ask_for(struct front *front, void (*work)(struct engine *, void *), struct fault *fault, uint64_t id) {
    struct fault_errand *errand = memory_allocate(sizeof *errand);
    *errand = (struct fault_errand){ front, fault, id };
    engine_ask(front->engine, work, errand);
}

void front_apply(struct front *front, struct fault *fault) {
    ask_for(front, apply, fault, fault->id);
}

void front_undo(struct front *front, uint64_t id) {
    ask_for(front, undo, NULL, id);
}

/* ---- its end ---- */

void front_end(struct front *front) {
    plug_pull(front); /* who waited is taken, to be reset */
    while (front->connections) connection_stop(front->connections, "stopped", "the proxy was stopped");
    memory_release(front->plug);
    engine_forget(front->engine, &front->watched);
    while (front->faults) {
        struct fault *fault = front->faults;
        front->faults = fault->next;
        memory_release(fault);
    }
    tell_upload(front);
    if (front->gate) gate_free(front->gate);
    if (front->dispenser >= 0) close(front->dispenser);
    front_tell(front, &(struct news){ .kind = NEWS_CLOSED });
    target_list_done(&front->targets);
    memory_release(front);
}

static void end(struct engine *engine, void *data) {
    (void)engine;
    front_end(data);
}

void front_close(struct front *front) {
    engine_ask(front->engine, end, front);
}

/* ---- by what lives on the thread ---- */

void front_listen(struct front *front, int listener) {
    front->watched.descriptor = listener;
    engine_watch(front->engine, &front->watched, EPOLLIN, false);
    plug_put_in(front);
}

void front_rest(struct front *front) {
    plug_pull(front);
    engine_forget(front->engine, &front->watched);
    while (front->connections) connection_close(front->connections, "closed", "the proxy was disabled");
}

void front_aim(struct front *front, const struct target *target) {
    target_list_done(&front->targets);
    front->targets = target_list_copy(&(struct target_list){ (struct target *)target, 1 });
}
