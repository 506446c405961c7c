/* Runs from the first to the last stage, over the virtual clock: how each kind of end is reached and what still
 * happens then. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static char message[600];

/* Calls a native without arguments, or with what register 0 holds. */
static void call(struct hand *hand, uint16_t destination, enum fake fake) {
    hand_emit(hand, OP_CALL_NATIVE, destination, fake, 0);
}

static void finish(struct hand *hand, uint16_t registers) {
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, registers);
}

static enum run_end run_of(struct hand *hand, uint32_t looked_at) {
    struct run_options options = fake_options(hand_program(hand));
    fake_look_at(&options, looked_at);
    enum run_end end = fake_run(&options, message, sizeof message);
    hand_done(hand);
    size_t order = fake_log.order.bytes != NULL;
    cr_expect_eq(memory_live_blocks(), order, "%zu blocks are left", memory_live_blocks());
    return end;
}

Test(run, waits_for_a_native_and_goes_on) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_RUN, "answer");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 0, 5 * SECOND);
    call(&hand, 1, FAKE_PAUSE);
    hand_emit(&hand, OP_ADD_INTEGER, 1, 1, 1);
    hand_emit(&hand, OP_SET_GLOBAL, 1, (uint16_t)global, 0);
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 1), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[0], "8");
    cr_expect_eq(fake_log.cancelled, 0);
}

Test(run, a_stale_ticket_wakes_nobody) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_RUN, "answer");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 0, SECOND);
    call(&hand, 1, FAKE_ECHO);
    hand_duration(&hand, 0, 5 * SECOND);
    call(&hand, 1, FAKE_PAUSE); /* while the fiber waits for something else, the first native wakes it again */
    hand_emit(&hand, OP_SET_GLOBAL, 1, (uint16_t)global, 0);
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 1), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "7");
    cr_expect_eq(fake_log.cancelled, 0);
}

Test(run, a_native_that_fails_ends_the_run_with_error_and_teardown_comes) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    call(&hand, 0, FAKE_FAIL);
    finish(&hand, 1);
    hand_begin(&hand, UNIT_TEARDOWN, "teardown", 0);
    hand_integer(&hand, 0, 1);
    call(&hand, 1, FAKE_DO);
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 0), RUN_ERROR);
    cr_expect_str_eq(message, "nothing listens on port 99");
    cr_expect_eq(fake_log.done_actions, 1);
}

Test(run, what_is_not_built_says_so) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    call(&hand, 0, FAKE_UNBUILT);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 0), RUN_NOT_BUILT);
    cr_expect_str_eq(message, "unbuilt is not built yet");
}

Test(run, an_error_is_not_given_to_a_native) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_RUN, "answer");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_integer(&hand, 0, 1);
    hand_integer(&hand, 1, 0);
    hand_emit(&hand, OP_DIVIDE, 0, 0, 1);
    hand_emit(&hand, OP_MAKE_LIST, 0, 0, 1); /* also when it is inside something */
    call(&hand, 1, FAKE_DOUBLE);
    hand_emit(&hand, OP_SET_GLOBAL, 1, (uint16_t)global, 0);
    call(&hand, 1, FAKE_DO); /* and an action without a result is not left out silently */
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 1), RUN_ERROR);
    cr_expect_str_eq(fake_seen[0], "error: 1 is divided by zero");
    cr_expect_str_eq(message, "do was not done, its argument is an error: 1 is divided by zero");
    cr_expect_eq(fake_log.done_actions, 0);
}

Test(run, a_release_that_is_not_resolved_has_no_text) {
    struct hand hand = hand_new();
    uint32_t numbered = hand_global(&hand, GLOBAL_RUN, "numbered"), aged = hand_global(&hand, GLOBAL_RUN, "aged");
    uint32_t words = hand_global(&hand, GLOBAL_RUN, "words");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_constant(&hand, 0, (struct constant){ .kind = CONSTANT_VERSION, .text = TEXT("v1.4.2") });
    hand_constant(&hand, 2, (struct constant){ .kind = CONSTANT_VERSION, .text = TEXT("N-1") });
    hand_text(&hand, 1, "deploy ");
    hand_emit(&hand, OP_MAKE_TEXT, 0, 0, 1);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)numbered, 0);
    hand_emit(&hand, OP_MAKE_TEXT, 0, 1, 2);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)aged, 0);
    hand_emit(&hand, OP_MAKE_SHELL, 0, 1, 2);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)words, 0);
    finish(&hand, 3);
    cr_expect_eq(run_of(&hand, 3), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "\"v1.4.2\"");
    cr_expect_str_eq(fake_seen[1], "error: release N-1 has no tag: aot.yaml says what a release is");
    cr_expect_str_eq(fake_seen[2], "error: release N-1 has no tag: aot.yaml says what a release is");
}

