/* Inside vm/ only: releases. N-3 is older than N-1; v1.4 is older than v1.10; the two families do not compare. */
#ifndef AOT_VM_VERSION_H
#define AOT_VM_VERSION_H
#include "vm/value.h"

bool version_order(struct value a, struct value b,
                   int *order); /* -1, 0, 1 as a is older, equal, newer; false: no order */
struct value version_older(struct heap *heap, struct value version,
                           int64_t releases); /* `version` minus so many releases */
/* A release that is known by its age alone has no text yet: the error that its `.tag` gives. None for all else. */
struct value version_unresolved(struct heap *heap, struct value value);
#endif
