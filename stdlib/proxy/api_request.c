/* Reading requests. Each byte is looked at a bounded number of times, however it is cut. What is ambiguous about where a message ends
 * (two lengths, a length beside chunks) is refused: RFC 9112, 6.3. */
#include "stdlib/proxy/api_request.h"

#include "base/memory.h"
#include "stdlib/proxy/header.h"

#include <string.h>
#include <strings.h>

enum { CHUNK_LINE_LIMIT = 1024 };

/* ---- the bytes in hand ---- */

/* What was used goes once for all that comes, not once for each part. */
void api_reader_put(struct api_reader *reader, struct text bytes) {
    reader->in.length -= reader->at;
    if (reader->at) memmove(reader->in.bytes, reader->in.bytes + reader->at, reader->in.length);
    reader->at = 0;
    buffer_append(&reader->in, bytes);
}

static struct text unused(const struct api_reader *reader) {
    return text_slice(buffer_text(&reader->in), reader->at, reader->in.length);
}

static void use(struct api_reader *reader, size_t length) {
    reader->at += length;
    reader->looked = 0;
}

static enum api_reading refuse(struct api_reader *reader, int status) {
    reader->status = status;
    return API_BAD;
}

/* A line that ends with LF, without it and a CR; false while it is not whole. */
static bool take_line(struct text *bytes, struct text *line) {
    size_t end = text_find(*bytes, TEXT("\n"));
    if (end == SIZE_MAX) return false;
    *line = text_slice(*bytes, 0, end);
    *bytes = text_slice(*bytes, end + 1, bytes->length);
    if (line->length && line->bytes[line->length - 1] == '\r') line->length--;
    return true;
}

/* ---- the head ---- */

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

