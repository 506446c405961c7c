/* Where PostgreSQL's programs are on this machine. */
#ifndef AOT_STDLIB_SQL_INSTALLATION_H
#define AOT_STDLIB_SQL_INSTALLATION_H
#include "base/buffer.h"

struct installation {
    char folder[512]; /* holds postgres, initdb and pg_restore; no slash at its end */
};

/* AOT_POSTGRES_BIN if it is set; else the newest of Debian's /usr/lib/postgresql/<version>/bin, then each folder of
 * PATH,
 * then /usr/local/pgsql/bin. False with what to install when there is none. */
bool installation_find(struct installation *installation, struct buffer *error);
/* The full path of one of its programs, into `path`. */
void installation_program(const struct installation *installation, const char *name, char *path, size_t size);
/* "postgres (PostgreSQL) 15.20 (Debian …)" -> "15.20", and the major number; 0 when the text is something else. */
int installation_version(struct text output, char *version, size_t size);
#endif
