/* Claims at run time: their operands are handed to the judge, and those of live ones are written down, so that the
 * record can be judged again without a probe. What the values mean is the judge's business. */
#include "vm/claim.h"

#include "vm/op.h"

#include "base/memory.h"

enum { LARGEST_SITE = 1000 };

/* A live claim's operands as the record has them. */
struct recorded_claim {
    char *assertion, *text, *json; /* owned */
    uint32_t occurrence;
};
struct claims_of_record {
    struct VECTOR(struct recorded_claim) list;
};

static uint64_t claim_hash(const struct claim *claim) {
    return text_hash(claim->text) ^ claim->assertion * 0x9E3779B97F4A7C15u;
}

/* Of each claim the first with the same text in the same assertion: they count their occurrences together. */
static void find_firsts(struct run *run) {
    const struct program *program = run->program;
    size_t slot_count = 16;
    while (slot_count < 2 * (size_t)program->claim_count) slot_count *= 2;
    uint32_t *slots = memory_allocate(slot_count * sizeof *slots); /* 1 + a claim */
    for (uint32_t i = 0; i < program->claim_count; i++) {
        const struct claim *claim = &program->claims[i];
        size_t at = claim_hash(claim) & (slot_count - 1);
        for (; slots[at]; at = (at + 1) & (slot_count - 1)) {
            const struct claim *other = &program->claims[slots[at] - 1];
            if (other->assertion == claim->assertion && text_equal(other->text, claim->text)) break;
        }
        if (!slots[at]) slots[at] = i + 1;
        run->claim_first[i] = slots[at] - 1;
    }
    memory_release(slots);
}

void claims_init(struct run *run) {
    const struct program *program = run->program;
    run->claim_first = memory_allocate(program->claim_count * sizeof *run->claim_first);
    run->claim_counts = memory_allocate(program->claim_count * sizeof *run->claim_counts);
    run->claim_seen = memory_allocate(program->claim_count * sizeof *run->claim_seen);
    find_firsts(run);
}

void claims_done(struct run *run) {
    memory_release(run->claim_first);
    memory_release(run->claim_counts);
    memory_release(run->claim_seen);
    for (size_t i = 0; run->claims && i < run->claims->list.count; i++) {
        memory_release(run->claims->list.items[i].assertion);
        memory_release(run->claims->list.items[i].text);
        memory_release(run->claims->list.items[i].json);
    }
    if (run->claims) VECTOR_DONE(&run->claims->list);
    memory_release(run->claims);
    run->claims = NULL;
}

static bool keep_claim(void *data, struct text assertion, struct text claim, uint32_t occurrence, struct text json) {
    struct claims_of_record *claims = data;
    struct recorded_claim kept = { memory_copy(assertion.bytes, assertion.length),
                                   memory_copy(claim.bytes, claim.length), memory_copy(json.bytes, json.length),
                                   occurrence };
    VECTOR_PUSH(&claims->list, kept);
    return true;
}

void claims_read(struct run *run) {
    run->claims = memory_allocate(sizeof *run->claims);
    record_each_claim(run->options.replay, keep_claim, run->claims);
}

static struct text title_of(const struct run *run, const struct claim *claim) {
    if (claim->assertion >= run->program->assertion_count) return TEXT_NONE; /* of an `expect` */
    return run->program->assertions[claim->assertion].title;
}

/* ---- operands ---- */
/* The registers that a live claim is judged by and explained with, each once, in an order that its text alone
 * decides. */
struct operands {
    struct VECTOR(uint16_t) registers;
    size_t needed; /* so many of them are judged; the rest only explains */
};

static void add_operand(struct operands *operands, uint16_t register_index) {
    if (register_index == NO_REGISTER) return;
    for (size_t i = 0; i < operands->registers.count; i++) {
        if (operands->registers.items[i] == register_index) return;
    }
    VECTOR_PUSH(&operands->registers, register_index);
}

static struct operands operands_of(const struct program *program, const struct claim *claim) {
    struct operands operands = { 0 };
    if (claim->formula != NO_FORMULA && program->formulas[claim->formula].kind == FORMULA_PLAIN)
        add_operand(&operands, claim->result);
    for (uint32_t f = claim->formula; f != NO_FORMULA; f = program->formulas[f].body) {
        if (!program->formulas[f].live) continue;
        add_operand(&operands, program->formulas[f].condition);
        if (program->formulas[f].kind == FORMULA_UNTIL) add_operand(&operands, program->formulas[f].ending);
    }
    operands.needed = claim->formula == NO_FORMULA ? SIZE_MAX : operands.registers.count;
    for (uint32_t s = 0; s < claim->site_count; s++)
        add_operand(&operands, program->sites[claim->first_site + s].register_index);
    return operands;
}

static bool is_large(struct value value) {
    return value.kind == VALUE_SERIES && series_of(value)->timing->count > LARGEST_SITE;
}

