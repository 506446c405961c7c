/* The parser of a load's answers: what is right in any pieces, and what is refused. */
#include "stdlib/http/answer.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

struct seen {
    struct buffer head, body;
    int heads;
};

static bool take_lines(void *data, struct text lines, bool is_trailer) {
    struct seen *seen = data;
    if (!is_trailer) {
        buffer_clear(&seen->head);
        seen->heads++;
    }
    buffer_append(&seen->head, lines);
    return true;
}

static bool take_body(void *data, struct text bytes) {
    buffer_append(&((struct seen *)data)->body, bytes);
    return true;
}

/* Feeds `bytes` in pieces of this size, as sockets do: what was not used comes again. */
static struct answer read_in(struct text bytes, size_t piece, bool of_head, bool ends, struct seen *seen,
                             struct answer_memory *memory) {
    struct answer answer;
    struct answer_sink sink = { seen, take_lines, take_body };
    size_t used = 0, there = 0;
    answer_begin(&answer, of_head);
    while (there < bytes.length && answer.stage != ANSWER_COMPLETE && answer.stage != ANSWER_BROKEN) {
        there = there + piece < bytes.length ? there + piece : bytes.length;
        used += answer_read(&answer, text_slice(bytes, used, there - used), memory, &sink);
    }
    if (ends) answer_end(&answer);
    return answer;
}

static void expect(const char *bytes, bool of_head, bool ends, int status, const char *body, bool keeps) {
    for (size_t piece = 1; piece <= strlen(bytes); piece++) {
        struct seen seen = { 0 };
        struct answer answer = read_in(text_of(bytes), piece, of_head, ends, &seen, NULL);
        cr_assert_eq(answer.stage, ANSWER_COMPLETE, "%s\nin pieces of %zu: %s", bytes, piece, answer.problem);
        cr_expect_eq(answer.status, status);
        cr_expect_str_eq(seen.body.bytes ? seen.body.bytes : "", body);
        cr_expect_eq(answer.keeps, keeps, "%s", bytes);
        buffer_done(&seen.head);
        buffer_done(&seen.body);
    }
}

static void refuse(const char *bytes, bool ends, const char *problem) {
    for (size_t piece = 1; piece <= strlen(bytes) + 1; piece++) {
        struct seen seen = { 0 };
        struct answer answer = read_in(text_of(bytes), piece, false, ends, &seen, NULL);
        cr_assert_eq(answer.stage, ANSWER_BROKEN, "%s", bytes);
        cr_expect_str_eq(answer.problem, problem);
        cr_expect_not(answer.keeps);
        buffer_done(&seen.head);
        buffer_done(&seen.body);
    }
}

Test(answer, a_body_by_its_length) {
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, false, 200, "hello", true);
    expect("HTTP/1.1 200\nContent-Length: 0\n\n", false, false, 200, "", true);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, Close\r\n\r\nhi", false, false, 200, "hi",
           false);
    expect("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, false, 200, "hi", false);
    expect("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", false, false, 200, "hi", true);
}

Test(answer, a_body_in_chunks) {
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n", false, false,
           200, "hello!", true);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n", false,
           false, 200, "0123456789", true);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false,
           false, 200, "x", false);
}

Test(answer, a_body_to_the_end_of_the_connection) {
    expect("HTTP/1.1 200 OK\r\n\r\nall of it", false, true, 200, "all of it", false);
}

Test(answer, answers_without_a_body) {
    expect("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", true, false, 200, "", true);
    expect("HTTP/1.1 204 No\r\n\r\n", false, false, 204, "", true);
    expect("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", false, false, 304, "", true);
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Yes\r\nContent-Length: "
           "1\r\n\r\n1",
           false, false, 201, "1", true);
}

Test(answer, what_is_no_answer_is_refused) {
    const char *no_status = "the answer does not begin with HTTP/1.1 and a status";
    refuse("SSH-2.0-OpenSSH_9.2\r\n\r\n", false, no_status);
    refuse("HTTP/2 200\r\n\r\n", false, no_status);
    refuse("HTTP/1.1 20x OK\r\n\r\n", false, no_status);
    refuse("HTTP/1.1 099 OK\r\n\r\n", false, no_status);
    refuse("HTTP/1.1 200 OK\r\nno header\r\n\r\n", false, "a line among the headers is no header");
    refuse("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", false, "a line among the headers is no header");
    refuse("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, "Content-Length is no number");
    refuse("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", false, "Content-Length is no number");
    refuse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false,
           "two Content-Lengths that differ");
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false,
           "a Transfer-Encoding other than chunked");
}

Test(answer, nonsense_in_chunks_is_refused) {
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", false, "a chunk's size is no number");
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", false,
           "a chunk's size is no number");
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", false,
           "a chunk is longer than its size");
}

Test(answer, an_early_end_is_told) {
    const char *early = "the connection ended in the middle of the answer";
    refuse("HTTP/1.1 200 OK\r\nContent-Le", true, early);
    refuse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true, early);
    refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true, early);
}

Test(answer, an_equal_head_is_known_again) {
    struct answer_memory memory = { 0 };
    struct seen seen = { 0 };
    static const char bytes[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: 1\r\n\r\nhi";
    for (int i = 0; i < 3; i++) {
        struct answer answer = read_in(text_of(bytes), sizeof bytes, false, false, &seen, &memory);
        cr_expect_eq(answer.stage, ANSWER_COMPLETE);
        cr_expect_eq(memory.changes, 1u);
    }
    cr_expect_eq(seen.heads, 3);
    cr_expect_str_eq(seen.body.bytes, "hihihi");
    struct answer head = read_in(text_of(bytes), sizeof bytes, true, false, &seen, &memory);
    cr_expect_eq(head.stage, ANSWER_COMPLETE, "the same lines as an answer to HEAD have no body");
    cr_expect_str_eq(seen.body.bytes, "hihihi");
    struct text lines = buffer_text(&seen.head), name, content;
    cr_assert(answer_header(&lines, &name, &content));
    cr_expect(text_is(name, "Content-Length") && text_is(content, "2"));
    cr_assert(answer_header(&lines, &name, &content));
    cr_expect(text_is(name, "X") && text_is(content, "1"));
    cr_expect_not(answer_header(&lines, &name, &content));
    answer_memory_done(&memory);
    buffer_done(&seen.head);
    buffer_done(&seen.body);
}
