/* Many documents through one program: JSON one in a line, YAML as a stream; answered in the same way. */
#ifndef AOT_STDLIB_DOCUMENT_FEED_H
#define AOT_STDLIB_DOCUMENT_FEED_H
#include "vm/value.h"

/* What the program reads. False with a reason in `problem`: one of the list is no document, or they are too much (64 MiB). */
bool feed_join(struct value documents, struct buffer *out, struct buffer *problem);
/* What the program wrote, as documents in the fed ones' formats; an error value when these are fewer, more, or none. */
struct value feed_split(struct heap *heap, struct value fed, struct text output);
#endif