static void write_down(struct run *run, uint32_t index, uint32_t occurrence, const struct value *registers) {
    const struct claim *claim = &run->program->claims[index];
    struct record *record = run->recorder.record;
    if (!record || run->options.replay) return;
    struct operands operands = operands_of(run->program, claim);
    struct buffer json = { 0 };
    buffer_append_byte(&json, '[');
    for (size_t i = 0; i < operands.registers.count; i++) {
        struct value value = registers[operands.registers.items[i]];
        if (i) buffer_append_byte(&json, ',');
        if (i >= operands.needed && is_large(value))
            buffer_append_string(&json, "{\"$no_data\":\"too long for a claim's record\"}");
        else
            value_encode(value, &json);
    }
    buffer_append_byte(&json, ']');
    record_claim(record, title_of(run, claim), claim->text, occurrence, buffer_text(&json));
    buffer_done(&json);
    VECTOR_DONE(&operands.registers);
}

static uint32_t reach(struct run *run, uint32_t claim) {
    run->claim_seen[claim] = true;
    return run->claim_counts[run->claim_first[claim]]++;
}

/* ---- instructions ---- */
enum op_outcome op_claim(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct value *R = fiber_registers(fiber);
    uint32_t occurrence = reach(run, i.a);
    if (run->program->claims[i.a].live) write_down(run, i.a, occurrence, R);
    if (run->options.judge.claim) run->options.judge.claim(run->options.judge.data, run, i.a, R);
    return OP_CONTINUE;
}

enum op_outcome op_claim_keep(struct run *run, struct fiber *fiber, struct instruction i) {
    write_down(run, i.a, reach(run, i.a), fiber_registers(fiber));
    return OP_CONTINUE;
}

static void skip(struct run *run, uint32_t claim, struct value reason) {
    reach(run, claim);
    if (run->options.judge.skip) run->options.judge.skip(run->options.judge.data, run, claim, reason);
}

enum op_outcome op_claim_skip(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value reason = fiber_registers(fiber)[i.b];
    if (value_is_bad(reason)) {
        skip(run, i.a, reason);
        return OP_CONTINUE;
    }
    struct value error = value_error(run->heap, "the condition is no bool but %s", value_kind_name(reason.kind));
    skip(run, i.a, error);
    value_release(error);
    return OP_CONTINUE;
}

void claims_skip_unseen(struct run *run, uint32_t assertion, struct value reason) {
    for (uint32_t i = 0; i < run->program->claim_count; i++) {
        const struct claim *claim = &run->program->claims[i];
        if (claim->assertion == assertion && claim->formula != NO_FORMULA && !run->claim_seen[i]) skip(run, i, reason);
    }
}

static const struct recorded_claim *recorded(const struct run *run, uint32_t index) {
    const struct claim *claim = &run->program->claims[index];
    uint32_t occurrence = run->claim_counts[run->claim_first[index]];
    for (size_t i = 0; run->claims && i < run->claims->list.count; i++) {
        const struct recorded_claim *candidate = &run->claims->list.items[i];
        if (candidate->occurrence == occurrence && text_equal(claim->text, text_of(candidate->text)) &&
            text_equal(title_of(run, claim), text_of(candidate->assertion))) {
            return candidate;
        }
    }
    return NULL;
}

enum op_outcome op_claim_cached(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct recorded_claim *found = run->options.replay ? recorded(run, i.a) : NULL;
    if (!found) return OP_CONTINUE;
    struct operands operands = operands_of(run->program, &run->program->claims[i.a]);
    struct value values = value_decode(run->heap, text_of(found->json));
    if (values.kind == VALUE_LIST && value_count(values) == operands.registers.count) {
        struct value *R = fiber_registers(fiber);
        for (size_t k = 0; k < operands.registers.count; k++) {
            struct value old = R[operands.registers.items[k]];
            R[operands.registers.items[k]] = value_retain(value_at(values, k));
            value_release(old);
        }
        fiber->pc = (uint32_t)((int64_t)fiber->pc + (int32_t)instruction_wide(i));
    }
    value_release(values);
    VECTOR_DONE(&operands.registers);
    return OP_CONTINUE;
}

/* `expect`: a claim that is judged on the spot. */
static void explain(const struct run *run, const struct claim *claim, const struct value *R, uint16_t whole,
                    struct buffer *out) {
    for (uint32_t s = 0; s < claim->site_count; s++) {
        const struct site *site = &run->program->sites[claim->first_site + s];
        if (site->is_literal || site->register_index == whole || !run->program->sources) continue;
        buffer_append_string(out, "\n  ");
        buffer_append(out, span_text(run->program->sources, site->span));
        buffer_append_string(out, " = ");
        value_print(R[site->register_index], out);
    }
}

enum op_outcome op_expect(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct value *R = fiber_registers(fiber);
    if (value_is_true(R[i.a])) return OP_CONTINUE;
    struct buffer message = { 0 };
    if (i.b < run->program->claim_count) {
        const struct claim *claim = &run->program->claims[i.b];
        buffer_append(&message, claim->text);
        buffer_append_string(&message, " is ");
        value_print(R[i.a], &message);
        explain(run, claim, R, i.a, &message);
    } else {
        buffer_append_string(&message, "what was expected is ");
        value_print(R[i.a], &message);
    }
    run_stop(run, run->stage == STAGE_RUN ? RUN_FAILED : RUN_ERROR, run_span(run, fiber), "%s", message.bytes);
    buffer_done(&message);
    return OP_STOPPED;
}
