/* What is understood of HTTP as it passes: exchanges of every framing, whole or byte by byte, and what is none. */
#include "stdlib/proxy/header.h"
#include "stdlib/proxy/tap.h"
#include "stdlib/proxy/target.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A connection's two directions, fed by hand; what was told comes out as lines. */
struct fixture {
    struct tap tap;
    struct news_queue *news;
    struct buffer told;
    size_t step; /* bytes fed at once; 0: all */
    int64_t now;
};

static struct fixture begin(size_t step) {
    struct fixture f = { .news = news_queue_new(16 << 20), .step = step, .now = 100 };
    tap_init(&f.tap, f.news, 1, "127.0.0.1:1", f.now);
    return f;
}

static void feed(struct fixture *f, bool up, struct text bytes) {
    size_t step = f->step ? f->step : bytes.length;
    for (size_t at = 0; at < bytes.length; at += step) {
        struct text part = text_slice(bytes, at, step);
        f->now++;
        if (up)
            tap_up(&f->tap, part, f->now);
        else
            tap_down(&f->tap, part, f->now);
    }
}
#define UP(f, literal) feed(f, true, TEXT(literal))
#define DOWN(f, literal) feed(f, false, TEXT(literal))

static void show(struct buffer *out, const struct news *news) {
    if (news->kind == NEWS_ATTEMPT) {
        buffer_printf(out, "attempt %s", news->outcome);
        if (news->request.length) buffer_printf(out, " of %.*s", TEXT_ARGS(news->request));
        if (news->given_up)
            buffer_printf(out, ", given up %lld before its end", (long long)(news->end - news->given_up));
        buffer_append_byte(out, '\n');
        return;
    }
    buffer_printf(out, "%.*s %.*s %d %lld", TEXT_ARGS(news->method), TEXT_ARGS(news->path), news->status,
                  (long long)news->size);
    if (news->error.length) buffer_printf(out, " (%.*s)", TEXT_ARGS(news->error));
    buffer_append_byte(out, '\n');
}

/* Everything told since the last call. */
static const char *told(struct fixture *f) {
    uint64_t lost;
    buffer_clear(&f->told);
    buffer_append_string(&f->told, "");
    for (struct news *news = news_take(f->news, &lost), *next; news; news = next) {
        next = news->next;
        show(&f->told, news);
        memory_release(news);
    }
    cr_expect_eq(lost, 0);
    return f->told.bytes ? f->told.bytes : "";
}

