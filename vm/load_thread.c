/* A load's thread. What both threads touch is the mailbox and, under its lock, the words and the state here; all else
 * belongs to the one that runs. The recipe's run never waits for it, except for its end, and then not for ever. */
#include "vm/load_thread.h"

#include "vm/capture.h"
#include "vm/handle.h"
#include "vm/heap.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static const int64_t default_end_limit = 30 * SECOND;

/* What the worker is to do: each word goes further than the one before. */
enum word { WORD_GO, WORD_STOP, WORD_END };

struct failure {
    bool failed;
    enum run_end end;
    struct span span;
    char *message; /* owned */
};

struct load_thread {
    struct run *run; /* the recipe's */
    struct load_thread_sink sink;
    struct pace_plan plan;
    struct mailbox *mailbox;
    pthread_t thread;
    bool started, joined;
    bool abandoned; /* it did not end in time: its thread keeps all that it has, and is not heard any more */
    /* The worker's own, until its end. */
    struct run *own;
    struct pace *pace;
    struct loop_call *ear; /* on the worker's loop: listen to the words */
    /* Both sides', under the lock. */
    pthread_mutex_t lock;
    enum word word;
    int64_t stop_at; /* of WORD_STOP */
    bool tell;       /* of WORD_END */
    bool gone;       /* the thread touches nothing any more */
    size_t leaked;
    struct load_thread_state state;
    struct failure failure;
};

/* ---- on the worker's thread ---- */
static void publish(struct load_thread *worker, bool over) {
    struct load_thread_state state = { .stopped_at = pace_stopped_at(worker->pace),
                                       .over = over,
                                       .starved = pace_is_starved(worker->pace),
                                       .count = pace_count(worker->pace) };
    state.count.left_out = mailbox_left_out(worker->mailbox);
    mailbox_flush(worker->mailbox); /* the events come first */
    pthread_mutex_lock(&worker->lock);
    worker->state = state;
    pthread_mutex_unlock(&worker->lock);
    mailbox_wake(worker->mailbox);
}

static void on_event(void *data, int64_t start, int64_t end, int64_t intended, struct value value) {
    struct load_thread *worker = data;
    mailbox_event(worker->mailbox, start, end, intended, value);
}

static void on_stopped(void *data) {
    publish(data, false);
}

static void on_over(void *data) {
    publish(data, true);
}

static bool on_full(void *data) {
    struct load_thread *worker = data;
    return mailbox_is_full(worker->mailbox);
}

static enum word heard(struct load_thread *worker, int64_t *stop_at, bool *tell) {
    pthread_mutex_lock(&worker->lock);
    enum word word = worker->word;
    *stop_at = worker->stop_at;
    *tell = worker->tell;
    pthread_mutex_unlock(&worker->lock);
    return word;
}

/* The words are looked at after each turn of the loop. */
static bool is_to_end(struct run *own, void *data) {
    struct load_thread *worker = data;
    (void)own;
    int64_t stop_at;
    bool tell;
    enum word word = heard(worker, &stop_at, &tell);
    if (word == WORD_STOP) pace_stop(worker->pace, stop_at);
    return word == WORD_END;
}

static void nothing(void *data) {
    (void)data; /* being woken is enough */
}

static void hand_over_failure(struct load_thread *worker) {
    struct run *own = worker->own;
    if (!own->message) return;
    pthread_mutex_lock(&worker->lock);
    worker->failure = (struct failure){ true, own->end, own->message_span, own->message };
    pthread_mutex_unlock(&worker->lock);
    own->message = NULL;
    mailbox_wake(worker->mailbox);
}

/* After a failure the recipe's run decides: it ends everything, this worker too. */
static void wait_for_end(struct load_thread *worker) {
    worker->own->stopping = false;
    scheduler_cancel_all(worker->own);
    scheduler_run(worker->own, is_to_end, worker);
}

