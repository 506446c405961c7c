/* One thread: the oldest item first, one request at a time, again and again with growing pauses until the server has said that it has it.
 * An item goes out under the same id each time, so an answer that was lost makes no second one. */
#include "sync.h"

#include "client.h"
#include "defect.h"
#include "json.h"
#include "outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

enum {
    PATIENCE = 600, /* ms for one request */
    SHORTEST = 150, /* ms between attempts, after a failure; doubled each time, half to one and a half of it */
    LONGEST = 1000, /* ms at most */
    SLEEPY = 3500,  /* ms before anything is tried, by a defect */
    LATE = 3500     /* ms after which an item is brought once more, by another */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static bool has_news; /* under the lock */
static struct client server;
static struct client beside; /* the server's own address, by a defect */
static bool knows_beside;

/* ---- one item ---- */

static bool bring(struct client *client, const char *id, const char *title) {
    struct text body = { 0 };
    struct http_message answer;
    text_print(&body, "{\"id\":\"%s\",\"title\":", id);
    text_quote(&body, title);
    text_add(&body, "}", 1);
    int status = client_ask(client, "POST", "/items", body.bytes, &answer);
    http_free(&answer);
    text_free(&body);
    if (status && status / 100 != 2) printf("the server answered %d\n", status);
    return status / 100 == 2;
}

static bool bring_again(const char *title) {
    char id[33];
    outbox_name(id);
    return bring(&server, id, title);
}

static bool bring_item(const struct outbox_item *item) {
    return (knows_beside && bring(&beside, item->id, item->title)) || bring(&server, item->id, item->title);
}

/* The server says where it is; a client that goes there goes past whatever stands in front of it. */
static void learn_beside(void) {
    struct http_message answer;
    int status = client_ask(&server, "GET", "/items", NULL, &answer);
    struct json *document = status == 200 ? json_read(answer.body, answer.length) : NULL;
    const struct json *self = document ? json_member(document, "self") : NULL;
    knows_beside = self && self->kind == JSON_STRING && client_open(&beside, self->text);
    beside.patience = PATIENCE;
    json_free(document);
    http_free(&answer);
}

/* ---- all of them ---- */

struct progress {
    bool was_away;            /* the last attempt failed */
    bool has_given_up;        /* never-drains */
    int pause;                /* ms before the next attempt */
    long long late;           /* when one is brought again; 0: never */
    struct outbox_item first; /* that one */
};

/* The first success after a failure: what the defects do wrong then. */
static void reconnected(struct progress *progress, const struct outbox_item *item) {
    struct outbox_item next;
    if (defect_on(DEFECT_LOSES_OUTBOX) && outbox_next(0, &next)) outbox_drop(next.id);
    if (defect_on(DEFECT_LATE_DUPLICATE)) {
        progress->late = http_clock() + LATE;
        progress->first = *item;
    }
}

/* Until the outbox is empty (true) or an attempt failed. */
static bool drain(struct progress *progress) {
    struct outbox_item item;
    while (!progress->has_given_up && outbox_next(0, &item)) {
        bool away = progress->was_away;
        progress->was_away = !bring_item(&item);
        if (progress->was_away) {
            progress->has_given_up = defect_on(DEFECT_NEVER_DRAINS);
            return false;
        }
        outbox_synced(item.id);
        if (away) reconnected(progress, &item);
        if (defect_on(DEFECT_DUPLICATES_ON_RECONNECT)) bring_again(item.title);
    }
    return true;
}

static void await_news(int most) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += most / 1000;
    until.tv_nsec += most % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&lock);
    if (!has_news) pthread_cond_timedwait(&news, &lock, &until);
    has_news = false;
    pthread_mutex_unlock(&lock);
}

static void rest(int milliseconds) {
    nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000L }, NULL);
}

/* Half to one and a half of it. */
static int about(int pause) {
    unsigned chance = 0;
    (void)!getrandom(&chance, sizeof chance, 0);
    return pause / 2 + (int)(chance % (unsigned)pause);
}

static void *sync_thread(void *argument) {
    struct progress progress = { .pause = SHORTEST };
    (void)argument;
    if (defect_on(DEFECT_BYPASSES_THE_CUT)) learn_beside();
    for (;;) {
        if (defect_on(DEFECT_SLEEPS_THROUGH_THE_CUT) && outbox_count() > 0) rest(SLEEPY);
        if (drain(&progress)) {
            progress.pause = SHORTEST;
            await_news(200);
        } else {
            rest(about(progress.pause));
            progress.pause = progress.pause * 2 < LONGEST ? progress.pause * 2 : LONGEST;
        }
        if (progress.late && http_clock() >= progress.late && bring_again(progress.first.title)) progress.late = 0;
    }
    return NULL;
}

void sync_wake(void) {
    pthread_mutex_lock(&lock);
    has_news = true;
    pthread_cond_signal(&news);
    pthread_mutex_unlock(&lock);
}

bool sync_start(const char *url) {
    pthread_t thread;
    if (!client_open(&server, url)) return false;
    server.patience = PATIENCE;
    if (pthread_create(&thread, NULL, sync_thread, NULL) != 0) return false;
    pthread_detach(thread);
    return true;
}
