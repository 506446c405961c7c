/* Instructions and what is known of each opcode, all derived from opcodes.def. */
#ifndef AOT_BYTECODE_OP_H
#define AOT_BYTECODE_OP_H
#include "base/buffer.h"
#include <stdbool.h>
#include <stdint.h>

enum op {
#define OP(name, a, b, c, flags, effect) OP_##name,
#include "bytecode/opcodes.def"
#undef OP
    OP_COUNT
};

enum op_flag { CAN_FAIL = 1, CAN_WAIT = 2, ENDS_BLOCK = 4 };

struct instruction {
    uint16_t op; /* enum op */
    uint16_t a, b, c;
};

struct op_info {
    const char *name;   /* "GET_FIELD" */
    char kinds[4];      /* operand kinds of a, b, c, see opcodes.def */
    uint8_t flags;      /* enum op_flag */
    const char *effect; /* one line */
};
const struct op_info *op_info(enum op op);
/* The 32-bit operand over b and c. */
/* docs/opcodes.md: the table as Markdown, for people. */
void opcodes_print(struct buffer *out);
static inline uint32_t instruction_wide(struct instruction instruction) {
    return (uint32_t)instruction.b | (uint32_t)instruction.c << 16;
}
#endif
