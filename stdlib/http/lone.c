/* See lone.h. Nothing asks for `100 Continue`: a server that keeps silent would cost a second a request. The file is read by place,
 * never held. */
#include "stdlib/http/lone.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/http/transfer.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BODY_SHOWN = 300,           /* bytes of an answer's body that are kept for words */
    HEADERS_MOST = 256 * 1024,  /* bytes of all headers of one request's answers, interim ones too */
    LOCATION_MOST = 4096,       /* bytes of a Location */
    TURN_MOST = 500,            /* ms that one look may take */
    SALVAGED_MOST = 16 * 1024,  /* bytes of an answer behind a reset */
    SENDING_BUFFER = 256 * 1024 /* bytes that libcurl reads at a time */
};

struct lone_wire {
    bool global;                /* libcurl is ready */
    CURLM *multi;               /* owned */
    CURL *easy;                 /* owned */
    struct curl_slist *headers; /* of the next request, or the one under way; owned */
    bool asking;                /* a request is under way */
    bool is_plain;              /* without TLS */
    char message[CURL_ERROR_SIZE];
};

/* Keeps the memory. */
static void answer_clear(struct lone_answer *answer) {
    answer->status = 0;
    answer->offset = answer->length = answer->version = -1;
    answer->nonsense = false;
    buffer_clear(&answer->header);
    buffer_clear(&answer->body);
}

/* ---- libcurl's callbacks ---- */

/* NOLINTBEGIN(readability-non-const-parameter): libcurl's types */

static size_t give(char *bytes, size_t one, size_t room, void *data) {
    struct lone *lone = data;
    int64_t wanted = (int64_t)(one * room);
    if (wanted > lone->end - lone->position) wanted = lone->end - lone->position;
    bool holds = lone->hold_at >= lone->begin && lone->hold_at < lone->end;
    if (holds && lone->position == lone->hold_at) return CURL_READFUNC_PAUSE;
    if (holds && wanted > lone->hold_at - lone->position) wanted = lone->hold_at - lone->position;
    if (wanted == 0) return 0;
    ssize_t got;
    do got = pread(lone->file, bytes, (size_t)wanted, (off_t)lone->position);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        lone->read_error = got < 0 ? errno : -1;
        return CURL_READFUNC_ABORT;
    }
    lone->position += got;
    return (size_t)got;
}

/* libcurl begins anew on a new connection when a kept one turns out to be closed. */
static int rewind_body(void *data, curl_off_t offset, int origin) {
    struct lone *lone = data;
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    lone->position = lone->begin + offset;
    return CURL_SEEKFUNC_OK;
}

static size_t take_body(char *bytes, size_t one, size_t length, void *data) {
    struct lone *lone = data;
    struct text text = { bytes, one * length };
    buffer_append(&lone->answer.body, text_slice(text, 0, BODY_SHOWN - lone->answer.body.length));
    return length;
}

static bool read_number(struct text text, int64_t *number) {
    if (!text.length || text.length > 18) return false;
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        *number = *number * 10 + (text.bytes[i] - '0');
    }
    return true;
}

static bool is_named(struct text name, const char *other) {
    return name.length == strlen(other) && strncasecmp(name.bytes, other, name.length) == 0;
}

static void take_field(struct lone_answer *answer, struct text name, struct text content) {
    int64_t *number = is_named(name, "Upload-Offset")                  ? &answer->offset
                      : is_named(name, "Upload-Length")                ? &answer->length
                      : is_named(name, "Upload-Draft-Interop-Version") ? &answer->version
                                                                       : NULL;
    if (number && !read_number(content, number)) answer->nonsense = true;
    if (!is_named(name, "Location") || content.length > LOCATION_MOST) return;
    buffer_clear(&answer->header);
    for (size_t i = 0; i < content.length; i++)
        buffer_append_byte(&answer->header, (unsigned char)content.bytes[i] < ' ' ? '?' : content.bytes[i]);
}

static int status_of(struct text line) {
    size_t at = 0;
    while (at < line.length && line.bytes[at] != ' ') at++;
    int64_t status = 0;
    return read_number(text_slice(line, at + 1, 3), &status) ? (int)status : 0;
}

static void end_head(struct lone *lone) {
    lone->head_is_open = false;
    if (lone->answer.status >= 100 && lone->answer.status < 200 && lone->interim) lone->interim(lone->data);
}

