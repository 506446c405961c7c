/* The parser of answers. Every byte comes from the component under test: nothing is believed that RFC 9112 does not allow, and no
 * number is used before it was checked. Bare line feeds are taken as ends of lines, as the RFC permits. */
#include "stdlib/http/answer.h"

#include <string.h>
#include <strings.h>

enum { HEAD_MAXIMUM = 1 << 20, CHUNK_LINE_MAXIMUM = 1024 };

void answer_begin(struct answer *answer, bool of_head) {
    *answer = (struct answer){ .of_head = of_head, .announced = -1 };
}

void answer_memory_done(struct answer_memory *memory) {
    buffer_done(&memory->head);
}

static void fail(struct answer *answer, const char *problem) {
    answer->stage = ANSWER_BROKEN;
    answer->problem = problem;
    answer->keeps = false;
}

/* ---- lines ---- */

/* The length of the line at the beginning, with its end; 0: it is not complete. */
static size_t line_length(struct text bytes) {
    const char *end = bytes.length ? memchr(bytes.bytes, '\n', bytes.length) : NULL;
    return end ? (size_t)(end - bytes.bytes) + 1 : 0;
}

static struct text without_end(struct text line) {
    if (line.length && line.bytes[line.length - 1] == '\n') line.length--;
    if (line.length && line.bytes[line.length - 1] == '\r') line.length--;
    return line;
}

/* The length of all lines up to and with the first empty one; 0: that has not come yet. */
static size_t block_length(struct text bytes) {
    size_t at = 0;
    for (;;) {
        size_t length = line_length(text_slice(bytes, at, SIZE_MAX));
        if (!length) return 0;
        struct text line = without_end(text_slice(bytes, at, length));
        at += length;
        if (!line.length) return at;
    }
}

/* A block without the empty line at its end. */
static struct text without_empty_line(struct text block) {
    size_t end = block.length > 1 && block.bytes[block.length - 2] == '\r' ? 2 : 1;
    return text_slice(block, 0, block.length - end);
}

static bool is_token_byte(char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static size_t token_length(struct text text) {
    size_t length = 0;
    while (length < text.length && is_token_byte(text.bytes[length])) length++;
    return length;
}

bool answer_header(struct text *lines, struct text *name, struct text *content) {
    while (lines->length) {
        size_t length = line_length(*lines);
        struct text line = without_end(text_slice(*lines, 0, length ? length : lines->length));
        *lines = text_slice(*lines, length ? length : lines->length, SIZE_MAX);
        size_t colon = token_length(line);
        if (colon == 0 || colon == line.length || line.bytes[colon] != ':') continue; /* the status line */
        *name = text_slice(line, 0, colon);
        *content = text_trim(text_slice(line, colon + 1, SIZE_MAX));
        return true;
    }
    return false;
}

/* ---- the head ---- */

static bool is_name(struct text name, const char *wanted) {
    return name.length == strlen(wanted) && strncasecmp(name.bytes, wanted, name.length) == 0;
}

/* "HTTP/1.1 200 OK": the status, or -1. */
static int status_of(struct text line, bool *is_old) {
    if (line.length < 12 || !text_starts(line, TEXT("HTTP/1."))) return -1;
    char minor = line.bytes[7];
    if ((minor != '0' && minor != '1') || line.bytes[8] != ' ') return -1;
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line.bytes[i] < '0' || line.bytes[i] > '9') return -1;
        status = status * 10 + (line.bytes[i] - '0');
    }
    if (line.length > 12 && line.bytes[12] != ' ') return -1;
    *is_old = minor == '0';
    return status >= 100 ? status : -1;
}

/* Digits alone; false for anything else, and for what no int64 holds. */
bool answer_length(struct text digits, int64_t *length) {
    *length = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char digit = digits.bytes[i];
        if (digit < '0' || digit > '9') return false;
        if (__builtin_mul_overflow(*length, 10, length) || __builtin_add_overflow(*length, digit - '0', length))
            return false;
    }
    return digits.length > 0;
}

struct framing {
    bool is_old;     /* HTTP/1.0 */
    bool is_chunked; /* by Transfer-Encoding */
    bool closes, keeps_alive;
};

static bool list_has(struct text list, const char *word) {
    while (list.length) {
        size_t comma = text_find(list, TEXT(","));
        if (is_name(text_trim(text_slice(list, 0, comma)), word)) return true;
        list = comma == SIZE_MAX ? TEXT_NONE : text_slice(list, comma + 1, SIZE_MAX);
    }
    return false;
}

