/* Reads heads line by line, bodies by their length. Bounds: LINE_MAXIMUM bytes of a line and HEADERS_MAXIMUM of an answer's headers
 * are kept; what is longer is stepped over. */
#include "stdlib/proxy/message.h"

#include "stdlib/proxy/header.h"

#include <string.h>

enum {
    LINE_MAXIMUM = 8192,
    HEADERS_MAXIMUM = 16384,
    PATH_MAXIMUM = 1024,
    LENGTH_DIGITS = 18,
    CHUNK_DIGITS = 15,
    REQUEST_ID_MAXIMUM = 128
};

void message_init(struct message *message, bool is_answer) {
    *message = (struct message){ .is_answer = is_answer, .keeps_headers = is_answer };
}

void message_done(struct message *message) {
    buffer_done(&message->line);
    buffer_done(&message->path);
    buffer_done(&message->headers);
    buffer_done(&message->request_id);
}

static void alien(struct message *message, const char *why, enum message_event *event) {
    message->state = MESSAGE_IS_ALIEN;
    message->alien = why;
    message_done(message);
    *event = MESSAGE_ALIEN;
}

/* ---- lines ---- */

/* A whole line without its end, borrowed until the next call; false while it is not whole. */
static bool take_line(struct message *message, struct text bytes, size_t *used, struct text *line) {
    const char *end = memchr(bytes.bytes, '\n', bytes.length);
    size_t length = end ? (size_t)(end - bytes.bytes) : bytes.length;
    *used = length + (end ? 1 : 0);
    struct text part = text_slice(bytes, 0, length);
    if (end && !message->line.length) {
        *line = part;
    } else {
        size_t room = message->line.length < LINE_MAXIMUM ? LINE_MAXIMUM - message->line.length : 0;
        if (part.length > room) message->line_was_cut = true;
        buffer_append(&message->line, text_slice(part, 0, room));
        *line = buffer_text(&message->line);
    }
    if (!end) return false;
    if (line->length && line->bytes[line->length - 1] == '\r') line->length--;
    return true;
}

static void line_was_used(struct message *message) {
    buffer_clear(&message->line);
    message->line_was_cut = false;
}

/* ---- first lines ---- */

static bool is_token(unsigned char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

/* Whether what came so far may become a first line: other protocols are found out by their first bytes. */
static bool may_become_first_line(const struct message *message, struct text begin) {
    static const char version[] = "HTTP/1.";
    if (message->is_answer) {
        size_t length = begin.length < sizeof version - 1 ? begin.length : sizeof version - 1;
        return memcmp(begin.bytes, version, length) == 0;
    }
    for (size_t i = 0; i < begin.length; i++) {
        if (begin.bytes[i] == ' ') return i > 0;
        if (!is_token((unsigned char)begin.bytes[i]) || i >= sizeof message->method - 1) return false;
    }
    return true;
}

static bool read_request_line(struct message *message, struct text line) {
    size_t method = text_find(line, TEXT(" "));
    bool has_version = text_ends(line, TEXT(" HTTP/1.1")) || text_ends(line, TEXT(" HTTP/1.0"));
    if (message->line_was_cut) has_version = true; /* a target of over 8 KiB: its end was not kept */
    size_t behind = message->line_was_cut ? 0 : sizeof " HTTP/1.1" - 1;
    if (!has_version || method == SIZE_MAX || line.length < method + 1 + behind) return false;
    memcpy(message->method, line.bytes, method);
    message->method[method] = '\0';
    struct text target = text_slice(line, method + 1, line.length - method - 1 - behind);
    size_t query = text_find(target, TEXT("?"));
    buffer_clear(&message->path);
    buffer_append(&message->path, text_slice(target, 0, query < PATH_MAXIMUM ? query : PATH_MAXIMUM));
    return target.length > 0;
}

static bool read_status_line(struct message *message, struct text line) {
    if (line.length < sizeof "HTTP/1.1 200" - 1 || line.bytes[8] != ' ') return false;
    if (line.bytes[7] != '0' && line.bytes[7] != '1') return false;
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line.bytes[i] < '0' || line.bytes[i] > '9') return false;
        status = status * 10 + line.bytes[i] - '0';
    }
    message->status = status;
    return status >= 100 && (line.length == 12 || line.bytes[12] == ' ');
}

