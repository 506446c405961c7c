/* HTTP requests against a real server on 127.0.0.1 that behaves well and badly. */
#include "tests/unit/stdlib/trial.h"
#include "tests/unit/stdlib/server.h"

#include "base/clock.h"
#include "stdlib/catalogue.h"
#include "stdlib/http/request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a request may say beside its URL; the rest are the row's defaults. */
struct options {
    const char *body, *json, *form, *file, *headers, *user, *password, *ca, *dns;
    int64_t timeout, redirects, limit;
    bool insecure, fresh;
};
#define OPTIONS(...) (&(struct options){ __VA_ARGS__ })

static struct trial_argument optional(const char *content) {
    return content ? text(content) : none();
}

static uint32_t request(struct trial *s, const char *function, const char *url, const struct options *o) {
    struct trial_argument list[20];
    size_t n = 0;
    bool head = strcmp(function, "http_head") == 0, get = strcmp(function, "http_get") == 0 || head;
    bool delete = strcmp(function, "http_delete") == 0;
    list[n++] = text(url);
    if (!get) {
        list[n++] = optional(o->body);
        list[n++] = o->json ? json(o->json) : none();
        if (!delete) {
            list[n++] = o->form ? json(o->form) : none();
            list[n++] = optional(o->file);
        }
    }
    list[n++] = json(o->headers ? o->headers : "{}");
    list[n++] = duration(o->timeout ? o->timeout : 5 * SECOND);
    list[n++] = optional(o->user);
    list[n++] = optional(o->password);
    list[n++] = integer(o->redirects);
    list[n++] = optional(o->ca);
    list[n++] = boolean(o->insecure);
    list[n++] = boolean(o->fresh);
    list[n++] = optional(o->dns);
    if (!head) list[n++] = size(o->limit ? o->limit : 16 << 20);
    return trial_call(s, function, n, list);
}

static uint32_t get(struct trial *s, const char *url, const struct options *o) {
    return request(s, "http_get", url, o);
}

static uint32_t post(struct trial *s, const char *url, const struct options *o) {
    return request(s, "http_post", url, o);
}

static struct value field(struct trial *s, uint32_t call, const char *name) {
    bool found = false;
    struct value value = value_field(trial_value(s, call), text_of(name), &found);
    cr_assert(found, "no field %s in %s", name, trial_shown(s, call));
    return value;
}

static const char *words(struct trial *s, uint32_t call, const char *name) {
    static struct buffer out;
    static char copy[8192];
    value_plain(field(s, call, name), &out);
    snprintf(copy, sizeof copy, "%.*s", TEXT_ARGS(buffer_text(&out)));
    buffer_done(&out);
    return copy;
}