static void give_back(struct load_thread *worker) {
    int64_t stop_at;
    bool tell;
    heard(worker, &stop_at, &tell);
    worker->own->stopping = false;
    pace_cancel(worker->pace, tell);
    scheduler_cancel_all(worker->own);
    mailbox_detach(worker->mailbox);
    pace_free(worker->pace);
    worker->pace = NULL;
    loop_call_stop(worker->ear);
    run_give_back(worker->own);
    size_t leaked = worker->own->leaked;
    run_free(worker->own);
    worker->own = NULL;
    pthread_mutex_lock(&worker->lock);
    worker->leaked = leaked;
    worker->gone = true;
    pthread_mutex_unlock(&worker->lock);
    mailbox_wake(worker->mailbox);
}

static void *live(void *data) {
    struct load_thread *worker = data;
    prctl(PR_SET_TIMERSLACK, 1UL); /* ns: starts are exact */
    pthread_setname_np(pthread_self(), "aot load");
    pace_begin(worker->pace);
    scheduler_run(worker->own, is_to_end, worker);
    if (worker->own->message) {
        hand_over_failure(worker);
        pace_cancel(worker->pace, false);
        wait_for_end(worker);
    }
    give_back(worker);
    return NULL;
}

/* ---- on the recipe's thread ---- */
static void show_failure(struct load_thread *worker) {
    pthread_mutex_lock(&worker->lock);
    struct failure failure = worker->failure;
    worker->failure = (struct failure){ 0 };
    pthread_mutex_unlock(&worker->lock);
    if (!failure.failed) return;
    run_stop(worker->run, failure.end, failure.span, "%s", failure.message);
    memory_release(failure.message);
}

static void take_mail(void *data) {
    struct load_thread *worker = data;
    if (worker->abandoned) return;                              /* whom it would be told to is gone */
    struct load_thread_state state = load_thread_state(worker); /* first: it is published after its events */
    struct batch *batch = mailbox_take(worker->mailbox);
    while (batch) {
        struct batch *next = batch->next;
        for (size_t i = 0; i < batch->effects.count; i++) {
            const struct batch_effect *effect = &batch->effects.items[i];
            run_effect(worker->run, effect->kind, text_of(effect->subject), effect->start, effect->end,
                       text_of(effect->outcome));
        }
        worker->sink.batch(worker->sink.data, batch);
        mailbox_done(worker->mailbox, batch);
        batch = next;
    }
    show_failure(worker);
    worker->sink.changed(worker->sink.data, &state);
}

/* Few workers would only wait; at a low rate every start is exact. Of many workers a quarter may wait for being looked at. */
static void plan_gathering(struct run *own, const struct pace_plan *plan) {
    enum { MANY_WORKERS = 16, HIGH_RATE = 5000 };
    if (plan->rate > HIGH_RATE) own->gather = 250 * MICROSECOND;
    if (plan->rate > 0 || plan->workers < MANY_WORKERS) return;
    own->gather = 100 * MICROSECOND;
    own->gather_wanted = plan->workers / 4;
}

static struct run *own_run(struct run *run, const struct pace_plan *plan, uint64_t salt) {
    (void)run_folder(run); /* made by the run's own thread, before others ask for it */
    struct run_options options = run->options;
    options.record = NULL;
    options.judge = (struct run_judge){ 0 };
    options.watcher = (struct run_watcher){ 0 };
    options.clock = LOOP_THREAD;
    options.seed = run->options.seed ^ (salt + 1) * 0x9E3779B97F4A7C15u;
    struct run *own = run_new(&options);
    own->stage = run->stage;
    own->stage_deadline = run->stage_deadline;
    own->started = run->started;
    own->heap->zero = run->heap->zero;
    plan_gathering(own, plan);
    return own;
}

/* A run that nothing has happened in. */
static void drop_run(struct run *own) {
    run_give_back(own);
    run_free(own);
}

static bool begin_thread(struct load_thread *worker) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the first thread's */
    worker->started = pthread_create(&worker->thread, NULL, live, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return worker->started;
}

