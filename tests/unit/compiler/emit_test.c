/* What grows beyond 16 bits, and what the listing of a golden test would not show. */
#include "base/memory.h"
#include "compiler/compile.h"
#include "stdlib/catalogue.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct source_set *sources;
static struct diagnostics *diagnostics;
static struct program *program;
static struct buffer text;
static size_t blocks;

static void setup(void) {
    blocks = memory_live_blocks();
    sources = source_set_new();
    diagnostics = diagnostics_new();
}

static void teardown(void) {
    program_free(program);
    diagnostics_free(diagnostics);
    source_set_free(sources);
    buffer_done(&text);
    cr_expect(eq(sz, memory_live_blocks(), blocks));
}
TestSuite(emit, .init = setup, .fini = teardown);

static void compile_source(uint32_t source) {
    struct compile_options options = { .natives = catalogue() };
    program = compile(sources, source, &options, diagnostics).program;
}

static void compile_text(void) {
    compile_source(source_set_add(sources, "tests/x.aot", buffer_text(&text)));
}

static void verified(void) {
    struct buffer error = { 0 };
    for (size_t i = 0; i < diagnostics_size(diagnostics); i++) {
        const struct diagnostic *found = diagnostics_at(diagnostics, i);
        if (diagnostic_info(found->code)->severity == SEVERITY_ERROR) cr_log_error("%s", found->message);
    }
    cr_assert(ne(ptr, program, NULL));
    cr_expect(program_verify(program, catalogue(), &error), "%.*s", TEXT_ARGS(buffer_text(&error)));
    buffer_done(&error);
}

static void refused(const char *message) {
    compile_text();
    cr_expect(eq(ptr, program, NULL));
    cr_assert(eq(sz, diagnostics_count(diagnostics, SEVERITY_ERROR), 1));
    const struct diagnostic *found = diagnostics_at(diagnostics, diagnostics_size(diagnostics) - 1);
    cr_expect(eq(int, found->code, DIAG_E590));
    cr_expect(text_is(text_of(found->message), message), "%s", found->message);
}

static uint32_t count_op(enum op op) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < program->code_count; i++) count += program->code[i].op == op;
    return count;
}

static const struct unit *unit_called(const char *name) {
    for (uint32_t i = 0; i < program->unit_count; i++)
        if (text_is(program->units[i].name, name)) return &program->units[i];
    cr_fatal("no unit %s", name);
    return NULL;
}

Test(emit, a_long_loop_jumps_by_a_detour) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun {\n  for x in [1] {\n");
    for (int i = 0; i < 17000; i++) buffer_append_string(&text, "    note(\"x\")\n");
    buffer_append_string(&text, "  }\n}\nassert \"a\": N-1 < N\n");
    compile_text();
    verified();
    cr_expect(eq(u32, count_op(OP_JUMP), 3)); /* the loop's own, and two behind NEXT */
}

Test(emit, a_long_list_is_made_in_pieces) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun {\n  let xs = [0");
    for (int i = 1; i < 70000; i++) buffer_printf(&text, ", %d", i);
    buffer_append_string(&text, "]\n}\nassert \"a\": len(xs) == 70000\n");
    compile_text();
    verified();
    cr_expect(eq(u32, count_op(OP_MAKE_LIST), (70000 + 255) / 256));
    cr_expect(lt(u16, unit_called("run")->register_count, 300));
}

Test(emit, too_many_names_at_once_are_reported) {
    buffer_append_string(&text, "recipe T0 \"x\"\nfn f() -> int {\n");
    for (int i = 0; i < 65100; i++) buffer_printf(&text, "  let x%d = %d\n", i, i);
    buffer_append_string(&text, "  return x1\n}\nrun { let x = f() }\nassert \"a\": x == 1\n");
    refused("this block needs more than 65,000 values at once");
}

Test(emit, too_many_claims_are_reported) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun { let x = 1 }\nassert \"a\" {\n");
    for (int i = 0; i < 65536; i++) buffer_append_string(&text, "  x == 1\n");
    buffer_append_string(&text, "}\n");
    refused("there are more than 65,535 claims");
}

Test(emit, as_many_claims_as_there_can_be_are_fine) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun { let x = 1 }\nassert \"a\" {\n");
    for (int i = 0; i < 65535; i++) buffer_append_string(&text, "  x == 1\n");
    buffer_append_string(&text, "}\n");
    compile_text();
    verified();
    cr_expect(eq(u32, program->claim_count, 65535));
    cr_expect(lt(u16, program->units[program->assertions[0].unit].register_count, 10));
}

