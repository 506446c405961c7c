/* Which names mean what, here: one array over all names, so looking up is one step; bindings are undone when a scope ends.
 * Owned by the checker. Knows symbols, not types or rules. */
#ifndef AOT_COMPILER_SCOPE_H
#define AOT_COMPILER_SCOPE_H
#include "base/vector.h"
#include "compiler/symbol.h"

/* What a symbol is bound to, and what it hides. */
struct binding {
    struct symbol *symbol;
    uint32_t depth;  /* of its scope; 1: the module */
    uint32_t hidden; /* index + 1 of the binding of this name that it hides; 0: none */
};
struct scopes {
    struct VECTOR(struct binding) bindings; /* innermost last */
    struct VECTOR(uint32_t) marks;          /* how many bindings there were when each open scope began */
    uint32_t *top;                          /* by name index: index + 1 of the innermost binding; 0: none */
    struct symbol **closed;                 /* by name index: what was bound in a scope that is over; NULL: nothing */
    uint32_t capacity;                      /* of both arrays */
    uint32_t floor; /* bindings of scopes below it, but for the module's, are out of sight: a function's body */
};
void scopes_done(struct scopes *scopes);
void scope_open(struct scopes *scopes);
/* Undoes the innermost scope's bindings. `remember`: what was bound is kept for scope_closed. */
void scope_close(struct scopes *scopes, bool remember);
uint32_t scope_depth(const struct scopes *scopes); /* 1 in the module itself */
void scope_bind(struct scopes *scopes, struct symbol *symbol);
/* The innermost binding in sight, or NULL; borrowed until the next scope_bind. */
const struct binding *scope_find(const struct scopes *scopes, const struct name *name);
/* The binding of exactly the innermost scope, or NULL. */
const struct binding *scope_find_here(const struct scopes *scopes, const struct name *name);
/* A binding that a function's body cannot see, or NULL: for the message. */
const struct binding *scope_find_hidden(const struct scopes *scopes, const struct name *name);
/* What the name was bound to in a scope that is over, or NULL: for the message. */
struct symbol *scope_closed(const struct scopes *scopes, const struct name *name);
#endif
