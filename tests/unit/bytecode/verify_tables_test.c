/* The verifier's first half: each table of the sample is bent, and the finding names what is wrong with it. */
#include "sample.h"
#include "base/memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

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
TestSuite(verify_tables, .init = setup, .fini = teardown);

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

Test(verify_tables, formulas_are_short_chains_over_registers_that_exist) {
    struct formula *always = &program->formulas[0];
    always->during = 2;
    refused("a register is outside the unit of claim 0");
    always->during = 0;
    always->body = 2;
    refused("there is no formula 2");
    always->body = 0;
    refused("nested too deeply");
    always->body = NO_FORMULA;
    refused("its parts do not fit its kind");
    always->body = 1;
    program->formulas[1].body = 0;
    refused("its parts do not fit its kind");
    program->formulas[1].body = NO_FORMULA;
    program->sites[0].register_index = 2;
    refused("a site's register is outside its unit");
}

Test(verify_tables, sites_belong_to_one_claim) {
    program->claims[1].first_site = 0;
    refused("its sites are another's too");
    program->claims[1].first_site = 1;
    program->claims[1].site_count = UINT32_MAX;
    refused("its sites are not all there");
}

Test(verify_tables, units_lie_inside_the_code_and_share_none) {
    program->units[UNIT_OF_LOAD].entry = program->units[UNIT_OF_RUN].entry;
    refused("its code is another's too");
    program->units[UNIT_OF_LOAD].entry = UINT32_MAX;
    refused("its code lies outside");
    program->units[UNIT_OF_LOAD].length = 0;
    refused("it has no code");
}

Test(verify_tables, parameters_are_registers) {
    program->units[UNIT_OF_FUNCTION].parameter_count = 4;
    refused("more parameters than registers");
}

Test(verify_tables, shapes_refer_to_those_before_them) {
    program->shapes[SHAPE_OF_LIST].element = SHAPE_OF_LIST;
    refused("its element does not stand before it");
    program->shapes[SHAPE_OF_LIST].element = SHAPE_OF_ANY;
    program->shape_fields[0].shape = SHAPE_OF_RECORD;
    refused("a field's type does not stand before it");
    program->shape_fields[0].shape = SHAPE_OF_ANY;
    program->shapes[SHAPE_OF_RECORD].first_field = UINT32_MAX;
    refused("its fields are not all there");
}

Test(verify_tables, tables_refer_to_what_exists) {
    program->globals[GLOBAL_X].shape = 3;
    refused("global 0: it has no type");
    program->globals[GLOBAL_X].shape = 0;
    program->inputs[0].global = GLOBAL_P;
    refused("input 0: global 1 is of kind phase");
    program->inputs[0].global = GLOBAL_X;
    program->phases[0].outer = 0;
    refused("its outer one does not stand before it");
    program->phases[0].outer = UINT32_MAX;
    program->axes[0].unit = UNIT_OF_RUN;
    refused("unit 2 is a unit of kind run");
    program->axes[0].unit = UNIT_OF_AXIS;
    program->services[0].ready_unit = UNIT_OF_FUNCTION;
    accepted(); /* a function with as many parameters */
    program->services[0].ready_unit = UNIT_OF_TASK;
    refused("service 0: unit 6 is none of it");
    program->services[0].ready_unit = UINT32_MAX;
    program->run_unit = UNIT_OF_FUNCTION;
    refused("run: unit 3 is a unit of kind function");
    program->run_unit = UNIT_OF_RUN;
    program->assertions[0].rule_count = 2;
    refused("its rules are not all there");
    program->assertions[0].rule_count = 1;
    program->constants = NULL;
    refused("constants: counted but absent");
}

Test(verify_tables, keys_end_with_a_nul) {
    uint16_t keys = run_code(sample_at.make_record)->c;
    program->constants[keys].text.length--;
    refused("its last key has no end");
}

Test(verify_tables, places_lie_inside_the_sources) {
    struct source_set *sources = source_set_new();
    uint32_t source = source_set_add(sources, "a.aot", TEXT("recipe"));
    program->sources = sources;
    for (uint32_t i = 0; i < program->code_count; i++) program->spans[i] = SPAN_NONE;
    program->spans[3] = (struct span){ source, 0, 6 };
    accepted();
    program->spans[3].start = 1;
    refused("instruction 3: its place lies outside the sources");
    program->spans[3] = (struct span){ source + 1, 0, 0 };
    refused("instruction 3: its place lies outside the sources");
    program->sources = NULL;
    source_set_free(sources);
}