static size_t take_header(char *bytes, size_t one, size_t length, void *data) {
    struct lone *lone = data;
    struct text text = text_trim((struct text){ bytes, one * length });
    lone->header_bytes += length;
    lone->too_much = lone->header_bytes > HEADERS_MOST;
    if (lone->too_much) return 0;
    if (text_starts(text, TEXT("HTTP/"))) {
        answer_clear(&lone->answer);
        lone->answer.status = status_of(text);
        lone->head_is_open = true;
    } else if (!text.length) {
        if (lone->head_is_open) end_head(lone);
    } else {
        size_t colon = 0;
        while (colon < text.length && text.bytes[colon] != ':') colon++;
        take_field(&lone->answer, text_slice(text, 0, colon), text_trim(text_slice(text, colon + 1, text.length)));
    }
    return length;
}

/* NOLINTEND(readability-non-const-parameter) */

/* What a server answered that then reset the connection, because it had not read all that was sent: libcurl sees the reset first, and
 * closes without a look. Of plain HTTP it can still be read. */
static void salvage(struct lone *lone, curl_socket_t descriptor) {
    char bytes[SALVAGED_MOST];
    ssize_t got = recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    struct text rest = { bytes, got > 0 ? (size_t)got : 0 };
    while (rest.length && (lone->answer.status < 200 || lone->head_is_open)) {
        const char *end = memchr(rest.bytes, '\n', rest.length);
        size_t length = end ? (size_t)(end - rest.bytes) + 1 : rest.length;
        if (take_header((char *)rest.bytes, 1, length, lone) != length) return;
        rest = text_slice(rest, length, rest.length);
    }
    if (rest.length) take_body((char *)rest.bytes, 1, rest.length, lone);
}

static int close_socket(void *data, curl_socket_t descriptor) {
    struct lone *lone = data;
    if (lone->wire->asking && lone->wire->is_plain && lone->answer.status < 200) salvage(lone, descriptor);
    return close(descriptor);
}

/* ---- the client ---- */

/* What never changes from one request to the next. */
static void set_defaults(struct lone *lone) {
    CURL *easy = lone->wire->easy;
    transfer_set_manners(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, lone->wire->message);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SENDING_BUFFER);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, lone);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, lone);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, lone);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, lone);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, lone);
    transfer_set_trust(easy, lone->ca, lone->insecure);
}

bool lone_open(struct lone *lone) {
    answer_clear(&lone->answer);
    lone->wire = memory_allocate(sizeof *lone->wire);
    *lone->wire = (struct lone_wire){ .global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK };
    if (!lone->wire->global) return false;
    lone->wire->multi = curl_multi_init();
    lone->wire->easy = curl_easy_init();
    if (!lone->wire->multi || !lone->wire->easy) return false;
    set_defaults(lone);
    return true;
}

void lone_close(struct lone *lone) {
    struct lone_wire *wire = lone->wire;
    if (wire) {
        curl_slist_free_all(wire->headers);
        curl_easy_cleanup(wire->easy);
        curl_multi_cleanup(wire->multi);
        if (wire->global) curl_global_cleanup();
        memory_release(wire);
    }
    buffer_done(&lone->answer.header);
    buffer_done(&lone->answer.body);
    buffer_done(&lone->problem);
}

void lone_header(struct lone *lone, const char *format, ...) {
    struct buffer line = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&line, format, arguments);
    va_end(arguments);
    lone->wire->headers = curl_slist_append(lone->wire->headers, line.bytes);
    buffer_done(&line);
}

int64_t lone_handed(const struct lone *lone) {
    curl_off_t handed = 0;
    curl_easy_getinfo(lone->wire->easy, CURLINFO_SIZE_UPLOAD_T, &handed);
    return lone->begin + handed;
}

bool lone_is_acknowledged(const struct lone *lone) {
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    int waiting = 0;
    curl_easy_getinfo(lone->wire->easy, CURLINFO_ACTIVESOCKET, &descriptor);
    return descriptor == CURL_SOCKET_BAD || ioctl(descriptor, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

/* ---- a request ---- */

static void describe(struct lone *lone, CURLcode code) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        buffer_append_string(&lone->problem, "timeout after ");
        duration_print(&lone->problem, lone->timeout);
        buffer_append_string(&lone->problem, lone->answer.status >= 200 ? " while reading the answer"
                                                                        : " while waiting for the answer");
        return;
    case CURLE_GOT_NOTHING: buffer_append_string(&lone->problem, "connection closed without an answer"); return;
    case CURLE_PARTIAL_FILE:
        buffer_append_string(&lone->problem, "connection closed in the middle of the answer");
        return;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        buffer_printf(&lone->problem, "not HTTP: %s",
                      lone->wire->message[0] ? lone->wire->message : curl_easy_strerror(code));
        return;
    default: failure_of_connection(lone->wire->easy, lone->wire->message, code, &lone->problem);
    }
#pragma GCC diagnostic pop
}

