/* Upload sessions: found by name or by key, each with a file that has no name, so that nothing is left behind. Every function locks. */
#pragma once
#include <stdbool.h>

enum { SESSION_NAME = 32, SESSION_KEY = 200, SESSION_LIFE = 300 /* s that nobody may touch it for */ };

struct session {
    char name[SESSION_NAME + 1];
    char key[SESSION_KEY + 1]; /* Idempotency-Key of its making */
    long long size, stored;    /* bytes: wanted, there */
};
enum session_result {
    SESSION_OK,
    SESSION_ABSENT,  /* no such session */
    SESSION_EXPIRED, /* nobody touched it for too long */
    SESSION_OTHER,   /* the key is another upload's */
    SESSION_BUSY,    /* somebody else is writing */
    SESSION_WRONG,   /* that is not where it goes on */
    SESSION_FULL     /* no room for another one */
};
/* A copy of it as it is now. */
enum session_result session_find(const char *name, struct session *session);
enum session_result session_make(const char *key, long long size, struct session *session);
/* As if nobody had touched it for so many seconds. */
enum session_result session_age(const char *name, long long seconds);

/* To write at `offset`: between both nobody else can. `*session` is a copy also when the answer is SESSION_WRONG. */
enum session_result session_begin(const char *name, long long offset, struct session *session);
/* False: the disk does not take it. */
bool session_write(const char *name, const char *bytes, long long length);
/* `whole`: all that was announced came, else the client is gone. A copy of it as it is then. */
void session_end(const char *name, bool whole, struct session *session);
/* A descriptor of its bytes for the caller to close; -1. */
int session_open(const char *name);
