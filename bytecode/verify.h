/* Shared by the two halves of the verifier: the tables, then the instructions over them. Not for other folders. */
#ifndef AOT_BYTECODE_VERIFY_H
#define AOT_BYTECODE_VERIFY_H
#include "bytecode/program.h"

struct verifier {
    const struct program *program;
    const struct native_catalogue *natives; /* may be NULL: then no native exists */
    struct buffer *error;                   /* gets the one sentence */
    uint32_t *native_parameters;            /* of each row */
    uint32_t *key_counts;                   /* of each constant: registers that MAKE_RECORD reads */
    uint32_t *claim_tops;                   /* of each claim: one more than the highest register of its sites */
};

bool verify_fail(struct verifier *verifier, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Everything but the code; afterwards indices in the tables can be followed without a check. */
bool verify_tables(struct verifier *verifier);
#endif