Test(run, handles_stop_in_reverse_and_the_dropped_one_at_once) {
    struct hand hand = hand_new();
    uint32_t a = hand_global(&hand, GLOBAL_LET, "a"), b = hand_global(&hand, GLOBAL_LET, "b");
    hand_begin(&hand, UNIT_WORLD, "world", 0);
    call(&hand, 0, FAKE_THING);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)a, 0);
    call(&hand, 0, FAKE_THING);   /* dropped: released without being stopped */
    call(&hand, 0, FAKE_LASTING); /* dropped, but lasts */
    call(&hand, 0, FAKE_THING);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)b, 0);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 2), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[1], "thing#3");
    cr_expect_eq(fake_log.stopped, 3);
    cr_expect_eq(fake_log.released, 4);
    cr_expect_str_eq(fake_log.order.bytes, "stop thing#3;stop lasting#1;stop thing#1;");
    buffer_done(&fake_log.order);
}

Test(run, a_stream_of_a_handle_is_read_as_a_series) {
    struct hand hand = hand_new();
    uint32_t thing = hand_global(&hand, GLOBAL_LET, "thing"), events = hand_global(&hand, GLOBAL_RUN, "events");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    call(&hand, 0, FAKE_THING);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)thing, 0);
    call(&hand, 0, FAKE_EVENTS);
    hand_emit(&hand, OP_ADD_INTEGER, 0, 0, 5);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)events, 0);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 2), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[1], "1 events, last 6");
    buffer_done(&fake_log.order);
}

Test(run, the_limit_names_what_everybody_waits_for) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_LIMIT, "limit", 0);
    hand_duration(&hand, 0, 90 * SECOND);
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 1);
    uint32_t task = hand_begin(&hand, UNIT_SPAWN, "spawn sleeper", 0);
    hand_duration(&hand, 0, HOUR);
    hand_emit(&hand, OP_WAIT, 0, 0, 0);
    finish(&hand, 1);
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_SPAWN, 0, (uint16_t)task, 0);
    call(&hand, 0, FAKE_NEVER);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 0), RUN_ERROR);
    cr_expect_str_eq(message, "the limit of 1m30s is over; waiting were\n  run: what never comes, since 1m30s\n  spawn "
                              "sleeper: wait 1h, since 1m30s");
    cr_expect_eq(fake_log.cancelled, 1, "exactly once");
}

Test(run, a_teardown_that_hangs_says_so) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_TEARDOWN, "teardown", 0);
    call(&hand, 0, FAKE_NEVER);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 0), RUN_ERROR);
    cr_expect_str_eq(message, "teardown took longer than 1m; waiting were\n  teardown: what never comes, since 1m");
}

static void interrupt_soon(void *data) {
    run_interrupt(*(struct run **)data, "interrupted");
}

Test(run, an_interruption_cancels_and_gives_back) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    call(&hand, 0, FAKE_THING);
    call(&hand, 1, FAKE_NEVER);
    finish(&hand, 2);
    struct run_options options = fake_options(hand_program(&hand));
    struct run *run = run_new(&options);
    loop_timer_start(run_loop(run), run_now(run) + SECOND, interrupt_soon, &run);
    cr_expect_eq(run_execute(run), RUN_INTERRUPTED);
    cr_expect_str_eq(run_message(run), "interrupted");
    cr_expect_eq(run_leaked(run), 0);
    cr_expect_eq(fake_log.cancelled, 1);
    cr_expect_eq(fake_log.released, 1);
    run_free(run);
    hand_done(&hand);
    buffer_done(&fake_log.order);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(run, the_quota_ends_a_run_that_grows) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_text(&hand, 0, "0123456789abcdef");
    struct label again = assembly_here(&hand.code);
    hand_emit(&hand, OP_MOVE, 1, 0, 0);
    hand_emit(&hand, OP_MAKE_TEXT, 0, 0, 2);
    assembly_jump(&hand.code, OP_JUMP, 0, 0, again);
    hand_end(&hand, 2);
    struct run_options options = fake_options(hand_program(&hand));
    options.memory_quota = 1 << 20;
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "this run holds more than 1MiB of values");
    hand_done(&hand);
}

Test(run, an_endless_loop_is_ended_by_the_limit) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    struct label again = assembly_here(&hand.code);
    assembly_jump(&hand.code, OP_JUMP, 0, 0, again);
    hand_end(&hand, 1);
    struct run_options options = fake_options(hand_program(&hand));
    options.clock = LOOP_REAL;
    options.limit = 30 * MILLISECOND;
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect(text_starts(text_of(message), TEXT("the limit of 30ms is over")), "%s", message);
    hand_done(&hand);
}

Test(run, calls_too_deep_end_the_run) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_FUNCTION, "deeper", 1);
    hand_emit(&hand, OP_CALL, 0, (uint16_t)hand.unit, 0);
    finish(&hand, 1);
    uint32_t function = hand.unit;
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_CALL, 0, (uint16_t)function, 0);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 0), RUN_ERROR);
    cr_expect_str_eq(message, "calls are nested too deep");
}

/* ---- inputs ---- */
static bool give_input(void *data, const struct input *input, struct text *value) {
    (void)input;
    *value = text_of(data);
    return data != NULL;
}

