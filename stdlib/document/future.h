/* Documents of a future: a sample with fields that no version knows. */
#ifndef AOT_STDLIB_DOCUMENT_FUTURE_H
#define AOT_STDLIB_DOCUMENT_FUTURE_H
#include "stdlib/document/tree.h"

/* Adds fields to `sample`, a fresh tree in `arena`: document `index` of the series that `seed` gives, whatever its length. The first ones
 * get one field each, every kind of it in every object of the sample (the first four), so that the smallest document that fails names its
 * cause; the others up to six. `twice`: the format allows equal
 * names. True: it is to be written with escapes. */
bool document_add_future(struct arena *arena, struct document_node *sample, bool twice, uint64_t seed, size_t index);
bool document_has_object(const struct document_node *node); /* else there is no place for a field */
#endif