static void good(struct trial *s) {
    enum run_end end = trial_run(s, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
}

static void expect_error(struct trial *s, uint32_t call, const char *start) {
    const char *error = words(s, call, "error");
    cr_expect_eq(strncmp(error, start, strlen(start)), 0, "wanted \"%s\", got \"%s\"", start, error);
    cr_expect(value_is_false(field(s, call, "ok")), "%s", start);
    cr_expect(value_is_true(field(s, call, "failed")), "%s", start);
}

/* A run that must end with error, with these words in its message. */
static void refuses(const char *function, const char *url, const struct options *o, const char *message) {
    struct trial *s = trial_new();
    request(s, function, url, o);
    cr_expect_eq(trial_run(s, 0), RUN_ERROR, "%s", message);
    cr_expect(strstr(trial_message(s), message), "wanted \"%s\", got \"%s\"", message, trial_message(s));
    trial_free(s);
}

/* A port on which nobody listens. */
static int closed_port(void) {
    int detrialor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    cr_assert(bind(detrialor, (struct sockaddr *)&address, length) == 0);
    getsockname(detrialor, (struct sockaddr *)&address, &length);
    close(detrialor);
    return ntohs(address.sin_port);
}

/* Whether the row's parameter at this place has this name; -1: whether it has none of the name. */
static bool stands_at(const char *signature, int place, const char *name) {
    int at = 0, depth = 0;
    const char *start = signature;
    for (const char *c = signature; *c && strncmp(c, " -> ", 4) != 0; c++) {
        depth += (*c == '{') - (*c == '}');
        if (c == start && strncmp(c, name, strlen(name)) == 0 && c[strlen(name)] == ':') return at == place;
        if (*c != ',' || depth) continue;
        at++;
        start = c + 2;
    }
    return place == -1;
}

Test(http, layouts_are_those_of_the_table) {
    const struct request_layout *layouts[] = { &request_get, &request_head,  &request_post,
                                               &request_put, &request_patch, &request_delete };
    const char *names[] = { "url",      "body",      "json", "form",     "file",  "headers", "timeout", "user",
                            "password", "redirects", "ca",   "insecure", "fresh", "dns",     "limit" };
    for (size_t i = 0; i < 6; i++) {
        size_t row = 0;
        while (strncmp(catalogue()->rows[row].name, "http.", 5) != 0 ||
               strcasecmp(catalogue()->rows[row].name + 5, layouts[i]->method) != 0)
            row++;
        const signed char *places = &layouts[i]->url;
        for (size_t n = 0; n < 15; n++)
            cr_expect(stands_at(catalogue()->rows[row].signature, places[n], names[n]), "%s: %s", layouts[i]->method,
                      names[n]);
    }
}

Test(http, answers_of_every_class) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t ok = get(s, server_url(&server, "/status/204"), OPTIONS(0));
    uint32_t missing = get(s, server_url(&server, "/status/404"), OPTIONS(0));
    uint32_t broken = get(s, server_url(&server, "/status/503"), OPTIONS(0));
    uint32_t slow = get(s, server_url(&server, "/slow/100"), OPTIONS(0));
    uint32_t slow_text = CALL(s, "http_response_text", step(slow));
    good(s);
    cr_expect_str_eq(words(s, ok, "status"), "204");
    cr_expect(value_is_true(field(s, ok, "ok")) && value_is_false(field(s, ok, "failed")));
    cr_expect(value_is_false(field(s, missing, "ok")) && value_is_false(field(s, missing, "failed")));
    cr_expect(value_is_false(field(s, broken, "ok")) && value_is_true(field(s, broken, "failed")));
    cr_expect_eq(field(s, broken, "error").kind, VALUE_NONE, "a server's 503 is an answer");
    int64_t latency = field(s, slow, "latency").integer;
    cr_expect(latency >= 100 * MILLISECOND && latency < 2 * SECOND, "%lld", (long long)latency);
    cr_expect_eq(field(s, slow, "at").kind, VALUE_INSTANT);
    cr_expect_str_eq(trial_shown(s, slow_text), "\"slow\"");
    char peer[32], effect[160];
    snprintf(peer, sizeof peer, "127.0.0.1:%d", server.port);
    cr_expect_str_eq(words(s, ok, "peer"), peer);
    snprintf(effect, sizeof effect, "http GET %s: 503\n", server_url(&server, "/status/503"));
    cr_expect(strstr(trial_effects(s), effect), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
}

Test(http, every_method_says_what_it_should) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    const char *echo = server_url(&server, "/echo");
    const char *functions[] = { "http_get", "http_post", "http_put", "http_patch", "http_delete" };
    uint32_t plain[5];
    for (int i = 0; i < 5; i++)
        plain[i] = CALL(s, "http_response_text", step(request(s, functions[i], echo, OPTIONS(0))));
    uint32_t head = request(s, "http_head", echo, OPTIONS(0));
    uint32_t offset = CALL(s, "http_response_header", step(head), text("UPLOAD-offset"));
    uint32_t absent = CALL(s, "http_response_header", step(head), text("no-such"));
    good(s);
    const char *methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    for (int i = 0; i < 5; i++) {
        struct text said = value_text_of(trial_value(s, plain[i]));
        cr_expect(text_starts(said, text_of(methods[i])), "%s: %.*s", methods[i], TEXT_ARGS(said));
        bool has_length = text_find(said, TEXT("Content-Length: 0")) != SIZE_MAX;
        cr_expect_eq(has_length, i >= 1 && i <= 3, "%s: %.*s", methods[i], TEXT_ARGS(said));
        cr_expect_eq(text_find(said, TEXT("Content-Type")), SIZE_MAX, "%s: %.*s", methods[i], TEXT_ARGS(said));
        cr_expect_eq(text_find(said, TEXT("Expect")), SIZE_MAX);
    }
    cr_expect_str_eq(trial_shown(s, offset), "\"42\"");
    cr_expect_str_eq(trial_shown(s, absent), "none");
    cr_expect_str_eq(words(s, head, "status"), "200");
    trial_free(s);
    server_stop(&server);
}

