/* Merges the log's lines about lock waits, and follows the chains of who waits for whom.
 * It owns the list of waits and its references to the streams; it asks the server nothing. */
#include "stdlib/sql/waits.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"
#include <stdlib.h>
#include <string.h>

enum { WAITS_KEPT = 1024, NOBODY = -1 };
static const int64_t still_going_on = INT64_MAX;

struct wait {
    int process;                 /* who waits: the server's process, or the leader of a parallel worker */
    int reporter;                /* the process in the message: the worker itself */
    int64_t start, end;          /* on the run's clock */
    int64_t seen_until;          /* while it goes on: the last line that told so */
    struct VECTOR(int) blockers; /* holders of the lock, and those ahead in its queue */
    long migration;              /* to which it belongs, or NOBODY */
    bool told;                   /* it is in that migration's stream */
    int64_t began;               /* sampled: when, by the server's clock, us; 0: it is from the log */
    unsigned sample;             /* sampled: the last one that had it */
    struct value unsure;         /* sampled: no data, when it may have been shorter than the limit; else none */
    bool self_test;              /* sampled: nobody's */
    unsigned relation;           /* oid of the table that is waited for; 0: unknown */
    char *query;                 /* that waits; NULL: unknown */
};

struct migration {
    int process;                                            /* the server's process that applies it */
    int64_t start, end;                                     /* of its session */
    struct value blocked;                                   /* the stream of waits that belong to it */
    void (*told)(void *data, const struct told_wait *wait); /* who wants to know, or NULL */
    void *data;                                             /* his */
};

struct waits {
    struct value all;                           /* every wait */
    struct VECTOR(struct wait) list;            /* the last ones, going on or over */
    struct VECTOR(struct migration) migrations; /* all of this database */
    struct VECTOR(int) self_tests;              /* processes of self-tests that were seen waiting */
    bool finished;                              /* the streams are closed */
    unsigned samples;                           /* how many were told */
};

struct waits *waits_new(struct value all) {
    struct waits *waits = memory_allocate(sizeof *waits);
    waits->all = value_retain(all);
    return waits;
}

static void wait_done(struct wait *wait) {
    VECTOR_DONE(&wait->blockers);
    value_release(wait->unsure);
    memory_release(wait->query);
}

void waits_free(struct waits *waits) {
    if (!waits) return;
    for (size_t i = 0; i < waits->list.count; i++) {
        wait_done(&waits->list.items[i]);
    }
    VECTOR_DONE(&waits->list);
    for (size_t i = 0; i < waits->migrations.count; i++) value_release(waits->migrations.items[i].blocked);
    VECTOR_DONE(&waits->migrations);
    VECTOR_DONE(&waits->self_tests);
    value_release(waits->all);
    memory_release(waits);
}

/* ---- attribution ---- */
static bool overlap(int64_t start_a, int64_t end_a, int64_t start_b, int64_t end_b) {
    return start_a <= end_b && start_b <= end_a;
}

static bool blocked_by(const struct wait *wait, int process) {
    for (size_t i = 0; i < wait->blockers.count; i++) {
        if (wait->blockers.items[i] == process) return true;
    }
    return false;
}

static bool is_the_migrations(const struct waits *waits, const struct wait *wait, long migration) {
    return wait->process == waits->migrations.items[migration].process; /* its own waiting blocks nobody else's query */
}

/* `wait` waits for somebody who waits himself, for the migration. */
static bool follows(const struct waits *waits, const struct wait *wait, const struct wait *other) {
    if (other->migration == NOBODY || other == wait || wait->process == other->process) return false;
    if (is_the_migrations(waits, wait, other->migration)) return false;
    if (!overlap(wait->start, wait->end, other->start, other->end)) return false;
    return blocked_by(wait, other->process) || blocked_by(wait, other->reporter);
}

static long find_owner(const struct waits *waits, const struct wait *wait) {
    for (size_t m = 0; m < waits->migrations.count; m++) {
        const struct migration *migration = &waits->migrations.items[m];
        if (is_the_migrations(waits, wait, (long)m)) continue;
        if (overlap(wait->start, wait->end, migration->start, migration->end) && blocked_by(wait, migration->process))
            return (long)m;
    }
    for (size_t i = 0; i < waits->list.count; i++) {
        if (follows(waits, wait, &waits->list.items[i])) return waits->list.items[i].migration;
    }
    return NOBODY;
}

