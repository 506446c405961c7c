/* One pass over the code: what is bound between the beginning and the end of a phase whose fault was idle rests on that fault, and
 * what is computed from it does. A recording that began there and is cut to another phase does not. */
#include "judge/idle.h"

#include "judge/starved.h"
#include "bytecode/op.h"
#include "base/memory.h"

#define NO_PHASE UINT32_MAX

/* ---- the faults ---- */

static bool add_idle_fault(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                           struct text outcome) {
    struct idle_faults *faults = data;
    (void)kind;
    struct idle_fault fault = { memory_copy(subject.bytes, subject.length), memory_copy(outcome.bytes, outcome.length),
                                start, end };
    VECTOR_PUSH(faults, fault);
    return true;
}

void idle_faults_read(struct idle_faults *faults, struct record *history) {
    if (history) record_each_effect_of(history, "idle fault", add_idle_fault, faults);
}

void idle_faults_done(struct idle_faults *faults) {
    for (size_t i = 0; i < faults->count; i++) {
        memory_release(faults->items[i].phase);
        memory_release(faults->items[i].outcome);
    }
    VECTOR_DONE(faults);
}

const struct idle_fault *idle_fault_over(const struct idle_faults *faults, const struct extent *extent) {
    for (size_t i = 0; i < faults->count; i++) {
        const struct idle_fault *fault = &faults->items[i];
        bool named = extent->name.length && text_is(extent->name, fault->phase);
        if (named || (extent->scope.from >= fault->start && extent->scope.to <= fault->end)) return fault;
    }
    return NULL;
}

/* ---- what claims rest on ---- */

/* What a register or a global holds, as far as it matters here. */
struct holding {
    const struct idle_fault *fault; /* it rests on; or NULL */
    bool is_recording;              /* a watch or a load that began there, not cut yet */
    uint32_t phase;                 /* it is the interval of; or NO_PHASE */
    bool is_written;                /* since the last binding or claim; a branch must not hide what another one wrote */
};

struct reading {
    const struct world *world;
    const struct idle_faults *faults;
    struct holding *globals;
    struct holding *registers; /* of the unit at hand */
    uint32_t register_count;
    uint32_t phase;                   /* open here, the innermost; or NO_PHASE */
    uint32_t joined;                  /* the instruction at which all branches so far have met again */
    const struct idle_fault **claims; /* the result */
    bool any;
};

static const struct holding nothing = { NULL, false, NO_PHASE, false };

/* Of the phase, or of one around it. */
static const struct idle_fault *fault_of(const struct reading *reading, uint32_t phase) {
    const struct program *program = reading->world->program;
    for (; phase < program->phase_count; phase = program->phases[phase].outer)
        for (size_t i = 0; i < reading->faults->count; i++)
            if (text_is(program->phases[phase].name, reading->faults->items[i].phase))
                return &reading->faults->items[i];
    return NULL;
}

static void end_of_writing(struct reading *reading) {
    for (uint32_t i = 0; i < reading->register_count; i++) reading->registers[i].is_written = false;
}

static void bind(struct reading *reading, uint32_t global, struct holding held, bool is_recording) {
    const struct idle_fault *fault = fault_of(reading, reading->phase);
    if (global >= reading->world->program->global_count) return;
    if (fault) held = (struct holding){ .fault = fault, .is_recording = is_recording, .phase = NO_PHASE };
    reading->globals[global] = held;
    end_of_writing(reading);
}

static struct holding of_operands(const struct reading *reading, struct instruction instruction) {
    struct holding holding = nothing;
    for (uint32_t i = 0; i < reading->register_count; i++) {
        const struct holding *read = &reading->registers[i];
        if (!read->fault || !starved_code_reads(reading->world, reading->register_count, instruction, i)) continue;
        bool is_first = !holding.fault;
        if (is_first) holding.fault = read->fault;
        holding.is_recording = read->is_recording && (is_first || holding.is_recording);
    }
    return holding;
}

static struct holding of_cut(const struct reading *reading, struct instruction instruction) {
    bool is_known = instruction.b < reading->register_count && instruction.c < reading->register_count;
    uint32_t phase = is_known ? reading->registers[instruction.c].phase : NO_PHASE;
    struct holding holding = of_operands(reading, instruction);
    if (phase == NO_PHASE) return holding;
    const struct idle_fault *over = fault_of(reading, phase);
    if (over || holding.is_recording) holding = (struct holding){ .fault = over, .phase = NO_PHASE };
    return holding;
}

static void write(struct reading *reading, struct instruction instruction) {
    struct holding *written = &reading->registers[instruction.a], holding;
    uint32_t global = instruction.op == OP_GET_GLOBAL ? instruction_wide(instruction) : 0;
    if (instruction.op == OP_GET_GLOBAL)
        holding = global < reading->world->program->global_count ? reading->globals[global] : nothing;
    else if (instruction.op == OP_MOVE && instruction.b < reading->register_count)
        holding = reading->registers[instruction.b];
    else
        holding = instruction.op == OP_CUT_DURING ? of_cut(reading, instruction) : of_operands(reading, instruction);
    bool keeps = written->is_written && !holding.fault && written->fault;
    if (!keeps) *written = holding;
    written->is_written = true;
}

