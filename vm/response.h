/* Inside vm/ only: answers of a load that differ in nothing but their times, which the stream keeps in columns of its
 * own. So a million equal answers are one value. */
#ifndef AOT_VM_RESPONSE_H
#define AOT_VM_RESPONSE_H
#include "vm/value.h"

bool response_is(struct value value); /* a record with the fields that only an answer has */
/* Of an answer everything but `latency` and `at`, copied to `heap`; of anything else the whole. A body that was spooled to a file
 * is left out: kept for each event of a load, such files would fill the disk. Owned by the caller. */
struct value response_lasting(struct heap *heap, struct value value);
/* Equal, or both answers and equal but for `latency` and `at`. */
bool response_alike(struct value a, struct value b);
#endif
