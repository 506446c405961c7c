/* The interpreter: one switch over the instructions, no default, so that a new opcode without a case does not compile.
 * Whole numbers and plain moves are done here; all else is one call away. Natives never call back into this. */
#include "vm/field.h"
#include "vm/op.h"

#include "base/clock.h"

enum {
#ifdef AOT_STRESS_YIELD
    BUDGET = 1 /* a fiber gives way at every turn: finds what relies on not being interrupted */
#else
    BUDGET = 20000 /* calls and jumps back before the loop gets its turn: some 100 us */
#endif
};

/* Reads a value as two words. Compilers make it one 16-byte load, which waits until the two 8-byte stores that just
 * wrote the register have left the store buffer: three quarters of fib's time. */
static inline struct value read_register(const struct value *from) {
    struct value value;
    uint64_t words[2];
    __builtin_memcpy(&words[0], (const char *)from, sizeof words[0]);
    __builtin_memcpy(&words[1], (const char *)from + sizeof words[0], sizeof words[1]);
    __asm__("" : "+r"(words[0]), "+r"(words[1]));
    __builtin_memcpy(&value, words, sizeof value);
    return value;
}

static inline struct value copied(struct value value) {
    if (value_is_counted(value)) value.object->references++;
    return value;
}

static inline void set(struct value *destination, struct value owned) {
    struct value old = *destination;
    *destination = owned;
    if (value_is_counted(old)) value_release(old);
}

/* The usual result of arithmetic: what stood there before is rarely counted. */
static inline void set_plain(struct value *destination, struct value plain) {
    if (value_is_counted(*destination)) value_release(*destination);
    *destination = plain;
}

static inline bool both_integers(const struct value *a, const struct value *b) {
    return a->kind == VALUE_INTEGER && b->kind == VALUE_INTEGER;
}

/* An error says where it arose: at the first instruction that gave it. */
static struct value placed(const struct run *run, const struct fiber *fiber, struct value value) {
    if (value.kind == VALUE_ERROR && value.object->references == 1 && !(value.object->flags & OBJECT_PLACED)) {
        value.object->flags |= OBJECT_PLACED;
        text_object(value)->place = run_span(run, fiber);
    }
    return value;
}

static void over_quota(struct run *run, const struct fiber *fiber) {
    struct buffer size = { 0 };
    size_print(&size, (int64_t)run->heap->quota);
    run_stop(run, RUN_ERROR, run_span(run, fiber), "this run holds more than %s of values", size.bytes);
    buffer_done(&size);
}

/* fiber_push where neither frames nor registers must grow. */
static inline bool push_in_place(struct fiber *fiber, const struct unit *unit, uint32_t index,
                                 const struct value *arguments, uint32_t return_to, uint16_t destination) {
    uint32_t base = fiber_frame(fiber)->top, top = base + unit->register_count;
    if (fiber->frame_count == fiber->frame_capacity || top > fiber->register_capacity) return false;
    struct value *registers = fiber->registers + base;
    for (uint32_t i = 0; i < unit->parameter_count; i++) registers[i] = copied(read_register(&arguments[i]));
    fiber->frames[fiber->frame_count++] = (struct frame){ index, return_to, base, top, destination };
    return true;
}

static inline void pop_in_place(struct fiber *fiber, struct value *registers) {
    const struct frame *frame = fiber_frame(fiber);
    for (uint32_t i = 0; i < frame->top - frame->base; i++) {
        if (value_is_counted(registers[i])) value_release(registers[i]);
        registers[i] = value_none();
    }
    fiber->frame_count--;
}

static struct value global_value(struct run *run, uint32_t global) {
    struct value value = run->globals[global];
    if (value.kind != VALUE_UNBOUND) return copied(value);
    return value_no_data(run->heap, "%.*s was never set: the run ended before",
                         TEXT_ARGS(run->program->globals[global].name));
}

