/* Shared by the two halves of the listing: the code, and the tables beside it. Not for other folders. */
#ifndef AOT_BYTECODE_DISASM_H
#define AOT_BYTECODE_DISASM_H
#include "bytecode/program.h"

struct listing {
    const struct program *program;
    const struct native_catalogue *natives; /* may be NULL: natives are numbers then */
    struct buffer *out;
};

void listing_constant(struct listing *listing, uint32_t index); /* its content, clipped */
void listing_global(struct listing *listing, uint32_t index);   /* its name */
void listing_shape(struct listing *listing, uint32_t index);
void listing_place(struct listing *listing, struct span span); /* "t4.aot:31" */
void listing_tables(struct listing *listing);                  /* header, globals, inputs, axes, phases */
void listing_claims(struct listing *listing);                  /* assertions, claims, formulas, sites */
#endif
