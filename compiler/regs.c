/* Register allocation: stack-disciplined, so it is addition and subtraction. */
#include "compiler/regs.h"

uint16_t registers_take(struct registers *registers, uint32_t count) {
    if (count > REGISTER_LIMIT - registers->next) {
        registers->overflowed = true;
        return 0;
    }
    uint32_t first = registers->next;
    registers->next += count;
    if (registers->next > registers->most) registers->most = registers->next;
    return (uint16_t)first;
}

void registers_release(struct registers *registers, uint32_t mark) {
    if (!registers->kept) registers->next = mark;
}