static void tell(struct value stream, const struct wait *wait) {
    bool unsure = wait->unsure.kind != VALUE_NONE;
    stream_add(stream_of(stream), wait->start, wait->end, INT64_MIN,
               unsure ? wait->unsure : value_duration(wait->end - wait->start));
}

static void tell_migration(struct waits *waits, struct wait *wait) {
    if (wait->told || wait->migration == NOBODY || wait->end == still_going_on || waits->finished) return;
    wait->told = true;
    const struct migration *migration = &waits->migrations.items[wait->migration];
    tell(migration->blocked, wait);
    if (migration->told)
        migration->told(migration->data, &(struct told_wait){ wait->start, wait->end, wait->relation, wait->query });
}

/* Whoever follows one that was just found to belong to a migration belongs to it, too; and whoever follows him. */
static void spread(struct waits *waits, size_t first) {
    struct VECTOR(size_t) found = { 0 };
    VECTOR_PUSH(&found, first);
    for (size_t next = 0; next < found.count; next++) {
        for (size_t i = 0; i < waits->list.count; i++) {
            const struct wait *head = &waits->list.items[found.items[next]];
            struct wait *wait = &waits->list.items[i];
            if (wait->migration != NOBODY || !follows(waits, wait, head)) continue;
            wait->migration = head->migration;
            tell_migration(waits, wait);
            VECTOR_PUSH(&found, i);
        }
    }
    VECTOR_DONE(&found);
}

/* After anything new about this wait. Chains may close in any order. */
static void attribute(struct waits *waits, struct wait *wait) {
    if (!wait || waits->migrations.count == 0) return;
    bool known = wait->migration != NOBODY;
    if (!known) wait->migration = find_owner(waits, wait);
    if (!known && wait->migration != NOBODY) spread(waits, (size_t)(wait - waits->list.items));
    tell_migration(waits, wait);
}

/* ---- the list ---- */
static void drop(struct waits *waits, size_t index) {
    wait_done(&waits->list.items[index]);
    waits->list.items[index] = waits->list.items[--waits->list.count];
}

/* Waits that were over half a minute ago cannot belong to a chain that is still unknown. */
static void prune(struct waits *waits, int64_t now) {
    if (waits->list.count < WAITS_KEPT) return;
    int64_t old = now - 30 * SECOND;
    for (size_t i = waits->list.count; i-- > 0;) {
        if (waits->list.items[i].end < old) drop(waits, i);
    }
    while (waits->list.count >= WAITS_KEPT) drop(waits, 0);
}

static struct wait *open_wait(struct waits *waits, int reporter) {
    for (size_t i = 0; i < waits->list.count; i++) {
        struct wait *wait = &waits->list.items[i];
        if (wait->reporter == reporter && wait->end == still_going_on) return wait;
    }
    return NULL;
}

static struct wait *add_wait(struct waits *waits, int process, int reporter, int64_t start) {
    prune(waits, start);
    struct wait wait = {
        .process = process, .reporter = reporter, .start = start, .end = still_going_on, .migration = NOBODY
    };
    VECTOR_PUSH(&waits->list, wait);
    return &waits->list.items[waits->list.count - 1];
}

static void end_wait(struct waits *waits, struct wait *wait, int64_t at) {
    wait->end = at > wait->start ? at : wait->start;
    if (!waits->finished) tell(waits->all, wait);
}

/* ---- reading the lines ---- */
static void add_blocker(struct wait *wait, int process) {
    if (process > 0 && process != wait->reporter && !blocked_by(wait, process)) VECTOR_PUSH(&wait->blockers, process);
}

/* Adds the numbers of "…: 12, 34." that stand before `stop_at` (0: all). Returns what is behind them. */
static const char *add_blockers(struct wait *wait, const char *at, int stop_at) {
    bool before = true;
    for (;;) {
        char *end;
        long process = strtol(at, &end, 10);
        if (end == at) return at;
        if (process == stop_at) before = false;
        if (before) add_blocker(wait, (int)process);
        at = end;
        while (*at == ',' || *at == ' ') at++;
    }
}