/* A kind of an enum that does not exist; the compiler would not let it be written down. */
#define BEND_KIND(place) memset(&(place), 0x7f, sizeof(place))

Test(verify_tables, unknown_kinds_are_refused) {
    enum constant_kind constant = program->constants[0].kind;
    BEND_KIND(program->constants[0].kind);
    refused("constant 0: no such kind");
    program->constants[0].kind = constant;
    BEND_KIND(program->shapes[SHAPE_OF_ANY].kind);
    refused("shape 0: no such kind");
    program->shapes[SHAPE_OF_ANY].kind = SHAPE_ANY;
    BEND_KIND(program->units[UNIT_OF_RUN].kind);
    refused("unit 2: no such kind");
    program->units[UNIT_OF_RUN].kind = UNIT_RUN;
    BEND_KIND(program->globals[GLOBAL_X].kind);
    refused("global 0: no such kind");
    program->globals[GLOBAL_X].kind = GLOBAL_INPUT;
    BEND_KIND(program->cover.kind);
    refused("cover: no such kind");
    program->cover.kind = COVER_ALL;
    BEND_KIND(program->formulas[0].kind);
    refused("formula 0: its parts do not fit its kind");
}

Test(verify_tables, texts_must_be_there) {
    struct constant *constant = program->constants;
    while (constant->kind != CONSTANT_TEXT) constant++;
    constant->text.bytes = NULL;
    refused("its text is absent");
}

Test(verify_tables, shapes_are_not_nested_without_end) {
    enum { MANY = 70 };
    struct shape shapes[MANY] = { { .kind = SHAPE_ANY } };
    for (uint32_t i = 1; i < MANY; i++) shapes[i] = (struct shape){ .kind = SHAPE_LIST, .element = i - 1 };
    program->shapes = shapes;
    program->shape_count = 64;
    accepted();
    program->shape_count = 65;
    refused("shape 64: nested too deeply");
}

Test(verify_tables, a_field_belongs_to_one_shape) {
    struct shape shapes[3] = { program->shapes[0], program->shapes[SHAPE_OF_RECORD], program->shapes[SHAPE_OF_RECORD] };
    program->shapes = shapes;
    program->shape_fields[0].shape = 0;
    refused("shape 2: more fields than there are");
}

Test(verify_tables, units_that_the_run_starts_exist_and_take_nothing) {
    program->run_unit = 10;
    refused("run: there is no unit 10");
    program->run_unit = UNIT_OF_RUN;
    program->units[UNIT_OF_RUN].parameter_count = 1;
    refused("run: unit 2 wants parameters");
    program->units[UNIT_OF_RUN].parameter_count = 0;
    program->setup_unit = UNIT_OF_RUN;
    refused("setup: unit 2 is a unit of kind run");
}

Test(verify_tables, globals_and_inputs_have_types) {
    program->phases[0].global = 7;
    refused("phase 0: there is no global 7");
    program->phases[0].global = GLOBAL_P;
    program->inputs[0].shape = 3;
    refused("input 0: it has no type");
    program->inputs[0].shape = 0;
    program->inputs[0].is_secret = true;
    refused("input 0: global 0 is of kind input");
}

Test(verify_tables, the_units_of_a_service_agree) {
    program->units[UNIT_OF_READY].parameter_count = 1;
    refused("service 0: unit 8 has other parameters");
    program->units[UNIT_OF_READY].parameter_count = 0;
    refused("service 0: unit 8 has no self");
    program->units[UNIT_OF_READY].parameter_count = 2;
    program->services[0].unit = 10;
    refused("service 0: it has no unit");
    program->services[0].unit = UNIT_OF_FUNCTION;
    refused("service 0: unit 3 is none of it");
}

Test(verify_tables, claims_belong_to_an_assertion_that_exists) {
    program->claims[0].assertion = 1;
    refused("claim 0: there is no assertion 1");
    program->claims[0].assertion = UINT32_MAX;
    refused("claim 0: it belongs to no assertion");
    program->claims[0].assertion = 0;
    program->claims[0].result = 2;
    refused("claim 0: its result is outside its unit");
    program->claims[0].formula = 1;
    program->claims[0].result = NO_REGISTER;
    refused("claim 0: its result is outside its unit");
    program->claims[0].result = 1;
    accepted();
}
