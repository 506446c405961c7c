/* The pool of one database: idle sessions, wishes in order of arrival, and how many sessions there are.
 * It owns the idle ones and those that are being opened; a session that was taken is the taker's. */
#include "stdlib/sql/pool.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"
#include <string.h>

struct pool_wish {
    struct pool *pool;          /* whose */
    struct pool_wish *next;     /* behind it in the queue */
    struct db_session *opening; /* being opened for this wish, or NULL: it waits for one that comes back */
    struct loop_timer *timer;   /* while it waits in the queue */
    int64_t deadline;           /* no session by then: an error */
    void (*taken)(void *data, struct db_session *session, const char *error);
    void *data; /* his */
};

struct pool {
    struct run *run;                         /* whose loop */
    struct db_address address;               /* own copies */
    struct VECTOR(struct db_session *) idle; /* the last used on top */
    bool prepares;                           /* its sessions prepare what they are asked */
    size_t total;                            /* idle, taken and opening */
    struct pool_wish *first, *last;          /* who waits, oldest first */
};

static char *copy(const char *text) {
    return text ? memory_copy(text, strlen(text)) : NULL;
}

struct pool *pool_new(struct run *run, const struct db_address *address) {
    struct pool *pool = memory_allocate(sizeof *pool);
    pool->run = run;
    pool->address = (struct db_address){ .host = copy(address->host),
                                         .port = address->port,
                                         .database = copy(address->database),
                                         .user = copy(address->user),
                                         .base = copy(address->base),
                                         .application = copy(address->application),
                                         .options = copy(address->options) };
    return pool;
}

struct pool *pool_twin(const struct pool *pool, struct run *run) {
    struct pool *twin = pool_new(run, &pool->address);
    twin->prepares = true;
    return twin;
}

void pool_rest(struct pool *pool) {
    for (size_t i = 0; i < pool->idle.count; i++) db_session_close(pool->idle.items[i]);
    pool->total -= pool->idle.count;
    VECTOR_DONE(&pool->idle);
}

void pool_free(struct pool *pool) {
    if (!pool) return;
    pool_rest(pool);
    memory_release((char *)pool->address.host);
    memory_release((char *)pool->address.database);
    memory_release((char *)pool->address.user);
    memory_release((char *)pool->address.base);
    memory_release((char *)pool->address.application);
    memory_release((char *)pool->address.options);
    memory_release(pool);
}

static void enqueue(struct pool *pool, struct pool_wish *wish) {
    if (pool->last) {
        pool->last->next = wish;
    } else {
        pool->first = wish;
    }
    pool->last = wish;
}

static void dequeue(struct pool *pool, struct pool_wish *wish) {
    struct pool_wish *before = NULL;
    for (struct pool_wish *each = pool->first; each; before = each, each = each->next) {
        if (each != wish) continue;
        if (before) {
            before->next = wish->next;
        } else {
            pool->first = wish->next;
        }
        if (pool->last == wish) pool->last = before;
        wish->next = NULL;
        return;
    }
}

/* The wish is over: tells its owner and forgets it. */
static void settle(struct pool_wish *wish, struct db_session *session, const char *error) {
    void (*taken)(void *, struct db_session *, const char *) = wish->taken;
    void *data = wish->data;
    if (wish->timer) loop_timer_stop(wish->timer);
    memory_release(wish);
    taken(data, session, error);
}

static void waited_too_long(void *data) {
    struct pool_wish *wish = data;
    wish->timer = NULL;
    dequeue(wish->pool, wish);
    settle(wish, NULL, "no connection became free in time: all 100 are in use");
}

static void serve_oldest(struct pool *pool);

static void opened(void *data, const char *error) {
    struct pool_wish *wish = data;
    struct db_session *session = wish->opening;
    if (error) {
        wish->pool->total--;
        db_session_close(session);
        session = NULL;
        serve_oldest(wish->pool);
    }
    settle(wish, session, error);
}

static void open_for(struct pool *pool, struct pool_wish *wish) {
    pool->total++;
    wish->opening = db_session_open(pool->run, &pool->address, wish->deadline, opened, wish);
    if (pool->prepares) db_session_prepare(wish->opening);
}

/* Room for one more: the oldest wish gets a connection of its own. */
static void serve_oldest(struct pool *pool) {
    struct pool_wish *oldest = pool->first;
    if (!oldest || pool->total >= POOL_CAPACITY) return;
    dequeue(pool, oldest);
    loop_timer_stop(oldest->timer);
    oldest->timer = NULL;
    open_for(pool, oldest);
}

struct pool_wish *pool_take(struct pool *pool, int64_t deadline,
                            void (*taken)(void *data, struct db_session *session, const char *error), void *data) {
    while (pool->idle.count > 0) {
        struct db_session *session = pool->idle.items[--pool->idle.count];
        if (db_session_usable(session)) {
            taken(data, session, NULL);
            return NULL;
        }
        db_session_close(session);
        pool->total--;
    }
    struct pool_wish *wish = memory_allocate(sizeof *wish);
    *wish = (struct pool_wish){ .pool = pool, .deadline = deadline, .taken = taken, .data = data };
    if (pool->total < POOL_CAPACITY) {
        open_for(pool, wish);
    } else {
        enqueue(pool, wish);
        wish->timer = loop_timer_start(run_loop(pool->run), deadline, waited_too_long, wish);
    }
    return wish;
}

void pool_withdraw(struct pool_wish *wish) {
    if (!wish) return;
    struct pool *pool = wish->pool;
    if (wish->opening) {
        db_session_close(wish->opening);
        pool->total--;
    } else {
        dequeue(pool, wish);
        loop_timer_stop(wish->timer);
    }
    memory_release(wish);
    serve_oldest(pool);
}

void pool_discard(struct pool *pool, struct db_session *session) {
    db_session_close(session);
    pool->total--;
    serve_oldest(pool);
}

void pool_give(struct pool *pool, struct db_session *session) {
    if (!db_session_usable(session)) {
        pool_discard(pool, session);
        return;
    }
    if (!pool->first) {
        VECTOR_PUSH(&pool->idle, session);
        return;
    }
    struct pool_wish *oldest = pool->first;
    dequeue(pool, oldest);
    settle(oldest, session, NULL);
}
