/* The event loop: readiness, timers, signals, child processes, work on a thread. libuv stays behind this header.
 * In virtual mode nothing sleeps: when no descriptor is watched as busy, time jumps to the next timer. */
#ifndef AOT_VM_LOOP_H
#define AOT_VM_LOOP_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
enum loop_mode {
    LOOP_REAL,
    LOOP_VIRTUAL,
    LOOP_THREAD /* real, of a load's thread: children and signals are the first thread's */
};
struct loop *loop_new(enum loop_mode mode);
void loop_free(struct loop *loop);         /* everything must have been stopped; asserts so */
int64_t loop_now(const struct loop *loop); /* ns: CLOCK_MONOTONIC, or the virtual clock */

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
/* From now on descriptors are looked at no more often than that, in ns; 0: as soon as something happens. Only while there is
 * something to do: an idle loop is woken at once. `wanted`: the interval is made longer or shorter, within a half and four times,
 * until about so many things have happened at each look; 0: it stays. */
void loop_set_gather(struct loop *loop, int64_t gather, size_t wanted);

struct loop_watch;
/* Calls `ready` whenever the descriptor is ready for what `events` says; the caller keeps the descriptor. */
struct loop_watch *loop_watch_start(struct loop *loop, int descriptor, int events,
                                    void (*ready)(void *data, int events), void *data);
void loop_watch_change(struct loop_watch *watch, int events);
void loop_watch_stop(struct loop_watch *watch); /* before the descriptor is closed */

struct loop_timer;
struct loop_timer *loop_timer_start(struct loop *loop, int64_t at, void (*due)(void *data),
                                    void *data); /* once, at an absolute time */
void loop_timer_stop(struct loop_timer *timer);  /* NULL and fired ones must not be passed */

struct loop_child;
/* Calls `ended` once when the process is gone, with its wait status; reaps it. */
struct loop_child *loop_child_start(struct loop *loop, pid_t process, void (*ended)(void *data, int status),
                                    void *data);
void loop_child_stop(struct loop_child *child); /* stops watching; the process stays the caller's to reap */

struct loop_signal;
struct loop_signal *loop_signal_start(struct loop *loop, int number, void (*arrived)(void *data, int number),
                                      void *data);
void loop_signal_stop(struct loop_signal *signal);

struct loop_call;
/* Calls `called` on the loop's thread after loop_call_send, which any thread may do; several sendings may be one call. */
struct loop_call *loop_call_start(struct loop *loop, void (*called)(void *data), void *data);
void loop_call_send(struct loop_call *call);
void loop_call_stop(struct loop_call *call); /* nobody may send any more */

struct loop_work;
/* Runs `work` on a pool thread (files, hashes), then `done` here. `done` is always called, also after
 * loop_work_abandon. */
struct loop_work *loop_work_start(struct loop *loop, void (*work)(void *data), void (*done)(void *data), void *data);

/* One turn: waits for at most `limit` ns (negative: until something happens). Returns false when nothing is watched
 * and no timer is set. */
bool loop_turn(struct loop *loop, int64_t limit);
#endif
