/* What is made of a project's events: `docker` is a script of the test's own that tells them. */
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"
#include "stdlib/service/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY (5 * MILLISECOND)

/* A follower, and the fiber that waits until what was told is read. */
static struct {
    struct fleet fleet;
    struct replica replica;
    struct follow *follow;
    struct loop_timer *timer;
    struct ticket ticket;
    bool is_down; /* once the last event was read */
} following;

static void look(void *data);

static void look_later(struct run *run) {
    following.timer = loop_timer_start(run_loop(run), run_now(run) + LOOK_EVERY, look, run);
}

/* The last event is the death of one named `last`. */
static void look(void *data) {
    struct run *run = data;
    struct buffer effect = { 0 };
    following.timer = NULL;
    if (run_last_effect(run, TEXT("web/last"), &effect)) {
        following.is_down = follow_is_down(following.follow);
        follow_end(following.follow);
    }
    buffer_done(&effect);
    if (!follow_is_gone(following.follow)) {
        look_later(run);
        return;
    }
    follow_free(following.follow);
    native_wake(run, following.ticket, value_none());
}

static void give_up(void *run) {
    (void)run;
    if (following.timer) loop_timer_stop(following.timer);
    follow_free(following.follow);
}

static enum native_outcome follow(struct native_call *call) {
    static char name[] = "web", handle[] = "service#1";
    following.fleet = (struct fleet){ .run = call->run, .name = name, .handle_name = handle, .log = value_none() };
    following.replica = (struct replica){ .fleet = &following.fleet, .label = name, .wanted = true };
    following.follow = follow_start(&following.replica, "p");
    look_later(call->run);
    enum native_outcome outcome = native_wait(call, "events", give_up, call->run);
    following.ticket = native_ticket(call);
    return outcome;
}

/* "die web 5": the container of the service web ended, at 5 ns. */
static void tell(FILE *script, const char *event) {
    char action[8], service[8];
    int at;
    cr_assert_eq(sscanf(event, "%7s %7s %d", action, service, &at), 3);
    fprintf(script,
            "echo '{\"Action\":\"%s\",\"Actor\":{\"ID\":\"id-%s\",\"Attributes\":{\"com.docker.compose.service\":"
            "\"%s\",\"exitCode\":\"1\"}},\"timeNano\":%d}'\n",
            action, service, service, at);
}

static size_t count(const char *effects, const char *what) {
    size_t found = 0;
    for (const char *at = effects; (at = strstr(at, what)); at++) found++;
    return found;
}

/* The container that serves is down after these or not, and the run tells of so many deaths of "web" and "db". */
static void expect_after(const char *const *events, bool is_down, size_t web, size_t db) {
    char folder[] = "/tmp/aot-test-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/docker", folder);
    FILE *script = fopen(path, "w");
    cr_assert(script);
    fputs("#!/bin/sh\nPATH=/usr/bin:/bin\n", script);
    for (; *events; events++) tell(script, *events);
    tell(script, "die last 99");
    fputs("exec sleep 60\n", script);
    fclose(script);
    cr_assert_eq(chmod(path, 0700), 0);
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    struct trial *s = trial_new();
    trial_replace(s, "random_uuid", follow);
    trial_call(s, "random_uuid", 0, NULL);
    cr_expect_eq(trial_run(s, 0), RUN_COMPLETE, "%s", trial_message(s));
    cr_expect_eq(following.is_down, is_down);
    cr_expect_eq(count(trial_effects(s), "service.died web/web:"), web, "%s", trial_effects(s));
    cr_expect_eq(count(trial_effects(s), "service.died web/db:"), db, "%s", trial_effects(s));
    trial_free(s);
    unlink(path);
    rmdir(folder);
}

Test(follow, a_start_told_after_a_later_one_of_another_container_counts) {
    static const char *const events[] = { "die web 5", "start db 7", "start web 6", NULL };
    expect_after(events, false, 1, 0);
}

Test(follow, a_death_told_after_a_later_event_of_another_container_counts) {
    static const char *const events[] = { "start web 5", "die db 7", "die web 6", NULL };
    expect_after(events, true, 1, 1);
}

Test(follow, what_is_told_again_does_not_count_again) {
    static const char *const events[] = { "die web 5", "start web 6", "die db 7",  "die web 5",   "start web 6",
                                          "die db 7",  "die web 8",   "die web 8", "start web 9", NULL };
    expect_after(events, false, 2, 1);
}