static void expect_part(struct trial *s, uint32_t call, const char *part) {
    struct text said = value_text_of(trial_value(s, call));
    cr_expect_neq(text_find(said, text_of(part)), SIZE_MAX, "no \"%s\" in: %.*s", part, TEXT_ARGS(said));
}

Test(http, bodies) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    const char *echo = server_url(&server, "/echo");
    uint32_t file = CALL(s, "file_temporary", text("up.bin"), text("from a file"));
    char path[160];
    snprintf(path, sizeof path, "%s/up.bin", trial_scratch(s));
    (void)file;
    uint32_t plain = CALL(s, "http_response_text", step(post(s, echo, OPTIONS(.body = "some text"))));
    uint32_t object =
        CALL(s, "http_response_text", step(post(s, echo, OPTIONS(.json = "{\"id\": 12345678901234567890}"))));
    uint32_t form =
        CALL(s, "http_response_text", step(post(s, echo, OPTIONS(.form = "{\"a b\": \"x&y\", \"c\": \"é\"}"))));
    uint32_t upload = CALL(s, "http_response_text", step(request(s, "http_put", echo, OPTIONS(.file = path))));
    uint32_t typed = CALL(
        s, "http_response_text",
        step(post(s, echo, OPTIONS(.body = "<a/>", .headers = "{\"content-type\": \"text/xml\", \"X-Empty\": \"\"}"))));
    good(s);
    expect_part(s, plain, "Content-Type: text/plain; charset=utf-8");
    expect_part(s, plain, "\n\nsome text");
    expect_part(s, object, "Content-Type: application/json");
    expect_part(s, object, "\n\n{\"id\":12345678901234567890}");
    expect_part(s, form, "Content-Type: application/x-www-form-urlencoded");
    expect_part(s, form, "\n\na+b=x%26y&c=%C3%A9");
    expect_part(s, upload, "PUT /echo");
    expect_part(s, upload, "Content-Length: 11");
    expect_part(s, upload, "\n\nfrom a file");
    expect_part(s, typed, "content-type: text/xml");
    expect_part(s, typed, "X-Empty:");
    cr_expect_eq(text_find(value_text_of(trial_value(s, typed)), TEXT("text/plain")), SIZE_MAX);
    trial_free(s);
    server_stop(&server);
}

