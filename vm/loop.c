/* The event loop over libuv: its readiness, signals and thread pool; timers are our own, in nanoseconds, by one
 * timerfd. In virtual mode time stands still while anything happens and then jumps to the next timer. Never waits
 * without a limit unless told to; never calls back from inside another callback's stop. */
#include "vm/loop.h"

#include "vm/timer.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct loop {
    uv_loop_t uv;
    enum loop_mode mode;
    int64_t now; /* the virtual clock */
    struct timers timers;
    int timer_descriptor; /* wakes uv when the first timer is due; -1 in virtual mode */
    uv_poll_t timer_poll;
    int64_t armed;               /* when timer_descriptor goes off, INT64_MAX: not at all */
    int64_t gather;              /* between two looks; 0: none */
    int64_t least, most;         /* of it */
    size_t wanted;               /* things that happened at a look; 0: any number */
    int64_t looked;              /* when it looked last, while gathering */
    size_t watched;              /* watches, signals, children, works that were started and not stopped */
    size_t busy;                 /* children and works: what must happen before virtual time may pass */
    size_t happened;             /* callbacks so far */
    struct loop_child *children; /* that somebody waits for */
    uv_signal_t child_signal;    /* when orphans become children of this process, somebody must reap them */
    bool reaps_orphans;
};

struct loop_watch {
    uv_poll_t poll;
    struct loop *loop;
    void (*ready)(void *data, int events);
    void *data;
};
struct loop_signal {
    uv_signal_t signal;
    struct loop *loop;
    void (*arrived)(void *data, int number);
    void *data;
};
struct loop_child {
    uv_poll_t poll; /* of the pidfd */
    int descriptor;
    struct loop *loop;
    pid_t process;
    struct loop_child *previous, *next; /* in the loop's list */
    void (*ended)(void *data, int status);
    void *data;
};
struct loop_call {
    uv_async_t async;
    struct loop *loop;
    void (*called)(void *data);
    void *data;
};
struct loop_work {
    uv_work_t work;
    struct loop *loop;
    void (*run)(void *data);
    void (*done)(void *data);
    void *data;
};

static void timer_descriptor_ready(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct loop *loop = poll->data;
    uint64_t expirations;
    ssize_t got = read(loop->timer_descriptor, &expirations, sizeof expirations);
    (void)got; /* nothing to read means nothing to forget */
    loop->armed = INT64_MAX;
}

/* ---- orphans (guard_adopt) ---- */
static bool is_awaited(const struct loop *loop, pid_t process) {
    for (const struct loop_child *child = loop->children; child; child = child->next) {
        if (child->process == process) return true;
    }
    return false;
}

/* Lets dead children go for which nobody waits. One that is awaited hides those behind it until it is reaped. */
static void reap_orphans(struct loop *loop) {
    siginfo_t dead = { 0 };
    while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid && !is_awaited(loop, dead.si_pid)) {
        int status;
        waitpid(dead.si_pid, &status, WNOHANG);
        dead.si_pid = 0;
    }
}

static void child_died(uv_signal_t *handle, int number) {
    (void)number;
    reap_orphans(handle->data);
}

static void watch_orphans(struct loop *loop) {
    int adopts = 0;
    if (prctl(PR_GET_CHILD_SUBREAPER, &adopts) != 0 || !adopts) return;
    loop->reaps_orphans = true;
    uv_signal_init(&loop->uv, &loop->child_signal);
    loop->child_signal.data = loop;
    uv_signal_start(&loop->child_signal, child_died, SIGCHLD);
    uv_unref((uv_handle_t *)&loop->child_signal);
    reap_orphans(loop);
}

struct loop *loop_new(enum loop_mode mode) {
    struct loop *loop = memory_allocate(sizeof *loop);
    if (uv_loop_init(&loop->uv)) abort();
    loop->mode = mode;
    if (mode != LOOP_THREAD) watch_orphans(loop);
    loop->timer_descriptor = -1;
    loop->armed = INT64_MAX;
    if (mode == LOOP_VIRTUAL) {
        loop->now = SECOND; /* not 0: an instant that was forgotten should show */
        return loop;
    }
    loop->timer_descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->timer_descriptor < 0 || uv_poll_init(&loop->uv, &loop->timer_poll, loop->timer_descriptor)) abort();
    loop->timer_poll.data = loop;
    if (uv_poll_start(&loop->timer_poll, UV_READABLE, timer_descriptor_ready)) abort();
    return loop;
}

