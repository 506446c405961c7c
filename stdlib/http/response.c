/* What becomes of an exchange: the response as a value. Answers under load are mostly alike, so parts that equal the last answer's
 * are that answer's own values. */
#include "stdlib/http/response.h"

#include "stdlib/http/header_record.h"

#include <stdio.h>
#include <string.h>

void recent_done(struct recent *recent) {
    buffer_done(&recent->header_bytes);
    value_release(recent->headers);
    value_release(recent->peer);
    value_release(recent->body);
    *recent = (struct recent){ 0 };
}

/* Makes `value` (owned) the recent one, and returns it, still owned by the caller. */
static struct value remember(struct value *recent, struct value value) {
    struct value old = *recent;
    *recent = value_retain(value);
    value_release(old);
    return value;
}

/* Repeated headers are one list, but cookies have commas of their own: theirs stand on lines. */

static struct value headers_of(struct heap *heap, struct buffer *bytes, struct recent *recent) {
    bool same =
        recent->headers.kind == VALUE_RECORD && text_equal(buffer_text(bytes), buffer_text(&recent->header_bytes));
    if (same) return value_retain(recent->headers);
    struct buffer old = recent->header_bytes;
    recent->header_bytes = *bytes;
    *bytes = old;
    return remember(&recent->headers, header_record(heap, buffer_text(&recent->header_bytes)));
}

static struct value peer_of(struct heap *heap, CURL *easy, struct recent *recent) {
    char *address = NULL, name[80];
    long port = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    if (!address || !address[0] || port <= 0) return value_none();
    snprintf(name, sizeof name, strchr(address, ':') ? "[%.60s]:%ld" : "%.60s:%ld", address, port);
    if (recent->peer.kind == VALUE_TEXT && text_is(value_text_of(recent->peer), name))
        return value_retain(recent->peer);
    return remember(&recent->peer, value_string(heap, name));
}

static struct value body_value(struct body *body, struct recent *recent) {
    if (recent->body.kind == VALUE_TEXT && body_equals(body, value_text_of(recent->body))) {
        body_free(body);
        return value_retain(recent->body);
    }
    struct value value = body_take(body);
    return value.kind == VALUE_TEXT ? remember(&recent->body, value) : value;
}

static struct value with(struct value record, const char *key, struct value owned) {
    record = value_record_with(record, text_of(key), owned);
    value_release(owned);
    return record;
}

struct value response_make(struct heap *heap, const struct response_parts *parts) {
    bool answered = parts->status >= 200; /* an interim answer is none */
    bool whole = !parts->class && answered;
    struct value error = parts->class ? value_text(heap, parts->error) : value_none();
    struct value class = parts->class ? value_string(heap, parts->class) : value_none();
    struct value response = value_record(heap);
    response = with(response, "status", answered ? value_integer(parts->status) : value_none());
    response = with(response, "latency", value_duration(parts->end - parts->start));
    response = with(response, "headers", parts->headers);
    response = with(response, "ok", value_boolean(whole && parts->status <= 299));
    response = with(response, "failed", value_boolean(!whole || parts->status >= 500));
    response = with(response, "error", error);
    response = with(response, "error_class", class);
    response = with(response, "size", value_size(parts->size));
    response = with(response, "peer", parts->peer);
    response = with(response, "at", value_instant(parts->start));
    return with(response, "body", parts->body);
}

struct value response_of(struct transfer *transfer, CURLcode code, int64_t end, struct recent *recent,
                         struct buffer *problem) {
    struct heap *heap = run_heap(transfer->run);
    if (transfer->body_outcome == BODY_UNWRITTEN) {
        buffer_printf(problem, "%s: cannot keep the body: %s", transfer->request->shown,
                      strerror(transfer->body_errno));
        return value_none();
    }
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    struct buffer words = { 0 };
    if (code != CURLE_OK) failure_describe(transfer, code, &words);
    struct response_parts parts = { .status = status,
                                    .start = transfer->start,
                                    .end = end,
                                    .headers = headers_of(heap, &transfer->headers, recent),
                                    .error = buffer_text(&words),
                                    .class = code == CURLE_OK ? NULL : failure_class(transfer, code),
                                    .size = body_size(transfer->body),
                                    .peer = peer_of(heap, transfer->easy, recent) };
    parts.body = body_value(transfer->body, recent);
    transfer->body = NULL;
    struct value response = response_make(heap, &parts);
    buffer_done(&words);
    return response;
}