static const char *read_header(struct answer *answer, struct framing *framing, struct text name, struct text content) {
    if (is_name(name, "content-length")) {
        int64_t length;
        if (!answer_length(content, &length)) return "Content-Length is no number";
        if (answer->announced >= 0 && answer->announced != length) return "two Content-Lengths that differ";
        answer->announced = length;
    } else if (is_name(name, "transfer-encoding")) {
        if (!is_name(content, "chunked") || framing->is_chunked) return "a Transfer-Encoding other than chunked";
        framing->is_chunked = true;
    } else if (is_name(name, "connection")) {
        framing->closes = framing->closes || list_has(content, "close");
        framing->keeps_alive = framing->keeps_alive || list_has(content, "keep-alive");
    }
    return NULL;
}

static const char *read_line(struct answer *answer, struct framing *framing, struct text line) {
    size_t colon = token_length(line);
    if (colon == 0 || colon == line.length || line.bytes[colon] != ':') return "a line among the headers is no header";
    if (memchr(line.bytes, 0, line.length)) return "a header with a zero byte";
    return read_header(answer, framing, text_slice(line, 0, colon), text_trim(text_slice(line, colon + 1, SIZE_MAX)));
}

static void begin_body(struct answer *answer, const struct framing *framing) {
    bool none = answer->of_head || answer->status == 204 || answer->status == 304 || answer->status == 101;
    answer->keeps = !framing->closes && (!framing->is_old || framing->keeps_alive) && answer->status != 101;
    if (framing->is_chunked && answer->announced >= 0) answer->keeps = false; /* whose bytes come next is in doubt */
    if (none) {
        answer->stage = ANSWER_COMPLETE;
    } else if (framing->is_chunked) {
        answer->stage = ANSWER_CHUNK_SIZE;
        answer->announced = -1;
    } else if (answer->announced >= 0) {
        answer->left = answer->announced;
        answer->stage = answer->left ? ANSWER_LENGTH : ANSWER_COMPLETE;
    } else {
        answer->stage = ANSWER_TO_END;
        answer->keeps = false;
    }
}

/* Status line and headers, all there. */
static void read_lines(struct answer *answer, struct text lines) {
    struct framing framing = { 0 };
    size_t length = line_length(lines);
    answer->status = status_of(without_end(text_slice(lines, 0, length)), &framing.is_old);
    if (answer->status < 0) {
        answer->status = 0;
        fail(answer, "the answer does not begin with HTTP/1.1 and a status");
        return;
    }
    for (size_t at = length; at < lines.length; at += length) {
        struct text rest = text_slice(lines, at, SIZE_MAX);
        length = line_length(rest);
        const char *problem = read_line(answer, &framing, without_end(text_slice(rest, 0, length)));
        if (!problem) continue;
        fail(answer, problem);
        return;
    }
    if (answer->status < 200 && answer->status != 101)
        answer_begin(answer, answer->of_head); /* an interim answer: the next head is to come */
    else
        begin_body(answer, &framing);
}

static size_t read_known(struct answer *answer, struct text bytes, const struct answer_memory *memory) {
    size_t length = memory->head.length;
    if (!length || bytes.length < length || memory->answer.of_head != answer->of_head) return 0;
    if (memcmp(bytes.bytes, memory->head.bytes, length) != 0) return 0;
    *answer = memory->answer;
    return length;
}

static void remember(struct answer_memory *memory, const struct answer *answer, struct text head) {
    buffer_clear(&memory->head);
    buffer_append(&memory->head, head);
    memory->answer = *answer;
    memory->changes++;
}

/* What cannot become a status line need not be waited for to its end. */
static bool begins_well(struct text bytes) {
    size_t length = bytes.length < 7 ? bytes.length : 7;
    return memcmp(bytes.bytes, "HTTP/1.", length) == 0;
}

static size_t read_head(struct answer *answer, struct text bytes, struct answer_memory *memory,
                        const struct answer_sink *sink) {
    if (!bytes.length) return 0;
    size_t known = memory ? read_known(answer, bytes, memory) : 0;
    if (known) {
        if (!sink->lines(sink->data, without_empty_line(text_slice(bytes, 0, known)), false))
            fail(answer, "headers over 1MiB");
        return known;
    }
    size_t length = begins_well(bytes) ? block_length(bytes) : 0;
    if (!length) {
        if (!begins_well(bytes)) fail(answer, "the answer does not begin with HTTP/1.1 and a status");
        if (bytes.length > HEAD_MAXIMUM) fail(answer, "headers over 1MiB");
        return 0;
    }
    struct text head = text_slice(bytes, 0, length);
    struct text lines = without_empty_line(head);
    read_lines(answer, lines);
    if (answer->stage == ANSWER_BROKEN || answer->stage == ANSWER_HEAD) return length;
    if (memory && length <= HEAD_MAXIMUM) remember(memory, answer, head);
    if (length > HEAD_MAXIMUM || !sink->lines(sink->data, lines, false)) fail(answer, "headers over 1MiB");
    return length;
}

