/* A migration file: its statements, as the server's own grammar reads them, and the tables that they name. */
#ifndef AOT_STDLIB_SQL_SCRIPT_H
#define AOT_STDLIB_SQL_SCRIPT_H
#include "base/buffer.h"
#include "base/vector.h"
#include <pg_query/pg_query.pb-c.h>

struct script_statement {
    struct text text;          /* without blanks and comments before it, and without semicolon */
    int line;                  /* where it begins, from 1 */
    const PgQuery__Node *node; /* its tree; borrowed from the script */
    bool concurrent; /* CREATE INDEX, DROP INDEX, REINDEX, DETACH … CONCURRENTLY: waits for others and blocks nobody */
    bool sets_lock_timeout; /* SET lock_timeout: the file has its own patience */
    bool transaction_word;  /* BEGIN, COMMIT, ROLLBACK and their like */
};
struct script_table {
    char *schema; /* NULL: by search_path */
    char *name;   /* owned */
};

struct script {
    char *path;            /* as given */
    struct buffer content; /* of the file */
    struct VECTOR(struct script_statement) statements;
    struct VECTOR(struct script_table) tables; /* each once; among them such as the file makes itself */
    char *error;                               /* "cannot judge: …", or NULL; then there are no statements */
    int error_line;                            /* of it; 0: the file as a whole */
    size_t error_place;                        /* the byte that is meant */
    PgQuery__ParseResult *tree;                /* what the nodes point into */
    bool is_piece;                             /* not a whole file */
    int first_line;                            /* of the content in the file */
    size_t counted_to;                         /* while it is made: lines are counted up to here */
    int counted_line;                          /* and this is the line there */
};

/* Reads and parses a file of at most 16 MiB; what is wrong with it is in `error`. Reads a file, so it belongs on a
 * work thread. */
struct script *script_read(const char *path);
struct script *script_parse(const char *path, struct text content);
/* A piece of a file that begins at this line, its rows of COPY left out; made for speed: no tables, and the trees are there during the
 * visit only. There is exactly one visit. */
void script_visit_piece(struct text content, int line, void (*visit)(void *data, const struct script *script),
                        void *data);
void script_free(struct script *script); /* NULL is allowed */
/* The call of `SELECT set_config('lock_timeout', value, is_local)`; NULL: the statement is another one. */
const PgQuery__FuncCall *script_sets_lock_timeout(const PgQuery__Node *node);
/* One line of at most 120 bytes for people: blanks run together, the rest cut off. */
void script_clip(struct text statement, struct buffer *out);
/* Calls `each` for every message of the tree that is of this type, parents first. */
void script_walk(const ProtobufCMessage *message, const ProtobufCMessageDescriptor *type,
                 void (*each)(void *data, const ProtobufCMessage *found), void *data);
#endif
