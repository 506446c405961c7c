/* HTTP/1.0, so that the answer ends with the connection. It may block: whoever started it bounds it, and so does an alarm. */
#include "cli/toxiproxy_request.h"

#include "base/buffer.h"
#include "cli/command.h"
#include "stdlib/proxy/remote_exit.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS = 8, ANSWER_LIMIT = 1 << 20 };

static void on_alarm(int number) {
    static const char words[] = "no answer in time\n";
    (void)number;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(EXIT_STATUS_FAIL);
}

struct endpoint {
    char host[256], port[8];
    const char *path; /* borrowed from the URL */
};

static bool read_place(const char *url, struct endpoint *place) {
    static const char scheme[] = "http://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) return false;
    const char *start = url + sizeof scheme - 1, *end = strchr(start, '/');
    bool is_six = start[0] == '[';
    if (!end) return false;
    const char *close = is_six ? memchr(start, ']', (size_t)(end - start)) : NULL;
    const char *from = is_six ? close : start;
    const char *colon = from ? memchr(from, ':', (size_t)(end - from)) : NULL;
    const char *host_end = is_six ? close : colon ? colon : end;
    const char *host = is_six ? start + 1 : start, *port = colon ? colon + 1 : "80";
    size_t port_length = colon ? (size_t)(end - port) : 2;
    if ((is_six && !close) || host_end <= host || (size_t)(host_end - host) >= sizeof place->host) return false;
    if (!port_length || port_length >= sizeof place->port) return false;
    snprintf(place->host, sizeof place->host, "%.*s", (int)(host_end - host), host);
    snprintf(place->port, sizeof place->port, "%.*s", (int)port_length, port);
    place->path = end;
    return true;
}

static int call(const struct endpoint *place) {
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
    int wrong = getaddrinfo(place->host, place->port, &hints, &found), descriptor = -1;
    if (wrong) {
        fprintf(stderr, "%s: %s\n", place->host, gai_strerror(wrong));
        return -1;
    }
    for (struct addrinfo *one = found; one && descriptor < 0; one = one->ai_next) {
        descriptor = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor >= 0 && connect(descriptor, one->ai_addr, one->ai_addrlen) == 0) break;
        if (descriptor >= 0) close(descriptor);
        descriptor = -1;
    }
    if (descriptor < 0) fprintf(stderr, "%s:%s: %s\n", place->host, place->port, strerror(errno));
    freeaddrinfo(found);
    return descriptor;
}

static bool exchange(int descriptor, struct text request, struct buffer *answer) {
    char block[4096];
    ssize_t got;
    while (request.length) {
        ssize_t sent = send(descriptor, request.bytes, request.length, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        request = text_slice(request, (size_t)sent, request.length);
    }
    while ((got = recv(descriptor, block, sizeof block, 0)) > 0 && answer->length < ANSWER_LIMIT)
        buffer_append(answer, (struct text){ block, (size_t)got });
    return got == 0;
}

/* Status and body of "HTTP/1.1 200 OK\r\n…". */
static int read_answer(struct text answer, struct text *body) {
    size_t head = text_find(answer, TEXT("\r\n\r\n"));
    if (head == SIZE_MAX || !text_starts(answer, TEXT("HTTP/1.")) || answer.length < 12) return 0;
    *body = text_slice(answer, head + 4, answer.length);
    return atoi(answer.bytes + 9);
}

/* What was to be deleted, and is gone, is deleted: an undo may come twice. */
static bool is_obeyed(const char *method, int status) {
    return (status >= 200 && status < 300) || (status == 404 && strcmp(method, "DELETE") == 0);
}

/* The status, and the body in `content`; 0 with a line on standard error when no answer came. */
static int ask(const struct endpoint *place, const char *method, const char *sent, struct buffer *content) {
    struct buffer request = { 0 }, answer = { 0 };
    struct text body = TEXT_NONE;
    int descriptor = call(place), status = 0;
    buffer_printf(&request, "%s %s HTTP/1.0\r\nHost: %s:%s\r\nUser-Agent: aot\r\nContent-Length: %zu\r\n\r\n%s", method,
                  place->path, place->host, place->port, strlen(sent), sent);
    if (descriptor >= 0) {
        bool whole = exchange(descriptor, buffer_text(&request), &answer);
        status = read_answer(buffer_text(&answer), &body);
        if (!whole || !status) fputs("no answer that is HTTP\n", stderr);
        if (!whole) status = 0;
        close(descriptor);
    }
    buffer_clear(content);
    buffer_append(content, body);
    buffer_done(&request);
    buffer_done(&answer);
    return status;
}

/* Of a proxy as the API writes it. */
static bool is_disabled(struct text proxy) {
    static const char name[] = "\"enabled\"";
    size_t at = text_find(proxy, TEXT("\"enabled\""));
    if (at == SIZE_MAX) return false;
    struct text rest = text_trim(text_slice(proxy, at + sizeof name - 1, proxy.length));
    return text_starts(rest, TEXT(":")) && text_starts(text_trim(text_slice(rest, 1, rest.length)), TEXT("false"));
}

int toxiproxy_request(int count, char **words) {
    struct endpoint place;
    struct buffer answer = { 0 };
    int seconds = SECONDS;
    if (count > 2 && strcmp(words[0], "--within") == 0) {
        seconds = atoi(words[1]);
        words += 2;
        count -= 2;
    }
    signal(SIGALRM, on_alarm);
    alarm(seconds > 0 && seconds < SECONDS ? (unsigned)seconds : SECONDS);
    if (count < 2 || count > 3 || !read_place(words[1], &place)) {
        fputs("[--within SECONDS] METHOD http://host:port/path [BODY]\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    bool disables = strcmp(words[0], "DISABLE") == 0;
    const char *method = disables ? "POST" : words[0];
    const char *content = disables ? "{\"enabled\":false}" : count == 3 ? words[2] : "";
    if (disables) {
        int status = ask(&place, "GET", "", &answer);
        if (status == 200 && is_disabled(buffer_text(&answer))) {
            fputs("that proxy is disabled already, by another run or by hand, and the undo would enable it\n", stderr);
            buffer_done(&answer);
            return REMOTE_WAS_DISABLED;
        }
    }
    int status = ask(&place, method, content, &answer);
    bool good = is_obeyed(method, status);
    struct text body = text_trim(buffer_text(&answer));
    if (good) printf("%.*s", TEXT_ARGS(body));
    if (!good && status) fprintf(stderr, "%d: %.*s\n", status, TEXT_ARGS(body));
    buffer_done(&answer);
    return good ? EXIT_STATUS_PASS : EXIT_STATUS_FAIL;
}
