/* Signatures: every row of the tables reads without an error, and each form means what bytecode/native.h says. */
#include "compiler/signature.h"
#include "stdlib/catalogue.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct arena *arena;
static struct type_table *types;
static struct name_table *names;
static struct signature_table *table;

static void setup(void) {
    arena = arena_new();
    types = type_table_new(arena);
    names = name_table_new();
    table = signature_table_new(arena, names, types, catalogue());
}

static void teardown(void) {
    name_table_free(names);
    arena_free(arena);
}
TestSuite(signature, .init = setup, .fini = teardown);

static const char *print(const struct type *type) {
    struct buffer out = { 0 };
    type_print(type, &out);
    const char *text = arena_copy(arena, buffer_text(&out)).bytes;
    buffer_done(&out);
    return text;
}

static struct signature_parser parser_of(const char *text) {
    return (struct signature_parser){ .arena = arena, .names = names, .types = types, .text = text_of(text) };
}

static uint32_t find(const char *name) {
    return signature_find(table, name_intern(names, text_of(name)));
}

Test(signature, every_row_of_the_tables_reads) {
    for (uint32_t i = 0; i < catalogue()->row_count; i++) {
        struct text error = signature_error(table, i);
        cr_expect(eq(sz, error.length, 0), "%s: %.*s", catalogue()->rows[i].name, TEXT_ARGS(error));
        const struct signature *signature = signature_of(table, i);
        for (uint32_t k = 0; k < signature->count; k++) {
            const struct parameter *parameter = &signature->parameters[k];
            bool optional = parameter->default_value && parameter->default_value->type;
            bool fits = !optional || parameter->type->has_variable ||
                        type_fit(parameter->default_value->type, parameter->type) >= 0;
            cr_expect(fits, "%s: the default of %.*s", catalogue()->rows[i].name, TEXT_ARGS(parameter->name->text));
        }
    }
    for (size_t i = 0; i < catalogue()->type_count; i++) {
        const struct type *type = signature_type(table, text_of(catalogue()->types[i].name));
        cr_assert(ne(ptr, (void *)type, NULL));
        for (uint32_t k = 0; k < type->count; k++)
            cr_expect(ne(int, type->fields[k].type->kind, TYPE_POISON), "%s", catalogue()->types[i].name);
    }
}

/* A method's first parameter is its type; a name with a dot is a method, or stands in a module of functions. */
Test(signature, methods_begin_with_self) {
    for (uint32_t i = 0; i < catalogue()->row_count; i++) {
        struct text name = text_of(catalogue()->rows[i].name);
        size_t dot = text_find(name, TEXT("."));
        if (dot == SIZE_MAX) continue;
        const struct type *type = signature_type(table, text_slice(name, 0, dot));
        if (!type) continue;
        const struct signature *signature = signature_of(table, i);
        cr_assert(gt(u32, signature->count, 0), "%s", catalogue()->rows[i].name);
        cr_expect(text_is(signature->parameters[0].name->text, "self"), "%s", catalogue()->rows[i].name);
        const struct type *self = signature->parameters[0].type;
        bool is_load = text_is(text_slice(name, 0, dot), "load"); /* of any body: a stream<T> */
        cr_expect(is_load ? self->kind == TYPE_STREAM : self == type, "%s", catalogue()->rows[i].name);
    }
}

Test(signature, names_lead_to_rows) {
    cr_expect(eq(u32, find("no_such_name"), NO_ROW));
    uint32_t row = find("http.get");
    cr_assert(ne(u32, row, NO_ROW));
    cr_expect(eq(str, (char *)signature_row(table, row)->name, "http.get"));
    cr_expect(eq(u32, signature_find_member(table, TEXT("http"), TEXT("get")), row));
    cr_expect(eq(u32, signature_find_member(table, TEXT("http"), TEXT("gett")), NO_ROW));
    cr_expect(signature_is_module(table, TEXT("http")));
    cr_expect(not(signature_is_module(table, TEXT("db"))));
    cr_expect(not(signature_is_module(table, TEXT("htt"))));
    uint32_t overloads = 0;
    for (row = find("len"); row != NO_ROW; row = signature_next(table, row)) {
        cr_expect(eq(str, (char *)signature_row(table, row)->name, "len"));
        overloads++;
    }
    uint32_t rows = 0;
    for (uint32_t i = 0; i < catalogue()->row_count; i++) rows += strcmp(catalogue()->rows[i].name, "len") == 0;
    cr_expect(eq(u32, overloads, rows));
    cr_expect(gt(u32, overloads, 1));
}

Test(signature, parameters_have_names_types_and_defaults) {
    struct signature_parser parser =
        parser_of("url: url, headers: {string: string} = {}, timeout: duration = 1m30s, ca: path? = none, "
                  "mode: \"a\"|\"b\" = \"a\", share: ratio = 5%, deep: bool = true, big: size = 16MiB, "
                  "x: number = 0.5, n: int = 3, xs: [int] = [] -> [string]?");
    const struct signature *signature = signature_parse(&parser);
    cr_assert(eq(sz, parser.error.length, 0), "%.*s", TEXT_ARGS(parser.error));
    static const char *const expected[] = {
        "url",  "{string: string}", "duration", "path?", "\"a\" | \"b\"", "ratio", "bool",
        "size", "number",           "int",      "[int]"
    };
    cr_assert(eq(u32, signature->count, 11));
    for (uint32_t i = 0; i < 11; i++) {
        cr_expect(eq(str, (char *)print(signature->parameters[i].type), (char *)expected[i]));
        cr_expect(eq(int, signature->defaults[i] == NULL, i == 0));
    }
    cr_expect(eq(int, signature->defaults[2]->kind, NODE_DURATION));
    cr_expect(eq(i64, signature->defaults[2]->integer, INT64_C(90000000000)));
    cr_expect(eq(int, signature->defaults[4]->kind, NODE_STRING));
    cr_expect(text_is(signature->defaults[4]->list->string, "a"));
    cr_expect(epsilon_eq(dbl, signature->defaults[5]->number, 0.05, 1e-12));
    cr_expect(eq(i64, signature->defaults[7]->integer, INT64_C(16) << 20));
    cr_expect(epsilon_eq(dbl, signature->defaults[8]->number, 0.5, 1e-12));
    cr_expect(eq(str, (char *)print(signature->result), "[string]?"));
}

Test(signature, the_last_parameter_may_take_all_the_rest) {
    struct signature_parser parser = parser_of("first: T, more: ...T -> T");
    const struct signature *signature = signature_parse(&parser);
    cr_expect(eq(sz, parser.error.length, 0));
    cr_assert(eq(u32, signature->count, 2));
    cr_expect(not(signature->parameters[0].is_variadic));
    cr_expect(signature->parameters[1].is_variadic);
    cr_expect(signature->parameters[1].type->has_variable);
}

Test(signature, nonsense_is_an_error_not_a_crash) {
    static const char *const all[] = { "",
                                       "x -> int",
                                       "x: -> int",
                                       "x: strange -> int",
                                       "x: int",
                                       "x: int = ?",
                                       "-> [int",
                                       "-> {int: int}",
                                       "-> int int",
                                       "x: \"a -> int",
                                       "x: pile<T> -> T",
                                       "x: int y: int -> int",
                                       "x: int = foo -> int" };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct signature_parser parser = parser_of(all[i]);
        const struct signature *signature = signature_parse(&parser);
        cr_expect(ne(ptr, (void *)signature, NULL));
        cr_expect(gt(sz, parser.error.length, 0), "%s", all[i]);
    }
}