/* "Processes holding the lock: 12, 34. Wait queue: 56, 78." */
static void read_detail(struct wait *wait, const char *detail) {
    static const char holding[] = "holding the lock: ", queue[] = "Wait queue: ";
    const char *holders = strstr(detail, holding);
    const char *waiting = strstr(detail, queue);
    if (holders) add_blockers(wait, holders + sizeof holding - 1, 0);
    if (waiting) add_blockers(wait, waiting + sizeof queue - 1, wait->reporter);
}

/* The milliseconds of "… after 302.921 ms", in ns. */
static int64_t read_length(const char *message) {
    const char *found = NULL;
    for (const char *at = message; (at = strstr(at, " after ")); at++) found = at;
    return found ? (int64_t)(strtod(found + strlen(" after "), NULL) * (double)MILLISECOND) : 0;
}

/* "… on relation 16390 of database 5", "… on tuple (0,1) of relation 16390 of …" */
static void note_what(struct wait *wait, const char *message, struct text query) {
    static const char word[] = " relation ";
    const char *relation = strstr(message, word);
    if (relation) wait->relation = (unsigned)strtoul(relation + sizeof word - 1, NULL, 10);
    if (!wait->query && query.length) wait->query = memory_copy(query.bytes, query.length);
}

static struct wait *still_waiting(struct waits *waits, const struct log_line *line, int reporter, const char *message,
                                  const char *detail) {
    int64_t start = line->at - read_length(message);
    struct wait *wait = open_wait(waits, reporter);
    if (wait && start > wait->seen_until) { /* another wait: the end of the first was not logged */
        end_wait(waits, wait, wait->seen_until);
        attribute(waits, wait);
        wait = NULL;
    }
    if (!wait) wait = add_wait(waits, line->process, reporter, start);
    wait->seen_until = line->at;
    note_what(wait, message, line->statement);
    read_detail(wait, detail);
    return wait;
}

static struct wait *acquired(struct waits *waits, const struct log_line *line, int reporter, const char *message) {
    struct wait *wait = open_wait(waits, reporter);
    int64_t start = line->at - read_length(message);
    if (!wait) wait = add_wait(waits, line->process, reporter, start);
    wait->start = start;
    end_wait(waits, wait, line->at);
    return wait;
}

static void note_self_test(struct waits *waits, int process) {
    if (!waits_saw_self_test(waits, process)) VECTOR_PUSH(&waits->self_tests, process);
}

static void read_wait(struct waits *waits, const struct log_line *line, const char *message, const char *detail) {
    static const char head[] = "process ";
    if (strncmp(message, head, sizeof head - 1) != 0) return;
    char *rest;
    int reporter = (int)strtol(message + sizeof head - 1, &rest, 10);
    bool waiting = strncmp(rest, " still waiting for ", 19) == 0, got = strncmp(rest, " acquired ", 10) == 0;
    if (!waiting && !got) return;
    if (text_is(line->application, SELF_TEST_APPLICATION)) {
        note_self_test(waits, reporter);
    } else {
        attribute(waits, waiting ? still_waiting(waits, line, reporter, message, detail)
                                 : acquired(waits, line, reporter, message));
    }
}

void waits_line(struct waits *waits, const struct log_line *line) {
    bool error = text_is(line->severity, "ERROR") || text_is(line->severity, "FATAL");
    struct wait *ended = error ? open_wait(waits, line->process) : NULL;
    if (ended) {
        end_wait(waits, ended, line->at); /* cancelled, timed out or deadlocked while it waited */
        attribute(waits, ended);
    } else if (!error && text_is(line->severity, "LOG")) {
        char *message = memory_copy(line->message.bytes, line->message.length);
        char *detail = memory_copy(line->detail.bytes, line->detail.length);
        read_wait(waits, line, message, detail);
        memory_release(message);
        memory_release(detail);
    }
}

