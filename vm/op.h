/* Inside vm/ only: the larger instructions, one function each; the small ones stand in interp.c. Those that give a
 * value give an owned one. The others say how the fiber goes on; they find its next instruction in fiber->pc. */
#ifndef AOT_VM_OP_H
#define AOT_VM_OP_H
#include "bytecode/op.h"
#include "vm/run_state.h"

enum op_outcome {
    OP_CONTINUE, /* at fiber->pc */
    OP_PARKED,   /* the fiber waits; goes on at fiber->pc */
    OP_STOPPED   /* the run ends */
};
typedef enum op_outcome op_function(struct run *run, struct fiber *fiber, struct instruction instruction);

/* Parks a fiber in an instruction that is executed again when it wakes. */
#define OP_AGAIN(fiber, until, ...) (fiber_park((fiber), (until), __VA_ARGS__), (fiber)->pc = (fiber)->at, OP_PARKED)
/* The same, woken after the next turn of the loop. */
enum op_outcome op_ask_again(struct run *run, struct fiber *fiber, const char *what);

/* Ends the run because of a value that should have been another: "what: value". In an assertion its claims are told
 * the value. */
enum op_outcome op_stop_with(struct run *run, struct fiber *fiber, const char *what, struct value value);

/* ---- op_value.c ---- */
struct value op_make_record(struct run *run, struct value keys, const struct value *items);
struct value op_make_text(struct run *run, const struct value *parts, size_t count);
struct value op_make_shell(struct run *run, const struct value *parts, size_t count);
struct value op_make_range(struct run *run, struct value from, struct value to);
struct value op_append(struct run *run, struct value *list, struct value item, bool own); /* own: *list is taken over */
struct value op_get_index(struct run *run, struct value container, struct value index);
struct value op_get_each(struct run *run, struct value container);
struct value op_convert(struct run *run, struct value value, uint32_t shape);
struct value op_coalesce(struct run *run, struct value value, struct value otherwise);
struct value op_iterate(struct run *run, struct value over);
struct value op_not(struct run *run, struct value value);
struct value op_negated(struct run *run, struct value owned); /* not of it */
struct value op_negate(struct run *run, struct value value);
/* ---- op_series.c ---- */
struct value op_cut_from(struct run *run, struct value series, struct value from, struct value to);
struct value op_cut_before(struct run *run, struct value series, struct value instant);
struct value op_window(struct run *run, struct value series, struct value length);
/* ---- the others, by file ---- */
op_function op_call_native, op_call_lifted, op_make_service;                              /* op_native.c */
op_function op_next, op_branch_on_bad, op_not_built;                                      /* op_control.c */
op_function op_get_input;                                                                 /* input.c */
op_function op_wait, op_wait_since, op_retry_again;                                       /* op_time.c */
op_function op_poll_begin, op_poll_probe, op_poll_sample, op_poll_end, op_wait_until_end; /* poll.c */
op_function op_expect, op_claim_cached, op_claim, op_claim_keep, op_claim_skip;           /* claim.c */
op_function op_phase_enter, op_phase_leave, op_mark;                                      /* phase.c */
op_function op_spawn, op_scope_join, op_return_last;                                      /* task.c */
op_function op_load_start;                                                                /* load.c */
op_function op_watch_start;                                                               /* watch.c */
#endif
