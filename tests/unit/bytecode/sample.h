/* A small valid program, assembled by hand, and a table of natives for it. */
#ifndef TESTS_UNIT_BYTECODE_SAMPLE_H
#define TESTS_UNIT_BYTECODE_SAMPLE_H
#include "bytecode/builder.h"

enum { SAMPLE_CONST, SAMPLE_PROBE, SAMPLE_NOTHING }; /* rows of sample_natives */
extern const struct native_catalogue sample_natives;

/* What the sample's tables hold, by index. */
enum { GLOBAL_X, GLOBAL_P, GLOBAL_M, GLOBAL_Q, GLOBAL_W, GLOBAL_A, GLOBAL_Y };
enum { SHAPE_OF_ANY, SHAPE_OF_LIST, SHAPE_OF_RECORD };
enum {
    UNIT_OF_INPUTS,
    UNIT_OF_AXIS,
    UNIT_OF_RUN,
    UNIT_OF_FUNCTION,
    UNIT_OF_LOAD,
    UNIT_OF_WATCH,
    UNIT_OF_TASK,
    UNIT_OF_SERVICE,
    UNIT_OF_READY,
    UNIT_OF_ASSERT
};
/* Instructions of UNIT_OF_RUN that the tests bend. */
struct sample_places {
    uint32_t load_constant, make_list, make_record, get_field, call, native, lifted, spawn, load, watch, service, mark,
        phase_enter, jump, expect, set_global, poll_begin;
};
extern struct sample_places sample_at; /* of the program made last */
struct program *sample_program(void);
/* A jump to where it came from, `body` instructions later: for jumps that outgrow 16 bits. */
struct program *sample_loop(uint32_t body);
#endif