/* ---- samples ---- */
static struct wait *sampled(struct waits *waits, const struct wait_sample *sample, const struct seen_wait *seen) {
    int64_t length = (sample->server_now - seen->began) * MICROSECOND;
    struct wait *wait = open_wait(waits, seen->reporter);
    if (!wait || wait->began != seen->began) { /* the one before ends below: this sample does not have it */
        wait = add_wait(waits, seen->process, seen->reporter, sample->run_now - length);
        wait->began = seen->began;
        wait->relation = seen->relation;
        if (seen->query && *seen->query) wait->query = memory_copy(seen->query, strlen(seen->query));
        wait->self_test = seen->self_test;
    }
    wait->sample = waits->samples;
    wait->seen_until = wait->start + length;
    for (size_t i = 0; i < seen->blocker_count; i++) add_blocker(wait, seen->blockers[i]);
    return wait;
}

/* True when there is nothing to keep of it. */
static bool end_sampled(struct waits *waits, struct wait *wait, const struct wait_sample *sample) {
    int64_t least = wait->seen_until - wait->start, most = (sample->server_now - wait->began) * MICROSECOND;
    if (wait->self_test || most < sample->limit) return true;
    if (least < sample->limit)
        wait->unsure = value_no_data(sample->heap, "a wait of %lld to %lld ms, as it was sampled",
                                     (long long)(least / MILLISECOND), (long long)(most / MILLISECOND));
    end_wait(waits, wait, least < sample->limit ? wait->start + most : wait->seen_until);
    attribute(waits, wait);
    return false;
}

void waits_sampled(struct waits *waits, const struct wait_sample *sample) {
    if (waits->finished) return;
    waits->samples++;
    for (size_t i = 0; i < sample->count; i++) {
        struct wait *wait = sampled(waits, sample, &sample->seen[i]);
        if (wait->seen_until - wait->start < sample->limit) continue;
        if (wait->self_test)
            note_self_test(waits, wait->reporter);
        else
            attribute(waits, wait);
    }
    for (size_t i = waits->list.count; i-- > 0;) {
        struct wait *wait = &waits->list.items[i];
        if (wait->end != still_going_on || wait->sample == waits->samples || !wait->began) continue;
        if (end_sampled(waits, wait, sample)) drop(waits, i);
    }
}

void waits_blind(struct waits *waits, int64_t from, int64_t to, struct value blindness) {
    if (waits->finished) return;
    stream_add(stream_of(waits->all), from, to, INT64_MIN, blindness);
    for (size_t i = 0; i < waits->migrations.count; i++) {
        const struct migration *migration = &waits->migrations.items[i];
        if (overlap(from, to, migration->start, migration->end))
            stream_add(stream_of(migration->blocked), from, to, INT64_MIN, blindness);
    }
}

/* ---- migrations ---- */
size_t waits_migration_begin(struct waits *waits, int64_t now, int process, struct value blocked) {
    struct migration migration = {
        .process = process, .start = now, .end = still_going_on, .blocked = value_retain(blocked)
    };
    VECTOR_PUSH(&waits->migrations, migration);
    return waits->migrations.count - 1;
}

void waits_migration_listen(struct waits *waits, size_t number, void (*told)(void *data, const struct told_wait *wait),
                            void *data) {
    waits->migrations.items[number].told = told;
    waits->migrations.items[number].data = data;
}

void waits_migration_end(struct waits *waits, int64_t now, size_t number) {
    /* Its process may take a moment to end and to release what it held. */
    waits->migrations.items[number].end = now + SECOND;
}

bool waits_migration_settled(const struct waits *waits, size_t number) {
    for (size_t i = 0; i < waits->list.count; i++) {
        if (waits->list.items[i].migration == (long)number && waits->list.items[i].end == still_going_on) return false;
    }
    return true;
}

bool waits_saw_self_test(const struct waits *waits, int process) {
    for (size_t i = 0; i < waits->self_tests.count; i++) {
        if (waits->self_tests.items[i] == process) return true;
    }
    return false;
}

void waits_finish(struct waits *waits, int64_t now) {
    if (waits->finished) return;
    for (size_t i = 0; i < waits->list.count; i++) {
        struct wait *wait = &waits->list.items[i];
        if (wait->end != still_going_on || wait->self_test) continue;
        end_wait(waits, wait, wait->seen_until);
        attribute(waits, wait);
    }
    stream_close(stream_of(waits->all), now);
    for (size_t i = 0; i < waits->migrations.count; i++)
        stream_close(stream_of(waits->migrations.items[i].blocked), now);
    waits->finished = true;
}