Test(http, what_is_no_request_ends_the_run) {
    refuses("http_get", "localhost:8080/x", OPTIONS(0), "has no scheme: write \"http://localhost:8080/x\"");
    refuses("http_get", "file:///etc/passwd", OPTIONS(0), "is not one of http or https");
    refuses("http_get", "", OPTIONS(0), "the URL is empty");
    refuses("http_get", "http://a b/", OPTIONS(0), "a space at byte 9: write %20");
    refuses("http_get", "http://host/\r\nX: 1", OPTIONS(0), "a control character at byte 13");
    refuses("http_get", "http://", OPTIONS(0), "is no URL");
    refuses("http_get", "http://127.0.0.1:99999/", OPTIONS(0), "is no URL");
    refuses("http_get", "ftp://someone:geheim@host/", OPTIONS(0), "\"ftp://***@host/\" is not one of http or https");
    refuses("http_get", "http://host/", OPTIONS(.headers = "{\"X-A\": \"1\\r\\nX-B: 2\"}"),
            "the header X-A has a line break");
    refuses("http_get", "http://host/", OPTIONS(.headers = "{\"X A\": \"1\"}"), "cannot be the name of a header");
    refuses("http_get", "http://host/", OPTIONS(.headers = "{\"Content-Length\": \"1\"}"), "is set by the body alone");
    refuses("http_post", "http://host/", OPTIONS(.body = "a", .json = "{}"), "one body at most");
    refuses("http_post", "http://host/", OPTIONS(.file = "/nowhere/at/all"), "no such file");
    refuses("http_post", "http://host/", OPTIONS(.file = "/tmp"), "it is a folder");
    refuses("http_get", "http://host/", OPTIONS(.timeout = -1), "the timeout must be above 0s");
    refuses("http_get", "http://host/", OPTIONS(.redirects = -1), "redirects: 0 to 50");
    refuses("http_get", "http://host/", OPTIONS(.password = "x"), "a password without a user");
    refuses("http_get", "http://host/", OPTIONS(.ca = "/nowhere.pem"), "ca /nowhere.pem: no such file");
    refuses("http_get", "http://host/", OPTIONS(.dns = "resolver"), "dns: \"resolver\" is no address of a DNS server");
    refuses("http_get", "http://host/", OPTIONS(.dns = "127.0.0.1", .redirects = 1), "cannot be used with redirects:");
    refuses("http_get", "http://LocalHost/", OPTIONS(.dns = "127.0.0.1"), "is never asked of a DNS server");
    refuses("http_get", "http://a.localhost./", OPTIONS(.dns = "127.0.0.1"), "is never asked of a DNS server");
}

Test(http, no_answer_is_a_value) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    char refused_url[64];
    snprintf(refused_url, sizeof refused_url, "http://127.0.0.1:%d/", closed_port());
    uint32_t refused = get(s, refused_url, OPTIONS(0));
    uint32_t hang = get(s, server_url(&server, "/hang"), OPTIONS(.timeout = 150 * MILLISECOND));
    uint32_t drip = get(s, server_url(&server, "/drip"), OPTIONS(.timeout = 150 * MILLISECOND));
    uint32_t reset = get(s, server_url(&server, "/reset"), OPTIONS(0));
    uint32_t reset_body = get(s, server_url(&server, "/reset-body"), OPTIONS(0));
    uint32_t closed = get(s, server_url(&server, "/close"), OPTIONS(0));
    uint32_t cut = get(s, server_url(&server, "/cut"), OPTIONS(0));
    uint32_t garbage = get(s, server_url(&server, "/garbage"), OPTIONS(0));
    uint32_t headers = get(s, server_url(&server, "/endless-headers"), OPTIONS(0));
    uint32_t name = get(s, "http://no-such-host.invalid/", OPTIONS(0));
    uint32_t tls = get(s, "https://127.0.0.1:1/", OPTIONS(.timeout = SECOND));
    char wrong_scheme[64];
    snprintf(wrong_scheme, sizeof wrong_scheme, "https://127.0.0.1:%d/", server.port);
    uint32_t no_tls = get(s, wrong_scheme, OPTIONS(.timeout = 300 * MILLISECOND));
    good(s);
    expect_error(s, refused, "connection refused");
    cr_expect_eq(field(s, refused, "status").kind, VALUE_NONE);
    expect_error(s, hang, "timeout after 150ms while waiting for the answer");
    expect_error(s, drip, "timeout after 150ms while reading the answer");
    cr_expect_str_eq(words(s, drip, "status"), "200");
    expect_error(s, reset, "connection reset");
    expect_error(s, reset_body, "connection reset");
    expect_error(s, closed, "connection closed without an answer");
    expect_error(s, cut, "connection closed in the middle of the body");
    expect_error(s, garbage, "not HTTP: ");
    cr_expect_eq(field(s, headers, "error").kind, VALUE_TEXT, "endless headers come to an end");
    expect_error(s, name, "DNS: ");
    expect_error(s, tls, "connection refused");
    expect_error(s, no_tls, "timeout after 300ms in the TLS handshake");
    int64_t latency = field(s, hang, "latency").integer;
    cr_expect(latency >= 150 * MILLISECOND && latency < SECOND, "%lld", (long long)latency);
    trial_free(s);
    server_stop(&server);
}

