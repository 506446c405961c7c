/* A connection through the tap, cut anywhere, in both directions at once: it must survive any bytes, keep bounded memory, and tell the
 * same whatever the pieces were. The first byte picks the pieces, each next one a direction and a length. */
#include "stdlib/proxy/tap.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NEWS_LIMIT = 64 << 20 };

static void feed(struct tap *tap, bool up, struct text bytes, size_t piece) {
    for (size_t at = 0; at < bytes.length; at += piece) {
        if (up)
            tap_up(tap, text_slice(bytes, at, piece), 1);
        else
            tap_down(tap, text_slice(bytes, at, piece), 1);
    }
}

static void print(struct buffer *out, const struct news *news) {
    buffer_printf(out, "%d %d %lld %s|", (int)news->kind, news->status, (long long)news->size,
                  news->outcome ? news->outcome : "");
    const struct text texts[] = { news->method, news->path, news->headers, news->error, news->peer };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        buffer_append(out, texts[i]);
        buffer_append_byte(out, '|');
    }
}

/* The whole conversation in pieces of this size; what was told, as one text. */
static void converse(const uint8_t *data, size_t size, size_t piece, struct buffer *out) {
    struct news_queue *queue = news_queue_new(NEWS_LIMIT);
    struct tap tap;
    uint64_t lost;
    tap_init(&tap, queue, 1, "peer", 0);
    for (size_t at = 0; at + 1 < size;) {
        size_t length = (size_t)(data[at] & 127) + 1, left = size - at - 1;
        struct text bytes = { (const char *)data + at + 1, length < left ? length : left };
        feed(&tap, data[at] & 128, bytes, piece ? piece : bytes.length);
        at += 1 + bytes.length;
    }
    if (size % 2) tap_down_ended(&tap, 2);
    tap_over(&tap, "closed", "the end", 3);
    if (tap.answer.headers.length > 32768 || tap.answer.line.length > 16384 || tap.request.line.length > 16384) abort();
    for (struct news *news = news_take(queue, &lost), *next; news; news = next) {
        next = news->next;
        print(out, news);
        memory_release(news);
    }
    tap_done(&tap);
    news_queue_free(queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    struct buffer whole = { 0 }, pieces = { 0 };
    converse(data + 1, size - 1, 0, &whole);
    converse(data + 1, size - 1, 1 + data[0] % 16, &pieces);
    if (!text_equal(buffer_text(&whole), buffer_text(&pieces))) {
        fprintf(stderr, "whole:  %s\npieces: %s\n", whole.bytes, pieces.bytes);
        abort();
    }
    buffer_done(&whole);
    buffer_done(&pieces);
    if (memory_live_blocks()) abort();
    return 0;
}
