/* Headers as a record, for both HTTP clients and the proxy; knows no client. */
#ifndef AOT_STDLIB_HTTP_HEADER_RECORD_H
#define AOT_STDLIB_HTTP_HEADER_RECORD_H
#include "vm/value.h"

/* "name NUL content NUL …" as a record: repeated headers joined by ", ", cookies by a line break. Owned. */
struct value header_record(struct heap *heap, struct text headers);
#endif
