/* See session.h. The defects of T6 stand here. */
#include "session.h"

#include "defect.h"
#include "http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SESSIONS_MOST = 1000 };

struct entry {
    struct session session;
    FILE *file;        /* its bytes; has no name; NULL: not yet */
    long long touched; /* ms of http_clock; ageing moves it back */
    long long begun;   /* where the last write that came whole began */
    long long now;     /* where the write under way began */
    bool busy;         /* somebody writes */
    bool interrupted;  /* a client went away in the middle, and nobody has written since */
};
static struct entry *entries[SESSIONS_MOST]; /* under the lock, as all that is in them */
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_expired(const struct entry *entry) {
    long long life = defect_on(DEFECT_EXPIRES_AT_ONCE) ? 1 : SESSION_LIFE;
    return !defect_on(DEFECT_SESSION_NEVER_EXPIRES) && !entry->busy && http_clock() - entry->touched > life * 1000;
}

static struct entry *by_name(const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(entries[i]->session.name, name) == 0) return entries[i];
    return NULL;
}

static struct entry *by_key(const char *key) {
    for (int i = 0; i < count; i++)
        if (strcmp(entries[i]->session.key, key) == 0 && !is_expired(entries[i])) return entries[i];
    return NULL;
}

static enum session_result state(const struct entry *entry) {
    return !entry ? SESSION_ABSENT : is_expired(entry) ? SESSION_EXPIRED : SESSION_OK;
}

enum session_result session_find(const char *name, struct session *session) {
    pthread_mutex_lock(&lock);
    const struct entry *entry = by_name(name);
    enum session_result result = state(entry);
    if (entry) *session = entry->session;
    pthread_mutex_unlock(&lock);
    return result;
}

static struct entry *add(const char *key, long long size) {
    static const char digits[] = "0123456789abcdef";
    struct entry *entry = count < SESSIONS_MOST ? calloc(1, sizeof *entry) : NULL;
    unsigned char chance[SESSION_NAME];
    if (!entry || getrandom(chance, sizeof chance, 0) != sizeof chance) {
        free(entry);
        return NULL;
    }
    for (int i = 0; i < SESSION_NAME; i++) entry->session.name[i] = digits[chance[i] % 16];
    snprintf(entry->session.key, sizeof entry->session.key, "%s", key);
    entry->session.size = size;
    entry->touched = http_clock();
    return entries[count++] = entry;
}

enum session_result session_make(const char *key, long long size, struct session *session) {
    pthread_mutex_lock(&lock);
    struct entry *entry = defect_on(DEFECT_NEW_UPLOAD_PER_RETRY) ? NULL : by_key(key);
    enum session_result result = entry && entry->session.size != size ? SESSION_OTHER : SESSION_OK;
    if (!entry) entry = add(key, size);
    if (!entry) result = SESSION_FULL;
    if (entry) *session = entry->session;
    pthread_mutex_unlock(&lock);
    return result;
}

enum session_result session_age(const char *name, long long seconds) {
    pthread_mutex_lock(&lock);
    struct entry *entry = by_name(name);
    if (entry) entry->touched -= seconds * 1000;
    pthread_mutex_unlock(&lock);
    return entry ? SESSION_OK : SESSION_ABSENT;
}

/* ---- writing ---- */

enum session_result session_begin(const char *name, long long offset, struct session *session) {
    pthread_mutex_lock(&lock);
    struct entry *entry = by_name(name);
    enum session_result result = state(entry);
    if (result == SESSION_OK && entry->busy) result = SESSION_BUSY;
    if (result == SESSION_OK && offset != entry->session.stored) result = SESSION_WRONG;
    if (result == SESSION_OK && !entry->file) entry->file = tmpfile();
    if (result == SESSION_OK && !entry->file) result = SESSION_FULL;
    if (result == SESSION_OK) {
        entry->busy = true;
        entry->now = offset;
    }
    if (entry) *session = entry->session;
    pthread_mutex_unlock(&lock);
    return result;
}

/* The file and the place, which are the writer's alone while it is busy. */
static int place_of(const char *name, long long *stored, bool *interrupted) {
    pthread_mutex_lock(&lock);
    struct entry *entry = by_name(name);
    int file = fileno(entry->file);
    *stored = entry->session.stored;
    *interrupted = entry->interrupted;
    entry->interrupted = false;
    pthread_mutex_unlock(&lock);
    return file;
}

bool session_write(const char *name, const char *bytes, long long length) {
    long long stored;
    bool interrupted;
    int file = place_of(name, &stored, &interrupted);
    char first = *bytes;
    if (interrupted && defect_on(DEFECT_CORRUPTS_ON_RESUME)) first ^= 1;
    bool good = pwrite(file, &first, 1, stored) == 1 &&
                (length == 1 || pwrite(file, bytes + 1, (size_t)length - 1, stored + 1) == length - 1);
    pthread_mutex_lock(&lock);
    struct entry *entry = by_name(name);
    if (good) entry->session.stored += length;
    entry->touched = http_clock();
    pthread_mutex_unlock(&lock);
    return good;
}

void session_end(const char *name, bool whole, struct session *session) {
    pthread_mutex_lock(&lock);
    struct entry *entry = by_name(name);
    entry->busy = false;
    entry->touched = http_clock();
    if (!whole && defect_on(DEFECT_FORGETS_OFFSET)) entry->session.stored = 0;
    if (!whole && defect_on(DEFECT_OFF_BY_ONE_CHUNK)) entry->session.stored = entry->begun;
    if (whole)
        entry->begun = entry->now;
    else
        entry->interrupted = true;
    *session = entry->session;
    pthread_mutex_unlock(&lock);
}

int session_open(const char *name) {
    pthread_mutex_lock(&lock);
    const struct entry *entry = by_name(name);
    int file = entry && entry->file ? dup(fileno(entry->file)) : -1;
    pthread_mutex_unlock(&lock);
    return file;
}
