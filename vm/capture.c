/* What a load's body needs where it runs. The body's code is read, and that of all it calls: a worker has no phases, no
 * claims and no children, and calls only natives whose row says that they may be called there. */
#include "vm/capture.h"

#include "vm/handle.h"
#include "vm/heap.h"

#include "base/memory.h"

#include <string.h>

/* The units that a body reaches, each once. */
struct reach {
    const struct run *run;
    bool *seen; /* by unit */
    struct VECTOR(uint32_t) units;
};

static void add_unit(struct reach *reach, uint32_t unit) {
    if (reach->seen[unit]) return;
    reach->seen[unit] = true;
    VECTOR_PUSH(&reach->units, unit);
}

static const struct instruction *code_of(const struct reach *reach, size_t index, uint32_t *length) {
    const struct unit *unit = &reach->run->program->units[reach->units.items[index]];
    *length = unit->length;
    return reach->run->program->code + unit->entry;
}

static struct reach reach_of(const struct run *run, uint32_t unit) {
    struct reach reach = { .run = run, .seen = memory_allocate(run->program->unit_count) };
    add_unit(&reach, unit);
    for (size_t i = 0; i < reach.units.count; i++) {
        uint32_t length;
        const struct instruction *code = code_of(&reach, i, &length);
        for (uint32_t k = 0; k < length; k++) {
            if (code[k].op == OP_CALL || code[k].op == OP_SPAWN) add_unit(&reach, code[k].b);
        }
    }
    return reach;
}

static void reach_done(struct reach *reach) {
    memory_release(reach->seen);
    VECTOR_DONE(&reach->units);
}

static bool allows_native(const struct run *run, uint32_t native) {
    const struct native_row *row = &run->options.natives->rows[native];
    return (row->flags & NATIVE_WORKER) ||
           ((row->flags & NATIVE_EFFECT_MASK) == NATIVE_CONST && !(row->flags & NATIVE_WAITS));
}

static bool allows(const struct run *run, struct instruction i) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch ((enum op)i.op) {
    case OP_CALL_NATIVE:
    case OP_CALL_LIFTED: return allows_native(run, i.b);
    case OP_SET_GLOBAL:
    case OP_GET_INPUT:
    case OP_WAIT_SINCE:
    case OP_POLL_BEGIN:
    case OP_POLL_PROBE:
    case OP_POLL_SAMPLE:
    case OP_POLL_END:
    case OP_WAIT_UNTIL_END:
    case OP_EXPECT:
    case OP_PHASE_ENTER:
    case OP_PHASE_LEAVE:
    case OP_MARK:
    case OP_LOAD_START:
    case OP_WATCH_START:
    case OP_MAKE_SERVICE:
    case OP_CLAIM_CACHED:
    case OP_CLAIM:
    case OP_CLAIM_KEEP:
    case OP_CLAIM_SKIP: return false;
    default: return true;
    }
#pragma GCC diagnostic pop
}

bool capture_allows(const struct run *run, uint32_t unit) {
    struct reach reach = reach_of(run, unit);
    bool allowed = true;
    for (size_t i = 0; i < reach.units.count && allowed; i++) {
        uint32_t length;
        const struct instruction *code = code_of(&reach, i, &length);
        for (uint32_t k = 0; k < length && allowed; k++) allowed = allows(run, code[k]);
    }
    reach_done(&reach);
    return allowed;
}

/* ---- copies ---- */
/* A handle's twin, made once however often the handle is taken along. */
static struct value twin_of(struct run *worker, struct value handle) {
    const char *name = handle_name(handle);
    for (struct handle_object *twin = worker->newest_handle; twin; twin = twin->older) {
        if (strcmp(twin->name, name) == 0) return value_retain(value_of_object(twin));
    }
    const struct handle_object *object = handle_object(handle);
    if (!object->state || !object->handle_class || !object->handle_class->twin) return value_none();
    void *state = object->handle_class->twin(object->state, worker);
    if (!state) return value_none();
    return handle_twin(worker, object->handle_class, state, name);
}

/* Something in it lives in the run alone: a handle, a stream, a phase. */
static bool is_bound(struct value value) {
    if (value_is_series(value) || value_holds_time(value)) return true;
    if (value.kind == VALUE_HANDLE || value.kind == VALUE_INTERVAL) return true;
    if (value.kind != VALUE_LIST && value.kind != VALUE_RECORD && value.kind != VALUE_SQL) return false;
    for (size_t i = 0; i < value_count(value); i++) {
        if (is_bound(value_at(value, i))) return true;
    }
    return false;
}

static bool carry(struct run *worker, struct value value, struct value *copy) {
    if (value.kind == VALUE_HANDLE) {
        *copy = twin_of(worker, value);
        return copy->kind == VALUE_HANDLE;
    }
    if (is_bound(value)) return false;
    *copy = value_copy(worker->heap, value);
    return true;
}

static bool carry_globals(struct run *run, struct run *worker, const struct reach *reach) {
    for (size_t i = 0; i < reach->units.count; i++) {
        uint32_t length;
        const struct instruction *code = code_of(reach, i, &length);
        for (uint32_t k = 0; k < length; k++) {
            if (code[k].op != OP_GET_GLOBAL) continue;
            uint32_t global = instruction_wide(code[k]);
            if (worker->globals[global].kind != VALUE_UNBOUND) continue;
            if (!carry(worker, run->globals[global], &worker->globals[global])) return false;
        }
    }
    return true;
}

bool capture_copy(struct run *run, struct run *worker, uint32_t unit, const struct value *captures,
                  struct value *copies) {
    struct reach reach = reach_of(run, unit);
    bool carried = carry_globals(run, worker, &reach);
    for (uint16_t i = 0; i < run->program->units[unit].parameter_count; i++) {
        copies[i] = value_none();
        carried = carried && carry(worker, captures[i], &copies[i]);
    }
    reach_done(&reach);
    return carried;
}