static const struct idle_fault *of_register(const struct reading *reading, uint16_t index, bool has_scope) {
    if (index >= reading->register_count) return NULL;
    const struct holding *holding = &reading->registers[index];
    return has_scope && holding->is_recording ? NULL : holding->fault; /* its scope says over which time it is */
}

static void claim_made(struct reading *reading, uint16_t index) {
    const struct program *program = reading->world->program;
    if (index >= program->claim_count) return;
    const struct idle_fault *fault = of_register(reading, program->claims[index].result, false);
    uint32_t at = program->claims[index].formula;
    bool has_scope = at < program->formula_count && formula_has_scope(&program->formulas[at]);
    for (; !fault && at < program->formula_count; at = program->formulas[at].body) {
        fault = of_register(reading, program->formulas[at].condition, has_scope);
        if (!fault) fault = of_register(reading, program->formulas[at].ending, has_scope);
    }
    reading->claims[index] = fault;
    reading->any = reading->any || fault;
    end_of_writing(reading);
}

static void step(struct reading *reading, struct instruction instruction) {
    switch (instruction.op) {
    case OP_PHASE_ENTER: reading->phase = instruction.a; break;
    case OP_PHASE_LEAVE:
        reading->phase = instruction.a < reading->world->program->phase_count
                             ? reading->world->program->phases[instruction.a].outer
                             : NO_PHASE;
        break;
    case OP_SET_GLOBAL:
        if (instruction.a < reading->register_count)
            bind(reading, instruction_wide(instruction), reading->registers[instruction.a], false);
        break;
    case OP_WATCH_START:
    case OP_LOAD_START: bind(reading, instruction.a, nothing, true); break;
    case OP_CLAIM: claim_made(reading, instruction.a); break;
    default:
        if (instruction.op < OP_COUNT && op_info((enum op)instruction.op)->kinds[0] == 'w' &&
            instruction.a < reading->register_count)
            write(reading, instruction);
    }
}

/* Where a jump at `at` leads, both counted from the unit's beginning; 0 if it is none, or leads back. */
static uint32_t target_of(struct instruction instruction, uint32_t at) {
    if (instruction.op >= OP_COUNT) return 0;
    const char *kinds = op_info((enum op)instruction.op)->kinds;
    int64_t distance = 0;
    if (kinds[1] == 'J') distance = (int32_t)instruction_wide(instruction);
    if (kinds[2] == 'j') distance = (int16_t)instruction.c;
    return distance > 0 ? (uint32_t)(at + 1 + distance) : 0;
}

/* Outside of branches what is written anew is forgotten; a branch begins with what its jump looks at. */
static void forget_outside(struct reading *reading, struct instruction instruction, uint32_t at) {
    uint32_t target = target_of(instruction, at);
    if (at >= reading->joined) {
        end_of_writing(reading);
        if (target && instruction.a < reading->register_count) reading->registers[instruction.a].is_written = true;
    }
    if (target > reading->joined) reading->joined = target;
}

static void read_unit(struct reading *reading, const struct unit *unit) {
    const struct program *program = reading->world->program;
    reading->register_count = unit->register_count;
    reading->registers = memory_allocate((unit->register_count + 1) * sizeof *reading->registers);
    for (uint32_t i = 0; i < unit->register_count; i++) reading->registers[i] = nothing;
    reading->phase = NO_PHASE;
    reading->joined = 0;
    for (uint32_t i = 0; i < unit->length && unit->entry + i < program->code_count; i++) {
        forget_outside(reading, program->code[unit->entry + i], i);
        step(reading, program->code[unit->entry + i]);
    }
    memory_release(reading->registers);
}

static void read_units(struct reading *reading, enum unit_kind kind) {
    const struct program *program = reading->world->program;
    for (uint32_t i = 0; i < program->unit_count; i++)
        if (program->units[i].kind == kind) read_unit(reading, &program->units[i]);
}

const struct idle_fault **idle_claims(const struct world *world, const struct idle_faults *faults) {
    const struct program *program = world->program;
    if (faults->count == 0) return NULL;
    struct reading reading = { .world = world, .faults = faults };
    reading.claims = memory_allocate((program->claim_count + 1) * sizeof *reading.claims);
    reading.globals = memory_allocate((program->global_count + 1) * sizeof *reading.globals);
    for (uint32_t i = 0; i < program->global_count; i++) reading.globals[i] = nothing;
    for (uint32_t i = 0; i < program->phase_count; i++)
        if (program->phases[i].global < program->global_count) reading.globals[program->phases[i].global].phase = i;
    read_units(&reading, UNIT_RUN); /* phases are there only */
    read_units(&reading, UNIT_ASSERT);
    memory_release(reading.globals);
    if (reading.any) return reading.claims;
    memory_release(reading.claims);
    return NULL;
}