static void prepare(struct lone *lone, const char *method, const char *url) {
    CURL *easy = lone->wire->easy;
    bool sends = strcmp(method, "HEAD") != 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lone->wire->headers);
    curl_easy_setopt(easy, CURLOPT_NOBODY, sends ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, sends ? 1L : 0L);
    if (sends) curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)(lone->end - lone->begin));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, sends ? method : NULL);
    lone->wire->message[0] = 0;
    lone->header_bytes = 0;
    lone->head_is_open = lone->too_much = false;
    answer_clear(&lone->answer);
    buffer_clear(&lone->problem);
}

static bool is_over(CURLM *multi, CURLcode *code) {
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (!message || message->msg != CURLMSG_DONE) return false;
    *code = message->data.result;
    return true;
}

/* libcurl is given nothing more. */
static bool is_held(const struct lone *lone) {
    return lone->hold_at >= lone->begin && lone->position == lone->hold_at && lone->end > lone->begin;
}

/* Of a request whose body is held libcurl does not say that it is over, whatever the server answers. */
static bool is_answered_early(const struct lone *lone) {
    return is_held(lone) && lone->hold_at < lone->end && lone->answer.status >= 200 && !lone->head_is_open;
}

/* While it is held nothing becomes writable, and the cut is looked for every millisecond. */
static int patience(const struct lone *lone, int64_t now) {
    int64_t left = (lone->deadline - now) / MILLISECOND + 1;
    return is_held(lone) ? 1 : left < TURN_MOST ? (int)left : TURN_MOST;
}

static CURLcode drive(struct lone *lone) {
    for (;;) {
        int running = 0;
        CURLcode code = CURLE_OK;
        if (curl_multi_perform(lone->wire->multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (is_over(lone->wire->multi, &code)) return code;
        if (is_answered_early(lone)) return CURLE_OK;
        if (lone->turned && lone->end > lone->begin) lone->turned(lone->data);
        int64_t now = clock_monotonic();
        if (now >= lone->deadline) return CURLE_OPERATION_TIMEDOUT;
        curl_multi_poll(lone->wire->multi, NULL, 0, patience(lone, now), NULL);
    }
}

bool lone_ask(struct lone *lone, const char *method, const char *url, int64_t begin, int64_t end) {
    struct lone_wire *wire = lone->wire;
    lone_header(lone, "Expect:");
    lone->begin = lone->position = begin;
    lone->end = end;
    lone->requests++;
    prepare(lone, method, url);
    wire->is_plain = strncasecmp(url, "http:", 5) == 0;
    wire->asking = true;
    curl_multi_add_handle(wire->multi, wire->easy);
    CURLcode code = drive(lone);
    wire->asking = false;
    bool was_reset = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    if (was_reset && lone->answer.status >= 200 && !lone->head_is_open) code = CURLE_OK;
    if (code == CURLE_OK && lone->head_is_open) code = CURLE_PARTIAL_FILE;
    if (lone->too_much)
        buffer_append_string(&lone->problem, "not HTTP: its headers have no end");
    else if (code != CURLE_OK)
        describe(lone, code);
    curl_multi_remove_handle(wire->multi, wire->easy);
    curl_easy_setopt(wire->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(wire->headers);
    wire->headers = NULL;
    return lone->problem.length == 0;
}

bool lone_resolve(const char *base, const char *location, struct buffer *out) {
    CURLU *url = curl_url();
    char *text = NULL;
    bool good = url && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
                curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK;
    buffer_clear(out);
    if (good) buffer_append_string(out, text);
    curl_free(text);
    curl_url_cleanup(url);
    return good;
}

bool lone_origin(const char *location, struct buffer *out) {
    static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };
    char *texts[3] = { NULL };
    CURLU *url = curl_url();
    bool good = url && curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK;
    for (size_t i = 0; good && i < 3; i++)
        good = curl_url_get(url, parts[i], &texts[i], CURLU_DEFAULT_PORT) == CURLUE_OK;
    buffer_clear(out);
    if (good) buffer_printf(out, "%s://%s:%s", texts[0], texts[1], texts[2]);
    for (size_t i = 0; i < out->length; i++)
        if (out->bytes[i] >= 'A' && out->bytes[i] <= 'Z') out->bytes[i] = (char)(out->bytes[i] | 0x20);
    for (size_t i = 0; i < 3; i++) curl_free(texts[i]);
    curl_url_cleanup(url);
    return good;
}
