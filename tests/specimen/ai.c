/* Timeout, retries with jitter, and a circuit breaker. A call is up to four attempts, each over a connection of its own; after five calls
 * in a row that failed the gateway is left alone for two seconds, then one attempt tries it. */
#include "ai.h"

#include "client.h"
#include "defect.h"
#include "json.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    ATTEMPTS = 4,
    ATTEMPT_MOST = 450, /* ms that one attempt may take */
    PAUSE = 80,         /* ms before the second attempt, on average; each further pause is twice as long */
    CALL_MOST = 2700,   /* ms for all of them; callers are promised 3 s */
    FAILED_MOST = 5,    /* calls in a row, then the breaker opens */
    OPEN_FOR = 2000,    /* ms */
    HANG = 10000        /* ms of the defect hangs-past-timeout */
};

static const char *gateway; /* set once */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum { CLOSED, OPEN, TRYING } breaker; /* under the lock, as the next two */
static int failed;                            /* calls in a row */
static long long opened;                      /* when the breaker opened last */

bool ai_open(const char *url) {
    struct client client;
    gateway = url;
    return !url || client_open(&client, url);
}

/* ---- the breaker ---- */

enum leave { LEAVE_ALONE, MAY_CALL, MAY_TRY };

static enum leave may_call(void) {
    if (defect_on(DEFECT_NO_BREAKER)) return MAY_CALL;
    enum leave leave = LEAVE_ALONE;
    pthread_mutex_lock(&lock);
    if (breaker == CLOSED) leave = MAY_CALL;
    if (breaker == OPEN && http_clock() - opened >= OPEN_FOR && !defect_on(DEFECT_BREAKER_NEVER_CLOSES)) {
        breaker = TRYING;
        leave = MAY_TRY;
    }
    pthread_mutex_unlock(&lock);
    return leave;
}

static void note_end(bool good, bool tried) {
    pthread_mutex_lock(&lock);
    failed = good ? 0 : failed + 1;
    if (good && tried) breaker = CLOSED;
    if (!good && (tried || (breaker == CLOSED && failed >= FAILED_MOST))) {
        if (!tried) puts("the gateway failed too often: it is left alone for a while");
        breaker = OPEN;
        opened = http_clock();
    }
    pthread_mutex_unlock(&lock);
}

bool ai_is_well(void) {
    pthread_mutex_lock(&lock);
    bool well = breaker == CLOSED && failed == 0;
    pthread_mutex_unlock(&lock);
    return well;
}

/* ---- a call ---- */

static bool take_text(const struct http_message *answer, struct text *text) {
    struct json *document = answer->body ? json_read(answer->body, answer->length) : NULL;
    const struct json *member = json_member(document, "text");
    bool good = member && member->kind == JSON_STRING;
    if (good) text_add(text, member->text, strlen(member->text));
    json_free(document);
    return good;
}

static bool attempt(const char *request, int most, struct text *text) {
    struct client client;
    struct http_message answer = { 0 };
    if (!gateway || !client_open(&client, gateway)) return false;
    client.patience = most;
    client.request = request;
    bool good = client_ask(&client, "GET", "/complete", NULL, &answer) == 200 && take_text(&answer, text);
    http_free(&answer);
    client_close(&client);
    return good;
}

/* Between half and one and a half of `mean`: callers that failed together do not come back together. */
static void pause_about(int mean) {
    unsigned random = 0;
    long ms = mean;
    if (!defect_on(DEFECT_NO_JITTER) && getrandom(&random, sizeof random, 0) == sizeof random)
        ms = mean / 2 + (long)(random % (unsigned)(mean + 1));
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static bool call(const char *request, bool tries, struct text *text) {
    bool hangs = defect_on(DEFECT_HANGS_PAST_TIMEOUT);
    long long until = http_clock() + (hangs ? HANG : CALL_MOST);
    for (int i = 0; i < (tries ? 1 : ATTEMPTS); i++) {
        if (i) pause_about(PAUSE << (i - 1));
        long long left = until - http_clock();
        int most = hangs ? HANG : ATTEMPT_MOST;
        if (left <= 0) break;
        if (attempt(request, left < most ? (int)left : most, text)) return true;
    }
    return false;
}

bool ai_complete(const char *request, struct text *text) {
    if (defect_on(DEFECT_GATEWAY_WIRED_PAST)) {
        text_print(text, "a text from somewhere else");
        return true;
    }
    enum leave leave = may_call();
    if (leave == LEAVE_ALONE) return false;
    bool good = call(request, leave == MAY_TRY, text);
    note_end(good, leave == MAY_TRY);
    return good;
}
