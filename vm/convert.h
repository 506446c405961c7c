/* Values and texts as a declared type: `e as T`, inputs from the command line and the environment. */
#ifndef AOT_VM_CONVERT_H
#define AOT_VM_CONVERT_H
#include "bytecode/program.h"
#include "vm/value.h"

/* `value as T`; an error value says why not. A text is read as value_parse_shape does. */
struct value value_convert(struct heap *heap, const struct program *program, uint32_t shape, struct value value);
/* What a person writes for an input; of `T?`, none is none and "none" in quotes a text: 200/s, 30s, [N-1, N], true, "quoted", {"a": 1}; an error value says what was
 * expected. */
struct value value_parse_shape(struct heap *heap, const struct program *program, uint32_t shape, struct text text);
#endif
