/* A recipe from text to verdict over the virtual clock, with a record, and the record judged again: the verdicts are the same,
 * although nothing of the world is asked any more. */
#include "base/clock.h"
#include "base/memory.h"
#include "compiler/compile.h"
#include "judge/judge.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a world of one number ---- */

static int64_t level;
static int probes;

static enum native_outcome probe(struct native_call *call) {
    probes++;
    return native_done(call, value_integer(level));
}

static enum native_outcome set_level(struct native_call *call) {
    level = argument_integer(call, 0);
    return native_done(call, value_none());
}

static enum native_outcome count_elements(struct native_call *call) {
    struct value series = value_as_series(argument(call, 0));
    int64_t count = series.kind == VALUE_SERIES ? (int64_t)series_of(series)->timing->count : -1;
    value_release(series);
    return native_done(call, value_integer(count));
}

/* What stands on the disk if aot is killed at this moment: the record's files, copied. */
static struct record *written;
static char folder[] = "/tmp/aot-replay-XXXXXX";
static char path[64];

static enum native_outcome die_here(struct native_call *call) {
    char command[400];
    snprintf(command, sizeof command, "cp %s %s.killed && cp %s-wal %s.killed-wal", path, path, path, path);
    cr_assert(record_flush(written, 5 * SECOND));
    cr_assert_eq(system(command), 0);
    return native_done(call, value_none());
}

/* A fault that says whether it bit. */
static bool at_once(void *state, int64_t deadline, struct buffer *problem) {
    (void)state, (void)deadline, (void)problem;
    return true;
}

static bool bit(void *state, struct buffer *out) {
    buffer_append_string(out, *(bool *)state ? "it bit" : "nothing was there");
    return *(bool *)state;
}

static void describe(void *state, struct buffer *out) {
    (void)state;
    buffer_append_string(out, "a fault");
}

static const struct handle_class fault_class = { .type = "fault",
                                                 .release = memory_release,
                                                 .describe = describe,
                                                 .apply = at_once,
                                                 .undo = at_once,
                                                 .evidence = bit,
                                                 .idle = "it hit nothing: " };

static enum native_outcome bite(struct native_call *call) {
    bool *bites = memory_allocate(sizeof *bites);
    *bites = argument_boolean(call, 0);
    return native_done(call, handle_new(call->run, &fault_class, bites));
}

static const struct native_row rows[] = {
    { "probe", "probe", "-> int", NATIVE_PROBE, "The level." },
    { "set_level", "set_level", "to: int", NATIVE_ACTION, "Sets it." },
    { "count_elements", "count", "values: series<T> -> int", NATIVE_CONST | NATIVE_SERIES, "How many." },
    { "count_elements", "rate", "values: series<T> -> int", NATIVE_CONST | NATIVE_SERIES, "How many, too." },
    { "die_here", "die_here", "-> none", NATIVE_ACTION, "Copies the record." },
    { "bite", "bite", "bites: bool -> fault", NATIVE_ACTION, "A fault." },
};
enum { ROWS = sizeof rows / sizeof rows[0] };
static const struct native_catalogue catalogue = { rows, ROWS, NULL, 0 };
static native_function *const functions[ROWS] = { probe, set_level, count_elements, count_elements, die_here, bite };

static const char recipe_text[] = "recipe T1 \"The level\"\n"
                                  "rules R1.1\n"
                                  "run {\n"
                                  "  watch level every 10ms: probe()\n"
                                  "  phase calm { wait 205ms }\n"
                                  "  phase storm { set_level(9)\n wait 205ms }\n"
                                  "  mark turned\n"
                                  "  phase calmed { set_level(1)\n wait 295ms }\n"
                                  "}\n"
                                  "assume \"it begins calm\": never during calm: level >= 5\n"
                                  "assert \"the level\" rule R1.1 {\n"
                                  "  always during calm: level < 5\n"
                                  "  always during storm: level < 5\n"
                                  "  eventually during storm within 50ms: level >= 5\n"
                                  "  eventually during calm within 50ms: level >= 5\n"
                                  "  settles during calmed within 100ms: level < 5\n"
                                  "  settles during storm within 100ms for 50ms: level == 9\n"
                                  "  level < 5 until level == 9 within 300ms\n"
                                  "  whenever level >= 5: eventually within 250ms: level < 5\n"
                                  "  whenever level >= 5: eventually within 100ms: level < 5\n"
                                  "  always: eventually within 250ms: level < 5\n"
                                  "  always from turned: level < 5\n"
                                  "  always before turned: level < 5\n"
                                  "  whenever level > 77: eventually within 1s: level < 5\n"
                                  "}\n"
                                  "assert \"in the end\" rule R1.1 {\n"
                                  "  probe() == 1\n"
                                  "  count(level during storm) == 3\n"
                                  "  eventually within 100ms every 10ms: probe() == 1\n"
                                  "  eventually within 50ms every 10ms: probe() == 2\n"
                                  "  always for 50ms every 10ms: probe() == 1\n"
                                  "}\n";

