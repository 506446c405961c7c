/* Progress lines on standard error. On a terminal one line, refreshed each second; in a log a line a stage and phase, and every 60 s. */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define REFRESH_TERMINAL SECOND
#define REFRESH_LOG (60 * SECOND)

static void line(struct progress *progress, bool heartbeat) {
    if (progress->quiet) return;
    if (!progress->terminal && !heartbeat && !progress->phase.length) return; /* in a log, stages alone are noise */
    struct buffer out = { 0 };
    if (progress->terminal) buffer_append_string(&out, "\r\033[K");
    buffer_append_string(&out, "  ");
    buffer_append(&out, progress->label);
    buffer_printf(&out, "  %s", heartbeat && !progress->terminal ? "still running: " : "");
    if (progress->stage) buffer_append_string(&out, progress->stage);
    if (progress->phase.length) buffer_printf(&out, ", phase %s", progress->phase.bytes);
    if (progress->run) {
        buffer_append_string(&out, "  ");
        offset_print(&out, run_now(progress->run) - progress->began);
    }
    if (!progress->terminal) buffer_append_byte(&out, '\n');
    fwrite(out.bytes, 1, out.length, stderr);
    progress->shown = progress->terminal;
    buffer_done(&out);
}

static void arm(struct progress *progress);

static void refresh(void *data) {
    struct progress *progress = data;
    progress->timer = NULL;
    line(progress, true);
    arm(progress);
}

static void arm(struct progress *progress) {
    struct loop *loop = run_loop(progress->run);
    int64_t wait = progress->terminal ? REFRESH_TERMINAL : REFRESH_LOG;
    progress->timer = loop_timer_start(loop, loop_now(loop) + wait, refresh, progress);
}

static void stage(void *data, struct run *run, enum run_stage which) {
    static const char *const names[] = { "starting", "setup", "run", "judging", "teardown", "stopping", "" };
    struct progress *progress = data;
    if (!progress->run) {
        progress->run = run;
        progress->began = run_now(run);
        arm(progress);
    }
    progress->stage = names[which];
    buffer_clear(&progress->phase);
    if (which == STAGE_OVER) {
        if (progress->timer) loop_timer_stop(progress->timer);
        progress->timer = NULL;
    } else {
        line(progress, false);
    }
}

static void phase(void *data, struct run *run, struct text name, bool begins) {
    (void)run;
    struct progress *progress = data;
    buffer_clear(&progress->phase);
    if (begins) buffer_append(&progress->phase, name);
    if (begins) line(progress, false);
}

void progress_begin(struct progress *progress, struct text label, bool quiet) {
    *progress = (struct progress){ .label = label, .terminal = isatty(STDERR_FILENO), .quiet = quiet };
}

struct run_watcher progress_watcher(struct progress *progress) {
    return (struct run_watcher){ progress, stage, phase };
}

void progress_end(struct progress *progress) {
    if (progress->timer) loop_timer_stop(progress->timer);
    progress->timer = NULL;
    if (progress->shown) fputs("\r\033[K", stderr);
    buffer_done(&progress->phase);
}
