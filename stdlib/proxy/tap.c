/* Pairs requests and answers by their order, as HTTP/1 does. An answer without a request (a 408 before closing) is told, too. An
 * exchange is told before its last byte is passed on, so that whoever acts on the answer finds it told. */
#include "stdlib/proxy/tap.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { ASKED_MAXIMUM = 4096 };

void tap_init(struct tap *tap, struct news_queue *news, uint32_t front, const char *peer, int64_t now) {
    *tap = (struct tap){ .news = news, .front = front, .peer = peer, .opened = now };
    message_init(&tap->request, false);
    message_init(&tap->answer, true);
}

static struct asked *oldest(const struct tap *tap) {
    return tap->count ? &tap->asked[tap->first] : NULL;
}

static struct asked *newest(const struct tap *tap) {
    return tap->count ? &tap->asked[(tap->first + tap->count - 1) % tap->capacity] : NULL;
}

static void forget_oldest(struct tap *tap) {
    memory_release(oldest(tap)->path);
    memory_release(oldest(tap)->request);
    tap->first = (tap->first + 1) % tap->capacity;
    tap->count--;
}

void tap_done(struct tap *tap) {
    while (tap->count) forget_oldest(tap);
    memory_release(tap->asked);
    message_done(&tap->request);
    message_done(&tap->answer);
}

static void remember(struct tap *tap, int64_t now) {
    if (tap->count == tap->capacity) {
        size_t capacity = tap->capacity ? tap->capacity * 2 : 4;
        struct asked *asked = memory_resize(NULL, capacity * sizeof *asked);
        for (size_t i = 0; i < tap->count; i++) asked[i] = tap->asked[(tap->first + i) % tap->capacity];
        memory_release(tap->asked);
        tap->asked = asked;
        tap->first = 0;
        tap->capacity = capacity;
    }
    tap->asked[(tap->first + tap->count++) % tap->capacity] = (struct asked){ .at = now };
}

/* ---- telling ---- */

/* `asked` NULL: nobody knows what for. */
static void tell_attempt(struct tap *tap, const struct asked *asked, int64_t start, const char *outcome, int64_t now) {
    struct news news = { .front = tap->front,
                         .kind = NEWS_ATTEMPT,
                         .start = tap->attempts ? start : tap->opened,
                         .end = now,
                         .outcome = outcome,
                         .size = (int64_t)tap->bytes,
                         .request = text_of(asked ? asked->request : NULL),
                         .given_up = strcmp(outcome, "answered") == 0 ? 0 : tap->client_ended };
    tap->bytes = 0;
    tap->attempts++;
    news_put(tap->news, news_new(&news));
}

/* `error` empty: the answer is whole. */
static void tell_exchange(struct tap *tap, const struct asked *asked, bool has_answer, const char *error, int64_t now) {
    const struct message *answer = &tap->answer;
    struct news news = { .front = tap->front,
                         .kind = NEWS_EXCHANGE,
                         .start = asked ? asked->at : tap->answer_at,
                         .end = now,
                         .status = has_answer ? answer->status : 0,
                         .size = has_answer ? (int64_t)answer->size : 0,
                         .method = text_of(asked ? asked->method : NULL),
                         .path = text_of(asked ? asked->path : NULL),
                         .headers = has_answer ? buffer_text(&answer->headers) : TEXT_NONE,
                         .error = text_of(error),
                         .peer = text_of(tap->peer) };
    news_put(tap->news, news_new(&news));
}

/* From here on nothing is known of what passes; what was asked before and is not answered stays open until the end. */
static void become_opaque(struct tap *tap, const char *why) {
    tap->is_opaque = true;
    message_leave(&tap->request, why);
    message_leave(&tap->answer, why);
}

/* ---- requests ---- */

static void request_head(struct tap *tap) {
    struct message *request = &tap->request;
    struct asked *asked = newest(tap);
    if (asked && !asked->method[0]) { /* else an answer came before the head was whole, and took its place */
        memcpy(asked->method, request->method, sizeof asked->method);
        asked->path = memory_copy(request->path.bytes, request->path.length);
        if (request->request_id.length)
            asked->request = memory_copy(request->request_id.bytes, request->request_id.length);
    }
    message_body(request, true);
}

void tap_up(struct tap *tap, struct text bytes, int64_t now) {
    tap->bytes += bytes.length;
    if (tap->is_opaque) return;
    enum message_event event;
    do {
        size_t used = message_feed(&tap->request, bytes, &event);
        bytes = text_slice(bytes, used, bytes.length);
        if (event == MESSAGE_BEGUN && tap->count >= ASKED_MAXIMUM)
            become_opaque(tap, "over 4096 requests wait for an answer on one connection");
        else if (event == MESSAGE_BEGUN)
            remember(tap, now);
        else if (event == MESSAGE_HEAD)
            request_head(tap);
    } while (event != MESSAGE_MORE && !tap->is_opaque);
}

void tap_up_ended(struct tap *tap, int64_t now) {
    tap->client_ended = now;
}

/* ---- answers ---- */

static bool may_have_body(const struct tap *tap) {
    const struct asked *asked = oldest(tap);
    int status = tap->answer.status;
    return status != 204 && status != 304 && !(asked && strcmp(asked->method, "HEAD") == 0);
}

static void answer_is_whole(struct tap *tap, int64_t now) {
    const struct asked *asked = oldest(tap);
    int64_t start = asked ? asked->at : tap->answer_at;
    if (!asked || !asked->was_told) {
        tell_exchange(tap, asked, true, NULL, now);
        tell_attempt(tap, asked, start, "answered", now);
    }
    if (asked) forget_oldest(tap);
    tap->answer_at = 0;
    tap->knows_http = true;
}