/* ---- running and judging ---- */

struct recipe {
    struct source_set *sources;
    struct program *program;
};

static struct recipe compile_it(const char *text) {
    struct recipe cell = { .sources = source_set_new() };
    uint32_t source = source_set_add(cell.sources, "t1.aot", text_of(text));
    struct diagnostics *found = diagnostics_new();
    struct compile_options options = { .natives = &catalogue };
    struct compilation compilation = compile(cell.sources, source, &options, found);
    struct buffer said = { 0 };
    diagnostics_print(found, cell.sources, &said, false, 20);
    cr_assert(compilation.program, "%s", said.bytes);
    buffer_done(&said);
    diagnostics_free(found);
    cell.program = compilation.program;
    return cell;
}

static void recipe_done(struct recipe *cell) {
    program_free(cell->program);
    source_set_free(cell->sources);
}

static void add_rows(const struct judge *judge, struct buffer *out) {
    for (size_t i = 0; i < judge_verdict_count(judge); i++) {
        const struct verdict_row *row = judge_verdict(judge, i);
        buffer_printf(out, "%.*s %.*s #%u %s:%u\n%.*s\n%.*s\n", TEXT_ARGS(row->outcome), TEXT_ARGS(row->reason),
                      row->occurrence, row->file.bytes, row->line, TEXT_ARGS(row->explanation),
                      TEXT_ARGS(row->evidence));
    }
}

/* All verdicts and the outcome, as text. */
static void run_it(const struct recipe *cell, struct record *record, struct record *replay, struct buffer *out) {
    struct judge *judge = judge_new(cell->program, record);
    judge_set_natives(judge, &catalogue);
    if (replay) judge_set_history(judge, replay);
    struct run_options options = { .program = cell->program,
                                   .natives = &catalogue,
                                   .functions = { .functions = functions, .count = ROWS },
                                   .record = record,
                                   .replay = replay,
                                   .judge = judge_hooks(judge),
                                   .clock = LOOP_VIRTUAL,
                                   .scratch_folder = "/tmp",
                                   .log_folder = "/tmp",
                                   .seed = 1 };
    level = 1;
    struct run *run = run_new(&options);
    enum run_end end = run_execute(run);
    struct buffer message = { 0 };
    enum outcome outcome = judge_outcome(judge, run, end, &message);
    cr_expect_eq(run_leaked(run), 0);
    add_rows(judge, out);
    buffer_printf(out, "cell %s: %s\n", outcome_name(outcome), message.bytes ? message.bytes : "");
    buffer_done(&message);
    run_free(run);
    judge_free(judge);
}

static void run_and_record(const struct recipe *cell, struct buffer *out) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.aotrec", folder);
    char *error = NULL;
    struct record *record = record_create(path, NULL, &error);
    cr_assert(record, "%s", error);
    written = record;
    run_it(cell, record, NULL, out);
    written = NULL;
    cr_assert(record_close(record, &error), "%s", error);
}

static void judge_again(const struct recipe *cell, struct buffer *out) {
    char *error = NULL;
    struct record *replay = record_open(path, &error);
    cr_assert(replay, "%s", error);
    run_it(cell, NULL, replay, out);
    cr_assert(record_close(replay, &error));
}

