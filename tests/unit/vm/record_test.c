/* What a run writes down, and judging it again from that alone: the same operands come to the judge, and nothing is
 * asked. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"
#include "vm/heap.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the judge was given, a line a claim. */
static struct buffer told;
static const struct program *judged;

static void hear_claim(void *data, struct run *run, uint32_t claim, const struct value *registers) {
    (void)data;
    (void)run;
    buffer_printf(&told, "%.*s =", TEXT_ARGS(judged->claims[claim].text));
    for (uint32_t s = 0; s < judged->claims[claim].site_count; s++) {
        buffer_append_byte(&told, ' ');
        value_print(registers[judged->sites[judged->claims[claim].first_site + s].register_index], &told);
    }
    buffer_append_byte(&told, '\n');
}

static void hear_skip(void *data, struct run *run, uint32_t claim, struct value reason) {
    (void)data;
    (void)run;
    buffer_printf(&told, "%.*s skipped: ", TEXT_ARGS(judged->claims[claim].text));
    value_print(reason, &told);
    buffer_append_byte(&told, '\n');
}

/* A plain claim whose value stands in `result`, with that one site. */
static uint16_t claim(struct hand *hand, const char *text, uint16_t result, bool live) {
    struct builder *builder = hand->builder;
    VECTOR_PUSH(&builder->formulas, (struct formula){ .kind = FORMULA_PLAIN,
                                                      .condition = result,
                                                      .ending = NO_REGISTER,
                                                      .body = NO_FORMULA,
                                                      .within = NO_REGISTER,
                                                      .within_of = NO_REGISTER,
                                                      .hold = NO_REGISTER,
                                                      .during = NO_REGISTER,
                                                      .from = NO_REGISTER,
                                                      .to = NO_REGISTER,
                                                      .before = NO_REGISTER,
                                                      .every = NO_REGISTER,
                                                      .span = SPAN_NONE });
    VECTOR_PUSH(&builder->sites, (struct site){ SPAN_NONE, result, false });
    VECTOR_PUSH(&builder->claims, (struct claim){ .assertion = (uint32_t)builder->assertions.count,
                                                  .formula = (uint32_t)builder->formulas.count - 1,
                                                  .text = builder_text(builder, text_of(text)),
                                                  .span = SPAN_NONE,
                                                  .first_site = (uint32_t)builder->sites.count - 1,
                                                  .site_count = 1,
                                                  .result = result,
                                                  .live = live });
    return (uint16_t)(builder->claims.count - 1);
}

static void begin_assertion(struct hand *hand) {
    hand_begin(hand, UNIT_ASSERT, "assert", 0);
}

static void end_assertion(struct hand *hand, const char *title, uint16_t registers) {
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, registers);
    struct assertion assertion = { .title = builder_text(hand->builder, text_of(title)),
                                   .unit = hand->unit,
                                   .span = SPAN_NONE };
    VECTOR_PUSH(&hand->builder->assertions, assertion);
}

/* A run with a binding, a phase, a mark, a watch and a handle; claims over all of them, a live one, and two that
 * break. */
static struct hand recipe(void) {
    struct hand hand = hand_new();
    uint16_t body = (uint16_t)hand_begin(&hand, UNIT_WATCH, "watch w", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_COUNTER, 0);
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 1);
    uint32_t bound = hand_global(&hand, GLOBAL_RUN, "bound"), mark = hand_global(&hand, GLOBAL_MARK, "moment");
    uint32_t watch = hand_global(&hand, GLOBAL_WATCH, "w"), thing = hand_global(&hand, GLOBAL_LET, "thing");
    uint32_t never = hand_global(&hand, GLOBAL_RUN, "never");
    uint16_t phase = hand_phase(&hand, "p"), absent = hand_phase(&hand, "q");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_THING, 0);
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)thing, 0);
    hand_constant(&hand, 0, (struct constant){ .kind = CONSTANT_JSON, .text = TEXT("{\"a\": [1, 2.0]}") });
    hand_emit(&hand, OP_SET_GLOBAL, 0, (uint16_t)bound, 0);
    hand_emit(&hand, OP_LOAD_NONE, 0, 0, 0);
    hand_emit(&hand, OP_WATCH_START, (uint16_t)watch, body, 0);
    hand_emit(&hand, OP_PHASE_ENTER, phase, 0, 0);
    hand_duration(&hand, 1, 1200 * MILLISECOND);
    hand_emit(&hand, OP_WAIT, 1, 0, 0);
    hand_emit(&hand, OP_PHASE_LEAVE, phase, 0, 0);
    hand_emit(&hand, OP_MARK, (uint16_t)mark, 0, 0);
    hand_emit(&hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(&hand, 2);

    const uint32_t shown[] = { bound,
                               mark,
                               watch,
                               thing,
                               never,
                               hand.builder->phases.items[phase].global,
                               hand.builder->phases.items[absent].global };
    const char *const texts[] = { "bound", "moment", "w", "thing", "never", "p", "q" };
    begin_assertion(&hand);
    for (uint16_t i = 0; i < 7; i++) {
        hand_emit(&hand, OP_GET_GLOBAL, i, (uint16_t)shown[i], 0);
        hand_emit(&hand, OP_CLAIM, claim(&hand, texts[i], i, false), 0, 0);
    }
    hand_emit(&hand, OP_CALL_NATIVE, 3, FAKE_EVENTS, 3);
    hand_emit(&hand, OP_CLAIM, claim(&hand, "thing.events", 3, false), 0, 0);
    hand_emit(&hand, OP_GET_FIELD, 6, 6, hand_narrow_text(&hand, "start"));
    hand_emit(&hand, OP_CLAIM, claim(&hand, "q.start", 6, false), 0, 0);
    end_assertion(&hand, "recorded", 8);

    begin_assertion(&hand);
    uint16_t live = claim(&hand, "counter()", 0, true);
    for (int occurrence = 0; occurrence < 2; occurrence++) { /* as in a `for` */
        struct label cached = assembly_label(&hand.code);
        assembly_jump(&hand.code, OP_CLAIM_CACHED, live, 0, cached);
        hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_COUNTER, 0);
        assembly_place(&hand.code, cached);
        hand_emit(&hand, OP_CLAIM, live, 0, 0);
    }
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_COUNTER, 0);
    hand_emit(&hand, OP_CLAIM, claim(&hand, "not kept", 0, false), 0, 0);
    end_assertion(&hand, "live", 1);

    begin_assertion(&hand);
    hand_emit(&hand, OP_LOAD_NONE, 0, 0, 0);
    struct label here = assembly_label(&hand.code);
    assembly_jump(&hand.code, OP_BRANCH, 0, 0, here); /* a none decides nothing */
    assembly_place(&hand.code, here);
    hand_emit(&hand, OP_CLAIM, claim(&hand, "behind a none", 0, false), 0, 0);
    end_assertion(&hand, "broken", 1);

    begin_assertion(&hand);
    hand_emit(&hand, OP_LOAD_TRUE, 0, 0, 0);
    hand_emit(&hand, OP_CLAIM, claim(&hand, "still judged", 0, false), 0, 0);
    uint16_t skipped = claim(&hand, "left out", 0, false);
    hand_integer(&hand, 0, 1);
    hand_emit(&hand, OP_CLAIM_SKIP, skipped, 0, 0);
    end_assertion(&hand, "after it", 1);
    return hand;
}

