/* What a document lost on its way through a parser. */
#ifndef AOT_STDLIB_DOCUMENT_LOSS_H
#define AOT_STDLIB_DOCUMENT_LOSS_H
#include "stdlib/document/tree.h"

/* True, with path and both sides of the first difference added to `out`, when something of `sent` is not in `got`. The order of members is
 * no matter, but that of equal names among themselves is; elements of lists keep their places; numbers are compared as they are written;
 * members that only `got` has are no loss. */
bool document_loss(const struct document_node *sent, const struct document_node *got, struct buffer *out);
#endif
