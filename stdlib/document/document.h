/* Documents as values: a record of format and text. What they hold is read from the text when it is asked for. */
#ifndef AOT_STDLIB_DOCUMENT_DOCUMENT_H
#define AOT_STDLIB_DOCUMENT_DOCUMENT_H
#include "stdlib/document/tree.h"
#include "vm/value.h"

struct document {
    struct text format; /* "json", the only one so far */
    struct text text;   /* both borrowed from the value */
};
/* False with a reason in `problem`: the value is no document, or of a format that is not built. The text is not read. */
bool document_of(struct value value, struct document *document, struct buffer *problem);
struct value document_value(struct heap *heap, struct text json); /* owned by the caller */
#endif
