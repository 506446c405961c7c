/* A register of a claim as a trace: the truth of a series of bools, with the times borrowed from the series. */
#ifndef AOT_JUDGE_OPERAND_H
#define AOT_JUDGE_OPERAND_H
#include "judge/trace.h"
#include "vm/run.h"
#include "vm/series.h"

struct operand {
    struct trace trace;  /* its arrays belong to `series` and to this operand */
    struct value series; /* SERIES, retained; or what stands in its place: no data, an error, a bool */
    uint8_t *truth;      /* owned; NULL when there is no series */
    struct idle *frozen; /* owned: the stalls that a gap is made of */
};
/* The value's truth at each element. What is no bool counts as an error. */
struct operand operand_read(struct value value, const struct stall *stalls, size_t stall_count);
void operand_done(struct operand *operand);
bool operand_is_series(const struct operand *operand);
enum truth truth_of(struct value value);
/* Why it has no data or is an error, borrowed; empty when there is nothing to say. */
struct text operand_message(const struct operand *operand, size_t element);
#endif
