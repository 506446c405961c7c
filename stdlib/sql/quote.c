/* Quoting by PostgreSQL's rules: a quote is doubled; a text with a backslash is written as E'…'. */
#include "stdlib/sql/quote.h"
#include <string.h>

void sql_append_literal(struct buffer *out, const char *text) {
    bool escapes = strchr(text, '\\') != NULL;
    buffer_append_string(out, escapes ? "E'" : "'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') buffer_append_byte(out, *text);
        buffer_append_byte(out, *text);
    }
    buffer_append_byte(out, '\'');
}

void sql_append_name(struct buffer *out, const char *name) {
    buffer_append_byte(out, '"');
    for (; *name; name++) {
        if (*name == '"') buffer_append_byte(out, '"');
        buffer_append_byte(out, *name);
    }
    buffer_append_byte(out, '"');
}
