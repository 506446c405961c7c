/* The thread and its turns: ready descriptors, then due timers, then errands, then burials. Every step is bounded, so the thread
 * always comes to its end soon after it was asked to. An errand may ask what has happened: a turn that began after it was asked, and
 * that left nothing over, comes first. */
#include "stdlib/proxy/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/proxy/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* How many turns errands wait for what is left over: as many as a full backlog needs, and what sockets hold, no more. A busy wire has
 * always something left. */
enum { EVENTS_A_TURN = 256, TURNS_FOR_CALLS = 80, TURNS_FOR_MORE = 16, PIPE_SIZE = 1 << 20 };

struct engine_errand {
    struct engine_errand *next;
    void (*work)(struct engine *engine, void *data);
    void *data;
};
/* Errands from the loop to the thread. */
struct errand_box {
    struct watched watched; /* an eventfd */
    pthread_mutex_t lock;
    struct engine_errand *first, *last; /* asked; owned */
    struct engine_errand *due;          /* the thread's: to be done after this turn; owned */
    int waited_for_calls, waited;       /* turns that they were held back */
    pthread_t thread;
    bool is_waiting; /* the thread knows that errands wait */
    bool is_over;    /* the thread ends after this turn */
};

/* ---- watching ---- */

void engine_watch(struct engine *engine, struct watched *watched, uint32_t events, bool away) {
    if (away ? !watched->is_added : watched->is_added && watched->events == events) return;
    struct epoll_event event = { .events = events, .data = { .ptr = watched } };
    int operation = away ? EPOLL_CTL_DEL : watched->is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    /* It fails only without memory in the kernel; the connection then stands still until its end. */
    if (epoll_ctl(engine->epoll, operation, watched->descriptor, &event) != 0 && !away) return;
    watched->is_added = !away;
    watched->events = events;
}

void engine_forget(struct engine *engine, struct watched *watched) {
    if (watched->descriptor < 0) return;
    engine_watch(engine, watched, 0, true);
    close(watched->descriptor);
    watched->descriptor = -1;
}

void engine_bury(struct engine *engine, struct connection *connection) {
    connection->next_dead = engine->dead;
    engine->dead = connection;
}

static void bury_all(struct engine *engine) {
    while (engine->dead) {
        struct connection *connection = engine->dead;
        engine->dead = connection->next_dead;
        connection_free(connection);
    }
}

/* ---- errands ---- */

static void box_ready(struct watched *watched, uint32_t events) {
    struct errand_box *box = (struct errand_box *)watched;
    eventfd_t count;
    (void)events;
    eventfd_read(watched->descriptor, &count);
    box->is_waiting = true;
}

/* Before it is looked what is ready: what was ready when they were asked is among that. */
static void take_errands(struct errand_box *box) {
    pthread_mutex_lock(&box->lock);
    box->due = box->first;
    box->first = box->last = NULL;
    pthread_mutex_unlock(&box->lock);
    box->is_waiting = false;
}

static void run_errands(struct engine *engine) {
    struct errand_box *box = engine->box;
    if (engine->has_calls && ++box->waited_for_calls < TURNS_FOR_CALLS) return;
    if (engine->has_more && ++box->waited < TURNS_FOR_MORE) return;
    box->waited_for_calls = box->waited = 0;
    engine->has_more = false;
    while (box->due && !engine->has_more) {
        struct engine_errand *errand = box->due;
        box->due = errand->next;
        errand->work(engine, errand->data);
        memory_release(errand);
    }
}

void engine_ask(struct engine *engine, void (*work)(struct engine *engine, void *data), void *data) {
    struct errand_box *box = engine->box;
    struct engine_errand *errand = memory_allocate(sizeof *errand);
    *errand = (struct engine_errand){ .work = work, .data = data };
    pthread_mutex_lock(&box->lock);
    if (box->last)
        box->last->next = errand;
    else
        box->first = errand;
    box->last = errand;
    pthread_mutex_unlock(&box->lock);
    eventfd_write(box->watched.descriptor, 1);
}

/* ---- the thread ---- */

static int64_t next_due(const struct engine *engine) {
    const struct loop_timer *first = timers_first(&engine->timers);
    return first ? first->at : INT64_MAX;
}