static size_t feed_first_line(struct message *message, struct text bytes, enum message_event *event) {
    struct text line;
    size_t used;
    bool whole = take_line(message, bytes, &used, &line);
    if (!may_become_first_line(message, line)) {
        alien(message, message->is_answer ? "the answer is no HTTP/1" : "the request is no HTTP/1", event);
        return bytes.length;
    }
    if (!whole) return used;
    bool good = message->is_answer ? read_status_line(message, line) : read_request_line(message, line);
    line_was_used(message);
    if (good)
        message->state = MESSAGE_IN_HEADERS;
    else
        alien(message, message->is_answer ? "the answer is no HTTP/1" : "the request is no HTTP/1", event);
    return good ? used : bytes.length;
}

/* ---- headers ---- */

static void read_length(struct message *message, struct text value) {
    uint64_t length = 0;
    bool good = value.length > 0 && value.length <= LENGTH_DIGITS;
    for (size_t i = 0; good && i < value.length; i++) {
        good = value.bytes[i] >= '0' && value.bytes[i] <= '9';
        length = length * 10 + (uint64_t)(value.bytes[i] - '0');
    }
    if (!good || (message->has_length && length != message->length)) message->is_unclear = true;
    message->has_length = true;
    message->length = length;
}

static void read_header(struct message *message, struct text line) {
    size_t colon = text_find(line, TEXT(":"));
    struct header header = header_of(text_slice(line, 0, colon), text_trim(text_slice(line, colon + 1, line.length)));
    if (header_is(&header, "content-length")) read_length(message, header.value);
    if (header_is(&header, "transfer-encoding")) {
        message->is_coded = true;
        message->is_chunked = header_ends_with_word(&header, "chunked");
    }
    if (!message->is_answer && header_is(&header, "x-request-id") && !message->request_id.length)
        buffer_append(&message->request_id, text_slice(header.value, 0, REQUEST_ID_MAXIMUM));
    if (!message->keeps_headers || message->headers.length + line.length > HEADERS_MAXIMUM) return;
    header_keep(&header, &message->headers);
}

static size_t feed_header(struct message *message, struct text bytes, enum message_event *event) {
    struct text line;
    size_t used;
    if (!take_line(message, bytes, &used, &line)) return used;
    bool folded = line.length && (line.bytes[0] == ' ' || line.bytes[0] == '\t');
    size_t colon = text_find(line, TEXT(":"));
    if (!line.length) {
        message->state = MESSAGE_HEAD_READ;
        *event = MESSAGE_HEAD;
    } else if (!folded && (colon == SIZE_MAX || colon == 0)) {
        alien(message, "its header has a line without a name", event);
        return bytes.length;
    } else if (!folded) {
        read_header(message, line);
    }
    line_was_used(message);
    if (message->is_unclear) alien(message, "its Content-Length is no length", event);
    return used;
}

/* ---- bodies ---- */

static size_t feed_counted(struct message *message, struct text bytes, enum message_state next) {
    size_t used = bytes.length < message->left ? bytes.length : (size_t)message->left;
    message->left -= used;
    message->size += used;
    if (!message->left) message->state = next;
    return used;
}

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

static bool read_chunk_size(struct message *message, struct text line) {
    size_t digits = 0;
    message->left = 0;
    while (digits < line.length && digit_of(line.bytes[digits]) >= 0 && digits <= CHUNK_DIGITS)
        message->left = message->left * 16 + (uint64_t)digit_of(line.bytes[digits++]);
    struct text rest = text_trim(text_slice(line, digits, line.length));
    return digits > 0 && digits <= CHUNK_DIGITS && (!rest.length || rest.bytes[0] == ';');
}

/* The lines between chunks and behind them. */
static size_t feed_framing(struct message *message, struct text bytes, enum message_event *event) {
    struct text line;
    size_t used;
    if (!take_line(message, bytes, &used, &line)) return used;
    bool good = true;
    if (message->state == MESSAGE_IN_CHUNK_SIZE) {
        good = read_chunk_size(message, line);
        message->state = message->left ? MESSAGE_IN_CHUNK : MESSAGE_IN_TRAILERS;
    } else if (message->state == MESSAGE_AT_CHUNK_END) {
        good = line.length == 0;
        message->state = MESSAGE_IN_CHUNK_SIZE;
    } else if (!line.length) {
        message->state = MESSAGE_AT_END;
    }
    line_was_used(message);
    if (good) return used;
    alien(message, "its chunks are nonsense", event);
    return bytes.length;
}

