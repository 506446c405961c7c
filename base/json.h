/* Writing JSON, for machines that read what aot prints. Reading is stdlib/json's (cJSON). */
#ifndef AOT_BASE_JSON_H
#define AOT_BASE_JSON_H
#include "base/buffer.h"

/* Commas and quotes are placed by the writer; nesting at most 64 deep. */
struct json_writer {
    struct buffer *out;
    uint8_t depth;
    bool first[64];
    bool after_key;
};
struct json_writer json_writer_on(struct buffer *out);
void json_object_begin(struct json_writer *writer);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer);
void json_array_end(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);
void json_text(struct json_writer *writer, struct text text); /* invalid UTF-8 becomes U+FFFD */
void json_string(struct json_writer *writer, const char *terminated);
void json_integer(struct json_writer *writer, int64_t value);
void json_number(struct json_writer *writer, double value); /* not finite becomes null */
void json_boolean(struct json_writer *writer, bool value);
void json_null(struct json_writer *writer);
void json_raw(struct json_writer *writer, struct text json); /* text that is JSON already */
/* Just the quoted form of `text`. */
void json_quote(struct buffer *out, struct text text);
#endif