/* In nanoseconds where the kernel can (Linux 5.11), else in milliseconds, rounded up. */
static int wait_ready(struct engine *engine, struct epoll_event *events, bool at_once) {
    int64_t due = next_due(engine), now = due == INT64_MAX ? 0 : clock_monotonic();
    int64_t left = at_once || due <= now ? 0 : due - now;
    struct timespec time = { left / SECOND, left % SECOND };
    struct timespec *limit = due == INT64_MAX && !at_once ? NULL : &time;
    int count = epoll_pwait2(engine->epoll, events, EVENTS_A_TURN, limit, NULL);
    if (count >= 0 || errno != ENOSYS) return count;
    int milliseconds = left / MILLISECOND >= 1000 ? 1000 : (int)((left + MILLISECOND - 1) / MILLISECOND);
    return epoll_wait(engine->epoll, events, EVENTS_A_TURN, limit ? milliseconds : -1);
}

static void fire_timers(struct engine *engine) {
    if (!engine->timers.count) return;
    int64_t now = clock_monotonic();
    while (next_due(engine) <= now) {
        struct loop_timer *timer = timers_first(&engine->timers);
        void (*due)(void *) = timer->due;
        void *data = timer->data;
        timers_remove(timer);
        due(data);
    }
}

static void *run_thread(void *data) {
    struct engine *engine = data;
    struct epoll_event events[EVENTS_A_TURN];
    struct errand_box *box = engine->box;
    while (!box->is_over) {
        if (box->is_waiting && !box->due) take_errands(box);
        engine->has_more = engine->has_calls = false;
        int count = wait_ready(engine, events, box->is_waiting || box->due);
        if (count == EVENTS_A_TURN) engine->has_more = true;
        for (int i = 0; i < count; i++) {
            struct watched *watched = events[i].data.ptr;
            if (watched->descriptor >= 0) watched->ready(watched, events[i].events);
        }
        fire_timers(engine);
        if (box->due) run_errands(engine);
        bury_all(engine);
    }
    return NULL;
}

static void be_over(struct engine *engine, void *data) {
    (void)data;
    engine->box->is_over = true;
}

static void release(struct engine *engine) {
    if (engine->box->watched.descriptor >= 0) close(engine->box->watched.descriptor);
    if (engine->epoll >= 0) close(engine->epoll);
    if (engine->spare >= 0) close(engine->spare);
    for (int i = 0; i < 2; i++)
        if (engine->pipe[i] >= 0) close(engine->pipe[i]);
    pthread_mutex_destroy(&engine->box->lock);
    memory_release(engine->box);
    memory_release(engine->block);
    timers_done(&engine->timers);
    news_queue_free(engine->news);
    memory_release(engine);
}

static bool start_thread(struct engine *engine) {
    sigset_t all, before;
    sigfillset(&all); /* signals are the loop's */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int problem = pthread_create(&engine->box->thread, NULL, run_thread, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = problem;
    return problem == 0;
}

struct engine *engine_start(size_t news_limit) {
    struct engine *engine = memory_allocate(sizeof *engine);
    engine->news = news_queue_new(news_limit);
    engine->block = memory_resize(NULL, ENGINE_BLOCK);
    engine->box = memory_allocate(sizeof *engine->box);
    engine->box->watched = (struct watched){ .ready = box_ready, .descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    pthread_mutex_init(&engine->box->lock, NULL);
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (pipe2(engine->pipe, O_CLOEXEC | O_NONBLOCK) != 0) engine->pipe[0] = engine->pipe[1] = -1;
    if (engine->pipe[0] >= 0) fcntl(engine->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
    engine->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (engine->epoll >= 0) engine_watch(engine, &engine->box->watched, EPOLLIN, false);
    bool is_good = engine->box->watched.is_added && news_queue_descriptor(engine->news) >= 0;
    if (is_good && start_thread(engine)) return engine;
    int problem = errno;
    release(engine);
    errno = problem;
    return NULL;
}

void engine_stop(struct engine *engine) {
    engine_ask(engine, be_over, NULL);
    pthread_join(engine->box->thread, NULL); /* each of its steps is bounded */
    bury_all(engine);
    release(engine);
}