static void remove_folder(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

/* The outcomes in the order of the claims; for an inconclusive one its reason. */
static void outcomes_of(const char *rows_text, struct buffer *out) {
    for (const char *line = rows_text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        const char *names[] = { "pass  #", "fail  #", "inconclusive ", "cell " };
        for (int i = 0; i < 4; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                const char *from = i == 2 ? line + strlen("inconclusive ") : line;
                const char *to = i == 3 ? strchr(line, ':') : strstr(line, " #");
                buffer_printf(out, "%.*s\n", (int)(to - from), from);
            }
    }
}

static const char wanted[] = "pass\n" /* assume */
                             "pass\nfail\npass\nfail\npass\npass\npass\npass\nfail\npass\npass\nfail\nvacuous\n"
                             "pass\nfail\npass\nfail\npass\n"
                             "cell fail\n";

Test(replay, the_same_verdicts_again) {
    struct recipe cell = compile_it(recipe_text);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    outcomes_of(first.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(outcomes.bytes, wanted, "outcomes\n%s\nof\n%s", outcomes.bytes, first.bytes);
    int asked = probes;
    cr_expect_gt(asked, 60);
    judge_again(&cell, &again);
    cr_expect_eq(probes, asked, "judging again asks the world nothing");
    cr_expect_str_eq(again.bytes, first.bytes);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
    cr_expect_eq(memory_live_blocks(), 0);
}

/* With an edited assertion: what was recorded is judged anew, what was not is inconclusive, and nothing is asked. */
Test(replay, an_edited_assertion) {
    struct recipe cell = compile_it(recipe_text);
    struct buffer first = { 0 }, again = { 0 };
    run_and_record(&cell, &first);
    recipe_done(&cell);
    struct buffer edited = { 0 };
    const char *cut = strstr(recipe_text, "assert \"in the end\"");
    buffer_append(&edited, (struct text){ recipe_text, (size_t)(cut - recipe_text) });
    buffer_append_string(&edited,
                         "assert \"something else\" rule R1.1 {\n always during storm: level <= 9\n probe() == 3\n"
                         " eventually within 90ms: probe() == 3\n}\n");
    cell = compile_it(edited.bytes);
    int asked = probes;
    judge_again(&cell, &again);
    cr_expect_eq(probes, asked, "judging again asks the world nothing");
    cr_expect(strstr(again.bytes, "always during storm: level <= 9 ("), "%s", again.bytes);
    const char *plain = strstr(again.bytes, "\nprobe() == 3\n");
    cr_assert(plain, "%s", again.bytes);
    cr_expect_eq(strncmp(plain - strlen("inconclusive no data #0 t1.aot:27"), "inconclusive no data", 20), 0, "%s",
                 again.bytes);
    cr_expect(strstr(again.bytes, "no samples: probe is not in the record\n"), "%s", again.bytes);
    recipe_done(&cell);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&edited);
    remove_folder();
}

/* A run that breaks off: what it reached is judged, the rest says why not, and so it stays when judged again. */
Test(replay, a_run_that_ended_early) {
    static const char early[] = "recipe T1 \"The level\"\n"
                                "rules R1.1\n"
                                "run {\n"
                                "  watch level every 10ms: probe()\n"
                                "  phase calm { wait 205ms }\n"
                                "  phase storm { wait 105ms\n expect probe() == 7\n wait 100ms }\n"
                                "  phase calmed { wait 295ms }\n"
                                "}\n"
                                "assert \"the level\" rule R1.1 {\n"
                                "  always during calm: level < 5\n"
                                "  always during storm: level < 5\n"
                                "  eventually during storm within 50ms: level > 5\n"
                                "  always during calmed: level < 5\n"
                                "  always: level < 5\n"
                                "  never: level == 1\n"
                                "}\n";
    struct recipe cell = compile_it(early);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    outcomes_of(first.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(outcomes.bytes, "pass\ncut\nfail\nunreached\ncut\nfail\ncell fail\n", "outcomes\n%s\nof\n%s",
                     outcomes.bytes, first.bytes);
    cr_expect(strstr(first.bytes, "cell fail: probe() == 7 is false"), "%s", first.bytes);
    judge_again(&cell, &again);
    cr_expect_str_eq(again.bytes, first.bytes);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}

/* An aggregate of a load that fell short says nothing good; what speaks of the shortfall itself does, and so does the rest. */
Test(replay, plain_claims_over_a_starved_load) {
    static const char starving[] = "recipe T1 \"Too slow\"\n"
                                   "rules R1.1\n"
                                   "run {\n"
                                   "  watch level every 1s: probe()\n"
                                   "  load flood at 2000/s for 1s { wait 10s }\n"
                                   "  phase busy { wait 13s }\n"
                                   "}\n"
                                   "assert \"the flood\" rule R1.1 {\n"
                                   "  let n = count(flood)\n"
                                   "  count(flood) == 1000\n"
                                   "  count(flood) == 2000\n"
                                   "  count(level) > 3\n"
                                   "  count(flood during busy) > 0\n"
                                   "  n > 0\n"
                                   "  (n ?? 3) > 0\n"
                                   "  rate(flood) > 0\n"
                                   "  count(flood.late) > 0\n"
                                   "  count(flood.late) > 0 and n > 0\n"
                                   "  probe() == 1\n"
                                   "  for least in [1, 2] { count(flood) > least }\n"
                                   "  count(level) > 2\n"
                                   "}\n";
    struct recipe cell = compile_it(starving);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    outcomes_of(first.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(outcomes.bytes,
                     "starved\nfail\npass\nstarved\nstarved\nstarved\npass\npass\nstarved\npass\nstarved\nstarved\n"
                     "pass\ncell fail\n",
                     "outcomes\n%s\nof\n%s", outcomes.bytes, first.bytes);
    cr_expect(strstr(first.bytes, "starved: flood reached 1,000/s of 2,000/s"), "%s", first.bytes);
    judge_again(&cell, &again);
    cr_expect_str_eq(again.bytes, first.bytes);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}

/* It is judged to the moment at which its record ends: phases behind that never began, the one it was in is cut. */
Test(replay, a_killed_run) {
    static const char killed[] = "recipe T1 \"The level\"\n"
                                 "rules R1.1\n"
                                 "run {\n"
                                 "  watch level every 10ms: probe()\n"
                                 "  phase calm { wait 205ms }\n"
                                 "  phase storm { set_level(9)\n wait 205ms\n die_here()\n wait 2s }\n"
                                 "  phase calmed { wait 295ms }\n"
                                 "}\n"
                                 "assert \"the level\" rule R1.1 {\n"
                                 "  always during calm: level < 5\n"
                                 "  always during storm: level == 9\n"
                                 "  always during storm: level < 5\n"
                                 "  always during calmed: level < 5\n"
                                 "  never: level == 9\n"
                                 "  never: level == 7\n"
                                 "}\n";
    struct recipe cell = compile_it(killed);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    strcat(path, ".killed");
    judge_again(&cell, &again);
    outcomes_of(again.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(outcomes.bytes, "pass\ncut\nfail\nunreached\nfail\ncut\ncell fail\n", "%s", again.bytes);
    cr_expect(strstr(again.bytes, "cell fail: the run that wrote this record was killed"), "%s", again.bytes);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}

/* What breaks behind the run body takes nothing from what was seen in it: the same verdicts, then and again. */
Test(replay, a_teardown_that_failed) {
    static const char text[] = "recipe T1 \"The level\"\n"
                               "rules R1.1\n"
                               "run {\n"
                               "  watch level every 10ms: probe()\n"
                               "  phase calm { wait 205ms }\n"
                               "}\n"
                               "teardown { expect probe() == 7 }\n"
                               "assert \"in the end\" rule R1.1: eventually within 1h every 10ms: probe() == 7\n"
                               "assert \"the level\" rule R1.1 {\n"
                               "  always: level < 5\n"
                               "  always during calm: level < 5\n"
                               "}\n";
    struct recipe cell = compile_it(text);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    judge_again(&cell, &again);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&outcomes);
        outcomes_of(i ? again.bytes : first.bytes, &outcomes);
        for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
        cr_expect_str_eq(outcomes.bytes,
                         i ? "no samples\npass\npass\ncell error\n" : "no data\npass\npass\ncell error\n", "%s",
                         i ? again.bytes : first.bytes);
    }
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}

/* An aggregate over a phase in a part of which the watch did not look: it may be bad, but good it is not. */
Test(replay, plain_claims_over_a_gap) {
    static const char text[] = "recipe T1 \"The level\"\n"
                               "rules R1.1\n"
                               "run {\n"
                               "  phase dark { wait 600ms\n watch level every 50ms: probe()\n wait 200ms }\n"
                               "  phase light { wait 500ms }\n"
                               "}\n"
                               "assert \"the level\" rule R1.1 {\n"
                               "  let n = count(level during dark)\n"
                               "  count(level during dark) > 0\n"
                               "  count(level during dark) > 100\n"
                               "  count(level during light) > 0\n"
                               "  count(level where level > 1 during light) == 0\n"
                               "  count(level) > 0\n"
                               "  count(level during light) < count(level during dark) + 100\n"
                               "  n > 0\n"
                               "  count(level where level > 1 during dark) == 0\n"
                               "  probe() == 1\n"
                               "}\n";
    struct recipe cell = compile_it(text);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    outcomes_of(first.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(outcomes.bytes, "gap\nfail\npass\npass\npass\ngap\ngap\ngap\npass\ncell fail\n", "%s",
                     first.bytes);
    cr_expect(strstr(first.bytes, "\ngap: no probe of level for 600 ms from run +0.000s\n"), "%s", first.bytes);
    judge_again(&cell, &again);
    cr_expect_eq(strncmp(first.bytes, again.bytes, (size_t)(strstr(first.bytes, "probe() == 1") - first.bytes)), 0);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}

/* What is bound in the phase of a fault that hit nothing shows nothing good of it, nor does what is computed from that. */
Test(replay, claims_over_what_an_idle_fault_left_alone) {
    static const char text[] = "recipe T1 \"Spared\"\n"
                               "rules R1.1\n"
                               "run {\n"
                               "  let early = probe()\n"
                               "  watch level every 50ms: probe()\n"
                               "  phase spared with bite(false) {\n"
                               "    let seen = probe()\n"
                               "    watch inside every 50ms: probe()\n"
                               "    expect seen == 1\n"
                               "    phase inner { let deeper = probe()\n wait 200ms }\n"
                               "    wait 200ms\n"
                               "  }\n"
                               "  phase hit with bite(true) { let felt = probe()\n wait 200ms }\n"
                               "  let later = seen + 1\n"
                               "  let chosen = if early == 1 then seen else early\n"
                               "  wait 500ms\n"
                               "}\n"
                               "assert \"spared\" rule R1.1 {\n"
                               "  seen == 1\n"
                               "  seen == 2\n"
                               "  deeper == 1\n"
                               "  later == 2\n"
                               "  chosen == 1\n"
                               "  early == 1 and seen == 1\n"
                               "  count(level during spared) > 0\n"
                               "  count(level during inner) > 0\n"
                               "  count(inside) > 0\n"
                               "  always: inside == 1\n"
                               "  always: level == seen\n"
                               "  always: level == 2 * seen\n"
                               "}\n"
                               "assert \"hit\" rule R1.1 {\n"
                               "  early == 1\n"
                               "  felt == 1\n"
                               "  count(level during hit) > 0\n"
                               "  count(level) > 0\n"
                               "  count(inside during hit) > 0\n"
                               "  always during hit: inside == 1\n"
                               "  always: level == early\n"
                               "  spared.end < hit.end\n"
                               "}\n";
    struct recipe cell = compile_it(text);
    struct buffer first = { 0 }, again = { 0 }, outcomes = { 0 };
    run_and_record(&cell, &first);
    outcomes_of(first.bytes, &outcomes);
    for (char *at = outcomes.bytes; (at = strstr(at, " \n"));) memmove(at, at + 1, strlen(at));
    cr_expect_str_eq(
        outcomes.bytes,
        "idle fault\nfail\nidle fault\nidle fault\nidle fault\nidle fault\nidle fault\nidle fault\nidle fault\n"
        "idle fault\nidle fault\nfail\npass\npass\npass\npass\npass\npass\npass\npass\ncell fail\n",
        "%s\n%s", outcomes.bytes, first.bytes);
    cr_expect(strstr(first.bytes, "seen == 1\nseen = 1\nidle fault: it hit nothing: nothing was there"), "%s\n%s",
              outcomes.bytes, first.bytes);
    judge_again(&cell, &again);
    cr_expect_str_eq(again.bytes, first.bytes);
    buffer_done(&first);
    buffer_done(&again);
    buffer_done(&outcomes);
    recipe_done(&cell);
    remove_folder();
}
