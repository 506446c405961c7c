#include "fixture.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value global_value(const void *data, uint32_t index) {
    return ((const struct fixture *)data)->global_values[index];
}

void fixture_open(struct fixture *fixture) {
    memset(fixture, 0, sizeof *fixture);
    fixture->heap = heap_new(0);
    fixture->sources = source_set_new();
    fixture->program = (struct program){ .sources = fixture->sources,
                                         .formulas = fixture->formulas,
                                         .claims = fixture->claims,
                                         .sites = fixture->sites,
                                         .assertions = fixture->assertions,
                                         .assertion_count = 1,
                                         .rule_names = fixture->rule_names,
                                         .rule_name_count = 2,
                                         .globals = fixture->globals };
    fixture->rule_names[0] = TEXT("R3.1");
    fixture->rule_names[1] = TEXT("R3.2");
    fixture->assertions[0] = (struct assertion){ .title = TEXT("a title"), .rule_count = 2 };
    fixture->judge = judge_new(&fixture->program, NULL);
    fixture->world = judge_world(fixture->judge);
    fixture->world.ended = 60 * SECOND;
    fixture->world.global = global_value;
    fixture->world.data = fixture;
}

void fixture_record(struct fixture *fixture) {
    strcpy(fixture->folder, "/tmp/aot-judge-XXXXXX");
    cr_assert(mkdtemp(fixture->folder));
    char path[64], *error = NULL;
    snprintf(path, sizeof path, "%s/run.aotrec", fixture->folder);
    fixture->record = record_create(path, NULL, &error);
    cr_assert(fixture->record, "%s", error);
    judge_free(fixture->judge);
    fixture->judge = judge_new(&fixture->program, fixture->record);
    fixture->world.history = fixture->record;
}

void fixture_close(struct fixture *fixture) {
    char *error = NULL;
    judge_free(fixture->judge);
    if (fixture->record) {
        cr_expect(record_close(fixture->record, &error));
        char command[64];
        snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
        cr_assert_eq(system(command), 0);
    }
    for (size_t i = 0; i < FIXTURE_MOST; i++) value_release(fixture->registers[i]);
    for (size_t i = 0; i < 8; i++) value_release(fixture->global_values[i]);
    source_set_free(fixture->sources);
    cr_expect_eq(heap_free(fixture->heap), 0, "values are still alive");
    cr_expect_eq(memory_live_blocks(), 0, "%zu blocks leaked", memory_live_blocks());
}

/* ---- the program ---- */

uint16_t fixture_register(struct fixture *fixture, struct value owned) {
    cr_assert_lt(fixture->register_count, FIXTURE_MOST);
    fixture->registers[fixture->register_count] = owned;
    return fixture->register_count++;
}

static struct formula *new_formula(struct fixture *fixture, enum formula_kind kind) {
    struct formula *formula = &fixture->formulas[fixture->program.formula_count++];
    *formula = (struct formula){ .kind = kind,
                                 .condition = NO_REGISTER,
                                 .ending = NO_REGISTER,
                                 .body = NO_FORMULA,
                                 .within = NO_REGISTER,
                                 .within_of = NO_REGISTER,
                                 .hold = NO_REGISTER,
                                 .during = NO_REGISTER,
                                 .from = NO_REGISTER,
                                 .to = NO_REGISTER,
                                 .before = NO_REGISTER,
                                 .every = NO_REGISTER };
    return formula;
}

struct formula *fixture_claim(struct fixture *fixture, const char *text, enum formula_kind kind) {
    struct claim *claim = &fixture->claims[fixture->program.claim_count++];
    uint32_t source = source_set_add(fixture->sources, "t4.aot", text_of(text));
    struct buffer line = { 0 };
    for (const char *at = text; *at; at++)
        if (*at != '\n' || line.length == 0) buffer_append_byte(&line, *at);
    buffer_done(&line);
    *claim = (struct claim){ .formula = fixture->program.formula_count,
                             .text = text_of(text),
                             .span = { source, 0, (uint32_t)strlen(text) },
                             .first_site = fixture->program.site_count,
                             .result = NO_REGISTER };
    return new_formula(fixture, kind);
}

struct formula *fixture_body(struct fixture *fixture, struct formula *outer, enum formula_kind kind) {
    outer->body = fixture->program.formula_count;
    return new_formula(fixture, kind);
}

struct formula *fixture_time_word(struct fixture *fixture, const char *text, enum formula_kind kind,
                                  uint16_t condition) {
    struct formula *formula = fixture_claim(fixture, text, kind);
    fixture_body(fixture, formula, FORMULA_PLAIN)->condition = condition;
    return formula;
}

void fixture_site(struct fixture *fixture, const char *text, uint16_t index) {
    struct claim *claim = &fixture->claims[fixture->program.claim_count - 1];
    struct source *source = source_set_get(fixture->sources, claim->span.source);
    size_t at = text_find(source->content, text_of(text));
    cr_assert_neq(at, SIZE_MAX, "no '%s' in the claim", text);
    bool literal = index != NO_REGISTER && (text[0] == '[' || (text[0] >= '0' && text[0] <= '9'));
    fixture->sites[fixture->program.site_count++] =
        (struct site){ .span = { claim->span.source, (uint32_t)at, (uint32_t)strlen(text) },
                       .register_index = index,
                       .is_literal = literal };
    claim->site_count++;
}

/* ---- values ---- */

struct value fixture_samples(struct fixture *fixture, int64_t from, int64_t every, const int64_t *values, size_t count,
                             struct value (*make)(int64_t)) {
    struct timing *timing = timing_new(count, false);
    struct value *made = memory_allocate(count * sizeof *made);
    for (size_t i = 0; i < count; i++) {
        timing->start[i] = (from + (int64_t)i * every) * MILLISECOND;
        timing->end[i] = timing->start[i] + MILLISECOND;
        made[i] = make(values[i]);
    }
    struct provenance origin = {
        .sampler = true, .alive_to = INT64_MAX, .every = every * MILLISECOND, .name = TEXT("blocked")
    };
    return series_make(fixture->heap, SERIES_SAMPLES, timing, made, origin);
}

struct value fixture_compared(struct fixture *fixture, struct value series, enum lifted operation, struct value limit) {
    return series_lift(fixture->heap, operation, series, limit);
}

struct value fixture_interval(struct fixture *fixture, const char *name, int64_t start, int64_t end, bool reached,
                              bool cut) {
    return value_interval(fixture->heap, text_of(name), start * MILLISECOND, end * MILLISECOND, reached, cut);
}

/* ---- judging ---- */

const struct verdict_row *fixture_judge(struct fixture *fixture) {
    judge_claim(fixture->judge, &fixture->world, fixture->program.claim_count - 1, fixture->registers);
    size_t count = judge_verdict_count(fixture->judge);
    cr_assert_gt(count, 0);
    return judge_verdict(fixture->judge, count - 1);
}

void fixture_expect(struct fixture *fixture, const char *outcome, const char *explanation) {
    const struct verdict_row *row = fixture_judge(fixture);
    struct text is = text_is(row->outcome, "inconclusive") ? row->reason : row->outcome;
    cr_expect(text_is(is, outcome), "is %.*s, wanted %s:\n%s", TEXT_ARGS(is), outcome, row->explanation.bytes);
    if (explanation)
        cr_expect(text_is(row->explanation, explanation), "explained as\n%s\nwanted\n%s", row->explanation.bytes,
                  explanation);
}
