/* The tree of one source file: nodes on an arena, built by the parser, annotated (type, resolved, effect) by the
 * compiler. One uniform node; the table below says what each kind keeps in which slot. Slots that are not named are
 * NULL. */
#ifndef AOT_GRAMMAR_TREE_H
#define AOT_GRAMMAR_TREE_H
#include "base/arena.h"
#include "base/diagnostic.h"
#include "grammar/name.h"

/* NODE(kind, slots). `?` may be NULL. `list` is the first child of a chain linked by `next`. */
#define NODE_KINDS(NODE) \
    NODE(FILE, "list: items") \
    NODE(ERROR, "a place that did not parse; reported already. b: the BLOCK behind it?") \
    NODE(LIST, "list: a bare chain (parameters, options)") \
    /* items */ \
    NODE(RECIPE, "name: label; a: STRING title") \
    NODE(RULES, "list: LABEL") \
    NODE(TAGS, "list: NAME or STRING") \
    NODE(NEEDS, "list: NAME or STRING") \
    NODE(LIMIT, "a: expression") \
    NODE(USE, "name: alias; a: PATH") \
    NODE(INPUT, "name; a: type?; b: default?") \
    NODE(SECRET, "name; a: type?; b: default?") \
    NODE(LET, "name; a: type?; b: expression or RETRY") \
    NODE(MATRIX, "list: AXIS, EXCLUDE, INCLUDE, COVER") \
    NODE(AXIS, "name; a: expression") \
    NODE(EXCLUDE, "a: expression; b: because STRING?; c: until STRING?") \
    NODE(INCLUDE, "a: RECORD") \
    NODE(COVER, "name: pairwise or all; a: min?") \
    NODE(SERVICE, "name; a: LIST of PARAMETER, NULL without parentheses; list: SERVICE_FIELD, READY") \
    NODE(SERVICE_FIELD, "name: key; a: expression") \
    NODE(READY, "list: clauses; a: expression") \
    NODE(FUNCTION, "name; a: LIST of PARAMETER; b: result type?; c: BLOCK or expression") \
    NODE(PARAMETER, "name; a: type; b: default?") \
    NODE(SETUP, "a: BLOCK") \
    NODE(RUN, "a: BLOCK") \
    NODE(TEARDOWN, "a: BLOCK") \
    NODE(ASSERT, "a: STRING title; b: LIST of options; list: claims; flag NODE_SINGLE when written `: formula`") \
    NODE(ASSUME, "as ASSERT") \
    NODE(OPTION_RULE, "list: LABEL") \
    NODE(OPTION_BECAUSE, "a: STRING") \
    NODE(OPTION_ALLOW, "name") \
    /* types */ \
    NODE(TYPE_NAME, "name") \
    NODE(TYPE_LIST, "a: element type") \
    NODE(TYPE_MAP, "a: value type") \
    NODE(TYPE_RECORD, "list: TYPE_FIELD") \
    NODE(TYPE_FIELD, "name; a: type") \
    NODE(TYPE_OPTIONAL, "a: type") \
    /* statements */ \
    NODE(BLOCK, "list: statements; expressions stand there as they are") \
    NODE(IF, "a: condition; b: BLOCK; c: else BLOCK?, for `else if` a BLOCK of that IF alone") \
    NODE(FOR, "name; a: expression; b: BLOCK") \
    NODE(PARALLEL, "b: BLOCK") \
    NODE(PARALLEL_FOR, "name; a: expression; b: BLOCK") \
    NODE(SPAWN, "name; b: BLOCK") \
    NODE(PHASE, "name; a: with expression?; b: BLOCK") \
    NODE(MARK, "name") \
    NODE(LOAD_RATE, "name; a: rate; c: for duration?; b: BLOCK") \
    NODE(LOAD_WORKERS, "name; a: count; c: for duration?; b: BLOCK") \
    NODE(WATCH, "name; a: every?; b: expression") \
    NODE(AT, "a: duration; b: BLOCK") \
    NODE(AFTER, "a: duration; b: BLOCK") \
    NODE(WAIT, "a: duration") \
    NODE(WAIT_UNTIL, "a: condition; list: clauses") \
    NODE(EXPECT, "a: condition; b: because STRING?") \
    NODE(RETURN, "a: expression") \
    NODE(RETRY, "a: count; b: every?; c: expression") \
    /* statements of an assert or assume block, besides LET and formulas */ \
    NODE(CLAIM_FOR, "name; a: expression; list: claims") \
    NODE(CLAIM_IF, "a: condition; list: claims") \
    /* formulas */ \
    NODE(PLAIN, "a: expression, judged once") \
    NODE(ALWAYS, "list: clauses; a: formula") \
    NODE(NEVER, "list: clauses; a: PLAIN") \
    NODE(EVENTUALLY, "list: clauses; a: formula") \
    NODE(SETTLES, "list: clauses; a: PLAIN") \
    NODE(WHENEVER, "list: clauses; a: condition; b: formula") \
    NODE(UNTIL, "a: condition; b: condition that ends it; list: clauses") \
    NODE(CLAUSE_WITHIN, "a: duration; b: of instant?") \
    NODE(CLAUSE_FOR, "a: duration") \
    NODE(CLAUSE_EVERY, "a: duration") \
    NODE(CLAUSE_DURING, "a: phase") \
    NODE(CLAUSE_FROM, "a: instant; b: to instant?") \
    NODE(CLAUSE_BEFORE, "a: instant") \
    /* selections of a stream */ \
    NODE(WHERE, "a: stream; b: condition") \
    NODE(DURING, "a: stream; b: phase") \
    NODE(OVER, "a: stream; b: duration") \
    NODE(FROM, "a: stream; b: instant; c: to instant?") \
    NODE(BEFORE, "a: stream; b: instant") \
    /* expressions */ \
    NODE(BINARY, "a; b; operator: enum tree_operator") \
    NODE(UNARY, "a; operator: OPERATOR_NOT or OPERATOR_NEGATE") \
    NODE(CONDITIONAL, "a: condition; b: then; c: else") \
    NODE(AS, "a: expression; b: type") \
    NODE(FIELD, "a: record, handle or import; name (a label too)") \
    NODE(ELEMENT_FIELD, "name: `.f`, a field of the element at hand") \
    NODE(INDEX, "a; b: index") \
    NODE(EACH, "a: `a[*]`") \
    NODE(CALL, "a: callee; list: ARGUMENT") \
    NODE(ARGUMENT, "name?; a: expression") \
    NODE(NAME, "name") \
    NODE(LABEL, "name") \
    NODE(VERSION, "string: `N-1` or `v1.4.2`, blanks removed") \
    NODE(INTEGER, "integer") \
    NODE(NUMBER, "number") \
    NODE(DURATION, "integer: nanoseconds") \
    NODE(SIZE, "integer: bytes") \
    NODE(RATE, "number: per second") \
    NODE(BANDWIDTH, "number: bytes per second") \
    NODE(RATIO, "number: 0.8 for 80%") \
    NODE(PATH, "string: as written") \
    NODE(TRUE, "") \
    NODE(FALSE, "") \
    NODE(NONE, "") \
    NODE(STRING, "list: TEXT and expressions in order, never NULL: \"\" has one empty TEXT; tag: enum tree_tag") \
    NODE(TEXT, "string: decoded, indentation removed") \
    NODE(LIST_OF, "list: elements of `[a, b]`") \
    NODE(COMPREHENSION, "name; a: element; b: source; c: condition?") \
    NODE(RECORD, "list: RECORD_FIELD") \
    NODE(RECORD_FIELD, "name: key (label and quoted key too); a: expression; flag NODE_QUOTED")

