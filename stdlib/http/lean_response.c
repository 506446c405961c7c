/* The response that a recipe gets of a lean exchange: the same record as libcurl's (response.c). Answers under load are mostly
 * alike: one that equals the last in all but its times is that one's record with other times. */
#include "stdlib/http/lean.h"
#include "stdlib/http/header_record.h"
#include "stdlib/http/response.h"

#include "base/memory.h"

#include <string.h>

void target_free(struct target *target) {
    memory_release(target->key);
    value_release(target->peer_name);
    value_release(target->recent.peer_name);
    value_release(target->recent.response);
    buffer_done(&target->recent.body);
    answer_memory_done(&target->memory);
    memory_release(target);
}

static struct value timed(struct value owned, const struct exchange *exchange) {
    owned = value_record_with(owned, TEXT("latency"), value_duration(exchange->end - exchange->start));
    return value_record_with(owned, TEXT("at"), value_instant(exchange->start));
}

/* Names in small letters, each followed by its content, as the other client collects them. */
static void collect_headers(struct text lines, struct buffer *out) {
    struct text name, content;
    while (answer_header(&lines, &name, &content)) {
        for (size_t i = 0; i < name.length; i++) {
            char byte = name.bytes[i];
            buffer_append_byte(out, byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
        }
        buffer_append_byte(out, 0);
        buffer_append(out, content);
        buffer_append_byte(out, 0);
    }
}

static struct value body_value(struct exchange *exchange) {
    if (!exchange->large) return value_text(run_heap(lean_run(exchange->lean)), buffer_text(&exchange->small));
    struct body *body = exchange->large;
    exchange->large = NULL;
    return body_take(body);
}

static struct value make(struct exchange *exchange) {
    struct buffer headers = { 0 };
    collect_headers(buffer_text(&exchange->head), &headers);
    int64_t size = exchange->large ? body_size(exchange->large) : (int64_t)exchange->small.length;
    struct response_parts parts = {
        .status = exchange->answer.status,
        .start = exchange->start,
        .end = exchange->end,
        .headers = header_record(run_heap(lean_run(exchange->lean)), buffer_text(&headers)),
        .error = exchange->class ? buffer_text(&exchange->problem) : TEXT_NONE,
        .class = exchange->class,
        .size = size,
        .peer = exchange->sent || exchange->answer.status ? value_retain(exchange->peer_name) : value_none(),
        .body = body_value(exchange),
    };
    buffer_done(&headers);
    return response_make(run_heap(lean_run(exchange->lean)), &parts);
}

static bool is_like_recent(const struct exchange *exchange) {
    const struct remembered_answer *recent = &exchange->target->recent;
    return recent->response.kind == VALUE_RECORD && recent->head_number == exchange->head_number &&
           recent->status == exchange->answer.status && recent->peer_name.object == exchange->peer_name.object &&
           text_equal(buffer_text(&recent->body), buffer_text(&exchange->small));
}

static void remember(struct exchange *exchange, struct value response) {
    struct remembered_answer *recent = &exchange->target->recent;
    value_release(recent->response);
    recent->response = value_retain(response);
    value_release(recent->peer_name);
    recent->peer_name = value_retain(exchange->peer_name);
    recent->head_number = exchange->head_number;
    recent->status = exchange->answer.status;
    buffer_clear(&recent->body);
    buffer_append(&recent->body, buffer_text(&exchange->small));
}

struct value lean_response(struct exchange *exchange, struct buffer *problem) {
    if (exchange->unwritten) {
        buffer_printf(problem, "%s: cannot keep the body: %s", exchange->prepared->shown,
                      strerror(exchange->unwritten_errno));
        return value_none();
    }
    bool is_plain = !exchange->class && !exchange->large && exchange->head_number;
    if (is_plain && is_like_recent(exchange)) return timed(value_retain(exchange->target->recent.response), exchange);
    struct value response = make(exchange);
    if (is_plain) remember(exchange, response);
    return response;
}
