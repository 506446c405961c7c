/* What an offline client made and has to bring to the server: an SQLite file, so that it outlives the process. Safe to call from any thread. */
#pragma once
#include <stdbool.h>

struct outbox_item {
    char id[33]; /* made here, sent with each attempt: the server knows the item by it */
    char title[81];
    bool is_pending; /* not on the server yet */
};

/* `path` may be NULL: then it lives in memory. False: it cannot, and said so on stderr. */
bool outbox_open(const char *path);

/* A new pending item with an id of its own; false if it could not be stored. */
bool outbox_add(const char *title, struct outbox_item *item);

/* The newest item with this title; the oldest pending one behind the first `skip`. False if there is none. */
bool outbox_find(const char *title, struct outbox_item *item);
bool outbox_next(int skip, struct outbox_item *item);

/* How many are pending; -1 if that cannot be said. */
int outbox_count(void);

void outbox_synced(const char *id);
void outbox_drop(const char *id);

/* Fills in an id that nobody has. */
void outbox_name(char id[33]);
void outbox_close(void);
