/* One pass over each assertion's code: what comes from a starved load makes starved what is computed from it. What speaks of the
 * load's own pace does not: rate(load) and the fields late, intended and sent are how starvation itself is judged. */
#include "judge/starved.h"

#include "judge/shown.h"
#include "bytecode/op.h"
#include "base/clock.h"
#include "base/memory.h"

struct flow {
    const struct world *world;
    uint32_t *globals; /* of each global: itself if it holds a starved recording, else NO_LOAD */
    uint32_t *claims;  /* the result */
    uint32_t *from;    /* of each register of the unit at hand */
    bool *is_written;  /* of each register: since the last claim; a branch must not hide what another one wrote */
    uint32_t register_count;
};

static bool is_starved(struct value value) {
    if (value.kind != VALUE_STREAM && value.kind != VALUE_SERIES) return false;
    struct value series = value_as_series(value);
    bool starved = series.kind == VALUE_SERIES && series_of(series)->provenance.starved;
    value_release(series);
    return starved;
}

/* ---- one instruction ---- */

static uint32_t of_register(const struct flow *flow, uint32_t index) {
    return index < flow->register_count ? flow->from[index] : NO_LOAD;
}

static uint32_t range_length(const struct flow *flow, struct instruction instruction) {
    const struct world *world = flow->world;
    switch (instruction.op) {
    case OP_MAKE_LIST:
    case OP_MAKE_TEXT:
    case OP_MAKE_SQL:
    case OP_MAKE_SHELL: return instruction.c;
    case OP_MAKE_RECORD:
        return flow->register_count; /* few: what stands behind them in a claim belongs to it as well */
    case OP_CALL:
        return instruction.b < world->program->unit_count ? world->program->units[instruction.b].parameter_count : 0;
    case OP_CALL_NATIVE:
    case OP_CALL_LIFTED:
        if (!world->natives || instruction.b >= world->natives->row_count) return 1;
        return native_parameter_count(&world->natives->rows[instruction.b]);
    default: return 2;
    }
}

/* The load's own pace, which is known however little it sent. */
static bool is_of_pace(const struct flow *flow, struct instruction instruction) {
    const struct world *world = flow->world;
    const struct program *program = world->program;
    if (instruction.op == OP_CALL_NATIVE && world->natives && instruction.b < world->natives->row_count)
        return text_is(text_of(world->natives->rows[instruction.b].name), "rate");
    if (instruction.op != OP_GET_FIELD || instruction.c >= program->constant_count) return false;
    const struct constant *key = &program->constants[instruction.c];
    if (key->kind != CONSTANT_TEXT) return false;
    return text_is(key->text, "late") || text_is(key->text, "intended") || text_is(key->text, "sent");
}

static uint32_t source_of(const struct flow *flow, struct instruction instruction) {
    const char *kinds = op_info((enum op)instruction.op)->kinds;
    const uint16_t operands[] = { instruction.a, instruction.b, instruction.c };
    if (is_of_pace(flow, instruction)) return NO_LOAD;
    if (instruction.op == OP_GET_GLOBAL) {
        uint32_t global = instruction_wide(instruction);
        return global < flow->world->program->global_count ? flow->globals[global] : NO_LOAD;
    }
    uint32_t from = NO_LOAD;
    for (int i = 0; i < 3 && from == NO_LOAD; i++) {
        if (kinds[i] == 'r') from = of_register(flow, operands[i]);
        uint32_t length = kinds[i] == 's' ? range_length(flow, instruction) : 0;
        for (uint32_t k = 0; k < length && from == NO_LOAD; k++) from = of_register(flow, operands[i] + k);
    }
    return from;
}

bool starved_code_reads(const struct world *world, uint32_t register_count, struct instruction instruction,
                        uint32_t index) {
    const struct flow flow = { .world = world, .register_count = register_count };
    const char *kinds = op_info((enum op)instruction.op)->kinds;
    const uint16_t operands[] = { instruction.a, instruction.b, instruction.c };
    for (int i = 0; i < 3; i++) {
        if (kinds[i] == 'r' && operands[i] == index) return true;
        if (kinds[i] != 's' || index < operands[i]) continue;
        if (index - operands[i] < range_length(&flow, instruction)) return true;
    }
    return false;
}