void loop_free(struct loop *loop) {
    if (!loop) return;
    assert(loop->timers.count == 0 && loop->watched == 0);
    if (loop->timer_descriptor >= 0) uv_close((uv_handle_t *)&loop->timer_poll, NULL);
    if (loop->reaps_orphans) uv_close((uv_handle_t *)&loop->child_signal, NULL);
    while (uv_run(&loop->uv, UV_RUN_NOWAIT)) {
    } /* what was closed calls its end */
    int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    (void)left;
    if (loop->timer_descriptor >= 0) close(loop->timer_descriptor);
    timers_done(&loop->timers);
    memory_release(loop);
}

int64_t loop_now(const struct loop *loop) {
    return loop->mode == LOOP_VIRTUAL ? loop->now : clock_monotonic();
}

/* ---- descriptors ---- */
static void watch_ready(uv_poll_t *poll, int status, int events) {
    struct loop_watch *watch = poll->data;
    watch->loop->happened++;
    int ready = 0;
    if (events & UV_READABLE) ready |= LOOP_READABLE;
    if (events & UV_WRITABLE) ready |= LOOP_WRITABLE;
    /* A broken descriptor is told as ready for all: the owner's next call on it gives the error. */
    if (status < 0) ready = LOOP_READABLE | LOOP_WRITABLE;
    watch->ready(watch->data, ready);
}

void loop_watch_change(struct loop_watch *watch, int events) {
    int wanted = 0;
    if (events & LOOP_READABLE) wanted |= UV_READABLE;
    if (events & LOOP_WRITABLE) wanted |= UV_WRITABLE;
    if (wanted)
        uv_poll_start(&watch->poll, wanted, watch_ready);
    else
        uv_poll_stop(&watch->poll);
}

struct loop_watch *loop_watch_start(struct loop *loop, int descriptor, int events,
                                    void (*ready)(void *data, int events), void *data) {
    struct loop_watch *watch = memory_allocate(sizeof *watch);
    *watch = (struct loop_watch){ .loop = loop, .ready = ready, .data = data };
    if (uv_poll_init(&loop->uv, &watch->poll,
                     descriptor)) { /* no descriptor, or one that epoll does not take: a file */
        memory_release(watch);
        return NULL;
    }
    watch->poll.data = watch;
    loop->watched++;
    loop_watch_change(watch, events);
    return watch;
}

static void watch_closed(uv_handle_t *handle) {
    memory_release(handle->data);
}

