/* Who waits for a lock, seen from samples of pg_locks: for servers whose log cannot be read. Weaker than the log: a wait's end is known
 * to within the interval, and whoever waits between two samples alone is not seen. Both are told, never hidden. */
#ifndef AOT_STDLIB_SQL_SAMPLER_H
#define AOT_STDLIB_SQL_SAMPLER_H
#include "stdlib/sql/waits.h"
#include "stdlib/sql/db_session.h"

extern const int64_t sampler_interval; /* ns from one sample to the next */

struct sampler_request {
    struct waits *waits;              /* told of each sample */
    const struct db_address *address; /* a database that is not under test; borrowed */
    const char *database;             /* whose sessions count; borrowed */
    int64_t limit;                    /* ns: a wait that reaches it is told */
};
struct sampler_listener {
    void (*looked)(void *data, unsigned count); /* the sample `count` was taken and told */
    void (*blind)(void *data, int64_t from,
                  int64_t to);  /* on the run's clock: a wait of the limit may have been missed */
    void (*broken)(void *data); /* once: there will be no more samples */
    void *data;                 /* theirs */
};
struct sampler;
struct sampler *sampler_start(struct run *run, const struct sampler_request *request,
                              const struct sampler_listener *listener);
unsigned sampler_asked(const struct sampler *sampler); /* how many samples were begun */
void sampler_free(struct sampler *sampler);            /* NULL is allowed */
#endif
