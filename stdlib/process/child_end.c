/* How a program is brought to its end: SIGTERM to everything that stems from it, patience, SIGKILL, and looking until nothing is left.
 * A timer looks, because what is not our child ends without a word. */
#include "stdlib/process/child.h"

#include "base/clock.h"

#include <signal.h>

#define LOOK_EVERY (10 * MILLISECOND)

void child_end_done(struct child *child) {
    if (child->stop.timer) loop_timer_stop(child->stop.timer);
    child->stop.timer = NULL;
}

static void set_gone(struct child *child) {
    struct guard *guard = run_guard(child->run);
    child->gone = true;
    child_end_done(child);
    if (guard && child->guarded) guard_release(guard, child->guarded);
    child->guarded = 0;
    child_tell(child);
}

void child_look(struct child *child) {
    if (child->gone || child->running) return;
    if (session_signal(&child->session, 0) == 0) set_gone(child);
}

static void look_again(void *data);

static void plan_look(struct child *child) {
    struct loop *loop = run_loop(child->run);
    child_end_done(child);
    child->stop.timer = loop_timer_start(loop, loop_now(loop) + LOOK_EVERY, look_again, child);
}

/* One step: the signal that is due, to whoever is there now. */
static void step(struct child *child) {
    int64_t waited = loop_now(run_loop(child->run)) - child->stop.begun;
    if (!child->stop.killed && waited >= child->stop.patience) child->stop.killed = true;
    /* SIGKILL is sent until nobody is left: a process may have forked while the last one was sent. */
    size_t members = session_signal(&child->session, child->stop.killed ? SIGKILL : 0);
    if (!child->running && members == 0)
        set_gone(child);
    else
        plan_look(child);
}

static void look_again(void *data) {
    struct child *child = data;
    child->stop.timer = NULL;
    step(child);
}

void child_end(struct child *child, int64_t patience) {
    if (child->gone) return;
    if (!child->stop.wanted) {
        child->stop =
            (struct child_stop){ .wanted = true, .begun = loop_now(run_loop(child->run)), .patience = patience };
        if (patience > 0) {
            session_signal(&child->session, SIGTERM);
            session_signal(&child->session, SIGCONT); /* a stopped one would never see it */
        }
    } else {
        int64_t until = loop_now(run_loop(child->run)) - child->stop.begun + patience;
        if (until < child->stop.patience) child->stop.patience = until;
    }
    step(child);
}
