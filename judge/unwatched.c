/* One pass over each assertion's code: `w during p` with a gap in p makes what is computed from it rest on that gap. Only the
 * watch itself is asked, so that what `where` leaves out is no gap. */
#include "judge/unwatched.h"

#include "judge/operand.h"
#include "judge/starved.h"
#include "bytecode/op.h"
#include "base/memory.h"

#define NOT_ONE UINT32_MAX

/* What a register holds, as far as it matters here. */
struct holding {
    uint32_t watch;    /* the global whose samples it was made of, not cut yet; or NOT_ONE */
    uint32_t interval; /* the global that it is a copy of; or NOT_ONE */
    struct unwatched hole;
    bool is_written; /* since the last claim; a branch must not hide what another one wrote */
};

struct reading {
    const struct world *world;
    struct unwatched *claims; /* the result */
    bool any;
    struct holding *registers; /* of the unit at hand */
    uint32_t register_count;
};

static const struct holding nothing = { NOT_ONE, NOT_ONE, { NO_LOAD, { 0, 0 } }, false };

static bool is_watch(struct value value) {
    if (value.kind != VALUE_STREAM && value.kind != VALUE_SERIES) return false;
    struct value series = value_as_series(value);
    bool is = series.kind == VALUE_SERIES && series_of(series)->kind == SERIES_SAMPLES &&
              series_of(series)->provenance.sampler && series_of(series)->provenance.every > 0;
    value_release(series);
    return is;
}

static struct holding of_global(const struct reading *reading, uint32_t global) {
    struct holding holding = nothing;
    const struct world *world = reading->world;
    if (global >= world->program->global_count) return holding;
    struct value value = world->global(world->data, global);
    if (value.kind == VALUE_INTERVAL) holding.interval = global;
    if (is_watch(value)) holding.watch = global;
    return holding;
}

/* The same rule as for `always` over that phase. */
static struct unwatched hole_in(const struct world *world, uint32_t watch, uint32_t interval_global) {
    struct unwatched hole = nothing.hole;
    struct interval interval = value_interval_of(world->global(world->data, interval_global));
    if (!interval.reached || interval.end == INT64_MAX) return hole;
    struct operand operand = operand_read(world->global(world->data, watch), world->stalls, world->stall_count);
    struct stretch window = { interval.start, interval.end };
    struct idle gap;
    if (trace_has_gap(&operand.trace, window, &gap) || trace_hangs_at_end(&operand.trace, window, &gap) ||
        trace_hangs_at_start(&operand.trace, window, &gap))
        hole = (struct unwatched){ watch, gap };
    operand_done(&operand);
    return hole;
}

static struct holding of_operands(const struct reading *reading, struct instruction instruction) {
    struct holding holding = nothing;
    for (uint32_t i = 0; i < reading->register_count; i++) {
        const struct holding *read = &reading->registers[i];
        bool matters = read->watch != NOT_ONE || read->hole.watch != NO_LOAD;
        if (!matters || !starved_code_reads(reading->world, reading->register_count, instruction, i)) continue;
        if (holding.watch == NOT_ONE) holding.watch = read->watch;
        if (holding.hole.watch == NO_LOAD) holding.hole = read->hole;
    }
    return holding;
}

static struct holding of_cut(const struct reading *reading, struct instruction instruction) {
    struct holding holding = of_operands(reading, instruction);
    bool is_known = instruction.b < reading->register_count && instruction.c < reading->register_count;
    uint32_t watch = is_known ? reading->registers[instruction.b].watch : NOT_ONE;
    uint32_t interval = is_known ? reading->registers[instruction.c].interval : NOT_ONE;
    holding.watch = NOT_ONE;
    if (watch != NOT_ONE && interval != NOT_ONE && holding.hole.watch == NO_LOAD)
        holding.hole = hole_in(reading->world, watch, interval);
    return holding;
}

static void claim_made(struct reading *reading, uint16_t index) {
    const struct program *program = reading->world->program;
    uint16_t result = index < program->claim_count ? program->claims[index].result : NO_REGISTER;
    if (result < reading->register_count) reading->claims[index] = reading->registers[result].hole;
    if (result < reading->register_count && reading->claims[index].watch != NO_LOAD) reading->any = true;
    for (uint32_t i = 0; i < reading->register_count; i++) reading->registers[i].is_written = false;
}

static void step(struct reading *reading, struct instruction instruction) {
    if (instruction.op >= OP_COUNT) return;
    if (instruction.op == OP_CLAIM) claim_made(reading, instruction.a);
    if (op_info((enum op)instruction.op)->kinds[0] != 'w' || instruction.a >= reading->register_count) return;
    struct holding *written = &reading->registers[instruction.a], holding;
    if (instruction.op == OP_GET_GLOBAL)
        holding = of_global(reading, instruction_wide(instruction));
    else if (instruction.op == OP_MOVE && instruction.b < reading->register_count)
        holding = reading->registers[instruction.b];
    else
        holding = instruction.op == OP_CUT_DURING ? of_cut(reading, instruction) : of_operands(reading, instruction);
    if (written->is_written && holding.hole.watch == NO_LOAD) holding.hole = written->hole;
    *written = holding;
    written->is_written = true;
}

static void read_unit(struct reading *reading, const struct unit *unit) {
    const struct program *program = reading->world->program;
    reading->register_count = unit->register_count;
    reading->registers = memory_allocate(unit->register_count * sizeof *reading->registers);
    for (uint32_t i = 0; i < unit->register_count; i++) reading->registers[i] = nothing;
    for (uint32_t i = unit->entry; i < unit->entry + unit->length && i < program->code_count; i++)
        step(reading, program->code[i]);
    memory_release(reading->registers);
}

struct unwatched *unwatched_claims(const struct world *world) {
    const struct program *program = world->program;
    if (!world->global) return NULL;
    struct reading reading = { .world = world };
    reading.claims = memory_allocate(program->claim_count * sizeof *reading.claims);
    for (uint32_t i = 0; i < program->claim_count; i++) reading.claims[i] = nothing.hole;
    for (uint32_t i = 0; i < program->unit_count; i++)
        if (program->units[i].kind == UNIT_ASSERT) read_unit(&reading, &program->units[i]);
    if (reading.any) return reading.claims;
    memory_release(reading.claims);
    return NULL;
}
