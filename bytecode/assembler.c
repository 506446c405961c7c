/* Writes one unit's code and resolves its jumps. Never looks at operands other than jumps: the verifier does. */
#include "bytecode/assembler.h"
#include <assert.h>

static void push(struct assembly *assembly, struct instruction instruction) {
    VECTOR_PUSH(&assembly->code, instruction);
    VECTOR_PUSH(&assembly->spans, assembly->span);
}

void assembly_emit(struct assembly *assembly, enum op op, uint16_t a, uint16_t b, uint16_t c) {
    push(assembly, (struct instruction){ (uint16_t)op, a, b, c });
}

void assembly_emit_wide(struct assembly *assembly, enum op op, uint16_t a, uint32_t wide) {
    push(assembly, (struct instruction){ (uint16_t)op, a, (uint16_t)wide, (uint16_t)(wide >> 16) });
}

void assembly_jump(struct assembly *assembly, enum op op, uint16_t a, uint16_t b, struct label target) {
    VECTOR_PUSH(&assembly->jumps, (struct pending_jump){ (uint32_t)assembly->code.count, target.index });
    assembly_emit(assembly, op, a, b, 0);
}

struct label assembly_label(struct assembly *assembly) {
    VECTOR_PUSH(&assembly->labels, UINT32_MAX);
    return (struct label){ (uint32_t)assembly->labels.count - 1 };
}

void assembly_place(struct assembly *assembly, struct label label) {
    assert(assembly->labels.items[label.index] == UINT32_MAX);
    assembly->labels.items[label.index] = (uint32_t)assembly->code.count;
}

struct label assembly_here(struct assembly *assembly) {
    struct label label = assembly_label(assembly);
    assembly_place(assembly, label);
    return label;
}

static bool is_wide(const struct instruction *instruction) {
    return op_info((enum op)instruction->op)->kinds[1] == 'J';
}

static bool fits(int64_t distance) {
    return distance >= INT16_MIN && distance <= INT16_MAX;
}

static void set_wide(struct instruction *instruction, int64_t distance) {
    uint32_t bits = (uint32_t)(int32_t)distance;
    instruction->b = (uint16_t)bits;
    instruction->c = (uint16_t)(bits >> 16);
}

/* Without long ones: patches in place. Returns false at the first 16-bit jump that does not reach. */
static bool resolve(struct assembly *assembly) {
    for (size_t i = 0; i < assembly->jumps.count; i++) {
        struct pending_jump jump = assembly->jumps.items[i];
        struct instruction *instruction = &assembly->code.items[jump.at];
        int64_t distance = (int64_t)assembly->labels.items[jump.label] - jump.at - 1;
        if (is_wide(instruction)) {
            set_wide(instruction, distance);
        } else if (fits(distance)) {
            instruction->c = (uint16_t)(int16_t)distance;
        } else {
            return false;
        }
    }
    return true;
}

/* Where each instruction comes to stand when two more follow each of the long jumps. `place` has one more at the
 * end. */
static void lay_out(const struct assembly *assembly, const bool *is_long, uint32_t *place) {
    uint32_t at = 0;
    for (size_t i = 0; i < assembly->code.count; i++) {
        place[i] = at;
        at += is_long[i] ? 3 : 1;
    }
    place[assembly->code.count] = at;
}

/* Marks the 16-bit jumps that do not reach in this layout; returns whether there are new ones. */
static bool find_long(const struct assembly *assembly, bool *is_long, const uint32_t *place) {
    bool found = false;
    for (size_t i = 0; i < assembly->jumps.count; i++) {
        struct pending_jump jump = assembly->jumps.items[i];
        if (is_long[jump.at] || is_wide(&assembly->code.items[jump.at])) continue;
        if (fits((int64_t)place[assembly->labels.items[jump.label]] - place[jump.at] - 1)) continue;
        is_long[jump.at] = found = true;
    }
    return found;
}

/* A long jump becomes: itself over the next, `JUMP` on, `JUMP` to the target. */
static void lengthen(struct assembly *assembly, const bool *is_long, const uint32_t *place) {
    size_t count = assembly->code.count;
    struct instruction *code = memory_allocate(place[count] * sizeof *code);
    struct span *spans = memory_allocate(place[count] * sizeof *spans);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = place[i];
        code[at] = assembly->code.items[i];
        spans[at] = assembly->spans.items[i];
        if (!is_long[i]) continue;
        spans[at + 1] = spans[at + 2] = spans[at];
        code[at].c = 1;
        code[at + 1] = code[at + 2] = (struct instruction){ .op = OP_JUMP };
        set_wide(&code[at + 1], 1);
    }
    for (size_t i = 0; i < assembly->jumps.count; i++) {
        struct pending_jump *jump = &assembly->jumps.items[i];
        bool lengthened = is_long[jump->at];
        jump->at = place[jump->at] + (lengthened ? 2 : 0);
    }
    for (size_t i = 0; i < assembly->labels.count; i++) {
        uint32_t *label = &assembly->labels.items[i];
        if (*label != UINT32_MAX) *label = place[*label];
    }
    memory_release(assembly->code.items);
    memory_release(assembly->spans.items);
    assembly->code.items = code;
    assembly->spans.items = spans;
    assembly->code.count = assembly->code.capacity = assembly->spans.count = assembly->spans.capacity = place[count];
}

void assembly_finish(struct assembly *assembly) {
    if (resolve(assembly)) return;
    size_t count = assembly->code.count;
    bool *is_long = memory_allocate(count * sizeof *is_long);
    uint32_t *place = memory_allocate((count + 1) * sizeof *place);
    do {
        lay_out(assembly, is_long, place);
    } while (find_long(assembly, is_long, place));
    lengthen(assembly, is_long, place);
    memory_release(is_long);
    memory_release(place);
    bool resolved = resolve(assembly);
    assert(resolved);
    (void)resolved;
}

void assembly_done(struct assembly *assembly) {
    VECTOR_DONE(&assembly->code);
    VECTOR_DONE(&assembly->spans);
    VECTOR_DONE(&assembly->labels);
    VECTOR_DONE(&assembly->jumps);
}