Test(emit, a_key_with_a_nul_is_reported) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun { let x = { \"a\\u{0}b\": 1 } }\nassert \"a\": N-1 < N\n");
    refused("a key cannot hold the character U+0000");
}

Test(emit, more_fields_than_16_bits_can_name_are_indexed) {
    buffer_append_string(&text, "recipe T0 \"x\"\nrun {\n  let x = json'{}'\n");
    for (int i = 0; i < 65600; i++) buffer_printf(&text, "  note(\"${x.f%d}\")\n", i);
    buffer_append_string(&text, "}\nassert \"a\": N-1 < N\n");
    compile_text();
    verified();
    cr_expect(eq(u32, count_op(OP_GET_FIELD) + count_op(OP_GET_INDEX), 65600));
    cr_expect(gt(u32, count_op(OP_GET_INDEX), 0));
}

Test(emit, claims_have_one_line_of_text) {
    buffer_append_string(&text,
                         "recipe T0 \"x\"\nrun { let x = \"a  # b\" }\nassert \"a\" {\n"
                         "  x   ==   # the text\n    \"a  # b\"\n      and \"${ x }  ${\"{}  }\"}\" != 'c  # d'\n}\n");
    compile_text();
    verified();
    cr_expect(text_is(program->claims[0].text, "x == \"a  # b\" and \"${x}  ${\"{}  }\"}\" != 'c  # d'"), "%.*s",
              TEXT_ARGS(program->claims[0].text));
}

Test(emit, functions_that_nobody_calls_are_left_out) {
    buffer_append_string(&text,
                         "recipe T0 \"x\"\nfn unused() -> int = 1\nfn inner() -> int = 2\nfn outer() -> int = inner()\n"
                         "run { let x = outer() }\nassert \"a\": x == 2\n");
    compile_text();
    verified();
    cr_expect(ne(ptr, (void *)unit_called("inner"), NULL));
    for (uint32_t i = 0; i < program->unit_count; i++) cr_expect(not(text_is(program->units[i].name, "unused")));
}

/* What the record alone can answer is judged from it; the rest keeps what it saw. */
Test(emit, claims_are_live_when_they_ask_the_world) {
    buffer_append_string(
        &text,
        "recipe T0 \"x\"\nlet db = postgres()\nfn rows(db: db) -> int = db.count(\"t\")\nfn pure(a: int) -> int = a\n"
        "run {\n  let home = http.get(\"http://localhost:1\")\n  load work at 1/s { http.get(\"http://localhost:1\") "
        "}\n}\n"
        "assert \"a\" {\n"
        "  home.status == 200\n"   /* recorded */
        "  home.text == \"x\"\n"   /* a constant of what was recorded */
        "  db.ping()\n"            /* a probe */
        "  db.url == \"x\"\n"      /* a handle's own */
        "  rows(db) == 1\n"        /* a probe in a function */
        "  pure(1) == 1\n"         /* nothing */
        "  never: db.waits > 1s\n" /* the record's own stream */
        "  always: work.ok\n"
        "}\n");
    compile_text();
    verified();
    const bool live[] = { false, false, true, true, true, false, false, false };
    cr_assert(eq(u32, program->claim_count, sizeof live / sizeof live[0]));
    for (uint32_t i = 0; i < program->claim_count; i++)
        cr_expect(eq(int, program->claims[i].live, live[i]), "%.*s", TEXT_ARGS(program->claims[i].text));
    cr_expect(eq(u32, count_op(OP_CLAIM_CACHED), 3));
}

Test(emit, paths_open_from_the_working_folder) {
    char *error = NULL;
    int64_t source = source_set_read(sources, "recipes.d/t4.aot", &error);
    cr_assert(ge(i64, source, 0), "%s", error);
    compile_source((uint32_t)source);
    verified();
    bool found = false;
    for (uint32_t i = 0; i < program->constant_count; i++) {
        const struct constant *constant = &program->constants[i];
        if (constant->kind == CONSTANT_PATH) found |= text_is(constant->text, "recipes.d/fixtures/notes.dump");
    }
    cr_expect(found);
    cr_expect(text_is(program->id, "T4"));
    cr_expect(program->uses_load_or_watch);
}
