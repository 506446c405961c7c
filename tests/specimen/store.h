/* Where notes are kept: PostgreSQL when DATABASE_URL names one, else SQLite in memory or in a file. Safe to call from any thread. */
#pragma once
#include "note.h"

#include <stdbool.h>
#include <stddef.h>

enum store_result { STORE_OK, STORE_ABSENT, STORE_FAILED };

struct notes {
    struct note *items; /* owned, with all that is in them */
    size_t count;
};

/* What a database must be able to do. Calls come one at a time. `problem` is where the cause of STORE_FAILED goes. */
struct store_backend {
    bool (*open)(const char *url, struct text *problem);
    /* The notes with `id`, or, if that is 0, the newest ones whose title holds `part` (all if NULL). */
    enum store_result (*find)(long id, const char *part, struct notes *notes, struct text *problem);
    /* Stores a new note and sets its id. */
    enum store_result (*create)(struct note *note, struct text *problem);
    enum store_result (*update)(const struct note *note, struct text *problem);
    enum store_result (*remove)(long id, struct text *problem);
    void (*close)(void);
};

enum { STORE_LIST_MOST = 50 };

extern const struct store_backend store_sqlite, store_postgres;

/* Opens it and puts the first notes in if there are none; `url` may be NULL. False: it cannot, and said so on stderr. */
bool store_open(const char *url);
enum store_result store_get(long id, struct note *note);
enum store_result store_search(const char *part, struct notes *notes);
enum store_result store_create(struct note *note);
/* Reads the note, lets the document change it, writes it. `*problem` is what was wrong with the document (then nothing is stored). */
enum store_result store_update(long id, const struct json *document, struct note *note, const char **problem);
enum store_result store_remove(long id);
void store_close(void);

/* Adds a note with copies of the texts (for backends). */
void notes_add(struct notes *notes, long id, const char *title, const char *body, const char *kind, long author,
               long views);
void notes_free(struct notes *notes);
