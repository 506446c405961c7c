/* Inside vm/ only: versions. N-3 is older than N-1; v1.4 is older than v1.10. N-1 and v1.4 compare by the tag of N-1,
 * where it has one that is written like a version. */
#ifndef AOT_VM_VERSION_H
#define AOT_VM_VERSION_H
#include "vm/value.h"

bool version_order(struct value a, struct value b,
                   int *order); /* -1, 0, 1 as a is older, equal, newer; false: no order */
struct value version_incomparable(struct heap *heap, struct value a, struct value b); /* the error: why not */
struct value version_older(struct heap *heap, struct value version,
                           int64_t releases);                 /* `version` minus so many releases */
void version_print(struct value version, struct buffer *out); /* "N-1 (v1.1.0)" */
bool version_is_aged(struct text spelling);                   /* N, N-1: known by its age, not by its numbers */
#endif
