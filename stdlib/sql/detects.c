/* db.detects: the detector's self-test. A lock that is held somewhat longer than the limit must be seen by it, a
 * shorter one must not.
 * It happens in a scratch server's own database, on a table of its own; on a server given by its URL in the database under test, by an
 * advisory lock, which leaves nothing there. These waits are kept out of db.waits. Bounded by five seconds. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/existing.h"
#include <stdio.h>

enum { TRIES = 3 };
static const int64_t test_maximum = 5 * SECOND;

enum test_step { STEP_LONG, STEP_SHORT };

struct detecting {
    struct database *database; /* of whom */
    void (*told)(void *data, bool works);
    void *data;                /* whose */
    int64_t limit;             /* ns */
    int64_t deadline;          /* of all */
    struct db_session *holder; /* has the lock */
    struct db_session *waiter; /* wants it */
    struct marker *marker;     /* waits for the log */
    bool released, got;        /* the holder is through; the waiter is */
    enum test_step step;       /* which of the two tests */
    int tries;                 /* of the short one: a busy machine may make it long */
    int64_t asked_at, got_at;  /* of the waiter */
};

static void begin_step(struct detecting *detecting);

static void dispose(struct detecting *detecting) {
    db_session_close(detecting->holder);
    db_session_close(detecting->waiter);
    if (detecting->marker) marker_drop(detecting->marker);
    memory_release(detecting);
}

void detects_give_up(struct detecting *detecting) {
    if (detecting) dispose(detecting);
}

static void answer(struct detecting *detecting, bool works) {
    void (*told)(void *, bool) = detecting->told;
    void *data = detecting->data;
    dispose(detecting);
    told(data, works);
}

/* ---- the lock ---- */
enum lock_step { LOCK_HOLD, LOCK_WANT };

static void write_lock(const struct detecting *detecting, enum lock_step step, char *text, size_t size) {
    const struct existing *existing = detecting->database->existing;
    if (existing)
        snprintf(text, size, "%sSELECT pg_catalog.pg_advisory_xact_lock(x'%s'::bigint)",
                 step == LOCK_HOLD ? "BEGIN; " : "", existing->id);
    else
        snprintf(text, size, "%s",
                 step == LOCK_HOLD ? "BEGIN; LOCK TABLE public.aot_self_test IN ACCESS EXCLUSIVE MODE"
                                   : "SELECT 1 FROM public.aot_self_test LIMIT 0");
}

static struct db_address test_address(const struct database *database) {
    return database_address(database, database->existing ? database->subject : "postgres", SELF_TEST_APPLICATION);
}

/* The log has told what it had to tell about this wait. */
static void told(void *data, bool complete) {
    struct detecting *detecting = data;
    detecting->marker = NULL;
    bool seen = waits_saw_self_test(detecting->database->waits, db_session_process(detecting->waiter));
    if (!complete) {
        answer(detecting, false);
    } else if (detecting->step == STEP_LONG) {
        bool late =
            !seen && detecting->database->sampler && ++detecting->tries < TRIES; /* that it was, it tells itself */
        if (!seen && !late) {
            answer(detecting, false);
            return;
        }
        if (seen) detecting->step = STEP_SHORT;
        begin_step(detecting);
    } else if (seen && detecting->got_at - detecting->asked_at >= detecting->limit && ++detecting->tries < TRIES) {
        begin_step(detecting); /* the machine made the short wait long, and the log was right to tell */
    } else {
        answer(detecting, !seen);
    }
}

static void both_through(struct detecting *detecting) {
    if (!detecting->released || !detecting->got) return;
    detecting->marker = marker_set(detecting->database, detecting->deadline, told, detecting);
}

static bool is_good(struct detecting *detecting, const struct reply *reply) {
    if (!reply->lost && !reply_error(reply)) return true;
    answer(detecting, false);
    return false;
}

static void got(void *data, const struct reply *reply) {
    struct detecting *detecting = data;
    if (!is_good(detecting, reply)) return;
    detecting->got = true;
    detecting->got_at = loop_now(run_loop(detecting->database->run));
    both_through(detecting);
}

