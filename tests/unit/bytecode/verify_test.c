/* The verifier lets the sample pass, and refuses it as soon as one thing in it is bent. */
#include "sample.h"
#include "base/memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct program *program;
static size_t blocks;

static void setup(void) {
    blocks = memory_live_blocks();
    program = sample_program();
}

static void teardown(void) {
    program_free(program);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}
TestSuite(verify, .init = setup, .fini = teardown);

static void accepted(void) {
    struct buffer error = { 0 };
    bool good = program_verify(program, &sample_natives, &error);
    cr_expect(good, "%.*s", TEXT_ARGS(buffer_text(&error)));
    buffer_done(&error);
}

static void refused(const char *part) {
    struct buffer error = { 0 };
    bool good = program_verify(program, &sample_natives, &error);
    cr_expect(not(good), "accepted, but it should say: %s", part);
    cr_expect(text_find(buffer_text(&error), text_of(part)) != SIZE_MAX, "said \"%.*s\", not \"%s\"",
              TEXT_ARGS(buffer_text(&error)), part);
    buffer_done(&error);
}

static struct instruction *run_code(uint32_t at) {
    return &program->code[program->units[UNIT_OF_RUN].entry + at];
}

Test(verify, the_sample_is_accepted) {
    accepted();
}

Test(verify, an_unknown_instruction_is_refused) {
    run_code(0)->op = OP_COUNT;
    refused("there is no instruction");
}

Test(verify, a_register_outside_the_unit_is_refused) {
    run_code(sample_at.load_constant)->a = 10;
    refused("unit 2 (run), instruction 0 LOAD_CONSTANT: there is no register 10 of 10");
}

Test(verify, an_operand_that_is_not_there_must_be_zero) {
    run_code(sample_at.mark)->c = 1;
    refused("an operand that it does not have is set");
}

Test(verify, ranges_of_registers_end_inside_the_unit) {
    const uint32_t places[] = { sample_at.make_list, sample_at.make_record, sample_at.call,
                                sample_at.native,    sample_at.lifted,      sample_at.spawn,
                                sample_at.load,      sample_at.watch,       sample_at.service };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct instruction *instruction = run_code(places[i]);
        uint16_t *first =
            instruction->op == OP_MAKE_LIST || instruction->op == OP_MAKE_RECORD ? &instruction->b : &instruction->c;
        (*first)++;
        refused("it reads registers");
        (*first)--;
        accepted();
    }
    run_code(sample_at.make_list)->c = UINT16_MAX;
    refused("it reads registers 0 to 65534 of 10");
}

Test(verify, constants_must_exist_and_be_of_the_kind_that_is_wanted) {
    struct instruction *field = run_code(sample_at.get_field), *load = run_code(sample_at.load_constant);
    uint16_t keys = run_code(sample_at.make_record)->c, text = field->c, duration = load->b;
    load->b = (uint16_t)program->constant_count;
    refused("there is no constant 3 of 3");
    load->b = keys;
    refused("constant 0 is of kind keys");
    load->b = duration;
    load->c = 1;
    refused("there is no constant 65538");
    load->c = 0;
    field->c = duration;
    refused("is of kind duration");
    field->c = text;
    run_code(sample_at.make_record)->c = text;
    refused("is of kind text");
}

Test(verify, jumps_stay_inside_their_unit) {
    struct instruction *jump = run_code(sample_at.jump);
    int32_t to_start = -(int32_t)sample_at.jump - 1;
    jump->b = (uint16_t)(uint32_t)to_start;
    jump->c = (uint16_t)((uint32_t)to_start >> 16);
    accepted();
    jump->b--;
    refused("it jumps to -1, outside");
    jump->b = (uint16_t)(program->units[UNIT_OF_RUN].length - sample_at.jump - 1);
    jump->c = 0;
    refused("outside the unit's");
    jump->b--;
    accepted();
    struct instruction *given = &program->code[program->units[UNIT_OF_INPUTS].entry];
    given->c = (uint16_t)INT16_MIN;
    refused("GET_INPUT: it jumps to");
}

Test(verify, the_end_of_a_unit_cannot_be_passed) {
    program->units[UNIT_OF_RUN].length--;
    refused("the unit's end can be passed");
}

Test(verify, units_are_called_by_what_is_meant_for_them) {
    run_code(sample_at.call)->b = UNIT_OF_LOAD;
    refused("unit 4 is of kind load");
    run_code(sample_at.call)->b = UNIT_OF_FUNCTION;
    run_code(sample_at.spawn)->b = UNIT_OF_FUNCTION;
    refused("unit 3 is of kind function");
    run_code(sample_at.spawn)->b = 99;
    refused("there is no unit 99");
}

Test(verify, globals_are_written_by_what_is_meant_for_them) {
    run_code(sample_at.mark)->a = GLOBAL_X;
    refused("global 0 is of kind input");
    run_code(sample_at.mark)->a = GLOBAL_M;
    run_code(sample_at.set_global)->b = GLOBAL_P;
    refused("global 1 is of kind phase");
    run_code(sample_at.set_global)->b = 77;
    refused("there is no global 77 of 7");
}

Test(verify, natives_must_exist_and_only_constant_ones_are_lifted) {
    run_code(sample_at.native)->b = 3;
    refused("there is no native 3 of 3");
    run_code(sample_at.native)->b = SAMPLE_NOTHING;
    accepted();
    run_code(sample_at.lifted)->b = SAMPLE_NOTHING;
    refused("native 2 has no parameter");
    run_code(sample_at.lifted)->c = 0;
    run_code(sample_at.lifted)->b = SAMPLE_PROBE;
    refused("native 1 is not to be repeated");
    struct buffer error = { 0 };
    cr_expect(not(program_verify(program, NULL, &error)));
    buffer_done(&error);
}

Test(verify, phases_and_loads_stand_in_run) {
    program->units[UNIT_OF_RUN].kind = UNIT_SETUP;
    program->run_unit = UINT32_MAX;
    refused("it stands outside `run`");
}

Test(verify, claims_belong_to_their_assertion) {
    run_code(sample_at.expect)->b = 0;
    refused("claim 0 is an assertion's");
    run_code(sample_at.expect)->b = 1;
    program->sites[1].register_index = 10;
    refused("a site of claim 1 lies outside");
    program->sites[1].register_index = 9;
    run_code(sample_at.poll_begin)->c = 0;
    refused("claim 0 is not this unit's");
    run_code(sample_at.poll_begin)->c = 2;
    refused("there is no claim 2");
    run_code(sample_at.poll_begin)->c = UINT16_MAX;
    accepted();
    struct instruction *claim = &program->code[program->units[UNIT_OF_ASSERT].entry];
    claim->op = OP_CLAIM_KEEP;
    refused("claim 0 has a formula");
    claim->op = OP_CLAIM;
    claim->a = 1;
    refused("claim 1 is not this unit's");
}
