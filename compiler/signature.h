/* The native tables as the checker sees them: names to rows, signature texts to types, parameters and defaults.
 * A row is parsed when it is first used. Lives on the compilation's arena; never touches a native's function. */
#ifndef AOT_COMPILER_SIGNATURE_H
#define AOT_COMPILER_SIGNATURE_H
#include "base/suggest.h"
#include "bytecode/native.h"
#include "compiler/type.h"
#include "grammar/tree.h"

struct parameter {
    const struct name *name;
    const struct type *type;    /* with variables, for natives; of a variadic one: of each argument */
    struct node *default_value; /* NULL: required */
    struct span span;           /* where a function declares it; empty for natives */
    bool is_variadic;           /* takes all arguments from here on */
};
/* What a native, a function or a service template takes and gives. */
struct signature {
    struct parameter *parameters;
    uint32_t count;
    const struct type *result;
    struct node **defaults; /* one for each parameter, NULL where it is required */
};

enum { NO_ROW = UINT32_MAX };
struct signature_table;
struct signature_table *signature_table_new(struct arena *arena, struct name_table *names, struct type_table *types,
                                            const struct native_catalogue *catalogue);
/* The first row of that name ("len", "http.get", "db.query"), or NO_ROW. */
uint32_t signature_find(const struct signature_table *table, const struct name *name);
/* "type.member". Both texts stay where they are as long as the table lives: names of types, interned names, literals. */
uint32_t signature_find_member(struct signature_table *table, struct text type, struct text member);
/* The next row of the same name, or NO_ROW. */
uint32_t signature_next(const struct signature_table *table, uint32_t row);
const struct native_row *signature_row(const struct signature_table *table, uint32_t row);
const struct signature *signature_of(struct signature_table *table, uint32_t row);
/* The record or handle type of that name, or NULL. */
const struct type *signature_type(struct signature_table *table, struct text name);
/* Whether it stands before a dot: the `http` of `http.get`. */
bool signature_is_module(const struct signature_table *table, struct text name);
/* Offers the plain names (`of` empty), or the members of a type or module. */
/* If `name` is that of a percentile (`p75`, `median` …): appends those that there are, "`p50`, `p90`". */
void signature_percentiles(const struct signature_table *table, struct text name, struct buffer *out);
void signature_suggest(const struct signature_table *table, struct text of, struct suggestion *suggestion);
/* Offers the names of types. */
void signature_suggest_type(const struct signature_table *table, struct suggestion *suggestion);
/* A type that the language itself names ("int", "duration"), or NULL. */
const struct type *signature_basic_type(struct type_table *types, struct text name);
/* What is wrong with a row's text; empty when nothing is. For the test of the tables. */
struct text signature_error(struct signature_table *table, uint32_t row);

/* ---- the parser of one text (signature.c) ---- */
struct signature_parser {
    struct arena *arena;
    struct name_table *names;
    struct type_table *types;
    const struct type *(*find_type)(void *data, struct text name); /* names of the tables */
    void *data;
    struct text text;  /* the whole signature */
    size_t at;         /* the next byte */
    struct text error; /* the first thing wrong with it; empty while all is well */
};
struct signature *signature_parse(struct signature_parser *parser);
/* "status: int?, latency: duration" into a record's fields. */
void signature_parse_fields(struct signature_parser *parser, struct type *record);
#endif
