/* The HTTP natives' rows: requests, and what a response offers beside its fields. */
#include "stdlib/functions.h"
#include "stdlib/http/client.h"
#include "stdlib/http/lean.h"
#include "stdlib/http/url.h"

/* A load that gets out of hand must not fall upon somebody else's machine. */
static bool may_go(struct native_call *call, const struct request *request, char **problem) {
    if (!native_is_of_load(call)) return true;
    struct buffer target = { 0 }, why = { 0 };
    bool may = url_target(request->url, &target) && native_may_reach(call, "a load", buffer_text(&target), &why);
    if (!may && !why.length) buffer_append_string(&why, "the URL names no host");
    if (!may) *problem = buffer_take(&why);
    buffer_done(&target);
    buffer_done(&why);
    return may;
}

static enum native_outcome request_by(struct native_call *call, const struct request_layout *layout) {
    char *problem = NULL;
    bool is_load = run_is_load(call->run);
    struct prepared *prepared = is_load ? lean_recall(call) : NULL;
    if (prepared) return lean_send(call, prepared);
    struct request *request = request_read(call, layout, &problem);
    if (request && !may_go(call, request, &problem)) {
        request_free(request);
        request = NULL;
    }
    if (request) request->of_load = native_is_of_load(call);
    if (request && is_load) prepared = prepared_new(call, request);
    if (prepared) {
        request_free(request);
        lean_remember(call, prepared);
        return lean_send(call, prepared);
    }
    if (request) return client_send(call, request);
    enum native_outcome outcome = native_fail(call, "%s: %s", call->row->name, problem);
    memory_release(problem);
    return outcome;
}

enum native_outcome http_get(struct native_call *call) {
    return request_by(call, &request_get);
}

enum native_outcome http_head(struct native_call *call) {
    return request_by(call, &request_head);
}

enum native_outcome http_post(struct native_call *call) {
    return request_by(call, &request_post);
}

enum native_outcome http_put(struct native_call *call) {
    return request_by(call, &request_put);
}

enum native_outcome http_patch(struct native_call *call) {
    return request_by(call, &request_patch);
}

enum native_outcome http_delete(struct native_call *call) {
    return request_by(call, &request_delete);
}

/* ---- of a response ---- */

enum body_form { FORM_TEXT, FORM_BYTES, FORM_JSON };

static struct value formed(struct heap *heap, enum body_form form, struct text content) {
    if (form == FORM_JSON) return value_from_json(heap, content);
    return form == FORM_BYTES ? value_bytes(heap, content) : value_text(heap, content);
}

static enum native_outcome body_as(struct native_call *call, enum body_form form) {
    struct heap *heap = run_heap(call->run);
    struct value body = body_of(argument(call, 0));
    if (body.kind == VALUE_TEXT && form == FORM_TEXT) return native_done(call, value_retain(body));
    if (body.kind == VALUE_TEXT) return native_done(call, formed(heap, form, value_text_of(body)));
    struct buffer content = { 0 };
    const char *problem = NULL;
    struct value result = body_read(body, &content, &problem) ? formed(heap, form, buffer_text(&content))
                                                              : value_error(heap, "%s: %s", call->row->name, problem);
    buffer_done(&content);
    return native_done(call, result);
}

enum native_outcome http_response_text(struct native_call *call) {
    return body_as(call, FORM_TEXT);
}

enum native_outcome http_response_bytes(struct native_call *call) {
    return body_as(call, FORM_BYTES);
}

enum native_outcome http_response_json(struct native_call *call) {
    return body_as(call, FORM_JSON);
}

enum native_outcome http_response_header(struct native_call *call) {
    struct buffer name = { 0 };
    struct text wanted = argument_text(call, 1);
    for (size_t i = 0; i < wanted.length; i++) {
        char byte = wanted.bytes[i];
        buffer_append_byte(&name, byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
    }
    bool found = false;
    struct value headers =
        argument(call, 0).kind == VALUE_RECORD ? value_field(argument(call, 0), TEXT("headers"), &found) : value_none();
    struct value header =
        found && headers.kind == VALUE_RECORD ? value_field(headers, buffer_text(&name), &found) : value_none();
    buffer_done(&name);
    return native_done(call, found ? value_retain(header) : value_none());
}
