/* Where a db listens, for other modules: without libpq. */
#ifndef AOT_STDLIB_SQL_ADDRESS_H
#define AOT_STDLIB_SQL_ADDRESS_H
#include "base/text.h"
#include "vm/value.h"

/* Its connection URL; empty when the handle is no db or is not up. Borrowed from the handle. */
struct text db_address_url(struct value handle);
#endif
