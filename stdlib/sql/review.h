/* The lint of migrations for those outside the natives' module: `aot sql`. No library's header, no database. */
#ifndef AOT_STDLIB_SQL_REVIEW_H
#define AOT_STDLIB_SQL_REVIEW_H
#include "base/text.h"

enum sql_runner {
    SQL_AUTOCOMMIT,  /* statement by statement, as psql -f does */
    SQL_TRANSACTION, /* all in one BEGIN … COMMIT */
    SQL_SIMPLE       /* the whole text as one query, which is one implicit transaction */
};
enum sql_level { SQL_ERROR, SQL_WARNING };
struct sql_rule {
    const char *slug;     /* "plain-index" */
    enum sql_level level; /* of a finding that is certain */
    const char *lock;     /* the strongest that it takes on a table of before */
    const char *blocks;   /* who waits for it */
    const char *work;     /* none, scan, build, rewrite, fkscan, unknown */
    const char *message;  /* what is wrong */
    const char *advice;   /* the safe form */
    const char *fact;     /* what only the catalogue can tell; "" if nothing */
    const char *rewrite;  /* the safe form as SQL, with names in braces; "" if there is none */
};
struct sql_finding {
    const struct sql_rule *rule; /* what */
    enum sql_level level;        /* how bad, in this place */
    size_t place;                /* offset of the byte that is meant */
    struct text statement;       /* it stands in; may be empty */
    const char *table;           /* whom it is about, or NULL */
    const char *detail;          /* more than the rule's message, or NULL: the parser's error */
    const char *rewrite;         /* SQL, or NULL */
    bool doubtful;               /* only if the rule's fact is true */
    int held_since;              /* the line of the earlier lock, or 0 */
};
struct sql_review {
    struct text content;    /* the file */
    enum sql_runner runner; /* how it will be run */
    bool rewrites;          /* SQL is wanted, too: it costs time */
    void (*found)(void *data,
                  const struct sql_finding *finding); /* in the order of the file; borrowed during the call */
    void *data;                                       /* his */
    int64_t statements;                               /* out: how many were read */
};
/* What the natives' module offers besides natives. */
struct sql_reviewer {
    void (*review)(struct sql_review *review);
    const struct sql_rule *(*rule)(size_t index); /* all rules, in the table's order */
    size_t rule_count;
};
extern const struct sql_reviewer sql_reviewer;
#endif