static const char wanted[] = "bound = { a: [1, 2] }\n"
                             "moment = +2.200s\n"
                             "w = 3 samples, last 3\n"
                             "thing = thing#1\n"
                             "never = no data: never was never set: the run ended before\n"
                             "p = p +0.000s … +1.200s\n"
                             "q = q (never began)\n"
                             "thing.events = 1 events, last 1\n"
                             "q.start = no data: q never began\n";

static char path[64];

static void name_record(void) {
    strcpy(path, "/tmp/aot-vm-record-XXXXXX");
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
}

static struct record *written_by(const struct program *program) {
    char *error = NULL;
    struct mask *mask = mask_new();
    struct record *record = record_create(path, mask, &error);
    cr_assert(record, "%s", error);
    struct run_options options = fake_options(program);
    options.record = record;
    options.judge = (struct run_judge){ NULL, hear_claim, hear_skip };
    judged = program;
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_COMPLETE);
    cr_expect(record_close(record, &error), "%s", error ? error : "");
    mask_free(mask);
    record = record_open(path, &error);
    cr_assert(record, "%s", error);
    return record;
}

Test(record, a_run_is_judged_again_from_its_record) {
    name_record();
    struct hand hand = recipe();
    const struct program *program = hand_program(&hand);
    struct record *record = written_by(program);
    char first[4000];
    snprintf(first, sizeof first, "%s", told.bytes);
    cr_expect(text_starts(text_of(first), text_of(wanted)), "%s", first);
    const char *rest = first + sizeof wanted - 1;
    cr_expect_str_eq(
        rest, "counter() = 4\ncounter() = 5\nnot kept = 6\nbehind a none skipped: error: this decides nothing: none\n"
              "still judged = true\nleft out skipped: error: the condition is no bool but an int\n");
    buffer_clear(&told);

    struct run_options options = fake_options(program);
    options.replay = record;
    options.judge = (struct run_judge){ NULL, hear_claim, hear_skip };
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_COMPLETE);
    cr_expect_eq(fake_log.counter, 0, "nothing was asked");
    cr_expect_eq(fake_log.released, 0);
    cr_expect(text_starts(buffer_text(&told), text_of(wanted)), "%s", told.bytes);
    cr_expect_str_eq(told.bytes + sizeof wanted - 1,
                     "counter() = 4\ncounter() = 5\nnot kept = no data: counter is not in the record\n"
                     "behind a none skipped: error: this decides nothing: none\n"
                     "still judged = true\nleft out skipped: error: the condition is no bool but an int\n");
    char *error = NULL;
    record_close(record, &error);
    memory_release(error);
    buffer_done(&told);
    buffer_done(&fake_log.order);
    hand_done(&hand);
    unlink(path);
    cr_expect_eq(memory_live_blocks(), 0, "%zu", memory_live_blocks());
}

Test(record, the_end_and_its_reason_are_kept) {
    name_record();
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAIL, 0);
    hand_emit(&hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(&hand, 1);
    const struct program *program = hand_program(&hand);
    char *error = NULL, message[200];
    struct record *record = record_create(path, NULL, &error);
    struct run_options options = fake_options(program);
    options.record = record;
    cr_expect_eq(fake_run(&options, NULL, 0), RUN_ERROR);
    cr_assert(record_close(record, &error));
    record = record_open(path, &error);
    cr_assert(record, "%s", error);
    options = fake_options(program);
    options.replay = record;
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "nothing listens on port 99");
    record_close(record, &error);
    hand_done(&hand);
    unlink(path);
}
