/* One database for all threads, behind one lock. Failures are logged here; callers see only that it failed. */
#include "store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct store_backend *backend;

static enum store_result told(enum store_result result, struct text *problem) {
    if (result == STORE_FAILED) printf("store: %s\n", problem->bytes ? problem->bytes : "failed");
    text_free(problem);
    return result;
}

/* One note of each kind that this release knows, so that older clients meet kinds they do not know. */
static enum store_result seed(struct text *problem) {
    struct notes present = { 0 };
    enum store_result result = backend->find(0, NULL, &present, problem);
    const char *kind;
    if (result == STORE_OK && present.count == 0)
        for (int i = 0; result == STORE_OK && (kind = note_kind(i)); i++) {
            struct note note = { .title = "Note", .body = "A note about always-on services.", .kind = (char *)kind };
            result = backend->create(&note, problem);
        }
    notes_free(&present);
    return result;
}

bool store_open(const char *url) {
    struct text problem = { 0 };
    bool postgres = url && (strncmp(url, "postgres://", 11) == 0 || strncmp(url, "postgresql://", 13) == 0);
    if (url && !postgres && strncmp(url, "sqlite:", 7) != 0) {
        fprintf(stderr, "notes: DATABASE_URL is neither postgres://…, postgresql://… nor sqlite:FILE\n");
        return false;
    }
    backend = postgres ? &store_postgres : &store_sqlite;
    if (backend->open(postgres ? url : url ? url + 7 : ":memory:", &problem) && seed(&problem) == STORE_OK) {
        text_free(&problem);
        return true;
    }
    fprintf(stderr, "notes: cannot open the database: %s\n", problem.bytes ? problem.bytes : "unknown cause");
    text_free(&problem);
    store_close();
    return false;
}

enum store_result store_search(const char *part, struct notes *notes) {
    struct text problem = { 0 };
    pthread_mutex_lock(&lock);
    enum store_result result = backend->find(0, part, notes, &problem);
    pthread_mutex_unlock(&lock);
    return told(result, &problem);
}

/* Moves the note with this id out of what the backend finds. The lock is held. */
static enum store_result get(long id, struct note *note, struct text *problem) {
    struct notes notes = { 0 };
    enum store_result result = backend->find(id, NULL, &notes, problem);
    if (result == STORE_OK && notes.count == 0) result = STORE_ABSENT;
    if (result == STORE_OK) {
        *note = notes.items[0];
        notes.items[0] = (struct note){ 0 };
    }
    notes_free(&notes);
    return result;
}

enum store_result store_get(long id, struct note *note) {
    struct text problem = { 0 };
    pthread_mutex_lock(&lock);
    enum store_result result = get(id, note, &problem);
    pthread_mutex_unlock(&lock);
    return told(result, &problem);
}

enum store_result store_create(struct note *note) {
    struct text problem = { 0 };
    pthread_mutex_lock(&lock);
    enum store_result result = backend->create(note, &problem);
    pthread_mutex_unlock(&lock);
    return told(result, &problem);
}

enum store_result store_update(long id, const struct json *document, struct note *note, const char **wrong) {
    struct text problem = { 0 };
    pthread_mutex_lock(&lock);
    enum store_result result = get(id, note, &problem);
    if (result == STORE_OK) *wrong = note_update(note, document);
    if (result == STORE_OK && !*wrong) result = backend->update(note, &problem);
    pthread_mutex_unlock(&lock);
    return told(result, &problem);
}

enum store_result store_remove(long id) {
    struct text problem = { 0 };
    pthread_mutex_lock(&lock);
    enum store_result result = backend->remove(id, &problem);
    pthread_mutex_unlock(&lock);
    return told(result, &problem);
}

void store_close(void) {
    if (backend) backend->close();
    backend = NULL;
}

static char *copy(const char *text) {
    char *copied = strdup(text ? text : "");
    if (!copied) abort();
    return copied;
}

void notes_add(struct notes *notes, long id, const char *title, const char *body, const char *kind, long author,
               long views) {
    struct note *items = realloc(notes->items, (notes->count + 1) * sizeof *items);
    if (!items) abort();
    notes->items = items;
    items[notes->count++] = (struct note){ .id = id,
                                           .title = copy(title),
                                           .body = copy(body),
                                           .kind = copy(kind ? kind : "text"),
                                           .author = author,
                                           .views = views };
}

void notes_free(struct notes *notes) {
    for (size_t i = 0; i < notes->count; i++) note_free(&notes->items[i]);
    free(notes->items);
    *notes = (struct notes){ 0 };
}
