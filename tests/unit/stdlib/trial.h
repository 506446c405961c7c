/* A run assembled by hand for tests of natives: calls one after the other, each result in a global. The machine, the loop and the
 * guard are the real ones. */
#ifndef TESTS_UNIT_STDLIB_TRIAL_H
#define TESTS_UNIT_STDLIB_TRIAL_H
#include "vm/native_call.h"
#include "vm/run.h"

#include <criterion/criterion.h>

enum trial_argument_kind {
    ARGUMENT_NONE,
    ARGUMENT_TEXT,
    ARGUMENT_SHELL,
    ARGUMENT_JSON,
    ARGUMENT_REGEX,
    ARGUMENT_INTEGER,
    ARGUMENT_DURATION,
    ARGUMENT_SIZE,
    ARGUMENT_TRUE,
    ARGUMENT_FALSE,
    ARGUMENT_STEP
};
struct trial_argument {
    enum trial_argument_kind kind;
    const char *text; /* TEXT, SHELL, JSON, REGEX */
    int64_t integer;  /* INTEGER, DURATION, SIZE; STEP: an earlier call */
};
static inline struct trial_argument none(void) {
    return (struct trial_argument){ ARGUMENT_NONE, 0, 0 };
}
static inline struct trial_argument text(const char *text) {
    return (struct trial_argument){ ARGUMENT_TEXT, text, 0 };
}
static inline struct trial_argument shell(const char *text) {
    return (struct trial_argument){ ARGUMENT_SHELL, text, 0 };
}
static inline struct trial_argument json(const char *text) {
    return (struct trial_argument){ ARGUMENT_JSON, text, 0 };
}
static inline struct trial_argument regex(const char *text) {
    return (struct trial_argument){ ARGUMENT_REGEX, text, 0 };
}
static inline struct trial_argument integer(int64_t i) {
    return (struct trial_argument){ ARGUMENT_INTEGER, 0, i };
}
static inline struct trial_argument duration(int64_t ns) {
    return (struct trial_argument){ ARGUMENT_DURATION, 0, ns };
}
static inline struct trial_argument size(int64_t bytes) {
    return (struct trial_argument){ ARGUMENT_SIZE, 0, bytes };
}
static inline struct trial_argument boolean(bool b) {
    return (struct trial_argument){ b ? ARGUMENT_TRUE : ARGUMENT_FALSE, 0, 0 };
}
static inline struct trial_argument step(uint32_t call) {
    return (struct trial_argument){ ARGUMENT_STEP, 0, call };
}

struct trial;
/* A scratch and a log folder of its own; all of it is checked and removed by trial_free. */
struct trial *trial_new(void);
/* A call of the first row with this C function, with these arguments (all of the signature's); returns its number. */
uint32_t trial_call(struct trial *trial, const char *function, size_t count, const struct trial_argument *arguments);
#define CALL(trial, function, ...) \
    trial_call(trial, function, sizeof((struct trial_argument[]){ __VA_ARGS__ }) / sizeof(struct trial_argument), \
               (struct trial_argument[]){ __VA_ARGS__ })
/* Calls of this C function come to `instead`. */
void trial_replace(struct trial *trial, const char *function, native_function *instead);
void trial_secret(struct trial *trial, const char *secret); /* masked in whatever the run writes */
void trial_wait(struct trial *trial, int64_t length);
uint32_t trial_field(struct trial *trial, uint32_t call, const char *field); /* of a call's result */
/* `limit` 0: ten seconds. */
enum run_end trial_run(struct trial *trial, int64_t limit);
const char *trial_message(const struct trial *trial); /* of the run's end */
/* A call's result as it was when the call was done, printed; valid until the next one. */
const char *trial_shown(struct trial *trial, uint32_t call);
struct value trial_value(struct trial *trial, uint32_t call); /* borrowed */
const char *trial_scratch(const struct trial *trial);
const char *trial_logs(const struct trial *trial);
/* "kind subject: outcome" of every effect, a line each; after the run. */
const char *trial_effects(struct trial *trial);
/* Checks that the run gave everything back, then removes its folders. */
void trial_free(struct trial *trial);
#endif