Test(http, large_bodies_lie_on_disk) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t small = get(s, server_url(&server, "/big/1048576"), OPTIONS(0));
    uint32_t large = get(s, server_url(&server, "/big/3000000"), OPTIONS(0));
    uint32_t chunked = get(s, server_url(&server, "/chunked/3000000"), OPTIONS(0));
    uint32_t digest = CALL(s, "hash_sha256_response", step(large));
    uint32_t chunked_digest = CALL(s, "hash_sha256_response", step(chunked));
    uint32_t small_digest = CALL(s, "hash_sha256_response", step(small));
    uint32_t whole = CALL(s, "http_response_text", step(large));
    uint32_t no_json = CALL(s, "http_response_json", step(large));
    uint32_t over = get(s, server_url(&server, "/big/3000000"), OPTIONS(.limit = 2 << 20));
    uint32_t over_chunked = get(s, server_url(&server, "/chunked/3000000"), OPTIONS(.limit = 2 << 20));
    uint32_t exact = get(s, server_url(&server, "/big/1000"), OPTIONS(.limit = 1000));
    good(s);
    cr_expect_eq(field(s, small, "body").kind, VALUE_TEXT);
    cr_expect_neq(field(s, large, "body").kind, VALUE_TEXT);
    cr_expect_eq(field(s, large, "size").integer, 3000000);
    cr_expect_str_eq(trial_shown(s, digest), "\"e55b8bdf621ddaa8f462c74745db9680d3bb7536a9cf854f8d6668b34a287890\"");
    cr_expect(value_equal(trial_value(s, digest), trial_value(s, chunked_digest)));
    cr_expect_eq(trial_value(s, small_digest).kind, VALUE_TEXT);
    cr_expect_eq(value_text_of(trial_value(s, whole)).length, 3000000);
    cr_expect_eq(trial_value(s, no_json).kind, VALUE_ERROR);
    expect_error(s, over, "body over 2MiB");
    expect_error(s, over_chunked, "body over 2MiB");
    cr_expect(value_is_true(field(s, exact, "ok")));
    trial_free(s);
    server_stop(&server);
}

Test(http, bodies_of_every_kind) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t binary = CALL(s, "http_response_bytes", step(get(s, server_url(&server, "/binary"), OPTIONS(0))));
    uint32_t object = CALL(s, "http_response_json", step(get(s, server_url(&server, "/json"), OPTIONS(0))));
    uint32_t packed = CALL(s, "http_response_text", step(get(s, server_url(&server, "/gzip"), OPTIONS(0))));
    uint32_t unpacked =
        CALL(s, "http_response_text",
             step(get(s, server_url(&server, "/gzip"), OPTIONS(.headers = "{\"Accept-Encoding\": \"gzip\"}"))));
    uint32_t twice = get(s, server_url(&server, "/headers"), OPTIONS(0));
    uint32_t interim = get(s, server_url(&server, "/interim"), OPTIONS(0));
    uint32_t link = CALL(s, "http_response_header", step(interim), text("link"));
    good(s);
    struct text bytes = value_text_of(trial_value(s, binary));
    cr_assert_eq(bytes.length, 256);
    for (int i = 0; i < 256; i++) cr_expect_eq((unsigned char)bytes.bytes[i], i);
    cr_expect_str_eq(trial_shown(s, object), "{ big: 12345678901234567890, list: [1, 2] }");
    cr_expect_eq(value_text_of(trial_value(s, packed)).length, 25, "not unpacked unless asked for");
    cr_expect_str_eq(trial_shown(s, unpacked), "\"hello\"");
    struct value headers = field(s, twice, "headers");
    bool found;
    cr_expect(text_is(value_text_of(value_field(headers, TEXT("x-twice"), &found)), "1, 2"));
    cr_expect(text_is(value_text_of(value_field(headers, TEXT("set-cookie"), &found)), "a=1\nb=2"));
    cr_expect(text_is(value_text_of(value_field(headers, TEXT("x-empty"), &found)), ""));
    cr_expect_str_eq(words(s, interim, "status"), "200");
    cr_expect_eq(trial_value(s, link).kind, VALUE_NONE, "headers of an interim answer are not the answer's");
    trial_free(s);
    server_stop(&server);
}

