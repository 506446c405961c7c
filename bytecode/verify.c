/* The verifier's second half: one pass over each unit's instructions, every operand by its kind. What passes can be run
 * without looking at indices again. It never says that a program is good sense, only that it stays inside itself. */
#include "bytecode/verify.h"
#include "base/memory.h"
#include <stdarg.h>

struct spot {
    const struct unit *unit;
    uint32_t unit_index;
    uint32_t at; /* within the unit */
    struct instruction instruction;
    const struct op_info *info;
};

bool verify_fail(struct verifier *verifier, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (verifier->error) buffer_vprintf(verifier->error, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse(struct verifier *v, const struct spot *spot, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct verifier *v, const struct spot *spot, const char *format, ...) {
    verify_fail(v, "unit %u (%s), instruction %u %s: ", spot->unit_index, unit_kind_name(spot->unit->kind), spot->at,
                spot->info->name);
    va_list arguments;
    va_start(arguments, format);
    if (v->error) buffer_vprintf(v->error, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- ranges of registers ---- */

/* How many registers from the range's first one the instruction reads; its other operands are in order already. */
static uint64_t range_length(struct verifier *v, const struct spot *spot) {
    const struct program *p = v->program;
    struct instruction i = spot->instruction;
    switch (i.op) {
    case OP_MAKE_LIST:
    case OP_MAKE_TEXT:
    case OP_MAKE_SQL:
    case OP_MAKE_SHELL: return i.c;
    case OP_MAKE_RECORD: return v->key_counts[i.c];
    case OP_CALL_NATIVE:
    case OP_CALL_LIFTED: return v->native_parameters[i.b];
    case OP_CALL:
    case OP_SPAWN: return p->units[i.b].parameter_count;
    case OP_MAKE_SERVICE: return p->units[i.b].parameter_count - (uint64_t)1;
    case OP_LOAD_START: return p->units[i.b].parameter_count + (uint64_t)2;
    case OP_WATCH_START: return p->units[i.b].parameter_count + (uint64_t)1;
    default: return 2; /* CUT_FROM, POLL_BEGIN: a pair */
    }
}

static bool check_range(struct verifier *v, const struct spot *spot, uint16_t first) {
    uint64_t length = range_length(v, spot);
    if (first + length <= spot->unit->register_count) return true;
    return refuse(v, spot, "it reads registers %u to %llu of %u", first, (unsigned long long)(first + length) - 1,
                  spot->unit->register_count);
}

/* ---- indices ---- */

static bool check_index(struct verifier *v, const struct spot *spot, const char *what, uint32_t index, uint32_t count) {
    return index < count ? true : refuse(v, spot, "there is no %s %u of %u", what, index, count);
}

static bool check_constant(struct verifier *v, const struct spot *spot, uint32_t index) {
    const struct program *p = v->program;
    if (!check_index(v, spot, "constant", index, p->constant_count)) return false;
    enum constant_kind kind = p->constants[index].kind;
    bool good = kind == CONSTANT_TEXT;
    if (spot->instruction.op == OP_MAKE_RECORD) good = kind == CONSTANT_KEYS;
    if (spot->instruction.op == OP_LOAD_CONSTANT) good = kind != CONSTANT_KEYS;
    return good ? true : refuse(v, spot, "constant %u is of kind %s", index, constant_kind_name(kind));
}

static bool check_unit_operand(struct verifier *v, const struct spot *spot, uint32_t index) {
    const struct program *p = v->program;
    if (!check_index(v, spot, "unit", index, p->unit_count)) return false;
    enum unit_kind kind = p->units[index].kind;
    bool good = false;
    switch (spot->instruction.op) {
    case OP_CALL: good = kind == UNIT_FUNCTION; break;
    case OP_SPAWN: good = kind == UNIT_SPAWN || kind == UNIT_PARALLEL; break;
    case OP_LOAD_START: good = kind == UNIT_LOAD; break;
    case OP_WATCH_START: good = kind == UNIT_WATCH; break;
    case OP_MAKE_SERVICE: good = kind == UNIT_SERVICE && p->units[index].parameter_count > 0; break;
    default: break;
    }
    return good ? true : refuse(v, spot, "unit %u is of kind %s", index, unit_kind_name(kind));
}

static bool check_global(struct verifier *v, const struct spot *spot, uint32_t index) {
    const struct program *p = v->program;
    if (!check_index(v, spot, "global", index, p->global_count)) return false;
    enum global_kind kind = p->globals[index].kind;
    bool good = true;
    switch (spot->instruction.op) {
    case OP_MARK: good = kind == GLOBAL_MARK; break;
    case OP_LOAD_START: good = kind == GLOBAL_LOAD; break;
    case OP_WATCH_START: good = kind == GLOBAL_WATCH; break;
    case OP_SET_GLOBAL:
        good = kind != GLOBAL_MARK && kind != GLOBAL_LOAD && kind != GLOBAL_WATCH && kind != GLOBAL_PHASE &&
               kind != GLOBAL_AXIS;
        break;
    default: break;
    }
    return good ? true : refuse(v, spot, "global %u is of kind %s", index, global_kind_name(kind));
}

static bool check_native(struct verifier *v, const struct spot *spot, uint32_t index) {
    uint32_t count = v->natives ? (uint32_t)v->natives->row_count : 0;
    if (!check_index(v, spot, "native", index, count)) return false;
    if (spot->instruction.op != OP_CALL_LIFTED) return true;
    uint32_t flags = v->natives->rows[index].flags;
    if ((flags & NATIVE_EFFECT_MASK) != NATIVE_CONST || flags & NATIVE_WAITS)
        return refuse(v, spot, "native %u is not to be repeated for each element", index);
    return v->native_parameters[index] > 0 ? true : refuse(v, spot, "native %u has no parameter", index);
}

/* Claims are judged over the registers of their own assertion's unit; those of `expect` belong to any unit that
 * holds them. */
static bool check_claim(struct verifier *v, const struct spot *spot, uint16_t index) {
    const struct program *p = v->program;
    enum op op = (enum op)spot->instruction.op;
    if (op == OP_POLL_BEGIN && index == UINT16_MAX) return true;
    if (!check_index(v, spot, "claim", index, p->claim_count)) return false;
    const struct claim *claim = &p->claims[index];
    if (op == OP_EXPECT) {
        if (claim->assertion != UINT32_MAX) return refuse(v, spot, "claim %u is an assertion's", index);
        if (v->claim_tops[index] <= spot->unit->register_count) return true;
        return refuse(v, spot, "a site of claim %u lies outside the unit's registers", index);
    }
    if (claim->assertion == UINT32_MAX || p->assertions[claim->assertion].unit != spot->unit_index)
        return refuse(v, spot, "claim %u is not this unit's", index);
    bool judged = claim->formula != NO_FORMULA;
    if (judged ? op == OP_CLAIM_KEEP : op == OP_CLAIM || op == OP_CLAIM_SKIP)
        return refuse(v, spot, "claim %u has %s formula", index, judged ? "a" : "no");
    return true;
}

static bool check_jump(struct verifier *v, const struct spot *spot, int32_t distance) {
    int64_t target = (int64_t)spot->at + 1 + distance;
    if (target >= 0 && target < spot->unit->length) return true;
    return refuse(v, spot, "it jumps to %lld, outside the unit's %u instructions", (long long)target,
                  spot->unit->length);
}

/* ---- operands ---- */

static bool check_operand(struct verifier *v, const struct spot *spot, char kind, uint16_t value) {
    const struct program *p = v->program;
    uint32_t wide = instruction_wide(spot->instruction);
    switch (kind) {
    case '_': return value == 0 ? true : refuse(v, spot, "an operand that it does not have is set");
    case 'w':
    case 'r': return check_index(v, spot, "register", value, spot->unit->register_count);
    case 's': return true; /* its range is looked at when all indices are known to be good */
    case 'k': return check_constant(v, spot, value);
    case 'K': return check_constant(v, spot, wide);
    case 'f': return check_native(v, spot, value);
    case 'u': return check_unit_operand(v, spot, value);
    case 'U': return check_unit_operand(v, spot, wide);
    case 'g': return check_global(v, spot, value);
    case 'G': return check_global(v, spot, wide);
    case 't': return check_index(v, spot, "type", value, p->shape_count);
    case 'q': return check_claim(v, spot, value);
    case 'p': return check_index(v, spot, "phase", value, p->phase_count);
    case 'x': return check_index(v, spot, "input", value, p->input_count);
    case 'j': return check_jump(v, spot, (int16_t)value);
    case 'J': return check_jump(v, spot, (int32_t)wide);
    default: return true; /* i, n, I, H: any number will do */
    }
}

/* Phases, loads and watches stand in the body of `run` itself. */
static bool stands_in_run(enum op op) {
    return op == OP_PHASE_ENTER || op == OP_PHASE_LEAVE || op == OP_LOAD_START || op == OP_WATCH_START;
}

static bool check_instruction(struct verifier *v, const struct spot *spot) {
    if (spot->instruction.op >= OP_COUNT) return refuse(v, spot, "there is no instruction %u", spot->instruction.op);
    const char *kinds = spot->info->kinds;
    const uint16_t operands[3] = { spot->instruction.a, spot->instruction.b, spot->instruction.c };
    for (int i = 0; i < 3; i++)
        if (!check_operand(v, spot, kinds[i], operands[i])) return false;
    for (int i = 0; i < 3; i++)
        if (kinds[i] == 's' && !check_range(v, spot, operands[i])) return false;
    if (stands_in_run((enum op)spot->instruction.op) && spot->unit->kind != UNIT_RUN)
        return refuse(v, spot, "it stands outside `run`");
    return true;
}

static bool check_code(struct verifier *v, uint32_t unit_index) {
    const struct program *p = v->program;
    const struct unit *unit = &p->units[unit_index];
    struct spot spot = { .unit = unit, .unit_index = unit_index, .info = op_info(OP_COUNT) };
    for (uint32_t at = 0; at < unit->length; at++) {
        spot.at = at;
        spot.instruction = p->code[unit->entry + at];
        spot.info = op_info((enum op)spot.instruction.op);
        if (!check_instruction(v, &spot)) return false;
    }
    return spot.info->flags & ENDS_BLOCK ? true : refuse(v, &spot, "the unit's end can be passed");
}

static void count_native_parameters(struct verifier *v) {
    size_t count = v->natives ? v->natives->row_count : 0;
    v->native_parameters = memory_allocate((count + 1) * sizeof *v->native_parameters);
    for (size_t i = 0; i < count; i++) v->native_parameters[i] = native_parameter_count(&v->natives->rows[i]);
}

bool program_verify(const struct program *program, const struct native_catalogue *natives, struct buffer *error) {
    struct verifier verifier = { .program = program, .natives = natives, .error = error };
    count_native_parameters(&verifier);
    bool good = verify_tables(&verifier);
    for (uint32_t i = 0; good && i < program->unit_count; i++) good = check_code(&verifier, i);
    memory_release(verifier.native_parameters);
    memory_release(verifier.key_counts);
    memory_release(verifier.claim_tops);
    return good;
}
