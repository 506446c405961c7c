/* What becomes of an exchange: the response as a value. Answers under load are mostly alike, so parts that equal the last answer's
 * are that answer's own values. */
#include "stdlib/http/response.h"

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
static struct value headers_record(struct heap *heap, struct text headers) {
    struct value record = value_record(heap);
    while (headers.length) {
        struct text name = text_of(headers.bytes);
        headers = text_slice(headers, name.length + 1, headers.length);
        struct text content =
            text_slice(headers, 0, (size_t)((const char *)memchr(headers.bytes, 0, headers.length) - headers.bytes));
        headers = text_slice(headers, content.length + 1, headers.length);
        bool found = false;
        struct value before = value_field(record, name, &found), item;
        if (found)
            item = value_printf(heap, "%.*s%s%.*s", TEXT_ARGS(value_text_of(before)),
                                text_is(name, "set-cookie") ? "\n" : ", ", TEXT_ARGS(content));
        else
            item = value_text(heap, content);
        record = value_record_with(record, name, item);
        value_release(item);
    }
    return record;
}

static struct value headers_of(struct heap *heap, struct buffer *bytes, struct recent *recent) {
    bool same =
        recent->headers.kind == VALUE_RECORD && text_equal(buffer_text(bytes), buffer_text(&recent->header_bytes));
    if (same) return value_retain(recent->headers);
    struct buffer old = recent->header_bytes;
    recent->header_bytes = *bytes;
    *bytes = old;
    return remember(&recent->headers, headers_record(heap, buffer_text(&recent->header_bytes)));
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
    struct value error = value_none();
    if (code != CURLE_OK) {
        struct buffer words = { 0 };
        failure_describe(transfer, code, &words);
        error = value_text(heap, buffer_text(&words));
        buffer_done(&words);
    }
    bool answered = status >= 200; /* an interim answer is none */
    struct value response = value_record(heap);
    response = with(response, "status", answered ? value_integer(status) : value_none());
    response = with(response, "latency", value_duration(end - transfer->start));
    response = with(response, "headers", headers_of(heap, &transfer->headers, recent));
    response = with(response, "ok", value_boolean(code == CURLE_OK && status >= 200 && status <= 299));
    response = with(response, "failed", value_boolean(code != CURLE_OK || !answered || status >= 500));
    response = with(response, "error", error);
    response = with(response, "size", value_size(body_size(transfer->body)));
    response = with(response, "peer", peer_of(heap, transfer->easy, recent));
    response = with(response, "at", value_instant(transfer->start));
    response = with(response, "body", body_value(transfer->body, recent));
    transfer->body = NULL;
    return response;
}
