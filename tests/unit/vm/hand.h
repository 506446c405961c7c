/* Programs assembled by hand, natives that pretend, and a run over the virtual clock: what the machine's tests
 * share. */
#ifndef AOT_TESTS_UNIT_VM_HAND_H
#define AOT_TESTS_UNIT_VM_HAND_H
#include "bytecode/builder.h"
#include "vm/run.h"

struct hand {
    struct builder *builder;
    struct assembly code; /* of the unit at hand */
    uint32_t unit;
    uint16_t parameters;
    struct program *program; /* once hand_program was called */
};
struct hand hand_new(void);
void hand_done(struct hand *hand);
uint32_t hand_begin(struct hand *hand, enum unit_kind kind, const char *name, uint16_t parameters);
void hand_end(struct hand *hand, uint16_t registers);
void hand_emit(struct hand *hand, enum op op, uint16_t a, uint16_t b, uint16_t c);
void hand_constant(struct hand *hand, uint16_t destination, struct constant constant);
void hand_text(struct hand *hand, uint16_t destination, const char *text);
void hand_duration(struct hand *hand, uint16_t destination, int64_t nanoseconds);
void hand_integer(struct hand *hand, uint16_t destination, int32_t integer);
uint16_t hand_narrow_text(struct hand *hand, const char *text);
uint32_t hand_global(struct hand *hand, enum global_kind kind, const char *name);
uint16_t hand_phase(struct hand *hand, const char *name);
/* Verified; stays the hand's. */
const struct program *hand_program(struct hand *hand);

/* The pretended natives, in the order of their rows. */
enum fake {
    FAKE_PAUSE,   /* pause(length) waits so long, gives 7 */
    FAKE_DOUBLE,  /* double(n) is constant */
    FAKE_FAIL,    /* fail() */
    FAKE_NEVER,   /* never() waits for something that does not come; counts its cancellations */
    FAKE_THING,   /* thing() gives a handle with a stream */
    FAKE_EVENTS,  /* thing.events */
    FAKE_COUNTER, /* counter() is a probe: 1, 2, 3 … */
    FAKE_FAULT,   /* breakage() gives a fault that takes a moment to apply and to undo */
    FAKE_UNBUILT, /* unbuilt() */
    FAKE_DO,      /* do(value) is an action without a result */
    FAKE_LASTING, /* lasting() gives a handle that must outlive its owners */
    FAKE_ECHO,    /* echo(length) wakes after the length, and, wrongly, once more a second later */
    FAKE_REVERSE, /* reverse(text) is constant */
    FAKE_HANG,    /* hang() blocks its thread, as no native may, until fake_unhang */
    FAKE_COUNT
};
extern const struct native_catalogue fake_catalogue;
/* What the pretended natives saw; reset by fake_options. */
struct fake_log {
    int cancelled, released, stopped, applied, undone, done_actions;
    int counter;
    struct buffer order; /* "stop thing#2;stop thing#1;" */
};
extern struct fake_log fake_log;
void fake_unhang(void); /* lets every hang() go on, for good */

/* Options over the virtual clock with the pretended natives. */
struct run_options fake_options(const struct program *program);
/* A copy of a global's value when the handles are stopped, printed. */
extern char fake_seen[8][200];
void fake_look_at(struct run_options *options,
                  uint32_t count); /* prints the first `count` globals into fake_seen before they go */
/* Runs, asserts that nothing leaked; the message is copied. */
enum run_end fake_run(const struct run_options *options, char *message, size_t size);
#endif