static struct run_options input_program(struct hand *hand, bool secret, const char *given) {
    *hand = hand_new();
    uint32_t global = hand_global(hand, secret ? GLOBAL_SECRET : GLOBAL_INPUT, "pace");
    VECTOR_PUSH(&hand->builder->shapes, (struct shape){ .kind = SHAPE_RATE, .name = TEXT("rate") });
    VECTOR_PUSH(&hand->builder->shapes, (struct shape){ .kind = SHAPE_STRING, .name = TEXT("string") });
    VECTOR_PUSH(&hand->builder->inputs, (struct input){ .global = global,
                                                        .name = TEXT("pace"),
                                                        .shape = secret ? 2 : 1,
                                                        .is_secret = secret,
                                                        .has_default = !secret,
                                                        .span = SPAN_NONE });
    hand_begin(hand, UNIT_WORLD, "world", 0);
    struct label given_label = assembly_label(&hand->code);
    assembly_jump(&hand->code, OP_GET_INPUT, 0, 0, given_label);
    hand_integer(hand, 0, 1);
    assembly_place(&hand->code, given_label);
    hand_emit(hand, OP_SET_GLOBAL, 0, (uint16_t)global, 0);
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, 1);
    struct run_options options = fake_options(hand_program(hand));
    options.input = give_input;
    options.input_data = (void *)given;
    fake_look_at(&options, 1);
    return options;
}

Test(run, inputs_are_read_as_their_type) {
    struct hand hand;
    struct run_options options = input_program(&hand, false, "200/s");
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "200/s");
    hand_done(&hand);
    options = input_program(&hand, false, NULL);
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[0], "1", "the default's code");
    hand_done(&hand);
    options = input_program(&hand, false, "fast");
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "input pace: \"fast\" is no rate, such as 50/s; --set pace=… gives it");
    hand_done(&hand);
}

Test(run, a_secret_is_masked_in_what_the_run_says) {
    struct hand hand;
    struct run_options options = input_program(&hand, true, "hunter22");
    options.mask = mask_new();
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_COMPLETE);
    struct buffer text = { 0 };
    mask_apply(options.mask, TEXT("it is hunter22!"), &text);
    cr_expect_str_eq(text.bytes, "it is ***!");
    buffer_done(&text);
    mask_free(options.mask);
    hand_done(&hand);
    options = input_program(&hand, true, "abc");
    options.mask = mask_new();
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "secret pace: a secret of under 4 bytes cannot be masked; --set pace=… gives it");
    mask_free(options.mask);
    hand_done(&hand);
    options = input_program(&hand, true, NULL);
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "secret pace: it has no value and no default; --set pace=… gives it");
    hand_done(&hand);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* secret token = <text>, its default; then double the text by a constant native. */
Test(run, a_secret_from_its_default_and_what_is_made_of_it_is_masked) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_SECRET, "token"), made = hand_global(&hand, GLOBAL_RUN, "made");
    VECTOR_PUSH(&hand.builder->shapes, (struct shape){ .kind = SHAPE_STRING, .name = TEXT("string") });
    VECTOR_PUSH(&hand.builder->inputs, (struct input){ .global = global,
                                                       .name = TEXT("token"),
                                                       .shape = 1,
                                                       .is_secret = true,
                                                       .has_default = true,
                                                       .span = SPAN_NONE });
    hand_begin(&hand, UNIT_WORLD, "world", 0);
    struct label given = assembly_label(&hand.code);
    assembly_jump(&hand.code, OP_GET_INPUT, 0, 0, given);
    hand_text(&hand, 0, "swordfish");
    assembly_place(&hand.code, given);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)global, 0);
    call(&hand, 0, FAKE_REVERSE);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)made, 0);
    finish(&hand, 1);
    struct run_options options = fake_options(hand_program(&hand));
    options.mask = mask_new();
    fake_look_at(&options, 2);
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[1], "\"hsifdrows\"");
    struct buffer text = { 0 };
    mask_apply(options.mask, TEXT("swordfish hsifdrows"), &text);
    cr_expect_str_eq(text.bytes, "*** ***");
    buffer_done(&text);
    mask_free(options.mask);
    hand_done(&hand);
}

/* ---- what no compiler would write ---- */
Test(run, a_program_that_joins_what_it_never_entered_ends_with_error) {
    const struct instruction odd[] = { { OP_SCOPE_JOIN, 0, 0, 0 },
                                       { OP_NEXT, 0, 0, 0 },
                                       { OP_POLL_PROBE, 0, 0, 0 },
                                       { OP_POLL_SAMPLE, 0, 0, 0 },
                                       { OP_POLL_END, 0, 0, 0 } };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct hand hand = hand_new();
        hand_begin(&hand, UNIT_RUN, "run", 0);
        hand_emit(&hand, odd[i].op, odd[i].a, odd[i].b, odd[i].c);
        finish(&hand, 1);
        cr_expect_eq(run_of(&hand, 0), RUN_ERROR, "%s", op_info(odd[i].op)->name);
        cr_expect_neq(message[0], '\0');
    }
}
