/* Items that offline clients bring, each once: the client names it, so a second copy of the same is known. Kept in SQLite: in the file that
 * DATABASE_URL names, else in memory. Safe to call from any thread. */
#pragma once
#include "text.h"

#include <stdbool.h>

enum items_result { ITEMS_NEW, ITEMS_KNOWN, ITEMS_FAILED };

/* `self` is where this process listens. False: it cannot, and said so on stderr. */
bool items_open(const char *database_url, const char *self);

enum items_result items_put(const char *id, const char *title);

/* Adds {"self": …, "items": [{"id": …, "title": …}, …]}, oldest first; false if that failed. */
bool items_print(struct text *text);
void items_close(void);
