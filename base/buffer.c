/* Bytes that grow, for every stage that prints. The buffer owns its memory until buffer_done or buffer_take. */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL behind them. */
static void reserve(struct buffer *buffer, size_t more) {
    size_t wanted = buffer->length + more + 1;
    if (wanted <= buffer->capacity) return;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 64;
    if (capacity < wanted) capacity = wanted;
    buffer->bytes = memory_resize(buffer->bytes, capacity);
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, struct text text) {
    reserve(buffer, text.length);
    if (text.length) memcpy(buffer->bytes + buffer->length, text.bytes, text.length);
    buffer->length += text.length;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_append_string(struct buffer *buffer, const char *terminated) {
    buffer_append(buffer, text_of(terminated));
}

void buffer_append_byte(struct buffer *buffer, char byte) {
    reserve(buffer, 1);
    buffer->bytes[buffer->length++] = byte;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_append_repeat(struct buffer *buffer, char byte, size_t count) {
    reserve(buffer, count);
    memset(buffer->bytes + buffer->length, byte, count);
    buffer->length += count;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments) {
    reserve(buffer, 64);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(buffer->bytes + buffer->length, buffer->capacity - buffer->length, format, arguments);
    if (length < 0) abort(); /* only a broken format string comes here */
    if ((size_t)length >= buffer->capacity - buffer->length) {
        reserve(buffer, (size_t)length);
        vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
    }
    va_end(again);
    buffer->length += (size_t)length;
}

struct text buffer_text(const struct buffer *buffer) {
    return (struct text){ buffer->bytes, buffer->length };
}

void buffer_clear(struct buffer *buffer) {
    buffer->length = 0;
    if (buffer->bytes) buffer->bytes[0] = '\0';
}

void buffer_done(struct buffer *buffer) {
    memory_release(buffer->bytes);
    *buffer = (struct buffer){ 0 };
}

char *buffer_take(struct buffer *buffer) {
    char *bytes = buffer->bytes ? buffer->bytes : memory_copy("", 0);
    *buffer = (struct buffer){ 0 };
    return bytes;
}