void loop_watch_stop(struct loop_watch *watch) {
    watch->loop->watched--;
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

/* ---- timers ---- */
struct loop_timer *loop_timer_start(struct loop *loop, int64_t at, void (*due)(void *data), void *data) {
    return timers_add(&loop->timers, at, due, data);
}

void loop_timer_stop(struct loop_timer *timer) {
    timers_remove(timer);
}

/* Those that were due when asked; what a callback sets anew waits for the next turn. */
static bool fire_due(struct loop *loop) {
    int64_t now = loop_now(loop);
    uint64_t before = loop->timers.next_order;
    bool fired = false;
    for (;;) {
        struct loop_timer *first = timers_first(&loop->timers);
        if (!first || first->at > now || first->order >= before) return fired;
        void (*due)(void *) = first->due;
        void *data = first->data;
        timers_remove(first);
        fired = true;
        loop->happened++;
        due(data);
    }
}

static void arm(struct loop *loop, int64_t at) {
    if (at == loop->armed) return;
    struct itimerspec when = { 0 };
    if (at != INT64_MAX) {
        if (at <= 0) at = 1;
        when.it_value = (struct timespec){ at / SECOND, at % SECOND };
    }
    timerfd_settime(loop->timer_descriptor, TFD_TIMER_ABSTIME, &when, NULL);
    loop->armed = at;
}

/* ---- children ---- */
static bool reap(pid_t process, int *status) {
    pid_t got;
    do got = waitpid(process, status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got < 0) *status = 0; /* somebody else reaped it: it is gone all the same */
    return got != 0;
}

static void child_closed(uv_handle_t *handle) {
    struct loop_child *child = handle->data;
    close(child->descriptor);
    memory_release(child);
}

void loop_child_stop(struct loop_child *child) {
    if (child->previous)
        child->previous->next = child->next;
    else
        child->loop->children = child->next;
    if (child->next) child->next->previous = child->previous;
    child->loop->watched--;
    child->loop->busy--;
    uv_poll_stop(&child->poll);
    uv_close((uv_handle_t *)&child->poll, child_closed);
}

static void child_ready(uv_poll_t *poll, int uv_status, int events) {
    (void)uv_status;
    (void)events;
    struct loop_child *child = poll->data;
    int status;
    if (!reap(child->process, &status)) return;
    child->loop->happened++;
    void (*ended)(void *, int) = child->ended;
    void *data = child->data;
    struct loop *loop = child->loop;
    loop_child_stop(child);
    if (loop->reaps_orphans) reap_orphans(loop);
    ended(data, status);
}

struct loop_child *loop_child_start(struct loop *loop, pid_t process, void (*ended)(void *data, int status),
                                    void *data) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    if (descriptor < 0) return NULL;
    struct loop_child *child = memory_allocate(sizeof *child);
    *child =
        (struct loop_child){ .descriptor = descriptor, .loop = loop, .process = process, .ended = ended, .data = data };
    if (uv_poll_init(&loop->uv, &child->poll, descriptor)) {
        close(descriptor);
        memory_release(child);
        return NULL;
    }
    child->poll.data = child;
    child->next = loop->children;
    if (child->next) child->next->previous = child;
    loop->children = child;
    loop->watched++;
    loop->busy++;
    uv_poll_start(&child->poll, UV_READABLE, child_ready);
    return child;
}

/* ---- signals ---- */
static void signal_arrived(uv_signal_t *handle, int number) {
    struct loop_signal *signal = handle->data;
    signal->loop->happened++;
    signal->arrived(signal->data, number);
}

struct loop_signal *loop_signal_start(struct loop *loop, int number, void (*arrived)(void *data, int number),
                                      void *data) {
    struct loop_signal *signal = memory_allocate(sizeof *signal);
    *signal = (struct loop_signal){ .loop = loop, .arrived = arrived, .data = data };
    uv_signal_init(&loop->uv, &signal->signal);
    signal->signal.data = signal;
    uv_signal_start(&signal->signal, signal_arrived, number);
    loop->watched++;
    return signal;
}

void loop_signal_stop(struct loop_signal *signal) {
    signal->loop->watched--;
    uv_signal_stop(&signal->signal);
    uv_close((uv_handle_t *)&signal->signal, watch_closed);
}

/* ---- calls from other threads ---- */
static void call_arrived(uv_async_t *handle) {
    struct loop_call *call = handle->data;
    call->loop->happened++;
    call->called(call->data);
}

struct loop_call *loop_call_start(struct loop *loop, void (*called)(void *data), void *data) {
    struct loop_call *call = memory_allocate(sizeof *call);
    *call = (struct loop_call){ .loop = loop, .called = called, .data = data };
    if (uv_async_init(&loop->uv, &call->async, call_arrived)) abort();
    call->async.data = call;
    loop->watched++;
    return call;
}

void loop_call_send(struct loop_call *call) {
    uv_async_send(&call->async);
}

void loop_call_stop(struct loop_call *call) {
    call->loop->watched--;
    uv_close((uv_handle_t *)&call->async, watch_closed);
}

/* ---- work ---- */
static void work_run(uv_work_t *handle) {
    struct loop_work *work = handle->data;
    work->run(work->data);
}

static void work_done(uv_work_t *handle, int status) {
    (void)status;
    struct loop_work *work = handle->data;
    struct loop *loop = work->loop;
    void (*done)(void *) = work->done;
    void *data = work->data;
    loop->watched--;
    loop->busy--;
    loop->happened++;
    memory_release(work);
    done(data);
}

