/* Has the log been read up to now? The server is asked to write a line; when the follower meets it, all before it was
 * met, too. Where there is no log, the next sample that begins tells the same. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/sampler.h"
#include <stdio.h>
#include <stdlib.h>

#define MARK "aot marker "

struct marker {
    struct database *database;             /* whose log */
    unsigned number;                       /* in the line; of a sampler: the sample to wait for */
    struct question *question;             /* the server is asked to write it; NULL once it was */
    bool seen;                             /* in the log, before the server's answer came */
    struct loop_timer *timer;              /* the bound */
    void (*passed)(void *data, bool seen); /* whom to tell */
    void *data;                            /* his */
};

void marker_drop(struct marker *marker) {
    struct database *database = marker->database;
    question_drop(marker->question);
    if (marker->timer) loop_timer_stop(marker->timer);
    for (size_t i = 0; i < database->markers.count; i++) {
        if (database->markers.items[i] != marker) continue;
        database->markers.items[i] = database->markers.items[--database->markers.count];
        break;
    }
    memory_release(marker);
}

static void pass(struct marker *marker, bool seen) {
    void (*passed)(void *, bool) = marker->passed;
    void *data = marker->data;
    marker_drop(marker);
    passed(data, seen);
}

static void too_late(void *data) {
    struct marker *marker = data;
    marker->timer = NULL;
    pass(marker, false);
}

static void written(void *data, const struct reply *reply) {
    struct marker *marker = data;
    marker->question = NULL;
    if (reply->lost || reply_error(reply) || marker->seen) {
        pass(marker, marker->seen);
    } else {
        log_read_now(marker->database->log); /* may end the marker */
    }
}

struct marker *marker_set(struct database *database, int64_t deadline, void (*passed)(void *data, bool seen),
                          void *data) {
    struct marker *marker = memory_allocate(sizeof *marker);
    *marker = (struct marker){ .database = database, .number = ++database->marks, .passed = passed, .data = data };
    VECTOR_PUSH(&database->markers, marker);
    if (database->sampler) {
        marker->number = sampler_asked(database->sampler) + 1;
        marker->timer = loop_timer_start(run_loop(database->run), deadline, too_late, marker);
        return marker;
    }
    char text[80];
    snprintf(text, sizeof text, "DO $$BEGIN RAISE LOG '" MARK "%u'; END$$", marker->number);
    marker->timer = loop_timer_start(run_loop(database->run), deadline, too_late, marker);
    marker->question = question_ask(database->admin, text, deadline, written, marker);
    return marker;
}

bool marker_line(struct database *database, const struct log_line *line) {
    if (!text_starts(line->message, TEXT(MARK))) return false;
    unsigned number = (unsigned)strtoul(line->message.bytes + sizeof MARK - 1, NULL, 10);
    for (size_t i = 0; i < database->markers.count; i++) {
        struct marker *marker = database->markers.items[i];
        if (marker->number != number) continue;
        marker->seen = true;
        if (!marker->question) pass(marker, true);
        break;
    }
    return true;
}

void marker_looked(struct database *database, unsigned count) {
    for (size_t i = database->markers.count; i-- > 0;) {
        if (i < database->markers.count && database->markers.items[i]->number <= count)
            pass(database->markers.items[i], true);
    }
}
