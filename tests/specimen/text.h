/* A text that grows. Whoever declares one frees it. */
#pragma once
#include <stddef.h>

struct text {
    char *bytes;   /* ended by NUL; NULL while empty */
    size_t length; /* without the NUL */
    size_t room;   /* bytes allocated */
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds `bytes` as a JSON string, quotes included. */
void text_quote(struct text *text, const char *bytes);

void text_free(struct text *text);
