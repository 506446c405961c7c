/* Types: one pointer for equal ones, printing, what fits where, what holds two, variables of signatures. */
#include "compiler/type.h"
#include "compiler/signature.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct arena *arena;
static struct type_table *types;
static struct name_table *names;

static void setup(void) {
    arena = arena_new();
    types = type_table_new(arena);
    names = name_table_new();
}

static void teardown(void) {
    name_table_free(names);
    arena_free(arena);
}
TestSuite(type, .init = setup, .fini = teardown);

static struct type handles[2];

static const struct type *find_handle(void *data, struct text name) {
    (void)data;
    for (int i = 0; i < 2; i++)
        if (text_equal(handles[i].name, name)) return &handles[i];
    return NULL;
}

/* The type that a signature writes so. */
static const struct type *read(const char *text) {
    handles[0] = (struct type){ .kind = TYPE_HANDLE, .name = TEXT("db") };
    handles[1] = (struct type){ .kind = TYPE_HANDLE, .name = TEXT("service") };
    struct signature_parser parser = { .arena = arena, .names = names, .types = types, .find_type = find_handle };
    parser.text = arena_printf(arena, "-> %s", text);
    const struct signature *signature = signature_parse(&parser);
    cr_assert(eq(sz, parser.error.length, 0), "%s: %.*s", text, TEXT_ARGS(parser.error));
    return signature->result;
}

static const char *print(const struct type *type) {
    struct buffer out = { 0 };
    type_print(type, &out);
    const char *text = arena_copy(arena, buffer_text(&out)).bytes;
    buffer_done(&out);
    return text;
}

Test(type, equal_types_are_one_pointer) {
    static const char *const all[] = { "[int]",       "{string: duration}", "string?",     "stream<size>",
                                       "\"a\"|\"b\"", "signal<[url?]>",     "window<int>", "[[[number]]]" };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++)
            cr_expect(eq(int, read(all[i]) == read(all[j]), i == j), "%s, %s", all[i], all[j]);
    struct type_field fields[] = { { TEXT("a"), read("int") }, { TEXT("b"), read("[int]") } };
    cr_expect(eq(ptr, (void *)type_record(types, fields, 2), (void *)type_record(types, fields, 2)));
    cr_expect(ne(ptr, (void *)type_record(types, fields, 2), (void *)type_record(types, fields, 1)));
    for (int i = 0; i < 3000; i++) { /* the table grows, and keeps what it knew */
        struct type_field one = { arena_printf(arena, "f%d", i % 1000), read("int") };
        const struct type *made = type_record(types, &one, 1);
        cr_expect(eq(ptr, (void *)made, (void *)type_record(types, &one, 1)));
    }
}