static void end(struct fixture *f) {
    buffer_done(&f->told);
    tap_done(&f->tap);
    news_queue_free(f->news);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* Each in one piece, byte by byte, and in odd pieces. */
#define EACH_WAY(f) \
    for (size_t way = 0; way < 4; way++) \
        for (struct fixture f = begin((size_t[]){ 0, 1, 3, 7 }[way]), *once = &f; once; end(&f), once = NULL)

Test(tap, an_answer_with_a_length) {
    EACH_WAY(f) {
        UP(&f, "GET /a/b?token=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        cr_expect_str_eq(told(&f), "");
        DOWN(&f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
        cr_expect_str_eq(told(&f), "", "it is not whole yet");
        DOWN(&f, "o");
        cr_expect_str_eq(told(&f), "GET /a/b 200 5\nattempt answered\n");
    }
}

/* The last byte of a body is always seen: with it the exchange is told. */
Test(tap, what_need_not_be_seen_is_counted) {
    struct fixture f = begin(0);
    cr_expect_eq(tap_unneeded(&f.tap, true), 0);
    UP(&f, "PUT /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
    cr_expect_eq(tap_unneeded(&f.tap, true), 99);
    tap_pass(&f.tap, true, 99);
    cr_expect_eq(tap_unneeded(&f.tap, true), 0);
    UP(&f, "xGET /b HTTP/1.1\r\n\r\n");
    DOWN(&f, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n");
    cr_expect_eq(tap_unneeded(&f.tap, false), 63);
    tap_pass(&f.tap, false, 63);
    DOWN(&f, "x\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    cr_expect_eq(tap_unneeded(&f.tap, false), UINT64_MAX, "to the close");
    tap_pass(&f.tap, false, 1000);
    tap_down_ended(&f.tap, f.now);
    cr_expect_str_eq(told(&f), "PUT /a 200 64\nattempt answered\nGET /b 200 1000\nattempt answered\n");
    end(&f);
}

Test(tap, times_are_from_the_first_byte_to_the_last) {
    struct fixture f = begin(0);
    uint64_t lost;
    f.now = 1000;
    UP(&f, "G");
    f.now = 2000;
    UP(&f, "ET / HTTP/1.1\r\n\r\n");
    f.now = 3000;
    DOWN(&f, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na");
    f.now = 4000;
    DOWN(&f, "b");
    struct news *exchange = news_take(f.news, &lost), *attempt = exchange->next;
    cr_expect_eq(exchange->start, 1001);
    cr_expect_eq(exchange->end, 4001);
    cr_expect_eq(attempt->start, 100, "the first one's begins with its connection");
    memory_release(attempt);
    memory_release(exchange);
    end(&f);
}

Test(tap, chunks_and_trailers) {
    EACH_WAY(f) {
        UP(&f, "POST /u HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nGET \r\n0\r\nX: y\r\n\r\n");
        DOWN(&f, "HTTP/1.1 201 Made\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n"
                 "0\r\nTrailer: 1\r\n\r\n");
        cr_expect_str_eq(told(&f), "POST /u 201 15\nattempt answered\n");
        UP(&f, "GET /next HTTP/1.1\r\n\r\n");
        DOWN(&f, "HTTP/1.1 204 None\r\n\r\n");
        cr_expect_str_eq(told(&f), "GET /next 204 0\nattempt answered\n");
    }
}

Test(tap, answers_that_have_no_body) {
    EACH_WAY(f) {
        UP(&f, "HEAD /h HTTP/1.1\r\n\r\nGET /n HTTP/1.1\r\n\r\nGET /m HTTP/1.1\r\n\r\n");
        DOWN(&f, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        cr_expect_str_eq(told(&f), "HEAD /h 200 0\nattempt answered\nGET /n 304 0\nattempt answered\n"
                                   "GET /m 200 0\nattempt answered\n");
    }
}

Test(tap, interim_answers_are_not_the_answer) {
    EACH_WAY(f) {
        UP(&f, "POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        DOWN(&f, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n");
        cr_expect_str_eq(told(&f), "");
        UP(&f, "ab");
        DOWN(&f, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx");
        cr_expect_str_eq(told(&f), "POST /p 200 1\nattempt answered\n");
    }
}

Test(tap, an_answer_may_come_before_the_request_is_whole) {
    EACH_WAY(f) {
        UP(&f, "PUT /big HTTP/1.1\r\nContent-Length: 10\r\n\r\n123");
        DOWN(&f, "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n");
        cr_expect_str_eq(told(&f), "PUT /big 413 0\nattempt answered\n");
        UP(&f, "4567890GET /after HTTP/1.1\r\n\r\n");
        DOWN(&f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        cr_expect_str_eq(told(&f), "GET /after 200 0\nattempt answered\n");
    }
}

Test(tap, the_end_of_the_connection_ends_an_answer) {
    EACH_WAY(f) {
        UP(&f, "GET / HTTP/1.0\r\n\r\n");
        DOWN(&f, "HTTP/1.0 200 OK\r\n\r\nall of it");
        cr_expect_str_eq(told(&f), "");
        tap_down_ended(&f.tap, f.now);
        cr_expect_str_eq(told(&f), "GET / 200 9\nattempt answered\n");
        tap_over(&f.tap, "closed", "the service closed the connection", f.now);
        cr_expect_str_eq(told(&f), "");
    }
}

Test(tap, what_was_cut_is_told_with_how_much_came) {
    EACH_WAY(f) {
        UP(&f, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGE");
        DOWN(&f, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
        tap_over(&f.tap, "reset", "the service reset the connection", f.now);
        cr_expect_str_eq(told(&f),
                         "GET /1 200 4 (the answer was cut after 4 of 10 bytes: the service reset the "
                         "connection)\nattempt reset\n"
                         "GET /2 0 0 (no answer: the service reset the connection)\nattempt reset\n"
                         "attempt reset\n",
                         "half a head is no request");
    }
}

Test(tap, a_closed_connection_leaves_requests_unanswered) {
    EACH_WAY(f) {
        UP(&f, "GET /1 HTTP/1.1\r\n\r\n");
        tap_over(&f.tap, "closed", "the client closed the connection", f.now);
        cr_expect_str_eq(told(&f), "GET /1 0 0 (no answer: the client closed the connection)\nattempt unanswered\n");
    }
}

Test(tap, an_answer_to_nobody_is_told) {
    EACH_WAY(f) {
        UP(&f, "GET /1 HTTP/1.1\r\n\r\n");
        DOWN(&f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n");
        cr_expect_str_eq(told(&f), "GET /1 200 0\nattempt answered\n  408 0\nattempt answered\n");
    }
}

Test(tap, an_upgrade_and_a_tunnel_are_opaque_afterwards) {
    EACH_WAY(f) {
        UP(&f, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
        DOWN(&f, "HTTP/1.1 101 Switching\r\n\r\n\x81\x05hello");
        UP(&f, "\x81\x05HTTP/1.1 200 OK\r\n\r\n");
        const char *why;
        cr_expect_str_eq(told(&f), "GET /ws 101 0\nattempt answered\n");
        cr_expect_not(tap_is_alien(&f.tap, &why), "it was HTTP");
        tap_over(&f.tap, "closed", "", f.now);
        cr_expect_str_eq(told(&f), "");
    }
    EACH_WAY(f) {
        UP(&f, "CONNECT a:1 HTTP/1.1\r\n\r\n");
        DOWN(&f, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 no\r\n\r\n");
        cr_expect_str_eq(told(&f), "CONNECT a:1 200 0\nattempt answered\n");
    }
}

Test(tap, other_protocols_are_one_attempt_each) {
    static const char *const first[] = { "\x16\x03\x01 hello", "PRI * HTTP/2.0\r\n\r\nSM", "PING\r\n", "\0\0\0\x08" };
    for (size_t i = 0; i < 4; i++) {
        EACH_WAY(f) {
            const char *why;
            feed(&f, true, (struct text){ first[i], i == 3 ? 4 : strlen(first[i]) });
            DOWN(&f, "+PONG\r\n");
            cr_expect(tap_is_alien(&f.tap, &why));
            tap_over(&f.tap, "closed", "", f.now);
            cr_expect_str_eq(told(&f), "attempt closed\n", "%zu", i);
        }
    }
    EACH_WAY(f) {
        DOWN(&f, "220 mail ready\r\n");
        UP(&f, "HELO\r\n");
        tap_over(&f.tap, "reset", "", f.now);
        cr_expect_str_eq(told(&f), "attempt reset\n");
    }
    EACH_WAY(f) {
        tap_over(&f.tap, "closed", "", f.now);
        cr_expect_str_eq(told(&f), "attempt closed\n", "somebody only knocked");
    }
}

Test(tap, nonsense_that_http_answers_is_seen) {
    EACH_WAY(f) {
        UP(&f, "NONSENSE\r\n\r\n");
        DOWN(&f, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
        cr_expect_str_eq(told(&f), "  400 0\nattempt answered\n");
    }
}

Test(tap, an_answer_that_is_none_fails_its_request) {
    static const char *const answers[] = { "SSH-2.0-x\r\n",
                                           "HTTP/1.1 two\r\n",
                                           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
                                           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n" };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        EACH_WAY(f) {
            UP(&f, "GET /x HTTP/1.1\r\n\r\n");
            feed(&f, false, text_of(answers[i]));
            tap_over(&f.tap, "closed", "", f.now);
            const char *lines = told(&f);
            cr_expect(strncmp(lines, "GET /x 0 0 (no answer that can be read: ", 40) == 0, "%zu: %s", i, lines);
        }
    }
}

Test(tap, long_lines_and_many_headers_are_bounded) {
    struct fixture f = begin(997);
    struct buffer head = { 0 };
    buffer_append_string(&head, "GET /");
    buffer_append_repeat(&head, 'p', 100000);
    buffer_append_string(&head, " HTTP/1.1\r\nCookie: ");
    buffer_append_repeat(&head, 'c', 100000);
    buffer_append_string(&head, "\r\n\r\n");
    feed(&f, true, buffer_text(&head));
    buffer_clear(&head);
    buffer_append_string(&head, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 5000; i++) buffer_printf(&head, "X-%d: %d\r\n", i, i);
    buffer_append_string(&head, "Content-Length: 3\r\n\r\nabc");
    feed(&f, false, buffer_text(&head));
    uint64_t lost;
    struct news *exchange = news_take(f.news, &lost), *attempt = exchange->next;
    cr_expect_eq(exchange->status, 200);
    cr_expect_eq(exchange->size, 3);
    cr_expect_lt(exchange->headers.length, 20000);
    cr_expect_leq(exchange->path.length, 1024);
    memory_release(attempt);
    memory_release(exchange);
    buffer_done(&head);
    end(&f);
}

Test(tap, too_many_requests_without_an_answer_are_not_followed) {
    struct fixture f = begin(0);
    for (int i = 0; i < 5000; i++) UP(&f, "GET / HTTP/1.1\r\n\r\n");
    tap_over(&f.tap, "closed", "", f.now);
    cr_expect(strstr(told(&f), "GET / 0 0 (no answer that can be read: over 4096 requests wait"));
    end(&f);
}

Test(tap, credentials_are_kept_by_name_only) {
    struct fixture f = begin(0);
    uint64_t lost;
    UP(&f, "GET / HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n");
    DOWN(&f, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=abc\r\nX-Auth-Token: abc\r\nX-Plain:  seen \r\n"
             "Content-Length: 0\r\n\r\n");
    struct news *exchange = news_take(f.news, &lost), *attempt = exchange->next;
    static const char expected[] = "set-cookie\0***\0x-auth-token\0***\0x-plain\0seen\0content-length\0"
                                   "0";
    cr_expect(text_equal(exchange->headers, (struct text){ expected, sizeof expected }));
    memory_release(attempt);
    memory_release(exchange);
    end(&f);
}

/* Codes of sign-ins and signatures of links stand in queries and fragments. */
Test(tap, addresses_are_kept_without_queries) {
    struct fixture f = begin(0);
    uint64_t lost;
    UP(&f, "GET / HTTP/1.1\r\n\r\n");
    DOWN(&f,
         "HTTP/1.1 302 Found\r\nLocation: https://a/back?code=abc'd&state=e>f\r\ncontent-location: /x#id_token=abc\r\n"
         "Refresh: 5; url=\"/next?ticket=abc\"\r\nReferer: http://a/?abc#d\r\nX-Plain: why?\r\n"
         "Link: </2?cursor=abc>; rel=next; title=\"more?abc\", </9#abc>; rel=last\r\nLocation: /plain\r\n"
         "Link: </3?abc\r\nContent-Length: 0\r\n\r\n");
    struct news *exchange = news_take(f.news, &lost), *attempt = exchange->next;
    static const char expected[] = "location\0https://a/back\0content-location\0/x\0refresh\0"
                                   "5; url=\"/next\0referer\0http://a/\0x-plain\0why?\0"
                                   "link\0</2>; rel=next; title=\"more\", </9>; rel=last\0location\0/plain\0"
                                   "link\0</3\0content-length\0"
                                   "0";
    cr_expect(text_equal(exchange->headers, (struct text){ expected, sizeof expected }), "%zu of %zu bytes",
              exchange->headers.length, sizeof expected);
    memory_release(attempt);
    memory_release(exchange);
    end(&f);
}

Test(news, what_does_not_fit_is_counted_as_lost) {
    struct news_queue *queue = news_queue_new(1000);
    uint64_t lost;
    for (int i = 0; i < 100; i++) news_put(queue, news_new(&(struct news){ .kind = NEWS_ATTEMPT }));
    news_put(queue, news_new(&(struct news){ .kind = NEWS_ECHO, .number = 7 }));
    size_t count = 0;
    struct news *news = news_take(queue, &lost);
    for (struct news *next; news; news = next) {
        next = news->next;
        count += news->kind == NEWS_ATTEMPT;
        cr_expect(next || news->number == 7, "an echo is never lost");
        memory_release(news);
    }
    cr_expect(count > 0 && count < 100 && lost == 100 - count, "%zu, %llu lost", count, (unsigned long long)lost);
    cr_expect_null(news_take(queue, &lost));
    cr_expect_eq(lost, 0, "told once");
    news_queue_free(queue);
}

static const char *read_url(const char *url) {
    static char shown[200];
    struct target target;
    struct text authority = TEXT_NONE;
    struct buffer problem = { 0 };
    bool good = target_of_url(text_of(url), &target, &authority, &problem);
    snprintf(shown, sizeof shown, "%s", good ? target.shown : problem.bytes);
    buffer_done(&problem);
    return shown;
}

Test(target, urls_and_addresses) {
    cr_expect_str_eq(read_url("http://127.0.0.1:8080/a?b"), "127.0.0.1:8080");
    cr_expect_str_eq(read_url("http://localhost"), "127.0.0.1:80");
    cr_expect_str_eq(read_url("https://[::1]/x"), "[::1]:443");
    cr_expect_str_eq(read_url("postgres://a:p@ss@127.0.0.1/db"), "127.0.0.1:5432");
    cr_expect(strstr(read_url("http://example.org/"), "no IP address"));
    cr_expect(strstr(read_url("ftp://127.0.0.1/"), "has no port"));
    cr_expect(strstr(read_url("http://127.0.0.1:99999/"), "has no port"));
    cr_expect(strstr(read_url("127.0.0.1"), "no scheme"));
    cr_expect(strstr(read_url("http://:80/"), "no IP address"));
}

Test(tap, an_attempt_says_who_asked_and_when_the_client_gave_up) {
    struct fixture f = begin(1);
    UP(&f, "GET /a HTTP/1.1\r\nx-request-ID:  r-1 \r\nX-Request-Id: other\r\n\r\n");
    DOWN(&f, "HTTP/1.1 204 No Content\r\n\r\n");
    UP(&f, "GET /b HTTP/1.1\r\n\r\n"); /* that of the request before is not its own */
    DOWN(&f, "HTTP/1.1 204 No Content\r\n\r\n");
    cr_expect_str_eq(told(&f), "GET /a 204 0\nattempt answered of r-1\nGET /b 204 0\nattempt answered\n");
    UP(&f, "GET /c HTTP/1.1\r\nX-Request-Id: r-3\r\n\r\n");
    tap_up_ended(&f.tap, f.now);
    tap_over(&f.tap, "reset", "the fault down", f.now + 40);
    cr_expect_str_eq(told(&f),
                     "GET /c 0 0 (no answer: the fault down)\nattempt reset of r-3, given up 40 before its end\n");
    end(&f);
}