static void released(void *data, const struct reply *reply) {
    struct detecting *detecting = data;
    if (!is_good(detecting, reply)) return;
    detecting->released = true;
    both_through(detecting);
}

/* Now the lock is held: the other one asks for it, and the holder sleeps. */
static void locked(void *data, const struct reply *reply) {
    struct detecting *detecting = data;
    if (!is_good(detecting, reply)) return;
    double share = detecting->step == STEP_LONG ? 1.3 : 0.8;
    char text[80], want[120];
    snprintf(text, sizeof text, "SELECT pg_catalog.pg_sleep(%.6f); COMMIT",
             share * (double)detecting->limit / (double)SECOND);
    write_lock(detecting, LOCK_WANT, want, sizeof want);
    detecting->asked_at = loop_now(run_loop(detecting->database->run));
    db_session_query(detecting->waiter, want, detecting->deadline, got, detecting);
    db_session_query(detecting->holder, text, detecting->deadline, released, detecting);
}

static void waiter_opened(void *data, const char *error) {
    struct detecting *detecting = data;
    if (error) {
        answer(detecting, false);
        return;
    }
    char hold[120];
    detecting->released = detecting->got = false;
    write_lock(detecting, LOCK_HOLD, hold, sizeof hold);
    db_session_query(detecting->holder, hold, detecting->deadline, locked, detecting);
}

/* A waiter of its own for each step: the log is asked about its process. */
static void begin_step(struct detecting *detecting) {
    struct db_address address = test_address(detecting->database);
    db_session_close(detecting->waiter);
    detecting->waiter =
        db_session_open(detecting->database->run, &address, detecting->deadline, waiter_opened, detecting);
}

static void table_made(void *data, const struct reply *reply) {
    struct detecting *detecting = data;
    if (is_good(detecting, reply)) begin_step(detecting);
}

static void holder_opened(void *data, const char *error) {
    struct detecting *detecting = data;
    if (error) {
        answer(detecting, false);
    } else if (detecting->database->existing) {
        begin_step(detecting);
    } else {
        db_session_query(detecting->holder, "CREATE TABLE IF NOT EXISTS public.aot_self_test ()", detecting->deadline,
                         table_made, detecting);
    }
}

struct detecting *detects_start(struct database *database, int64_t limit, int64_t deadline,
                                void (*told_result)(void *data, bool works), void *data) {
    struct detecting *detecting = memory_allocate(sizeof *detecting);
    int64_t latest = loop_now(run_loop(database->run)) + test_maximum;
    *detecting = (struct detecting){ .database = database,
                                     .limit = limit,
                                     .deadline = deadline < latest ? deadline : latest,
                                     .told = told_result,
                                     .data = data };
    struct db_address address = test_address(database);
    detecting->holder = db_session_open(database->run, &address, detecting->deadline, holder_opened, detecting);
    return detecting;
}

/* ---- the native ---- */
struct asking {
    struct run *run;             /* whose */
    struct ticket ticket;        /* who waits for the answer */
    struct detecting *detecting; /* on its way */
};

static void cancel(void *state) {
    struct asking *asking = state;
    detects_give_up(asking->detecting);
    memory_release(asking);
}

static void known(void *data, bool works) {
    struct asking *asking = data;
    struct run *run = asking->run;
    struct ticket ticket = asking->ticket;
    memory_release(asking);
    native_wake(run, ticket, value_boolean(works));
}

native_function db_detects;
enum native_outcome db_detects(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    int64_t limit = argument_integer(call, 1);
    if (limit < 10 * MILLISECOND || limit > SECOND) return native_fail(call, "db.detects tests limits from 10ms to 1s");
    struct asking *asking = memory_allocate(sizeof *asking);
    asking->run = call->run;
    enum native_outcome outcome = native_wait(call, "the lock-wait detector's self-test", cancel, asking);
    asking->ticket = native_ticket(call);
    asking->detecting = detects_start(database, limit, database_deadline(call, test_maximum), known, asking);
    return outcome;
}
