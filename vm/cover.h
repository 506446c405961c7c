/* Inside vm/ only: `cover pairwise`, a set of cells in which every pair of values of two axes stands together
 * somewhere. */
#ifndef AOT_VM_COVER_H
#define AOT_VM_COVER_H
#include "vm/run.h"

/* For each cell whether it was chosen; owned by the caller. Every pair that some cell has is covered, and at least
 * `minimum` cells are chosen. Deterministic in its arguments. */
bool *cover_pairwise(struct value *const *cells, size_t count, uint32_t axis_count, size_t minimum, uint64_t seed);
/* Counts which pairs the chosen cells cover; knows nothing of how they were chosen. */
struct cell_proof cover_prove(struct value *const *cells, size_t count, uint32_t axis_count, const bool *chosen);
#endif