#define FAST_ARITHMETIC(builtin, slow) \
    { \
        int64_t whole; \
        if (both_integers(&R[i->b], &R[i->c]) && !builtin(R[i->b].integer, R[i->c].integer, &whole)) { \
            set_plain(&R[i->a], value_integer(whole)); \
            continue; \
        } \
        result = slow(heap, R[i->b], R[i->c]); \
        break; \
    }
#define FAST_COMPARISON(sign, comparison) \
    if (both_integers(&R[i->b], &R[i->c])) { \
        set_plain(&R[i->a], value_boolean(R[i->b].integer sign R[i->c].integer)); \
        continue; \
    } \
    result = value_compare(heap, comparison, R[i->b], R[i->c]); \
    break;
/* A jump back is where a fiber gives way. */
#define JUMP_BY(offset) \
    { \
        int32_t distance = (offset); \
        next += distance; \
        if (distance < 0 && --budget <= 0) goto give_way; \
        continue; \
    }
#define LEAVE() (fiber->pc = (uint32_t)(next - code), fiber->at = fiber->pc - 1)
#define COME_BACK() (next = code + fiber->pc, R = fiber_registers(fiber))

enum step interp_run(struct run *run, struct fiber *fiber) {
    const struct program *const program = run->program;
    const struct instruction *const code = program->code;
    const struct instruction *next = code + fiber->pc;
    struct heap *const heap = run->heap;
    struct value *R = fiber_registers(fiber);
    const struct instruction *i;
    struct value result;
    op_function *function;
    int budget = BUDGET;
    for (;;) {
        i = next++;
        if (i->op >= OP_COUNT) __builtin_unreachable(); /* the verifier has seen to that */
        switch ((enum op)i->op) {
        case OP_MOVE: set(&R[i->a], copied(read_register(&R[i->b]))); continue;
        case OP_LOAD_CONSTANT: set(&R[i->a], copied(run_constant(run, instruction_wide(*i)))); continue;
        case OP_LOAD_INTEGER: set_plain(&R[i->a], value_integer((int32_t)instruction_wide(*i))); continue;
        case OP_LOAD_NONE: set_plain(&R[i->a], value_none()); continue;
        case OP_LOAD_NO_DATA:
            result = value_no_data(heap, "%.*s", TEXT_ARGS(value_text_of(run_constant(run, instruction_wide(*i)))));
            break;
        case OP_LOAD_TRUE: set_plain(&R[i->a], value_boolean(true)); continue;
        case OP_LOAD_FALSE: set_plain(&R[i->a], value_boolean(false)); continue;
        case OP_GET_GLOBAL: set(&R[i->a], global_value(run, instruction_wide(*i))); continue;
        case OP_SET_GLOBAL:
            LEAVE();
            run_bind(run, instruction_wide(*i), R[i->a]);
            if (run->stopping) return STEP_STOPPED; /* a secret that cannot be masked */
            continue;
        case OP_GET_INPUT: function = op_get_input; goto call;

        case OP_ADD: FAST_ARITHMETIC(__builtin_add_overflow, value_add)
        case OP_SUBTRACT: FAST_ARITHMETIC(__builtin_sub_overflow, value_subtract)
        case OP_MULTIPLY: FAST_ARITHMETIC(__builtin_mul_overflow, value_multiply)
        case OP_DIVIDE: result = value_divide(heap, R[i->b], R[i->c]); break;
        case OP_MODULO: result = value_modulo(heap, R[i->b], R[i->c]); break;
        case OP_NEGATE: result = op_negate(run, R[i->b]); break;
        case OP_ADD_INTEGER: {
            int64_t whole;
            if (R[i->b].kind == VALUE_INTEGER && !__builtin_add_overflow(R[i->b].integer, (int16_t)i->c, &whole)) {
                set_plain(&R[i->a], value_integer(whole));
                continue;
            }
            result = value_add(heap, R[i->b], value_integer((int16_t)i->c));
            break;
        }
        case OP_EQUAL: FAST_COMPARISON(==, COMPARE_EQUAL)
        case OP_NOT_EQUAL: FAST_COMPARISON(!=, COMPARE_NOT_EQUAL)
        case OP_LESS: FAST_COMPARISON(<, COMPARE_LESS)
        case OP_LESS_EQUAL: FAST_COMPARISON(<=, COMPARE_LESS_EQUAL)
        case OP_GREATER: FAST_COMPARISON(>, COMPARE_GREATER)
        case OP_GREATER_EQUAL: FAST_COMPARISON(>=, COMPARE_GREATER_EQUAL)
        case OP_MATCH: result = value_match(heap, R[i->b], R[i->c]); break;
        case OP_NOT_MATCH: result = op_negated(run, value_match(heap, R[i->b], R[i->c])); break;
        case OP_IN: result = value_in(heap, R[i->b], R[i->c]); break;
        case OP_NOT_IN: result = op_negated(run, value_in(heap, R[i->b], R[i->c])); break;
        case OP_NOT: result = op_not(run, R[i->b]); break;
        case OP_AND: result = value_and(heap, R[i->b], R[i->c]); break;
        case OP_OR: result = value_or(heap, R[i->b], R[i->c]); break;
        case OP_COALESCE: result = op_coalesce(run, R[i->b], R[i->c]); break;

        case OP_MAKE_LIST: result = value_list(heap, &R[i->b], i->c); break;
        case OP_MAKE_RECORD: result = op_make_record(run, run_constant(run, i->c), &R[i->b]); break;
        case OP_MAKE_RANGE: result = op_make_range(run, R[i->b], R[i->c]); break;
        case OP_MAKE_TEXT: result = op_make_text(run, &R[i->b], i->c); break;
        case OP_MAKE_SQL: result = value_sql(heap, &R[i->b], i->c); break;
        case OP_MAKE_SHELL: result = op_make_shell(run, &R[i->b], i->c); break;
        case OP_APPEND: result = op_append(run, &R[i->b], R[i->c], i->a == i->b && i->b != i->c); break;
        case OP_GET_FIELD: result = field_of(heap, R[i->b], value_text_of(run_constant(run, i->c))); break;
        case OP_GET_INDEX: result = op_get_index(run, R[i->b], R[i->c]); break;
        case OP_GET_EACH: result = op_get_each(run, R[i->b]); break;
        case OP_CONVERT: result = op_convert(run, R[i->b], i->c); break;

        case OP_JUMP: JUMP_BY((int32_t)instruction_wide(*i))
        case OP_JUMP_IF_TRUE:
            if (value_is_true(R[i->a])) JUMP_BY((int32_t)instruction_wide(*i))
            continue;
        case OP_JUMP_IF_FALSE:
            if (value_is_false(R[i->a])) JUMP_BY((int32_t)instruction_wide(*i))
            continue;
        case OP_JUMP_IF_PRESENT:
            if (R[i->a].kind != VALUE_NONE && !value_is_missing(R[i->a])) JUMP_BY((int32_t)instruction_wide(*i))
            continue;
        case OP_JUMP_IF_BAD:
            if (value_is_bad(R[i->a])) JUMP_BY((int32_t)instruction_wide(*i))
            continue;
        case OP_JUMP_IF_LESS:
            if (both_integers(&R[i->a], &R[i->b]) && R[i->a].integer < R[i->b].integer) JUMP_BY((int16_t)i->c)
            continue;
        case OP_BRANCH:
            if (value_is_true(R[i->a])) continue;
            if (value_is_false(R[i->a])) JUMP_BY((int32_t)instruction_wide(*i))
            function = op_branch_on_bad;
            goto call;
        case OP_ITERATE: result = op_iterate(run, R[i->b]); break;
        case OP_NEXT: function = op_next; goto call;
        case OP_CALL:
            if (push_in_place(fiber, &program->units[i->b], i->b, &R[i->c], (uint32_t)(next - code), i->a)) {
                next = code + program->units[i->b].entry;
                R = fiber_registers(fiber);
                if (--budget <= 0) goto give_way;
                continue;
            }
            LEAVE();
            if (!fiber_push(fiber, i->b, &R[i->c], fiber->pc, i->a)) {
                run_stop(run, RUN_ERROR, run_span(run, fiber), "calls are nested too deep");
                return STEP_STOPPED;
            }
            COME_BACK();
            if (--budget <= 0) goto give_way;
            continue;
        case OP_RETURN:
        case OP_RETURN_NONE:
            if (fiber->frame_count == 1) {
                function = op_return_last;
                goto call;
            }
            result = value_none();
            if (i->op == OP_RETURN) {
                result = read_register(&R[i->a]);
                R[i->a] = value_none();
            }
            {
                const struct frame *frame = fiber_frame(fiber);
                uint16_t destination = frame->destination;
                next = code + frame->return_to;
                pop_in_place(fiber, R);
                R = fiber_registers(fiber);
                set(&R[destination], result);
            }
            continue;
        case OP_CALL_NATIVE: function = op_call_native; goto call;
        case OP_CALL_LIFTED: function = op_call_lifted; goto call;
        case OP_NOT_BUILT: function = op_not_built; goto call;

        case OP_FILTER: result = series_filter(heap, R[i->b], R[i->c]); break;
        case OP_CUT_DURING: result = series_during(heap, R[i->b], R[i->c]); break;
        case OP_CUT_FROM: result = op_cut_from(run, R[i->b], R[i->c], R[i->c + 1]); break;
        case OP_CUT_BEFORE: result = op_cut_before(run, R[i->b], R[i->c]); break;
        case OP_WINDOW: result = op_window(run, R[i->b], R[i->c]); break;

        case OP_NOW: set_plain(&R[i->a], value_instant(run_now(run))); continue;
        case OP_WAIT: function = op_wait; goto call;
        case OP_WAIT_SINCE: function = op_wait_since; goto call;
        case OP_POLL_BEGIN: function = op_poll_begin; goto call;
        case OP_POLL_PROBE: function = op_poll_probe; goto call;
        case OP_POLL_SAMPLE: function = op_poll_sample; goto call;
        case OP_POLL_END: function = op_poll_end; goto call;
        case OP_WAIT_UNTIL_END: function = op_wait_until_end; goto call;
        case OP_EXPECT: function = op_expect; goto call;
        case OP_RETRY_AGAIN: function = op_retry_again; goto call;
        case OP_PHASE_ENTER: function = op_phase_enter; goto call;
        case OP_PHASE_LEAVE: function = op_phase_leave; goto call;
        case OP_MARK: function = op_mark; goto call;
        case OP_SPAWN: function = op_spawn; goto call;
        case OP_SCOPE_ENTER: fiber->scope++; continue;
        case OP_SCOPE_JOIN: function = op_scope_join; goto call;
        case OP_LOAD_START: function = op_load_start; goto call;
        case OP_WATCH_START: function = op_watch_start; goto call;
        case OP_MAKE_SERVICE: function = op_make_service; goto call;
        case OP_CLAIM_CACHED: function = op_claim_cached; goto call;
        case OP_CLAIM: function = op_claim; goto call;
        case OP_CLAIM_KEEP: function = op_claim_keep; goto call;
        case OP_CLAIM_SKIP: function = op_claim_skip; goto call;
        case OP_COUNT: __builtin_unreachable();
        }

        LEAVE();
        set(&R[i->a], placed(run, fiber, result));
        if (heap_over_quota(heap)) {
            over_quota(run, fiber);
            return STEP_STOPPED;
        }
        continue;

    call:
        LEAVE();
        switch (function(run, fiber, *i)) {
        case OP_CONTINUE: break;
        case OP_PARKED: return STEP_WAITS;
        case OP_STOPPED: return STEP_STOPPED;
        }
        if (fiber->state == FIBER_DONE) return STEP_ENDED;
        if (heap_over_quota(heap)) {
            over_quota(run, fiber);
            return STEP_STOPPED;
        }
        COME_BACK();
        if (--budget > 0) continue;

    give_way:
        LEAVE();
        return STEP_YIELDS;
    }
}
