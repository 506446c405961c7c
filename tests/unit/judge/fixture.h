/* A claim without compiler or machine: its text, one formula or several, registers with values, and a world around them. */
#ifndef FIXTURE_H
#define FIXTURE_H
#include "base/clock.h"
#include "judge/case.h"
#include "vm/series.h"

enum { FIXTURE_MOST = 24 };
struct fixture {
    struct heap *heap;
    struct source_set *sources;
    struct program program;
    struct formula formulas[8];
    struct claim claims[8];
    struct site sites[FIXTURE_MOST];
    struct assertion assertions[8];
    struct text rule_names[2];
    struct global globals[8];
    struct value global_values[8];
    struct value registers[FIXTURE_MOST];
    uint16_t register_count;
    struct world world;
    struct judge *judge;
    struct record *record; /* NULL unless fixture_record was called */
    char folder[32];
};
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture); /* checks that nothing leaked */
/* With a record, so that effects are near and verdicts are kept. */
void fixture_record(struct fixture *fixture);

uint16_t fixture_register(struct fixture *fixture, struct value owned);
/* A new claim of assertion 0: its text is its source. The first of its formulas is all NO_REGISTER and NO_FORMULA. */
struct formula *fixture_claim(struct fixture *fixture, const char *text, enum formula_kind kind);
/* One more formula, as the body of another. */
struct formula *fixture_body(struct fixture *fixture, struct formula *outer, enum formula_kind kind);
/* A site of the newest claim: the first place where this text stands. */
void fixture_site(struct fixture *fixture, const char *text, uint16_t index);
/* The same formula with its condition in a PLAIN one below it, as the compiler makes it. */
struct formula *fixture_time_word(struct fixture *fixture, const char *text, enum formula_kind kind,
                                  uint16_t condition);

/* Samples every `every` ms from `from` on, each 1 ms long, with these values (retained by the series). */
struct value fixture_samples(struct fixture *fixture, int64_t from, int64_t every, const int64_t *values, size_t count,
                             struct value (*make)(int64_t));
/* A series of bools over the same times: each value compared with a limit. */
struct value fixture_compared(struct fixture *fixture, struct value series, enum lifted operation, struct value limit);
struct value fixture_interval(struct fixture *fixture, const char *name, int64_t start, int64_t end, bool reached,
                              bool cut);

/* Judges the newest claim; the row is borrowed from the judge. */
const struct verdict_row *fixture_judge(struct fixture *fixture);
/* The same, and compares outcome ("pass", "fail", or an inconclusive one's reason) and explanation (NULL: whatever). */
void fixture_expect(struct fixture *fixture, const char *outcome, const char *explanation);
#endif