Test(http, a_large_file_is_sent) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    char path[160];
    snprintf(path, sizeof path, "%s/random.bin", trial_scratch(s));
    CALL(s, "file_random", size(5000000));
    uint32_t sent = request(s, "http_put", server_url(&server, "/echo"), OPTIONS(.file = path));
    good(s);
    cr_expect_str_eq(words(s, sent, "status"), "200");
    cr_expect_gt(field(s, sent, "size").integer, 5000000);
    trial_free(s);
    server_stop(&server);
}

/* A listener whose queue is full: the kernel drops what knocks. */
Test(http, a_host_that_is_silent) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), knocking[4];
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    cr_assert(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 0) == 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    for (int i = 0; i < 4; i++) {
        knocking[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(knocking[i], (struct sockaddr *)&address, length) == 0) continue;
    }
    struct trial *s = trial_new();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    uint32_t silent = get(s, url, OPTIONS(.timeout = 300 * MILLISECOND));
    good(s);
    expect_error(s, silent, "timeout after 300ms while connecting");
    cr_expect_eq(field(s, silent, "status").kind, VALUE_NONE);
    trial_free(s);
    for (int i = 0; i < 4; i++) close(knocking[i]);
    close(listener);
}

Test(http, redirects_are_counted) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t none_followed = get(s, server_url(&server, "/redirect/2"), OPTIONS(0));
    uint32_t followed = get(s, server_url(&server, "/redirect/2"), OPTIONS(.redirects = 2));
    uint32_t text_there = CALL(s, "http_response_text", step(followed));
    uint32_t too_many = get(s, server_url(&server, "/redirect/3"), OPTIONS(.redirects = 2));
    uint32_t to_file = get(s, server_url(&server, "/redirect-file"), OPTIONS(.redirects = 2));
    uint32_t posted = post(s, server_url(&server, "/redirect/1"), OPTIONS(.body = "x", .redirects = 2));
    good(s);
    cr_expect_str_eq(words(s, none_followed, "status"), "302");
    cr_expect_str_eq(words(s, followed, "status"), "200");
    cr_expect_str_eq(trial_shown(s, text_there), "\"there\"");
    bool found;
    value_field(field(s, followed, "headers"), TEXT("x-hop"), &found);
    cr_expect_not(found, "headers of the redirect are not the answer's");
    expect_error(s, too_many, "more than 2 redirects");
    expect_error(s, to_file, "not HTTP: ");
    cr_expect_str_eq(words(s, posted, "status"), "200", "a redirect is no second sending of the same request");
    trial_free(s);
    server_stop(&server);
}

Test(http, user_and_password) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    char with_user[80];
    snprintf(with_user, sizeof with_user, "http://user:secret@127.0.0.1:%d/auth", server.port);
    uint32_t without = get(s, server_url(&server, "/auth"), OPTIONS(0));
    uint32_t right = get(s, server_url(&server, "/auth"), OPTIONS(.user = "user", .password = "secret"));
    uint32_t wrong = get(s, server_url(&server, "/auth"), OPTIONS(.user = "user", .password = "other"));
    uint32_t in_url = get(s, with_user, OPTIONS(0));
    good(s);
    cr_expect_str_eq(words(s, without, "status"), "401");
    cr_expect_str_eq(words(s, right, "status"), "200");
    cr_expect_str_eq(words(s, wrong, "status"), "401");
    cr_expect_str_eq(words(s, in_url, "status"), "200");
    cr_expect_null(strstr(trial_effects(s), "secret"), "%s", trial_effects(s));
    cr_expect(strstr(trial_effects(s), "http://***@127.0.0.1"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
}

Test(http, connections_are_kept_unless_fresh) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    for (int i = 0; i < 5; i++) get(s, server_url(&server, "/status/200"), OPTIONS(0));
    uint32_t kept = CALL(s, "http_response_text", step(get(s, server_url(&server, "/connections"), OPTIONS(0))));
    for (int i = 0; i < 3; i++) get(s, server_url(&server, "/status/200"), OPTIONS(.fresh = true));
    uint32_t fresh = CALL(s, "http_response_text", step(get(s, server_url(&server, "/connections"), OPTIONS(0))));
    good(s);
    cr_expect_str_eq(trial_shown(s, kept), "\"1\"");
    cr_expect_str_eq(trial_shown(s, fresh), "\"4\"");
    trial_free(s);
    server_stop(&server);
}

