/* Documents as values: a record of format and text. What they hold is read from the text when it is asked for. */
#ifndef AOT_STDLIB_DOCUMENT_DOCUMENT_H
#define AOT_STDLIB_DOCUMENT_DOCUMENT_H
#include "stdlib/document/tree.h"
#include "vm/value.h"

enum document_format { DOCUMENT_JSON, DOCUMENT_YAML };
struct document {
    enum document_format format;
    struct text text; /* borrowed from the value */
};
/* False with a reason in `problem`: the value is no document, or of a format that is not built. The text is not read. */
bool document_of(struct value value, struct document *document, struct buffer *problem);
struct document_node *document_tree(struct arena *arena, struct document document, struct buffer *problem);
void document_print(const struct document_node *node, enum document_format format, bool escaped, struct buffer *out);
struct value document_value(struct heap *heap, struct document document); /* owned by the caller */
#endif