enum node_kind {
#define NODE(kind, slots) NODE_##kind,
    NODE_KINDS(NODE)
#undef NODE
        NODE_KIND_COUNT
};

enum tree_operator {
    OPERATOR_NONE,
    OPERATOR_OR,
    OPERATOR_AND,
    OPERATOR_NOT,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_MATCH,
    OPERATOR_NOT_MATCH,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_COALESCE,
    OPERATOR_RANGE,
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_MODULO,
    OPERATOR_NEGATE
};
enum tree_tag { TAG_NONE, TAG_SQL, TAG_SH, TAG_JSON, TAG_RE };
enum node_flag {
    NODE_SINGLE = 1,
    NODE_QUOTED = 2,
    NODE_PARENTHESISED = 4,
    NODE_RAW_STRING = 8,
    NODE_BLOCK_STRING = 16
};

enum { TREE_HEIGHT_LIMIT = 1000 };

struct type;
struct node {
    uint16_t kind;         /* enum node_kind */
    uint8_t operator;      /* enum tree_operator */
    uint8_t tag;           /* enum tree_tag */
    uint8_t flags;         /* enum node_flag */
    uint8_t effect;        /* enum effect, by the compiler: const, recorded, probe, action */
    uint16_t height;       /* of the tree below it, 1 for a leaf; at most TREE_HEIGHT_LIMIT, so passes may recurse */
    struct span span;      /* the whole construct */
    struct span name_span; /* where `name` stands; empty without one */
    const struct name *name;
    struct node *a, *b, *c, *list;
    struct node *next; /* the next in the chain that this node is in */
    union {
        int64_t integer;
        double number;
        struct text string; /* on the arena */
    };
    const struct type *type; /* by the compiler: what the expression gives */
    void *resolved;          /* by the compiler: what a name or a call stands for (compiler/symbol.h) */
};

struct comment {
    struct span span; /* with its # */
    bool is_doc;      /* ## */
    bool alone;       /* nothing else stands on its line */
};

struct tree {
    struct node *file;        /* NODE_FILE; never NULL, even after errors */
    struct comment *comments; /* in order of appearance, on the arena */
    size_t comment_count;
    uint32_t source;        /* index in the source set */
    bool nested_too_deeply; /* the parser gave up; reported */
};

/* Reads one file of the set into a tree on `arena`. Syntax errors go to `diagnostics`, several per file; the tree
 * then has ERROR nodes in their place. Never fails otherwise, whatever the bytes are. */
struct tree *tree_parse(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                        struct diagnostics *diagnostics);
const char *node_kind_name(enum node_kind kind);            /* "LOAD_RATE" */
const char *operator_spelling(enum tree_operator operator); /* "<=" */
/* Whether two nodes of one kind hold the same value: true for kinds without one. */
bool node_same_value(const struct node *a, const struct node *b);
/* Number of nodes in a chain. */
size_t node_chain_length(const struct node *first);
/* S-expressions, indented, for `aot dump tree` and golden tests. */
void tree_dump(const struct tree *tree, struct source_set *sources, struct buffer *out);
/* One token a line, for `aot dump tokens`: kind, line:column, spelling. */
void tokens_dump(struct source_set *sources, uint32_t source, struct buffer *out);
#endif
