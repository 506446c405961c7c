/* Runs from the first to the last stage, over the virtual clock. */
#include "hand.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

Test(run, waits_for_a_native_and_goes_on) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_RUN, "answer");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 0, 5 * SECOND);
    hand_emit(&hand, OP_CALL_NATIVE, 1, FAKE_PAUSE, 0);
    hand_emit(&hand, OP_ADD_INTEGER, 1, 1, 1);
    hand_emit(&hand, OP_SET_GLOBAL, 1, (uint16_t)global, 0);
    hand_emit(&hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(&hand, 2);
    struct run_options options = fake_options(hand_program(&hand));
    fake_look_at(&options, 1);
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[0], "8");
    cr_expect_eq(fake_log.cancelled, 0);
    hand_done(&hand);
    cr_expect_eq(memory_live_blocks(), 0);
}
