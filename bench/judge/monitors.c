/* 10 million samples through each time word, and through a whole claim: series to truth, monitor, tally, explanation.
 * Prints "name seconds" lines; run.py compares them with the goals. */
#include "base/clock.h"
#include "base/memory.h"
#include "judge/case.h"
#include "judge/formula.h"

#include <stdio.h>
#include <stdlib.h>

static const size_t count = 10 * 1000 * 1000;

static void report(const char *name, int64_t begun, enum state state, enum state wanted) {
    printf("%s %.4f\n", name, (double)(clock_monotonic() - begun) / SECOND);
    if (state == wanted) return;
    fprintf(stderr, "%s came to state %d, not %d\n", name, state, wanted);
    exit(1);
}

/* Samples each 20 ms, 1 to 5 ms long; all true but for what `is` says. */
static struct trace samples(int64_t *start, int64_t *end, uint8_t *truth, uint8_t (*is)(size_t index)) {
    for (size_t i = 0; i < count; i++) {
        start[i] = (int64_t)i * 20 * MILLISECOND;
        end[i] = start[i] + (int64_t)(1 + i * 2654435761u % 5) * MILLISECOND;
        truth[i] = is(i);
    }
    struct trace trace = {
        .start = start, .end = end, .truth = truth, .count = count, .gap_limit = 60 * MILLISECOND, .alive_to = TIME_END
    };
    trace_prepare(&trace);
    return trace;
}

static uint8_t always_true(size_t index) {
    (void)index;
    return TRUTH_TRUE;
}
static uint8_t never_true(size_t index) {
    (void)index;
    return TRUTH_FALSE;
}
static uint8_t settling(size_t index) {
    return index >= 1000 ? TRUTH_TRUE : TRUTH_FALSE;
}
static uint8_t now_and_then(size_t index) {
    return index % 100 == 0 ? TRUTH_TRUE : TRUTH_FALSE;
}

static void time_words(int64_t *start, int64_t *end, uint8_t *truth) {
    struct scope scope = { 0, (int64_t)count * 20 * MILLISECOND, true, TOUCHING };
    struct trace trace = samples(start, end, truth, always_true);
    int64_t begun = clock_monotonic();
    report("always", begun, monitor_always(&trace, false, scope, TIME_END).state, STATE_PASS);
    trace = samples(start, end, truth, never_true);
    begun = clock_monotonic();
    report("eventually", begun, monitor_eventually(&trace, scope, TIME_END, true).state, STATE_FAIL);
    trace = samples(start, end, truth, settling);
    begun = clock_monotonic();
    report("settles", begun, monitor_settles(&trace, scope, MINUTE, TIME_END).state, STATE_PASS);
    uint8_t *held = memory_allocate(count);
    for (size_t i = 0; i < count; i++) {
        held[i] = TRUTH_TRUE;
        truth[i] = i == count - 1 ? TRUTH_TRUE : TRUTH_FALSE;
    }
    struct trace holds = trace;
    holds.truth = held;
    begun = clock_monotonic();
    report("until", begun, monitor_until(&holds, &trace, scope, TIME_END).state, STATE_PASS);
    memory_release(held);

    /* 100,000 triggers, each answered two seconds later */
    trace = samples(start, end, truth, now_and_then);
    struct witness witness = { 0 };
    struct node inner = {
        .kind = NODE_EVENTUALLY, .condition = &trace, .within = 3 * SECOND, .hold = TIME_END, .witness = &witness
    };
    struct node whenever = { .kind = NODE_WHENEVER, .condition = &trace, .body = &inner };
    struct scope triggers = { 0, scope.to - MINUTE, true, TOUCHING };
    begun = clock_monotonic();
    report("whenever", begun, formula_judge(&whenever, triggers, scope, true).state, STATE_PASS);
    struct node always = { .kind = NODE_ALWAYS, .body = &inner, .hold = TIME_END };
    begun = clock_monotonic();
    report("always-eventually", begun, formula_judge(&always, scope, scope, true).state, STATE_PASS);
}

/* The claim `always: ok` over a series of 10 million bools, as the machine hands it over. */
static void whole_claim(void) {
    struct heap *heap = heap_new(0);
    struct timing *timing = timing_new(count, false);
    struct value *values = memory_resize(NULL, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        timing->start[i] = (int64_t)i * 20 * MILLISECOND;
        timing->end[i] = timing->start[i] + MILLISECOND;
        values[i] = value_boolean(true);
    }
    struct provenance origin = {
        .sampler = true, .alive_to = INT64_MAX, .every = 20 * MILLISECOND, .name = TEXT("ok")
    };
    struct value registers[] = { series_make(heap, SERIES_SAMPLES, timing, values, origin) };
    struct formula formulas[] = {
        { .kind = FORMULA_ALWAYS,
          .condition = NO_REGISTER,
          .ending = NO_REGISTER,
          .body = 1,
          .within = NO_REGISTER,
          .within_of = NO_REGISTER,
          .hold = NO_REGISTER,
          .during = NO_REGISTER,
          .from = NO_REGISTER,
          .to = NO_REGISTER,
          .before = NO_REGISTER,
          .every = NO_REGISTER },
        { .kind = FORMULA_PLAIN, .condition = 0, .body = NO_FORMULA, .ending = NO_REGISTER }
    };
    struct assertion assertion = { .title = TEXT("it is ok") };
    struct claim claim = { .text = TEXT("always: ok"), .result = NO_REGISTER };
    struct program program = { .formulas = formulas,
                               .formula_count = 2,
                               .claims = &claim,
                               .claim_count = 1,
                               .assertions = &assertion,
                               .assertion_count = 1 };
    struct judge *judge = judge_new(&program, NULL);
    struct world world = judge_world(judge);
    world.ended = (int64_t)count * 20 * MILLISECOND;
    int64_t begun = clock_monotonic();
    judge_claim(judge, &world, 0, registers);
    bool passes = text_is(judge_verdict(judge, 0)->outcome, "pass");
    report("claim", begun, passes ? STATE_PASS : STATE_FAIL, STATE_PASS);
    judge_free(judge);
    value_release(registers[0]);
    heap_free(heap);
}

int main(void) {
    int64_t *start = memory_allocate(count * sizeof *start), *end = memory_allocate(count * sizeof *end);
    uint8_t *truth = memory_allocate(count);
    time_words(start, end, truth);
    memory_release(start);
    memory_release(end);
    memory_release(truth);
    whole_claim();
    return 0;
}