/* ---- the body ---- */

static size_t read_body(struct answer *answer, struct text bytes, const struct answer_sink *sink) {
    bool endless = answer->stage == ANSWER_TO_END;
    if (!endless && (int64_t)bytes.length > answer->left) bytes.length = (size_t)answer->left;
    if (!bytes.length) return 0;
    if (!sink->body(sink->data, bytes)) {
        fail(answer, NULL);
        return bytes.length;
    }
    if (endless) return bytes.length;
    answer->left -= (int64_t)bytes.length;
    if (answer->left == 0) answer->stage = answer->stage == ANSWER_CHUNK ? ANSWER_CHUNK_END : ANSWER_COMPLETE;
    return bytes.length;
}

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

static size_t read_chunk_size(struct answer *answer, struct text bytes) {
    size_t length = line_length(bytes);
    if (!length) {
        if (bytes.length > CHUNK_LINE_MAXIMUM) fail(answer, "a chunk's first line is too long");
        return 0;
    }
    struct text line = without_end(text_slice(bytes, 0, length));
    size_t digits = 0;
    answer->left = 0;
    while (digits < line.length && digits < 15 && hex_digit(line.bytes[digits]) >= 0)
        answer->left = answer->left * 16 + hex_digit(line.bytes[digits++]);
    struct text rest = text_trim(text_slice(line, digits, SIZE_MAX));
    if (digits == 0 || (rest.length && rest.bytes[0] != ';')) {
        fail(answer, "a chunk's size is no number");
        return length;
    }
    answer->stage = answer->left ? ANSWER_CHUNK : ANSWER_TRAILER;
    return length;
}

static size_t read_chunk_end(struct answer *answer, struct text bytes) {
    if (!bytes.length || (bytes.bytes[0] == '\r' && bytes.length == 1)) return 0;
    size_t length = bytes.bytes[0] == '\r' ? 2 : 1;
    if (bytes.bytes[length - 1] != '\n')
        fail(answer, "a chunk is longer than its size");
    else
        answer->stage = ANSWER_CHUNK_SIZE;
    return length;
}

static size_t read_trailer(struct answer *answer, struct text bytes, const struct answer_sink *sink) {
    size_t length = block_length(bytes);
    if (!length) {
        if (bytes.length > HEAD_MAXIMUM) fail(answer, "headers over 1MiB");
        return 0;
    }
    struct text lines = without_empty_line(text_slice(bytes, 0, length));
    answer->stage = ANSWER_COMPLETE;
    if (lines.length && !sink->lines(sink->data, lines, true)) fail(answer, "headers over 1MiB");
    return length;
}

static size_t read_some(struct answer *answer, struct text bytes, struct answer_memory *memory,
                        const struct answer_sink *sink) {
    switch (answer->stage) {
    case ANSWER_HEAD: return read_head(answer, bytes, memory, sink);
    case ANSWER_LENGTH:
    case ANSWER_TO_END:
    case ANSWER_CHUNK: return read_body(answer, bytes, sink);
    case ANSWER_CHUNK_SIZE: return read_chunk_size(answer, bytes);
    case ANSWER_CHUNK_END: return read_chunk_end(answer, bytes);
    case ANSWER_TRAILER: return read_trailer(answer, bytes, sink);
    case ANSWER_COMPLETE:
    case ANSWER_BROKEN: break;
    }
    return 0;
}

size_t answer_read(struct answer *answer, struct text bytes, struct answer_memory *memory,
                   const struct answer_sink *sink) {
    size_t used = 0;
    for (;;) {
        enum answer_stage before = answer->stage;
        size_t step = read_some(answer, text_slice(bytes, used, SIZE_MAX), memory, sink);
        used += step;
        if (step == 0 && answer->stage == before) return used;
    }
}

void answer_end(struct answer *answer) {
    answer->keeps = false;
    if (answer->stage == ANSWER_TO_END)
        answer->stage = ANSWER_COMPLETE;
    else if (answer->stage != ANSWER_COMPLETE && answer->stage != ANSWER_BROKEN)
        fail(answer, "the connection ended in the middle of the answer");
}