static void answer_head(struct tap *tap, int64_t now) {
    const struct asked *asked = oldest(tap);
    int status = tap->answer.status;
    bool is_tunnel = status == 101 || (asked && strcmp(asked->method, "CONNECT") == 0 && status / 100 == 2);
    if (is_tunnel) {
        answer_is_whole(tap, now);
        become_opaque(tap, NULL);
    } else if (status < 200) {
        message_again(&tap->answer); /* interim: the answer is still to come */
    } else {
        message_body(&tap->answer, may_have_body(tap));
    }
}

/* No answer that can be read. What was asked in HTTP gets an event at the end; else this is another protocol. */
static void answer_is_alien(struct tap *tap) {
    struct asked *asked = oldest(tap);
    if (asked && !asked->method[0]) forget_oldest(tap);
    tap->answer_at = 0;
    become_opaque(tap, tap->answer.alien);
}

void tap_down(struct tap *tap, struct text bytes, int64_t now) {
    enum message_event event = MESSAGE_MORE;
    if (tap->is_opaque) tap->bytes += bytes.length;
    if (tap->is_opaque) return;
    do {
        size_t used = message_feed(&tap->answer, bytes, &event);
        tap->bytes += used; /* what stands behind an answer is the next attempt's */
        bytes = text_slice(bytes, used, bytes.length);
        if (event == MESSAGE_BEGUN && !tap->answer_at)
            tap->answer_at = now;
        else if (event == MESSAGE_HEAD)
            answer_head(tap, now);
        else if (event == MESSAGE_OVER)
            answer_is_whole(tap, now);
        else if (event == MESSAGE_ALIEN)
            answer_is_alien(tap);
    } while (event != MESSAGE_MORE && !tap->is_opaque);
    tap->bytes += bytes.length;
}

void tap_down_ended(struct tap *tap, int64_t now) {
    if (tap->is_opaque || tap->answer.state != MESSAGE_TO_THE_CLOSE) return;
    answer_is_whole(tap, now);
    tap->answer.state = MESSAGE_AT_START;
}

/* ---- unseen ---- */

uint64_t tap_unneeded(const struct tap *tap, bool up) {
    return tap->is_opaque ? UINT64_MAX : message_unneeded(up ? &tap->request : &tap->answer);
}

void tap_pass(struct tap *tap, bool up, size_t length) {
    tap->bytes += length;
    if (!tap->is_opaque) message_pass(up ? &tap->request : &tap->answer, length);
}

/* ---- the end ---- */

static void describe_cut(const struct tap *tap, bool has_answer, const char *reason, struct buffer *out) {
    const struct message *answer = &tap->answer;
    if (tap->is_opaque && answer->alien)
        buffer_printf(out, "no answer that can be read: %s", answer->alien);
    else if (!has_answer)
        buffer_printf(out, "no answer: %s", reason);
    else if (answer->has_length && !answer->is_coded)
        buffer_printf(out, "the answer was cut after %llu of %llu bytes: %s", (unsigned long long)answer->size,
                      (unsigned long long)answer->length, reason);
    else
        buffer_printf(out, "the answer was cut after %llu bytes: %s", (unsigned long long)answer->size, reason);
}

static void tell_cut(struct tap *tap, const struct asked *asked, bool has_answer, const char *reason, int64_t now) {
    bool has_head = has_answer && tap->answer.state >= MESSAGE_HEAD_READ;
    struct buffer error = { 0 };
    describe_cut(tap, has_head, reason, &error);
    tell_exchange(tap, asked, has_head, error.bytes, now);
    buffer_done(&error);
}

void tap_settle(struct tap *tap, int64_t now) {
    for (size_t i = 0; i < tap->count; i++) {
        struct asked *asked = &tap->asked[(tap->first + i) % tap->capacity];
        if (asked->was_told || !asked->method[0]) continue;
        asked->was_told = true;
        tell_cut(tap, asked, i == 0 && tap->answer_at, "the run was over", now);
        tell_attempt(tap, asked, asked->at, "open", now);
    }
    if (!tap->attempts) tell_attempt(tap, NULL, tap->opened, "open", now);
}

void tap_over(struct tap *tap, const char *outcome, const char *reason, int64_t now) {
    bool was_opaque = tap->is_opaque && !tap->knows_http && !tap->count;
    if (!tap->count && tap->answer_at) remember(tap, tap->answer_at); /* an answer to nobody, cut */
    for (bool has_answer = tap->answer_at != 0; tap->count; has_answer = false) {
        const struct asked *asked = oldest(tap);
        int64_t start = asked->at;
        bool is_foreign = !asked->method[0] && !has_answer;
        if (!is_foreign && !asked->was_told) tell_cut(tap, asked, has_answer, reason, now);
        if (!asked->was_told)
            tell_attempt(tap, asked, start, is_foreign || strcmp(outcome, "closed") != 0 ? outcome : "unanswered", now);
        forget_oldest(tap);
    }
    if (!tap->attempts || (was_opaque && tap->bytes)) tell_attempt(tap, NULL, tap->opened, outcome, now);
    tap->answer_at = 0;
}

bool tap_is_alien(const struct tap *tap, const char **why) {
    *why = tap->answer.alien ? tap->answer.alien : tap->request.alien;
    return *why != NULL;
}