void message_body(struct message *message, bool may_have_body) {
    if (message->state != MESSAGE_HEAD_READ) return;
    message->state = MESSAGE_AT_END;
    message->left = message->length;
    if (!may_have_body) return;
    if (message->is_chunked)
        message->state = MESSAGE_IN_CHUNK_SIZE;
    else if (message->is_coded)
        message->state = MESSAGE_TO_THE_CLOSE;
    else if (message->has_length)
        message->state = message->length ? MESSAGE_IN_LENGTH : MESSAGE_AT_END;
    else if (message->is_answer)
        message->state = MESSAGE_TO_THE_CLOSE;
}

void message_again(struct message *message) {
    if (message->state == MESSAGE_IS_ALIEN) return;
    message->state = MESSAGE_AT_START;
    message->left = message->size = message->length = 0;
    message->is_chunked = message->is_coded = message->has_length = false;
    buffer_clear(&message->headers);
    buffer_clear(&message->request_id);
}

void message_leave(struct message *message, const char *why) {
    message->state = MESSAGE_IS_ALIEN;
    message->alien = why;
    message_done(message);
}

/* ---- the whole ---- */

/* Line breaks before a message are allowed (RFC 9112, 2.2). */
static size_t feed_start(struct message *message, struct text bytes, enum message_event *event) {
    size_t used = 0;
    while (used < bytes.length && (bytes.bytes[used] == '\r' || bytes.bytes[used] == '\n')) used++;
    if (used == bytes.length) return used;
    message_again(message);
    message->state = MESSAGE_IN_FIRST_LINE;
    *event = MESSAGE_BEGUN;
    return used;
}

/* One line, or one stretch of a body. */
static size_t feed_step(struct message *message, struct text bytes, enum message_event *event) {
    switch (message->state) {
    case MESSAGE_AT_START: return feed_start(message, bytes, event);
    case MESSAGE_IN_FIRST_LINE: return feed_first_line(message, bytes, event);
    case MESSAGE_IN_HEADERS: return feed_header(message, bytes, event);
    case MESSAGE_IN_LENGTH: return feed_counted(message, bytes, MESSAGE_AT_END);
    case MESSAGE_IN_CHUNK: return feed_counted(message, bytes, MESSAGE_AT_CHUNK_END);
    case MESSAGE_IN_CHUNK_SIZE:
    case MESSAGE_AT_CHUNK_END:
    case MESSAGE_IN_TRAILERS: return feed_framing(message, bytes, event);
    case MESSAGE_TO_THE_CLOSE: message->size += bytes.length; return bytes.length;
    case MESSAGE_HEAD_READ:
    case MESSAGE_AT_END:
    case MESSAGE_IS_ALIEN: return bytes.length;
    }
    return bytes.length;
}

size_t message_feed(struct message *message, struct text bytes, enum message_event *event) {
    size_t used = 0;
    *event = MESSAGE_MORE;
    while (*event == MESSAGE_MORE) {
        if (message->state == MESSAGE_AT_END) {
            message->state = MESSAGE_AT_START;
            *event = MESSAGE_OVER;
        } else if (used == bytes.length) {
            break;
        } else {
            used += feed_step(message, text_slice(bytes, used, bytes.length), event);
        }
    }
    return used;
}

uint64_t message_unneeded(const struct message *message) {
    if (message->state == MESSAGE_TO_THE_CLOSE || message->state == MESSAGE_IS_ALIEN) return UINT64_MAX;
    bool is_counted = message->state == MESSAGE_IN_LENGTH || message->state == MESSAGE_IN_CHUNK;
    return is_counted && message->left ? message->left - 1 : 0;
}

void message_pass(struct message *message, size_t length) {
    if (message->state == MESSAGE_IS_ALIEN) return;
    message->size += length;
    if (message->state != MESSAGE_TO_THE_CLOSE) message->left -= length;
}
