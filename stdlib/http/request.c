/* From a call's arguments to a request. Every rule about what a request may be stands here; nothing is sent. */
#include "stdlib/http/request.h"

#include "stdlib/file/content.h"
#include "stdlib/http/url.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REDIRECTS_MAXIMUM = 50 };

#define WITHOUT_BODY(method, limit) \
    { method, 0, -1, -1, -1, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, limit }
#define WITH_BODY(method) \
    { method, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 }
const struct request_layout request_get = WITHOUT_BODY("GET", 10), request_head = WITHOUT_BODY("HEAD", -1);
const struct request_layout request_post = WITH_BODY("POST"), request_put = WITH_BODY("PUT"),
                            request_patch = WITH_BODY("PATCH");
const struct request_layout request_delete = { "DELETE", 0, 1, 2, -1, -1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

/* The argument at a place of the layout. */
static struct value at(const struct native_call *call, int place) {
    return place < 0 ? value_none() : argument(call, (size_t)place);
}

static char *copy(struct text text) {
    return memory_copy(text.bytes, text.length);
}

/* ---- headers ---- */

static bool is_token(struct text name) {
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.bytes[i];
        bool letter = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!letter && (byte == 0 || !strchr("!#$%&'*+-.^_`|~", byte))) return false;
    }
    return name.length > 0;
}

static bool is_name(struct text name, const char *other) {
    return name.length == strlen(other) && strncasecmp(name.bytes, other, name.length) == 0;
}

static bool has_line_break(struct text text) {
    return text.length && (memchr(text.bytes, '\r', text.length) || memchr(text.bytes, '\n', text.length) ||
                           memchr(text.bytes, 0, text.length));
}

static void add_header(struct request *request, struct text name, struct text content) {
    struct buffer line = { 0 };
    buffer_append(&line, name);
    /* libcurl's way to send a header without a value is a semicolon; a colon alone would leave it out. */
    if (text_trim(content).length)
        buffer_printf(&line, ": %.*s", TEXT_ARGS(content));
    else
        buffer_append_byte(&line, ';');
    VECTOR_PUSH(&request->headers, buffer_take(&line));
}

static bool has_header(const struct request *request, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < request->headers.count; i++) {
        const char *line = request->headers.items[i];
        if (strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';')) return true;
    }
    return false;
}

bool request_read_headers(struct value headers, struct request *request, struct buffer *problem) {
    for (size_t i = 0; headers.kind == VALUE_RECORD && i < value_count(headers); i++) {
        struct text name = value_key_at(headers, i);
        struct value item = value_at(headers, i);
        if (item.kind == VALUE_NONE) continue;
        struct text content = item.kind == VALUE_TEXT ? value_text_of(item) : TEXT_NONE;
        if (!is_token(name))
            buffer_printf(problem, "\"%.*s\" cannot be the name of a header", TEXT_ARGS(name));
        else if (item.kind != VALUE_TEXT)
            buffer_printf(problem, "the header %.*s is no string", TEXT_ARGS(name));
        else if (has_line_break(content))
            buffer_printf(problem, "the header %.*s has a line break in its value", TEXT_ARGS(name));
        else if (is_name(name, "Content-Length") || is_name(name, "Transfer-Encoding"))
            buffer_printf(problem, "the header %.*s is set by the body alone", TEXT_ARGS(name));
        if (problem->length) return false;
        if (is_name(name, "Accept-Encoding") && content.length) {
            memory_release(request->accept_encoding);
            request->accept_encoding = copy(content);
        } else {
            add_header(request, name, content);
        }
    }
    return true;
}

/* ---- the body ---- */

static void encode(struct text text, struct buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (plain)
            buffer_append_byte(out, (char)byte);
        else if (byte == ' ')
            buffer_append_byte(out, '+');
        else
            buffer_printf(out, "%%%02X", byte);
    }
}

static void encode_form(struct value form, struct buffer *out) {
    for (size_t i = 0; i < value_count(form); i++) {
        struct buffer plain = { 0 };
        value_plain(value_at(form, i), &plain);
        if (i) buffer_append_byte(out, '&');
        encode(value_key_at(form, i), out);
        buffer_append_byte(out, '=');
        encode(buffer_text(&plain), out);
        buffer_done(&plain);
    }
}

static bool open_file(struct request *request, struct text path, struct buffer *problem) {
    char *terminated = copy(path);
    request->file = content_open(terminated);
    struct stat status;
    if (request->file >= 0 && fstat(request->file, &status) == 0)
        request->file_size = status.st_size;
    else
        buffer_printf(problem, "file %s: %s", terminated, content_problem(errno));
    memory_release(terminated);
    return !problem->length;
}

static void default_type(struct request *request, const char *type) {
    if (!has_header(request, "Content-Type")) add_header(request, TEXT("Content-Type"), text_of(type));
}

