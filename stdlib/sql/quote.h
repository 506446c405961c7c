/* Names and texts inside SQL that aot writes. */
#ifndef AOT_STDLIB_SQL_QUOTE_H
#define AOT_STDLIB_SQL_QUOTE_H
#include "base/buffer.h"

/* 'it''s', also where backslashes escape (standard_conforming_strings off). */
void sql_append_literal(struct buffer *out, const char *text);
/* "a ""name""". */
void sql_append_name(struct buffer *out, const char *name);
#endif
