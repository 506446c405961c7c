/* Makes the records `exchange` and `attempt` of proxy.def. Repeated headers are joined as the http module joins them. */
#include "stdlib/proxy/exchange.h"

#include "stdlib/http/header_record.h"

#include <string.h>

void exchange_recent_done(struct exchange_recent *recent) {
    buffer_done(&recent->header_bytes);
    value_release(recent->headers);
    recent->headers = value_none();
}

static struct value with(struct value record, const char *key, struct value owned) {
    record = value_record_with(record, text_of(key), owned);
    value_release(owned);
    return record;
}

static struct value headers_of(struct heap *heap, struct text bytes, struct exchange_recent *recent) {
    if (recent->headers.kind != VALUE_RECORD || !text_equal(bytes, buffer_text(&recent->header_bytes))) {
        value_release(recent->headers);
        buffer_clear(&recent->header_bytes);
        buffer_append(&recent->header_bytes, bytes);
        recent->headers = header_record(heap, buffer_text(&recent->header_bytes));
    }
    return value_retain(recent->headers);
}

static struct value text_or_none(struct heap *heap, struct text text) {
    return text.length ? value_text(heap, text) : value_none();
}

struct value exchange_value(struct heap *heap, const struct news *news, struct exchange_recent *recent) {
    bool is_whole = !news->error.length, is_answered = news->status >= 200 || news->status == 101;
    struct value record = value_record(heap);
    record = with(record, "method", text_or_none(heap, news->method));
    record = with(record, "path", text_or_none(heap, news->path));
    record = with(record, "status", is_answered ? value_integer(news->status) : value_none());
    record = with(record, "latency", value_duration(news->end - news->start));
    record = with(record, "headers", headers_of(heap, news->headers, recent));
    record = with(record, "ok", value_boolean(is_whole && news->status >= 200 && news->status <= 299));
    record = with(record, "failed", value_boolean(!is_whole || !is_answered || news->status >= 500));
    record = with(record, "error", text_or_none(heap, news->error));
    record = with(record, "size", value_size(news->size));
    record = with(record, "peer", text_or_none(heap, news->peer));
    return with(record, "at", value_instant(news->start));
}

struct value attempt_value(struct heap *heap, const struct news *news) {
    struct value record = value_record(heap);
    record = with(record, "at", value_instant(news->start));
    record = with(record, "outcome", value_string(heap, news->outcome));
    record = with(record, "bytes", value_size(news->size));
    record = with(record, "request", text_or_none(heap, news->request));
    return with(record, "given_up", news->given_up ? value_instant(news->given_up) : value_none());
}