/* The server closes a kept connection when the next request has come: a GET is asked again, a POST is not sent twice. */
Test(http, an_action_is_never_sent_twice) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    get(s, server_url(&server, "/stale"), OPTIONS(0));
    uint32_t looked = get(s, server_url(&server, "/status/200"), OPTIONS(0));
    get(s, server_url(&server, "/stale"), OPTIONS(0));
    uint32_t done = post(s, server_url(&server, "/status/200"), OPTIONS(.body = "x"));
    uint32_t posts = CALL(s, "http_response_text", step(get(s, server_url(&server, "/posts"), OPTIONS(0))));
    good(s);
    cr_expect_str_eq(words(s, looked, "status"), "200");
    expect_error(s, done, "connection closed without an answer, after the request was sent; not sent again");
    cr_expect_str_eq(trial_shown(s, posts), "\"1\"");
    trial_free(s);
    server_stop(&server);
}

Test(http, certificates_are_verified) {
    struct server server = server_start(1), other = server_start(2);
    struct trial *s = trial_new();
    const char *url = server_url(&server, "/status/200");
    char by_name[80];
    snprintf(by_name, sizeof by_name, "https://localhost:%d/status/200", server.port);
    uint32_t unknown = get(s, url, OPTIONS(0));
    uint32_t known = get(s, url, OPTIONS(.ca = server.certificate));
    uint32_t wrong = get(s, url, OPTIONS(.ca = other.certificate));
    uint32_t insecure = get(s, url, OPTIONS(.insecure = true));
    uint32_t again = get(s, url, OPTIONS(0)); /* the kept connection of the insecure one must not serve it */
    uint32_t named = get(s, by_name, OPTIONS(.ca = server.certificate));
    uint32_t plain = get(s, url, OPTIONS(.ca = "/dev/null"));
    good(s);
    expect_error(s, unknown, "TLS: certificate problem: ");
    cr_expect_str_eq(words(s, known, "status"), "200");
    expect_error(s, wrong, "TLS: certificate problem: ");
    cr_expect_str_eq(words(s, insecure, "status"), "200");
    expect_error(s, again, "TLS: certificate problem: ");
    cr_expect_str_eq(words(s, named, "status"), "200");
    expect_error(s, plain, "TLS: ");
    trial_free(s);
    server_stop(&server);
    server_stop(&other);
}

Test(http, proxies_of_the_environment_are_not_used) {
    struct server server = server_start(0);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct trial *s = trial_new();
    uint32_t direct = get(s, server_url(&server, "/status/200"), OPTIONS(0));
    good(s);
    cr_expect_str_eq(words(s, direct, "status"), "200");
    trial_free(s);
    server_stop(&server);
}

/* The run's own limit comes while a request is on its way: it is given up, and nothing leaks. */
Test(http, a_request_can_be_given_up) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    get(s, server_url(&server, "/hang"), OPTIONS(.timeout = 60 * SECOND));
    int64_t start = clock_monotonic();
    cr_expect_eq(trial_run(s, 300 * MILLISECOND), RUN_ERROR);
    cr_expect_lt(clock_monotonic() - start, 3 * SECOND);
    cr_expect(strstr(trial_effects(s), "given up"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
}
