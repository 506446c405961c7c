/* Collects a program's tables and moves them into its arena. */
#include "bytecode/builder.h"
#include <string.h>

struct builder *builder_new(struct source_set *sources) {
    struct builder *builder = memory_allocate(sizeof *builder);
    struct arena *arena = arena_new();
    struct program *program = ARENA_NEW(arena, struct program);
    program->arena = arena;
    program->sources = sources;
    program->limit_unit = program->inputs_unit = program->world_unit = UINT32_MAX;
    program->setup_unit = program->run_unit = program->teardown_unit = UINT32_MAX;
    builder->program = program;
    return builder;
}

struct text builder_text(struct builder *builder, struct text text) {
    return text.length == 0 ? TEXT_NONE : arena_copy(builder->program->arena, text);
}

static uint64_t constant_hash(const struct constant *constant) {
    uint64_t bits;
    if (constant_is_text(constant->kind)) {
        bits = text_hash(constant->text);
    } else {
        memcpy(&bits, &constant->integer, sizeof bits);
    }
    uint64_t powers = (uint64_t)(uint8_t)constant->time_power << 8 | (uint64_t)(uint8_t)constant->byte_power;
    bits ^= (powers << 8 | (uint64_t)constant->kind) * UINT64_C(0x9E3779B97F4A7C15);
    return (bits ^ bits >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

static bool constant_equal(const struct constant *a, const struct constant *b) {
    if (a->kind != b->kind || a->time_power != b->time_power || a->byte_power != b->byte_power) return false;
    if (constant_is_text(a->kind)) return text_equal(a->text, b->text);
    return memcmp(&a->integer, &b->integer, sizeof a->integer) == 0; /* bitwise: 0.0 and -0.0 differ */
}

/* The slot of an equal constant, or the empty one where it belongs. */
static uint32_t *pool_find(struct constant_pool *pool, const struct constant *constant) {
    uint32_t mask = pool->slot_count - 1;
    uint32_t at = (uint32_t)(constant_hash(constant) >> 32) & mask;
    while (pool->slots[at] && !constant_equal(&pool->constants.items[pool->slots[at] - 1], constant))
        at = (at + 1) & mask;
    return &pool->slots[at];
}

static void pool_grow(struct constant_pool *pool) {
    memory_release(pool->slots);
    pool->slot_count = pool->slot_count ? pool->slot_count * 2 : 64;
    pool->slots = memory_allocate(pool->slot_count * sizeof *pool->slots);
    for (size_t i = 0; i < pool->constants.count; i++) *pool_find(pool, &pool->constants.items[i]) = (uint32_t)i + 1;
}

static uint32_t pool_add(struct builder *builder, struct constant_pool *pool, struct constant constant) {
    if (pool->constants.count * 2 >= pool->slot_count) pool_grow(pool);
    uint32_t *slot = pool_find(pool, &constant);
    if (*slot) return *slot - 1;
    if (constant_is_text(constant.kind)) constant.text = builder_text(builder, constant.text);
    VECTOR_PUSH(&pool->constants, constant);
    *slot = (uint32_t)pool->constants.count;
    return *slot - 1;
}

uint32_t builder_constant(struct builder *builder, struct constant constant) {
    return pool_add(builder, &builder->wide, constant);
}

bool builder_narrow_constant(struct builder *builder, struct constant constant, uint16_t *index) {
    uint32_t at = pool_add(builder, &builder->narrow, constant);
    *index = (uint16_t)at;
    return at <= UINT16_MAX;
}

uint32_t builder_unit(struct builder *builder, enum unit_kind kind, struct text name, struct span span) {
    VECTOR_PUSH(&builder->units, (struct unit){ .kind = kind, .name = builder_text(builder, name), .span = span });
    return (uint32_t)builder->units.count - 1;
}

void builder_unit_code(struct builder *builder, uint32_t unit, const struct assembly *assembly, uint16_t register_count,
                       uint16_t parameter_count) {
    struct unit *entry = &builder->units.items[unit];
    size_t old = builder->code.count, added = assembly->code.count;
    entry->entry = (uint32_t)old;
    entry->length = (uint32_t)added;
    entry->register_count = register_count;
    entry->parameter_count = parameter_count;
    if (added == 0) return;
    VECTOR_RESERVE(&builder->code, old + added);
    VECTOR_RESERVE(&builder->spans, old + added);
    memcpy(builder->code.items + old, assembly->code.items, added * sizeof *builder->code.items);
    memcpy(builder->spans.items + old, assembly->spans.items, added * sizeof *builder->spans.items);
    builder->code.count = builder->spans.count = old + added;
}

/* The wide constants come behind the narrow ones: their users learn by how much. */
static void shift_constants(struct builder *builder) {
    uint32_t by = (uint32_t)builder->narrow.constants.count;
    for (size_t i = 0; i < builder->code.count; i++) {
        struct instruction *instruction = &builder->code.items[i];
        if (op_info((enum op)instruction->op)->kinds[1] != 'K') continue;
        uint32_t index = instruction_wide(*instruction) + by;
        instruction->b = (uint16_t)index;
        instruction->c = (uint16_t)(index >> 16);
    }
}

static void *moved(struct builder *builder, const void *items, size_t count, size_t size) {
    if (count == 0) return NULL;
    void *copy = arena_allocate(builder->program->arena, count * size);
    memcpy(copy, items, count * size);
    return copy;
}

#define MOVE(builder, vector, array, length) \
    do { \
        (builder)->program->array = \
            moved((builder), (builder)->vector.items, (builder)->vector.count, sizeof *(builder)->vector.items); \
        (builder)->program->length = (uint32_t)(builder)->vector.count; \
    } while (0)

static void move_constants(struct builder *builder) {
    for (size_t i = 0; i < builder->wide.constants.count; i++)
        VECTOR_PUSH(&builder->narrow.constants, builder->wide.constants.items[i]);
    MOVE(builder, narrow.constants, constants, constant_count);
}

static void release(struct builder *builder) {
    VECTOR_DONE(&builder->narrow.constants);
    VECTOR_DONE(&builder->wide.constants);
    memory_release(builder->narrow.slots);
    memory_release(builder->wide.slots);
    VECTOR_DONE(&builder->code);
    VECTOR_DONE(&builder->spans);
    VECTOR_DONE(&builder->shapes);
    VECTOR_DONE(&builder->shape_fields);
    VECTOR_DONE(&builder->units);
    VECTOR_DONE(&builder->globals);
    VECTOR_DONE(&builder->inputs);
    VECTOR_DONE(&builder->axes);
    VECTOR_DONE(&builder->exclusions);
    VECTOR_DONE(&builder->inclusions);
    VECTOR_DONE(&builder->phases);
    VECTOR_DONE(&builder->services);
    VECTOR_DONE(&builder->formulas);
    VECTOR_DONE(&builder->sites);
    VECTOR_DONE(&builder->claims);
    VECTOR_DONE(&builder->assertions);
    VECTOR_DONE(&builder->rule_names);
    VECTOR_DONE(&builder->rules);
    VECTOR_DONE(&builder->tags);
    VECTOR_DONE(&builder->needs);
    memory_release(builder);
}

struct program *builder_finish(struct builder *builder) {
    struct program *program = builder->program;
    shift_constants(builder);
    move_constants(builder);
    MOVE(builder, code, code, code_count);
    program->spans = moved(builder, builder->spans.items, builder->spans.count, sizeof *program->spans);
    MOVE(builder, shapes, shapes, shape_count);
    MOVE(builder, shape_fields, shape_fields, shape_field_count);
    MOVE(builder, units, units, unit_count);
    MOVE(builder, globals, globals, global_count);
    MOVE(builder, inputs, inputs, input_count);
    MOVE(builder, axes, axes, axis_count);
    MOVE(builder, exclusions, exclusions, exclusion_count);
    MOVE(builder, inclusions, inclusions, inclusion_count);
    MOVE(builder, phases, phases, phase_count);
    MOVE(builder, services, services, service_count);
    MOVE(builder, formulas, formulas, formula_count);
    MOVE(builder, sites, sites, site_count);
    MOVE(builder, claims, claims, claim_count);
    MOVE(builder, assertions, assertions, assertion_count);
    MOVE(builder, rule_names, rule_names, rule_name_count);
    MOVE(builder, rules, rules, rule_count);
    MOVE(builder, tags, tags, tag_count);
    MOVE(builder, needs, needs, need_count);
    release(builder);
    return program;
}

void builder_abandon(struct builder *builder) {
    program_free(builder->program);
    release(builder);
}
