/* The loop: order of timers, the virtual clock's jumps, descriptors, children, threads and signals. */
#include "vm/loop.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct heard {
    struct loop *loop;
    char order[200];
    int64_t at;
    int count;
};
struct call {
    struct heard *heard;
    const char *name;
};

static void note(void *data) {
    struct call *call = data;
    strcat(call->heard->order, call->name);
    call->heard->at = loop_now(call->heard->loop);
    call->heard->count++;
}

Test(loop, virtual_time_jumps_from_timer_to_timer) {
    struct heard heard = { .loop = loop_new(LOOP_VIRTUAL) };
    struct call a = { &heard, "a" }, b = { &heard, "b" }, c = { &heard, "c" }, d = { &heard, "d" };
    int64_t start = loop_now(heard.loop), real = clock_monotonic();
    loop_timer_start(heard.loop, start + HOUR, note, &b);
    loop_timer_start(heard.loop, start + HOUR, note, &c);
    loop_timer_start(heard.loop, start + SECOND, note, &a);
    struct loop_timer *stopped = loop_timer_start(heard.loop, start + MINUTE, note, &d);
    loop_timer_stop(stopped);
    while (loop_turn(heard.loop, -1)) {
    }
    cr_expect_str_eq(heard.order, "abc");
    cr_expect_eq(heard.at, start + HOUR);
    cr_expect_lt(clock_monotonic() - real, SECOND);
    loop_free(heard.loop);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(loop, virtual_time_stands_still_without_a_limit_to_wait) {
    struct heard heard = { .loop = loop_new(LOOP_VIRTUAL) };
    struct call a = { &heard, "a" };
    int64_t start = loop_now(heard.loop);
    loop_timer_start(heard.loop, start + SECOND, note, &a);
    loop_turn(heard.loop, 0);
    cr_expect_eq(loop_now(heard.loop), start);
    loop_turn(heard.loop, 400 * MILLISECOND);
    cr_expect_eq(loop_now(heard.loop), start + 400 * MILLISECOND);
    cr_expect_eq(heard.count, 0);
    loop_turn(heard.loop, SECOND);
    cr_expect_eq(heard.at, start + SECOND);
    loop_free(heard.loop);
}

Test(loop, many_timers_fire_in_order) {
    struct loop *loop = loop_new(LOOP_VIRTUAL);
    struct heard heard = { .loop = loop };
    struct call call = { &heard, "" };
    struct loop_timer *timers[1000];
    uint32_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        seed = seed * 1664525 + 1013904223;
        timers[i] = loop_timer_start(loop, loop_now(loop) + 1 + seed % 100000, note, &call);
    }
    for (int i = 0; i < 1000; i += 3) loop_timer_stop(timers[i]);
    int64_t last = 0;
    while (loop_turn(loop, -1)) {
        cr_assert_geq(heard.at, last);
        last = heard.at;
    }
    cr_expect_eq(heard.count, 666);
    loop_free(loop);
}

static void set_again(void *data) {
    struct heard *heard = data;
    if (++heard->count < 3) loop_timer_start(heard->loop, loop_now(heard->loop), set_again, heard);
}

Test(loop, a_timer_set_by_a_timer_waits_for_the_next_turn) {
    struct heard heard = { .loop = loop_new(LOOP_VIRTUAL) };
    loop_timer_start(heard.loop, loop_now(heard.loop), set_again, &heard);
    loop_turn(heard.loop, 0);
    cr_expect_eq(heard.count, 1);
    loop_turn(heard.loop, 0);
    cr_expect_eq(heard.count, 2);
    loop_turn(heard.loop, 0);
    loop_free(heard.loop);
}

Test(loop, real_timers_are_precise_and_never_early) {
    struct heard heard = { .loop = loop_new(LOOP_REAL) };
    struct call a = { &heard, "a" };
    int64_t due = loop_now(heard.loop) + 3 * MILLISECOND + 500 * MICROSECOND;
    loop_timer_start(heard.loop, due, note, &a);
    while (loop_turn(heard.loop, -1)) {
    }
    cr_expect_geq(heard.at, due);
    cr_expect_lt(heard.at - due, 100 * MILLISECOND);
    loop_free(heard.loop);
}

struct pipe_ends {
    struct loop_watch *watch;
    int ends[2];
    char got;
};

static void readable(void *data, int events) {
    struct pipe_ends *pipe_ends = data;
    cr_expect(events & LOOP_READABLE);
    cr_expect_eq(read(pipe_ends->ends[0], &pipe_ends->got, 1), 1);
    loop_watch_stop(pipe_ends->watch);
    pipe_ends->watch = NULL;
}

