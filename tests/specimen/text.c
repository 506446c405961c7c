/* Growing texts. Out of memory ends the process: there is nothing sensible left to serve. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more) {
    size_t needed = text->length + more + 1;
    if (needed <= text->room) return;
    size_t room = text->room ? text->room : 256;
    while (room < needed) room *= 2;
    char *bytes = realloc(text->bytes, room);
    if (!bytes) {
        fputs("notes: out of memory\n", stderr);
        abort();
    }
    text->bytes = bytes;
    text->room = room;
}

void text_add(struct text *text, const char *bytes, size_t length) {
    reserve(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_print(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length <= 0) return;
    reserve(text, (size_t)length);
    va_start(arguments, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void text_quote(struct text *text, const char *bytes) {
    text_add(text, "\"", 1);
    for (const unsigned char *at = (const unsigned char *)bytes; *at; at++) {
        if (*at == '"' || *at == '\\') {
            char escaped[2] = { '\\', (char)*at };
            text_add(text, escaped, 2);
        } else if (*at < ' ') {
            text_print(text, "\\u%04x", *at);
        } else {
            text_add(text, (const char *)at, 1);
        }
    }
    text_add(text, "\"", 1);
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){ 0 };
}