static bool decode(struct text word, struct buffer *out) {
    for (size_t i = 0; i < word.length; i++) {
        char byte = word.bytes[i];
        if (byte == '%') {
            int high = i + 2 < word.length ? digit_of(word.bytes[i + 1]) : -1;
            int low = i + 2 < word.length ? digit_of(word.bytes[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        buffer_append_byte(out, byte);
    }
    return true;
}

static bool read_path(struct api_request *request, struct text target) {
    size_t query = text_find(target, TEXT("?"));
    struct text rest = text_slice(target, 0, query);
    if (!rest.length || rest.bytes[0] != '/') return false;
    rest = text_slice(rest, 1, rest.length);
    bool goes_on = rest.length > 0;
    while (goes_on) {
        size_t slash = text_find(rest, TEXT("/"));
        struct buffer word = { 0 };
        bool good = decode(text_slice(rest, 0, slash), &word);
        goes_on = slash != SIZE_MAX;
        if (goes_on) rest = text_slice(rest, slash + 1, rest.length);
        if (good && request->word_count < API_WORDS) request->words[request->word_count] = buffer_take(&word);
        if (request->word_count <= API_WORDS) request->word_count++;
        buffer_done(&word);
        if (!good) return false;
    }
    return true;
}

/* "POST /proxies HTTP/1.1" */
static bool read_first_line(struct api_reader *reader, struct text line) {
    struct api_request *request = &reader->request;
    size_t first = text_find(line, TEXT(" "));
    if (first == SIZE_MAX || first == 0 || first > 16) return false;
    struct text rest = text_slice(line, first + 1, line.length);
    size_t second = text_find(rest, TEXT(" "));
    if (second == SIZE_MAX) return false;
    struct text version = text_slice(rest, second + 1, rest.length);
    request->keeps = text_is(version, "HTTP/1.1");
    if (!request->keeps && !text_is(version, "HTTP/1.0")) return false;
    request->method = memory_copy(line.bytes, first);
    return read_path(request, text_slice(rest, 0, second));
}

static bool read_length(struct text text, uint64_t *length) {
    *length = 0;
    if (!text.length || text.length > 18) return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        *length = *length * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    return true;
}

/* What is gathered from the header lines of one head. */
struct head {
    bool has_host, has_length, is_clear;
};

static void read_header(struct api_reader *reader, struct text line, struct head *head) {
    size_t colon = text_find(line, TEXT(":"));
    uint64_t length = 0;
    if (colon == SIZE_MAX || colon == 0 || line.bytes[0] == ' ' || line.bytes[0] == '\t' ||
        line.bytes[colon - 1] == ' ') {
        head->is_clear = false; /* folded lines and blanks before the colon are read in several ways */
        return;
    }
    struct header header = header_of(text_slice(line, 0, colon), text_trim(text_slice(line, colon + 1, line.length)));
    if (header_is(&header, "host")) head->has_host = true;
    if (header_is(&header, "user-agent")) reader->request.is_browser = text_starts(header.value, TEXT("Mozilla/"));
    if (header_is(&header, "connection") && header_ends_with_word(&header, "close")) reader->request.keeps = false;
    if (header_is(&header, "expect")) reader->awaits_word = header_ends_with_word(&header, "100-continue");
    if (header_is(&header, "transfer-encoding")) {
        if (reader->is_chunked || !header_ends_with_word(&header, "chunked")) head->is_clear = false;
        reader->is_chunked = true;
    }
    if (!header_is(&header, "content-length")) return;
    if (!read_length(header.value, &length) || (head->has_length && length != reader->left)) head->is_clear = false;
    head->has_length = true;
    reader->left = length;
}

/* Where the head ends, behind its empty line; SIZE_MAX while it has not come. */
static size_t head_end(struct api_reader *reader) {
    struct text in = unused(reader);
    size_t from = reader->looked > 3 ? reader->looked - 3 : 0;
    for (size_t i = from; i < in.length; i++) {
        if (in.bytes[i] != '\n') continue;
        if (i + 1 < in.length && in.bytes[i + 1] == '\n') return i + 2;
        if (i + 2 < in.length && in.bytes[i + 1] == '\r' && in.bytes[i + 2] == '\n') return i + 3;
    }
    reader->looked = in.length;
    return SIZE_MAX;
}

static enum api_reading read_head(struct api_reader *reader) {
    struct text in = unused(reader);
    for (; in.length && (in.bytes[0] == '\r' || in.bytes[0] == '\n'); in = unused(reader)) use(reader, 1);
    size_t end = head_end(reader);
    if (end == SIZE_MAX) return in.length > API_HEAD_LIMIT ? refuse(reader, 431) : API_MORE;
    if (end > API_HEAD_LIMIT) return refuse(reader, 431);
    struct text head = { in.bytes, end }, line;
    struct head gathered = { .is_clear = true };
    if (!take_line(&head, &line) || !read_first_line(reader, line)) return refuse(reader, 400);
    while (take_line(&head, &line) && line.length) read_header(reader, line, &gathered);
    if (gathered.has_length && reader->is_chunked) gathered.is_clear = false;
    if (!gathered.is_clear || (reader->request.keeps && !gathered.has_host)) return refuse(reader, 400);
    if (reader->left > API_BODY_LIMIT) return refuse(reader, 413);
    reader->has_head = true;
    use(reader, end);
    return API_MORE;
}

/* ---- the body ---- */

static void take_body(struct api_reader *reader) {
    struct text part = text_slice(unused(reader), 0, (size_t)reader->left);
    if (!part.length) return;
    buffer_append(&reader->request.body, part);
    reader->left -= part.length;
    use(reader, part.length);
}

static bool read_chunk_size(struct text line, uint64_t *size) {
    size_t i = 0;
    *size = 0;
    for (; i < line.length && digit_of(line.bytes[i]) >= 0; i++) {
        if (i == 8) return false;
        *size = *size << 4 | (uint64_t)digit_of(line.bytes[i]);
    }
    return i > 0 && (i == line.length || line.bytes[i] == ';' || line.bytes[i] == ' ');
}

static enum api_reading read_chunks(struct api_reader *reader) {
    for (;;) {
        take_body(reader);
        if (reader->left) return API_MORE;
        struct text rest = unused(reader), line;
        size_t all = rest.length;
        if (!take_line(&rest, &line)) return all > CHUNK_LINE_LIMIT ? refuse(reader, 400) : API_MORE;
        size_t length = all - rest.length;
        if (length > CHUNK_LINE_LIMIT) return refuse(reader, 400);
        if (reader->in_trailers && !line.length) {
            use(reader, length);
            return API_WHOLE;
        }
        if (reader->in_chunk && line.length) return refuse(reader, 400); /* more than its size said */
        if (!reader->in_trailers && !reader->in_chunk) {
            if (!read_chunk_size(line, &reader->left)) return refuse(reader, 400);
            reader->in_trailers = reader->left == 0;
            if (reader->request.body.length + reader->left > API_BODY_LIMIT) return refuse(reader, 413);
        }
        reader->in_chunk = !reader->in_chunk && !reader->in_trailers;
        use(reader, length);
    }
}

enum api_reading api_reader_read(struct api_reader *reader) {
    enum api_reading reading = API_MORE;
    if (!reader->has_head) reading = read_head(reader);
    if (reading == API_BAD || !reader->has_head) return reading;
    if (reader->awaits_word) {
        reader->awaits_word = false;
        if (!unused(reader).length && (reader->left || reader->is_chunked)) return API_CONTINUE;
    }
    if (reader->is_chunked) return read_chunks(reader);
    take_body(reader);
    return reader->left ? API_MORE : API_WHOLE;
}

/* ---- one after the other ---- */

static void request_done(struct api_request *request) {
    memory_release(request->method);
    for (size_t i = 0; i < API_WORDS; i++) memory_release(request->words[i]);
    buffer_done(&request->body);
    *request = (struct api_request){ 0 };
}

void api_reader_next(struct api_reader *reader) {
    struct buffer in = reader->in;
    size_t at = reader->at;
    request_done(&reader->request);
    *reader = (struct api_reader){ .in = in, .at = at };
}

bool api_reader_is_empty(const struct api_reader *reader) {
    return !reader->has_head && !unused(reader).length;
}

void api_reader_done(struct api_reader *reader) {
    request_done(&reader->request);
    buffer_done(&reader->in);
}
