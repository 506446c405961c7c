/* The registers of one unit while it is emitted: a stack with a high-water mark. While `kept` is set nothing is
 * given back, so that every value of a claim is still there when it is judged. */
#ifndef AOT_COMPILER_REGS_H
#define AOT_COMPILER_REGS_H
#include <stdbool.h>
#include <stdint.h>

enum { REGISTER_LIMIT = 65000 };
struct registers {
    uint32_t next;   /* the first free one */
    uint32_t most;   /* how many the unit needs */
    bool kept;       /* releasing does nothing */
    bool overflowed; /* more were wanted than there can be */
};
/* The first of `count` registers in a row; 0 once there are too many. */
uint16_t registers_take(struct registers *registers, uint32_t count);
/* Gives back everything that was taken since `next` was `mark`. */
void registers_release(struct registers *registers, uint32_t mark);
#endif