static void claim_made(struct flow *flow, uint16_t claim) {
    const struct program *program = flow->world->program;
    if (claim < program->claim_count && program->claims[claim].result != NO_REGISTER)
        flow->claims[claim] = of_register(flow, program->claims[claim].result);
    for (uint32_t i = 0; i < flow->register_count; i++) flow->is_written[i] = false;
}

static void step(struct flow *flow, struct instruction instruction) {
    if (instruction.op >= OP_COUNT) return;
    if (instruction.op == OP_CLAIM) claim_made(flow, instruction.a);
    if (op_info((enum op)instruction.op)->kinds[0] != 'w' || instruction.a >= flow->register_count) return;
    uint32_t from = source_of(flow, instruction);
    if (from != NO_LOAD || !flow->is_written[instruction.a]) flow->from[instruction.a] = from;
    flow->is_written[instruction.a] = true;
}

/* ---- all of it ---- */

static void read_unit(struct flow *flow, const struct unit *unit) {
    flow->register_count = unit->register_count;
    flow->from = memory_allocate(unit->register_count * sizeof *flow->from);
    flow->is_written = memory_allocate(unit->register_count * sizeof *flow->is_written);
    for (uint32_t i = 0; i < unit->register_count; i++) flow->from[i] = NO_LOAD;
    const struct program *program = flow->world->program;
    for (uint32_t i = unit->entry; i < unit->entry + unit->length && i < program->code_count; i++)
        step(flow, program->code[i]);
    memory_release(flow->from);
    memory_release(flow->is_written);
}

uint32_t *starved_claims(const struct world *world) {
    const struct program *program = world->program;
    struct flow flow = { .world = world };
    bool any = false;
    flow.globals = memory_allocate(program->global_count * sizeof *flow.globals);
    for (uint32_t i = 0; i < program->global_count; i++) {
        bool starved = world->global && is_starved(world->global(world->data, i));
        flow.globals[i] = starved ? i : NO_LOAD;
        any = any || starved;
    }
    if (any) {
        flow.claims = memory_allocate(program->claim_count * sizeof *flow.claims);
        for (uint32_t i = 0; i < program->claim_count; i++) flow.claims[i] = NO_LOAD;
        for (uint32_t i = 0; i < program->unit_count; i++)
            if (program->units[i].kind == UNIT_ASSERT) read_unit(&flow, &program->units[i]);
    }
    memory_release(flow.globals);
    return flow.claims;
}

/* ---- words ---- */

static bool has_name(const struct world *world, struct text name, uint32_t *load) {
    for (uint32_t i = 0; world->global && i < world->program->global_count; i++) {
        if (!text_equal(world->program->globals[i].name, name) || !is_starved(world->global(world->data, i))) continue;
        *load = i;
        return true;
    }
    return false;
}

static void print(const struct series *series, struct text name, bool is_whole, struct buffer *out) {
    const struct provenance *origin = &series->provenance;
    int64_t length = origin->alive_to - origin->alive_from;
    bool is_known = is_whole && origin->alive_to != INT64_MAX && length > 0;
    buffer_append(out, name.length ? name : TEXT("a load"));
    if (origin->rate <= 0) {
        buffer_append_string(out, " reached less than 95% of its rate");
        return;
    }
    buffer_append_string(out, " reached ");
    if (is_known)
        shown_rate((double)series->timing->count / ((double)length / (double)SECOND), out);
    else
        buffer_append_string(out, "less than 95%");
    buffer_append_string(out, " of ");
    shown_rate(origin->rate, out);
}

void starved_print(const struct world *world, uint32_t load, struct buffer *out) {
    struct value value = world->global(world->data, load), series = value_as_series(value);
    if (series.kind == VALUE_SERIES)
        print(series_of(series), world->program->globals[load].name, value.kind == VALUE_STREAM, out);
    value_release(series);
}

void starved_print_series(const struct world *world, const struct series *series, struct buffer *out) {
    uint32_t load;
    if (has_name(world, series->provenance.name, &load))
        starved_print(world, load, out);
    else
        print(series, series->provenance.name, false, out);
}