static bool read_body(struct native_call *call, const struct request_layout *layout, struct request *request,
                      struct buffer *problem) {
    struct value body = at(call, layout->body), json = at(call, layout->json);
    struct value form = at(call, layout->form), file = at(call, layout->file);
    int given =
        (body.kind != VALUE_NONE) + (json.kind != VALUE_NONE) + (form.kind != VALUE_NONE) + (file.kind != VALUE_NONE);
    if (given > 1) {
        buffer_append_string(problem, "one body at most: body, json, form or file");
        return false;
    }
    request->has_body = given || strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
                        strcmp(request->method, "PATCH") == 0;
    if (body.kind != VALUE_NONE) {
        buffer_append(&request->body, value_text_of(body));
        default_type(request, "text/plain; charset=utf-8");
    } else if (json.kind != VALUE_NONE) {
        if (!value_to_json(json, &request->body)) buffer_append_string(problem, "json: this value has no JSON form");
        default_type(request, "application/json");
    } else if (form.kind == VALUE_RECORD) {
        encode_form(form, &request->body);
        default_type(request, "application/x-www-form-urlencoded");
    } else if (file.kind != VALUE_NONE) {
        default_type(request, "application/octet-stream");
        return open_file(request, value_text_of(file), problem);
    }
    return !problem->length;
}

/* ---- the rest ---- */

static char *optional(struct value value) {
    return value.kind == VALUE_NONE ? NULL : copy(value_text_of(value));
}

/* The machine's own resolver must not answer for a request that names another one, so it does not follow to other names. */
static void read_dns(struct text server, struct request *request, struct buffer *problem) {
    if (!resolver_server_read(server, &request->dns))
        buffer_printf(problem,
                      "dns: \"%.*s\" is no address of a DNS server: write \"127.0.0.1\", \"127.0.0.1:5353\" or "
                      "\"[::1]:5353\"",
                      TEXT_ARGS(server));
    else if (request->redirects > 0)
        buffer_append_string(problem, "dns: asks for the name in the URL only: it cannot be used with redirects:");
    else if (url_name(request->url, &request->host, &request->port, problem) && request->host &&
             resolver_is_local(request->host))
        buffer_printf(problem, "dns: %s is never asked of a DNS server (RFC 6761): leave dns: out", request->host);
    else
        request->fresh = true; /* neither this connection nor another one's is used twice */
}

static bool read_options(struct native_call *call, const struct request_layout *layout, struct request *request,
                         struct buffer *problem) {
    request->timeout = at(call, layout->timeout).integer;
    request->redirects = (long)at(call, layout->redirects).integer;
    request->insecure = value_is_true(at(call, layout->insecure));
    request->fresh = value_is_true(at(call, layout->fresh));
    struct value limit = at(call, layout->limit);
    request->limit = limit.kind == VALUE_SIZE ? limit.integer : 0;
    request->user = optional(at(call, layout->user));
    request->password = optional(at(call, layout->password));
    request->ca = optional(at(call, layout->ca));
    if (request->timeout <= 0)
        buffer_append_string(problem, "the timeout must be above 0s");
    else if (limit.kind == VALUE_SIZE && request->limit < 0)
        buffer_append_string(problem, "the limit cannot be negative");
    else if (request->redirects < 0 || request->redirects > REDIRECTS_MAXIMUM)
        buffer_printf(problem, "redirects: 0 to %d", REDIRECTS_MAXIMUM);
    else if (request->password && !request->user)
        buffer_append_string(problem, "a password without a user");
    else if (request->ca && access(request->ca, R_OK) != 0)
        buffer_printf(problem, "ca %s: %s", request->ca, content_problem(errno));
    else if (at(call, layout->dns).kind != VALUE_NONE)
        read_dns(value_text_of(at(call, layout->dns)), request, problem);
    return !problem->length;
}

static bool read_all(struct native_call *call, const struct request_layout *layout, struct request *request,
                     struct buffer *problem) {
    struct text url = argument_text(call, (size_t)layout->url);
    struct buffer shown = { 0 };
    buffer_printf(&shown, "%s ", request->method);
    url_show(url, &shown);
    request->shown = buffer_take(&shown);
    request->url = copy(url);
    return url_check(url, problem) && read_options(call, layout, request, problem) &&
           request_read_headers(at(call, layout->headers), request, problem) &&
           read_body(call, layout, request, problem);
}

struct request *request_read(struct native_call *call, const struct request_layout *layout, char **problem) {
    struct request *request = memory_allocate(sizeof *request);
    *request = (struct request){ .method = layout->method, .file = -1 };
    request->is_action = (call->row->flags & NATIVE_EFFECT_MASK) == NATIVE_ACTION;
    struct buffer reason = { 0 };
    if (read_all(call, layout, request, &reason)) return request;
    request_free(request);
    *problem = buffer_take(&reason);
    return NULL;
}

void request_free(struct request *request) {
    for (size_t i = 0; i < request->headers.count; i++) memory_release(request->headers.items[i]);
    VECTOR_DONE(&request->headers);
    if (request->file >= 0) close(request->file);
    buffer_done(&request->body);
    memory_release(request->url);
    memory_release(request->shown);
    memory_release(request->accept_encoding);
    memory_release(request->user);
    memory_release(request->password);
    memory_release(request->ca);
    memory_release(request->host);
    memory_release(request->port);
    memory_release(request);
}
