/* Bytes that grow. Always NUL-terminated behind `length` once something was appended. */
#ifndef AOT_BASE_BUFFER_H
#define AOT_BASE_BUFFER_H
#include "base/text.h"
#include <stdarg.h>

struct buffer {
    char *bytes;     /* owned; NULL while empty */
    size_t length;   /* bytes in use */
    size_t capacity; /* bytes allocated */
};

void buffer_append(struct buffer *buffer, struct text text);
void buffer_append_string(struct buffer *buffer, const char *terminated);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_repeat(struct buffer *buffer, char byte, size_t count);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments);
struct text buffer_text(const struct buffer *buffer); /* borrowed until the next append */
void buffer_clear(struct buffer *buffer);             /* keeps the memory */
void buffer_done(struct buffer *buffer);              /* releases; the buffer may be used again */
char *buffer_take(struct buffer *buffer);             /* NUL-terminated, owned by the caller; never NULL */
#endif