static struct load_thread *load_thread_new(struct run *run, const struct pace_plan *plan, struct run *own,
                                           struct value *captures, struct load_thread_sink sink) {
    struct load_thread *worker = memory_allocate(sizeof *worker);
    *worker = (struct load_thread){ .run = run, .sink = sink, .plan = *plan, .own = own, .stop_at = INT64_MAX };
    worker->state.stopped_at = INT64_MAX;
    pthread_mutex_init(&worker->lock, NULL);
    worker->mailbox = mailbox_new(run, take_mail, worker);
    mailbox_attach(worker->mailbox, own);
    worker->ear = loop_call_start(own->loop, nothing, NULL);
    struct pace_sink told = { worker, on_event, on_stopped, on_over, on_full };
    worker->pace = pace_new(own, plan, captures, told);
    return worker;
}

struct load_thread *load_thread_start(struct run *run, const struct pace_plan *plan, const struct value *captures,
                                      struct load_thread_sink sink) {
    if (run->options.clock != LOOP_REAL || !capture_allows(run, plan->unit)) return NULL;
    struct run *own = own_run(run, plan, run->loads.count);
    size_t count = run->program->units[plan->unit].parameter_count;
    struct value *copies = memory_allocate(count * sizeof *copies);
    if (!capture_copy(run, own, plan->unit, captures, copies)) {
        for (size_t i = 0; i < count; i++) value_release(copies[i]);
        memory_release(copies);
        drop_run(own);
        return NULL;
    }
    struct load_thread *worker = load_thread_new(run, plan, own, copies, sink);
    if (begin_thread(worker)) return worker;
    worker->word = WORD_END;
    give_back(worker);
    load_thread_free(worker);
    return NULL;
}

struct load_thread_state load_thread_state(struct load_thread *worker) {
    pthread_mutex_lock(&worker->lock);
    struct load_thread_state state = worker->state;
    pthread_mutex_unlock(&worker->lock);
    return state;
}

/* The ear is the worker's, which lives until it was told to end. */
static void say(struct load_thread *worker, enum word word, int64_t stop_at, bool tell) {
    pthread_mutex_lock(&worker->lock);
    bool further = word > worker->word;
    if (further) {
        worker->word = word;
        worker->stop_at = stop_at;
        worker->tell = tell;
    }
    if (further) loop_call_send(worker->ear);
    pthread_mutex_unlock(&worker->lock);
}

void load_thread_stop(struct load_thread *worker, int64_t at) {
    say(worker, WORD_STOP, at, false);
}

static bool is_gone(struct load_thread *worker) {
    pthread_mutex_lock(&worker->lock);
    bool gone = worker->gone;
    pthread_mutex_unlock(&worker->lock);
    return gone;
}

/* Nobody can end a thread from outside. What it may still touch stays for as long as the process does: its own run, the mailbox,
 * the loop behind it, the program, the mask. */
static void abandon(struct load_thread *worker, int64_t limit) {
    struct buffer told = { 0 };
    duration_print(&told, limit);
    worker->abandoned = true;
    worker->run->abandoned = true;
    run_stop(worker->run, RUN_ERROR, SPAN_NONE, "a load did not end within %s", told.bytes);
    buffer_done(&told);
}

void load_thread_end(struct load_thread *worker, bool tell) {
    if (worker->joined || worker->abandoned) return;
    say(worker, WORD_END, INT64_MAX, tell);
    int64_t limit = worker->run->options.load_end_limit;
    if (!limit) limit = default_end_limit;
    int64_t deadline = run_now(worker->run) + limit;
    while (!is_gone(worker) && run_now(worker->run) < deadline) scheduler_turn(worker->run, 10 * MILLISECOND);
    if (!is_gone(worker)) {
        abandon(worker, limit);
        return;
    }
    pthread_join(worker->thread, NULL);
    worker->joined = true;
    take_mail(worker);
}

size_t load_thread_leaked(const struct load_thread *worker) {
    return worker->leaked;
}

void load_thread_free(struct load_thread *worker) {
    if (!worker || (worker->started && !worker->joined)) return;
    mailbox_free(worker->mailbox);
    pthread_mutex_destroy(&worker->lock);
    memory_release(worker->failure.message);
    memory_release(worker);
}
