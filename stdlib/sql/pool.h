/* Connections that come and go with the need: whoever asks gets a free one, or a new one, or waits for his turn. */
#ifndef AOT_STDLIB_SQL_POOL_H
#define AOT_STDLIB_SQL_POOL_H
#include "stdlib/sql/db_session.h"

enum { POOL_CAPACITY = 100 };

struct pool;
/* Someone's wish for a session; gone once `taken` was called or pool_withdraw. */
struct pool_wish;

/* The address is copied. */
struct pool *pool_new(struct run *run, const struct db_address *address);
struct pool *pool_twin(const struct pool *pool,
                       struct run *run); /* the same address for a load, which asks the same again and again */
void pool_rest(struct pool *pool);       /* closes what nobody uses now */
void pool_free(struct pool *pool); /* closes all; every wish must be gone, every session given back or forgotten */

/* `taken` gets a session that is then the caller's, or NULL with a reason. It may be called from inside pool_take;
 * then NULL
 * is returned, and so it is after `taken` came. */
struct pool_wish *pool_take(struct pool *pool, int64_t deadline,
                            void (*taken)(void *data, struct db_session *session, const char *error), void *data);
void pool_withdraw(struct pool_wish *wish);
/* Back to the others if it is still good for something, else closed. */
void pool_give(struct pool *pool, struct db_session *session);
void pool_discard(struct pool *pool, struct db_session *session); /* closed, whatever it is doing */
#endif