struct loop_work *loop_work_start(struct loop *loop, void (*run)(void *data), void (*done)(void *data), void *data) {
    struct loop_work *work = memory_allocate(sizeof *work);
    *work = (struct loop_work){ .loop = loop, .run = run, .done = done, .data = data };
    work->work.data = work;
    loop->watched++;
    loop->busy++;
    if (uv_queue_work(&loop->uv, &work->work, work_run, work_done)) abort();
    return work;
}

/* ---- turning ---- */
/* Lets uv wait until `until` (of the real clock) at the latest. */
static void wait_really(struct loop *loop, int64_t until) {
    arm(loop, until);
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_set_gather(struct loop *loop, int64_t gather, size_t wanted) {
    loop->gather = gather;
    loop->least = gather / 2;
    loop->most = gather * 4;
    loop->wanted = wanted;
}

static void adapt(struct loop *loop, size_t happened) {
    if (!loop->wanted) return;
    if (happened > loop->wanted) loop->gather -= loop->gather / 8;
    if (happened < loop->wanted) loop->gather += loop->gather / 8;
    if (loop->gather < loop->least) loop->gather = loop->least;
    if (loop->gather > loop->most) loop->gather = loop->most;
}

/* Sleeps until the next look, unless something is due already; then looks without waiting. False when nothing had happened:
 * then it is better to be woken. */
static bool turn_gathering(struct loop *loop) {
    int64_t next = loop->looked + loop->gather, now = clock_monotonic();
    struct loop_timer *first = timers_first(&loop->timers);
    if (next > now && !(first && first->at <= now)) {
        struct timespec at = { next / SECOND, next % SECOND };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        loop->looked = next;
    } else {
        loop->looked = now;
    }
    size_t before = loop->happened;
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    bool fired = fire_due(loop);
    adapt(loop, loop->happened - before);
    return fired || loop->happened != before;
}

static void turn_really(struct loop *loop, int64_t limit) {
    if (loop->gather && limit != 0 && turn_gathering(loop)) return;
    struct loop_timer *first = timers_first(&loop->timers);
    int64_t until = first ? first->at : INT64_MAX;
    if (limit >= 0) {
        int64_t now = clock_monotonic(), latest;
        if (__builtin_add_overflow(now, limit, &latest)) latest = INT64_MAX;
        if (latest < until) until = latest;
        if (until <= now) {
            uv_run(&loop->uv, UV_RUN_NOWAIT);
            fire_due(loop);
            return;
        }
    }
    wait_really(loop, until);
    fire_due(loop);
}

/* A child or a thread goes by the real clock: virtual time stands still until it has something to tell. */
static void wait_for_busy(struct loop *loop) {
    struct pollfd backend = { .fd = uv_backend_fd(&loop->uv), .events = POLLIN };
    poll(&backend, 1, 10);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void turn_virtually(struct loop *loop, int64_t limit) {
    size_t before = loop->happened;
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (fire_due(loop) || loop->happened != before || limit == 0) return;
    if (loop->busy) {
        wait_for_busy(loop);
        return;
    }
    struct loop_timer *first = timers_first(&loop->timers);
    int64_t target = first ? first->at : loop->now, latest;
    if (limit > 0) {
        if (__builtin_add_overflow(loop->now, limit, &latest)) latest = INT64_MAX;
        if (!first || latest < target) target = latest;
    } else if (!first) {
        uv_run(&loop->uv, UV_RUN_ONCE); /* only descriptors and signals are left to wait for */
        return;
    }
    if (target > loop->now) loop->now = target;
    fire_due(loop);
}

bool loop_turn(struct loop *loop, int64_t limit) {
    if (loop->timers.count == 0 && loop->watched == 0) {
        /* Time passes all the same, and what was closed is let go. */
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        if (limit > 0 && loop->mode == LOOP_VIRTUAL) loop->now += limit;
        return false;
    }
    if (loop->mode == LOOP_VIRTUAL)
        turn_virtually(loop, limit);
    else
        turn_really(loop, limit);
    return true;
}
