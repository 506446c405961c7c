/* What one pass over one file shares between lexer, grammar actions and recovery, and how nodes are made.
 * The first pass is fast: it has no diagnostics, and the first finding only sets `failed`. The file is then read again,
 * carefully, and every finding is reported. Nodes live on the arena; nothing here frees anything. */
#ifndef AOT_GRAMMAR_PARSE_H
#define AOT_GRAMMAR_PARSE_H
#include "grammar/token.h"
#include "grammar/tree.h"

/* A chain of nodes while it grows. */
struct chain {
    struct node *first; /* NULL while it is empty */
    struct node *last;  /* where the next is added */
    size_t height;      /* of the highest tree in it */
};
struct parse {
    struct arena *arena;             /* of the tree */
    struct name_table *names;        /* of the compilation */
    struct diagnostics *diagnostics; /* NULL in the fast pass */
    const char *bytes;               /* the source text */
    uint32_t source;                 /* its index in the set */
    uint32_t quiet_end;              /* nothing is said about what starts before this place */
    uint32_t doubtful_end;           /* nor any syntax error before this one: the lexer has guessed there */
    uint32_t end;           /* behind the last token that the parser took: where a node that is made now ends */
    uint32_t report_count;  /* findings so far */
    bool failed;            /* something was found */
    bool too_deep;          /* nested too deeply: nothing more is read */
    struct chain items;     /* of the file so far */
    struct node *spare;     /* nodes made in advance, spare to spare_end */
    struct node *spare_end; /* behind the last of them */
};

/* NULL in the fast pass. */
struct diagnostic *parse_report(struct parse *parse, enum diagnostic_code code, uint32_t start, uint32_t end,
                                const char *format, ...) __attribute__((format(printf, 5, 6)));
void parse_too_deep(struct parse *parse, uint32_t start, uint32_t end);
struct node *parse_more_nodes(struct parse *parse);

static inline struct span span_of(const struct parse *parse, uint32_t start, uint32_t end) {
    return (struct span){ parse->source, start, end - start };
}
static inline uint32_t node_end(const struct node *node) {
    return node->span.start + node->span.length;
}
static inline struct text token_text(const struct parse *parse, struct token token) {
    return (struct text){ parse->bytes + token.offset, token.length };
}

/* A node without children, from `start` to the last token taken. */
static inline struct node *node_new(struct parse *parse, enum node_kind kind, uint32_t start) {
    struct node *node = parse->spare == parse->spare_end ? parse_more_nodes(parse) : parse->spare;
    parse->spare = node + 1;
    node->kind = (uint16_t)kind;
    node->height = 1;
    node->span = span_of(parse, start, parse->end);
    return node;
}
/* The node stands above a tree of this height. Whoever walks the finished tree may recurse: the limit is kept here. */
static inline void node_rise(struct parse *parse, struct node *node, size_t height) {
    if (height < node->height) return;
    node->height = (uint16_t)(height + 1);
    if (height >= TREE_HEIGHT_LIMIT) parse_too_deep(parse, node->span.start, node_end(node));
}
static inline void node_hold(struct parse *parse, struct node *node, const struct node *child) {
    if (child) node_rise(parse, node, child->height);
}
static inline void node_hold_chain(struct parse *parse, struct node *node, struct chain chain) {
    node->list = chain.first;
    node_rise(parse, node, chain.height);
}
static inline struct node *node_with(struct parse *parse, enum node_kind kind, uint32_t start, struct node *a,
                                     struct node *b, struct node *c) {
    struct node *node = node_new(parse, kind, start);
    node->a = a;
    node->b = b;
    node->c = c;
    node_hold(parse, node, a);
    node_hold(parse, node, b);
    node_hold(parse, node, c);
    return node;
}
static inline void node_name(struct parse *parse, struct node *node, struct token name) {
    node->name = name_intern(parse->names, token_text(parse, name));
    node->name_span = span_of(parse, name.offset, token_end(name));
}
static inline struct node *node_named(struct parse *parse, enum node_kind kind, uint32_t start, struct token name,
                                      struct node *a, struct node *b, struct node *c) {
    struct node *node = node_with(parse, kind, start, a, b, c);
    node_name(parse, node, name);
    return node;
}
static inline struct node *node_list(struct parse *parse, enum node_kind kind, uint32_t start, struct chain chain) {
    struct node *node = node_new(parse, kind, start);
    node_hold_chain(parse, node, chain);
    return node;
}
static inline struct chain chain_of(struct node *node) {
    return (struct chain){ node, node, node->height };
}
static inline struct chain chain_add(struct chain chain, struct node *node) {
    if (!chain.last) return chain_of(node);
    chain.last->next = node;
    chain.last = node;
    if (node->height > chain.height) chain.height = node->height;
    return chain;
}
#endif