Test(type, is_printed_as_it_is_written) {
    static const char *const all[] = {
        "int",  "number",  "duration",         "size",           "rate",          "bandwidth", "ratio", "[int]",
        "int?", "[url?]?", "stream<duration>", "{string: json}", "\"a\" | \"b\"", "version",   "none",  "any",
        "db"
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        cr_expect(eq(str, (char *)print(read(all[i])), (char *)all[i]));
    cr_expect(eq(str, (char *)print(type_quantity(types, 2, 0)), "quantity of time^2"));
    struct type_field fields[] = { { TEXT("a"), read("int") }, { TEXT("b"), read("string?") } };
    cr_expect(eq(str, (char *)print(type_record(types, fields, 2)), "{a: int, b: string?}"));
}

static void fits(const char *from, const char *to, int cost) {
    int got = type_fit(read(from), read(to));
    bool right = cost < 0 ? got < 0 : cost == 0 ? got == 0 : got > 0;
    cr_expect(right, "%s to %s: %d", from, to, got);
}

Test(type, fits_where_it_may_stand) {
    enum { NO = -1, SAME = 0, CONVERTED = 1 };
    fits("int", "int", SAME);
    fits("int", "number", CONVERTED);
    fits("number", "int", NO);
    fits("int", "duration", NO);
    fits("int", "ratio", NO);
    fits("ratio", "number", NO);
    fits("int", "int?", CONVERTED);
    fits("none", "int?", SAME);
    fits("int?", "int", NO);
    fits("int?", "number?", CONVERTED);
    fits("url", "string", CONVERTED);
    fits("string", "url", CONVERTED);
    fits("url", "path", NO);
    fits("\"a\"|\"b\"", "string", CONVERTED);
    fits("string", "label", NO);
    fits("version", "string", NO);
    fits("[int]", "[number]", CONVERTED);
    fits("[any]", "[db]", SAME);
    fits("[string]", "json", CONVERTED);
    fits("json", "string", NO);
    fits("json", "any", CONVERTED);
    fits("db", "any", CONVERTED);
    fits("stream<int>", "any", NO);
    fits("db", "service", CONVERTED);
    fits("service", "db", NO);
    fits("db", "json", NO);
    fits("stream<int>", "stream<number>", CONVERTED);
    fits("stream<int>", "signal<int>", NO);
    struct type_field fields[] = { { TEXT("a"), read("int") }, { TEXT("b"), read("int") } };
    const struct type *both = type_record(types, fields, 2), *one = type_record(types, fields, 1);
    cr_expect(gt(int, type_fit(both, one), 0));
    cr_expect(lt(int, type_fit(one, both), 0));
    cr_expect(eq(int, type_fit(both, read("{string: int}")), 0));
    cr_expect(lt(int, type_fit(both, read("{string: string}")), 0));
    cr_expect(eq(int, type_fit(type_simple(types, TYPE_POISON), read("db")), 0));
}

static void joins(const char *a, const char *b, const char *expected) {
    const struct type *joined = type_join(types, read(a), read(b)), *back = type_join(types, read(b), read(a));
    cr_expect(eq(str, (char *)(joined ? print(joined) : "nothing"), (char *)expected), "%s, %s", a, b);
    cr_expect(eq(str, (char *)(back ? print(back) : "nothing"), (char *)expected), "%s, %s", b, a);
}

Test(type, two_types_join_in_the_one_that_holds_both) {
    joins("int", "number", "number");
    joins("int", "string", "nothing");
    joins("none", "string", "string?");
    joins("int?", "number", "number?");
    joins("url", "path", "string");
    joins("[any]", "[string]", "[string]");
    joins("[int]", "[number]", "[number]");
    joins("json", "string", "json");
    joins("duration", "size", "nothing");
    joins("stream<int>", "signal<int>", "nothing");
}

static void compares(const char *a, const char *b, bool expected) {
    cr_expect(eq(int, type_comparable(read(a), read(b)), expected), "%s == %s", a, b);
    cr_expect(eq(int, type_comparable(read(b), read(a)), expected), "%s == %s", b, a);
}

Test(type, comparable_types_can_be_equal) {
    compares("int", "number", true);
    compares("int?", "int", true);
    compares("int?", "none", true);
    compares("int", "none", false);
    compares("int", "string", false);
    compares("url", "string", true);
    compares("label", "string", false);
    compares("json", "duration", true);
    compares("json", "db", false);
    compares("[int]", "[any]", true);
    compares("[int]", "[string]", false);
    compares("ratio", "number", false);
    compares("duration", "size", false);
    compares("version", "string", false);
}

Test(type, a_pattern_binds_its_variables) {
    struct type_bindings bindings = { 0 };
    cr_expect(ge(int, type_match(types, read("stream<duration>"), read("series<T>"), &bindings), 0));
    cr_expect(eq(str, (char *)print(type_substitute(types, read("signal<T>"), &bindings)), "signal<duration>"));
    cr_expect(lt(int, type_match(types, read("size"), read("T"), &bindings), 0));
    bindings = (struct type_bindings){ 0 };
    cr_expect(ge(int, type_match(types, read("int"), read("T"), &bindings), 0));
    cr_expect(ge(int, type_match(types, read("number"), read("T"), &bindings), 0));
    cr_expect(eq(str, (char *)print(type_substitute(types, read("[T]"), &bindings)), "[number]"));
    bindings = (struct type_bindings){ 0 };
    cr_expect(lt(int, type_match(types, read("[int]"), read("series<T>"), &bindings), 0));
    cr_expect(lt(int, type_match(types, read("stream<int>"), read("T"), &bindings), 0));
    cr_expect(ge(int, type_match(types, read("stream<bool>"), read("each<bool>"), &bindings), 0));
    cr_expect(lt(int, type_match(types, read("stream<int>"), read("each<bool>"), &bindings), 0));
    cr_expect(eq(str, (char *)print(type_substitute(types, read("[U]"), &bindings)), "[any]"));
}

Test(type, a_load_has_the_fields_of_its_body_and_its_own) {
    struct type_field fields[] = { { TEXT("ok"), read("bool") }, { TEXT("latency"), read("size") } };
    const struct type *load = type_load(types, type_record(types, fields, 2));
    cr_expect(eq(int, load->kind, TYPE_STREAM));
    cr_expect(load->is_load);
    cr_expect(eq(ptr, (void *)type_find_field(load, TEXT("ok"))->type, (void *)read("bool")));
    cr_expect(eq(ptr, (void *)type_find_field(load, TEXT("latency"))->type, (void *)read("size")));
    cr_expect(eq(ptr, (void *)type_find_field(load, TEXT("late"))->type, (void *)read("duration")));
    cr_expect(eq(ptr, (void *)type_find_field(load, TEXT("failed")), NULL));
    cr_expect(ne(ptr, (void *)load, (void *)type_of(types, TYPE_STREAM, load->element)));
    cr_expect(eq(ptr, (void *)load, (void *)type_load(types, load->element)));
}

/* Records that hold each other twice at every level: 2^60 ways down, and still an answer at once. */
Test(type, deep_sharing_costs_no_time, .timeout = 5) {
    const struct type *a = read("int"), *b = read("number");
    for (int i = 0; i < 60; i++) {
        struct type_field left[] = { { TEXT("l"), a }, { TEXT("r"), a } },
                          right[] = { { TEXT("l"), b }, { TEXT("r"), b } };
        a = type_record(types, left, 2);
        b = type_record(types, right, 2);
    }
    cr_expect(type_comparable(a, b));
    cr_expect(ge(int, type_fit(a, b), 0));
    cr_expect(ne(ptr, (void *)type_join(types, a, b), NULL));
    cr_expect(gt(sz, strlen(print(a)), 0));
}
