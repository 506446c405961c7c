/* A document as a tree that loses nothing: numbers as they are written, members in their order, equal names side by side. A tree lives in
 * an arena and is freed with it. Recursion over one is bounded, since no tree is deeper than DOCUMENT_DEPTH. */
#ifndef AOT_STDLIB_DOCUMENT_TREE_H
#define AOT_STDLIB_DOCUMENT_TREE_H
#include "base/arena.h"
#include "base/buffer.h"

enum document_kind {
    DOCUMENT_NULL,
    DOCUMENT_FALSE,
    DOCUMENT_TRUE,
    DOCUMENT_NUMBER,
    DOCUMENT_STRING,
    DOCUMENT_LIST,
    DOCUMENT_OBJECT
};
enum {
    DOCUMENT_DEPTH = 199
}; /* brackets within brackets; what a value of the language can hold (VALUE_DEPTH_MAXIMUM) */

struct document_node {
    enum document_kind kind;
    struct text name;                   /* of a member of an object, without escapes */
    struct text text;                   /* STRING: without escapes; NUMBER: as it was written */
    struct document_node *first, *last; /* of LIST and OBJECT, in order; NULL when empty */
    struct document_node *next;         /* in the same container */
    size_t count;                       /* how many the container has */
};

struct document_node *document_node_new(struct arena *arena, enum document_kind kind);
void document_append(struct document_node *container, struct document_node *node);
/* The last member of this name, which is the one that counts for most readers; NULL: there is none. */
struct document_node *document_member(const struct document_node *object, struct text name);

/* Strict JSON (RFC 8259), UTF-8; half a surrogate pair is refused, for it is no character. NULL with what is wrong and at which byte in
 * `problem`. */
struct document_node *document_read(struct arena *arena, struct text json, struct buffer *problem);
/* JSON in one line without blanks. `escaped`: what is not ASCII is written as \uXXXX. */
void document_write(const struct document_node *node, bool escaped, struct buffer *out);

/* The same for YAML, of whose documents there may be several in a text. An alias is refused, and a name that is no scalar; tags other than
 * the core schema's are not kept. Memory is bounded by the text's length, since no alias is followed. */
struct document_node *document_read_yaml(struct arena *arena, struct text yaml, struct buffer *problem);
/* Is given each document; false: it has had enough. */
typedef bool document_taker(void *data, struct document_node *root);
bool document_read_yaml_stream(struct arena *arena, struct text yaml, document_taker *taker, void *data,
                               struct buffer *problem);
void document_write_yaml(const struct document_node *node, bool escaped, struct buffer *out); /* lines, in blocks */

/* A path: `payload.items[0]["a.b"]`, a dot may lead. The next step of `rest`, which gets shorter; false at the end, or with a `problem`. */
struct document_step {
    bool is_index;
    struct text name; /* borrowed from the path or the arena */
    size_t index;
};
bool document_step_next(struct arena *arena, struct text *rest, struct document_step *step, struct buffer *problem);
struct document_node *document_step_into(const struct document_node *node, const struct document_step *step);
void document_path_name(struct buffer *path,
                        struct text name); /* adds `.name`, or `["a.b"]` where it is no plain word */
#endif