static void descriptor_on(enum loop_mode mode) {
    struct loop *loop = loop_new(mode);
    struct pipe_ends pipe_ends = { 0 };
    cr_assert_eq(pipe(pipe_ends.ends), 0);
    pipe_ends.watch = loop_watch_start(loop, pipe_ends.ends[0], LOOP_READABLE, readable, &pipe_ends);
    loop_turn(loop, MILLISECOND);
    cr_expect_eq(pipe_ends.got, 0);
    cr_expect_eq(write(pipe_ends.ends[1], "x", 1), 1);
    while (loop_turn(loop, -1)) {
    }
    cr_expect_eq(pipe_ends.got, 'x');
    close(pipe_ends.ends[0]);
    close(pipe_ends.ends[1]);
    loop_free(loop);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(loop, tells_when_a_descriptor_is_ready) {
    descriptor_on(LOOP_REAL);
    descriptor_on(LOOP_VIRTUAL);
}

Test(loop, a_file_cannot_be_watched) {
    struct loop *loop = loop_new(LOOP_REAL);
    FILE *file = tmpfile();
    cr_expect_null(loop_watch_start(loop, fileno(file), LOOP_READABLE, readable, NULL));
    fclose(file);
    loop_free(loop);
}

static void ended(void *data, int status) {
    *(int *)data = status;
}

static pid_t child_with_status(int status) {
    pid_t child = fork();
    if (child == 0) _exit(status);
    return child;
}

Test(loop, tells_how_a_child_ended) {
    struct loop *loop = loop_new(LOOP_REAL);
    int status = -1, killed = -1, unwatched = -1;
    loop_child_start(loop, child_with_status(3), ended, &status);
    pid_t sleeper = fork();
    if (sleeper == 0) {
        pause();
        _exit(0);
    }
    loop_child_start(loop, sleeper, ended, &killed);
    pid_t other = child_with_status(0);
    loop_child_stop(loop_child_start(loop, other, ended, &unwatched));
    kill(sleeper, SIGTERM);
    while (loop_turn(loop, SECOND)) {
    }
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    cr_expect(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGTERM);
    cr_expect_eq(unwatched, -1);
    cr_expect_eq(waitpid(other, NULL, 0), other, "it stays the caller's");
    loop_free(loop);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* In a process of its own, since it adopts orphans: an orphan is reaped, an awaited child is left to who waits. */
Test(loop, orphans_are_reaped_where_they_are_adopted) {
    pid_t adopter = fork();
    if (adopter == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        struct loop *loop = loop_new(LOOP_REAL);
        int status = -1;
        loop_child_start(loop, child_with_status(3), ended, &status);
        for (int i = 0; i < 20; i++) {
            pid_t parent = fork();
            if (parent == 0) { /* leaves an orphan behind */
                if (fork() == 0) _exit(0);
                _exit(0);
            }
        }
        struct heard heard = { .loop = loop };
        struct call over = { &heard, "over" };
        loop_timer_start(loop, loop_now(loop) + 300 * MILLISECOND, note, &over);
        while (!heard.count) loop_turn(loop, -1);
        bool none_left = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
        loop_free(loop);
        _exit(none_left && WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(adopter, &status, 0), adopter);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void add_up(void *data) {
    for (int i = 0; i < 1000; i++) ((int *)data)[0]++;
}
static void added(void *data) {
    ((int *)data)[1] = ((int *)data)[0];
}

Test(loop, works_on_a_thread_and_comes_back) {
    for (int mode = 0; mode < 2; mode++) {
        struct loop *loop = loop_new(mode ? LOOP_VIRTUAL : LOOP_REAL);
        int numbers[2] = { 0 };
        struct heard heard = { .loop = loop };
        struct call late = { &heard, "late" };
        int64_t start = loop_now(loop);
        struct loop_timer *timer = loop_timer_start(loop, start + HOUR, note, &late);
        loop_work_start(loop, add_up, added, numbers);
        for (int turns = 0; turns < 1000 && !numbers[1]; turns++) loop_turn(loop, 10 * MILLISECOND);
        cr_expect_eq(numbers[1], 1000);
        if (mode) cr_expect_eq(loop_now(loop), start, "time does not pass while a thread works");
        loop_timer_stop(timer);
        loop_free(loop);
        cr_expect_eq(memory_live_blocks(), 0);
    }
}

static void signalled(void *data, int number) {
    *(int *)data = number;
}

Test(loop, signals_arrive_between_turns) {
    struct loop *loop = loop_new(LOOP_REAL);
    int got = 0;
    struct loop_signal *signal_watch = loop_signal_start(loop, SIGUSR1, signalled, &got);
    raise(SIGUSR1);
    for (int turns = 0; turns < 100 && !got; turns++) loop_turn(loop, 10 * MILLISECOND);
    cr_expect_eq(got, SIGUSR1);
    loop_signal_stop(signal_watch);
    loop_free(loop);
    cr_expect_eq(memory_live_blocks(), 0);
}
