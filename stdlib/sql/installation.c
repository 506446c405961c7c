/* Looks for initdb and postgres side by side; starts nothing, and reads no folder but the candidates. */
#include "stdlib/sql/installation.h"
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number that a text begins with, as "16" and "16.4" do; 0 when it begins with none. */
static int leading_number(const char *written) {
    long number = strtol(written, NULL, 10); /* 0 without a number */
    return number < 0 || number > INT_MAX ? 0 : (int)number;
}

static bool holds(const char *folder, const char *program) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, program);
    return access(path, X_OK) == 0;
}

static bool accept(struct installation *installation, const char *folder) {
    size_t length = strlen(folder);
    if (length == 0 || length >= sizeof installation->folder) return false;
    if (!holds(folder, "postgres") || !holds(folder, "initdb")) return false;
    snprintf(installation->folder, sizeof installation->folder, "%s", folder);
    return true;
}

static bool find_packaged(struct installation *installation) {
    glob_t found;
    int newest = 0;
    if (glob("/usr/lib/postgresql/[0-9]*/bin", GLOB_NOSORT, NULL, &found) != 0) return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int major = leading_number(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"));
        if (major > newest && accept(installation, found.gl_pathv[i])) newest = major;
    }
    globfree(&found);
    return newest > 0;
}

static bool find_on_path(struct installation *installation) {
    const char *rest = getenv("PATH");
    while (rest && *rest) {
        size_t length = strcspn(rest, ":");
        char folder[512];
        if (length < sizeof folder) {
            memcpy(folder, rest, length);
            folder[length] = 0;
            if (accept(installation, folder)) return true;
        }
        rest += length;
        if (*rest == ':') rest++;
    }
    return accept(installation, "/usr/local/pgsql/bin");
}

bool installation_find(struct installation *installation, struct buffer *error) {
    const char *given = getenv("AOT_POSTGRES_BIN");
    if (given && *given) {
        if (accept(installation, given)) return true;
        buffer_printf(error, "PostgreSQL absent: AOT_POSTGRES_BIN names %s, which has no postgres and initdb", given);
        return false;
    }
    if (find_packaged(installation) || find_on_path(installation)) return true;
    buffer_append_string(error, "PostgreSQL absent: no postgres and initdb in /usr/lib/postgresql/*/bin or on PATH; "
                                "on Debian: apt install postgresql");
    return false;
}

void installation_program(const struct installation *installation, const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%s", installation->folder, name);
}

int installation_version(struct text output, char *version, size_t size) {
    static const char marker[] = "(PostgreSQL) ";
    size_t at = text_find(output, text_of(marker));
    if (at == SIZE_MAX) return 0;
    struct text rest = text_slice(output, at + sizeof marker - 1, output.length);
    size_t length = 0;
    while (length < rest.length && strchr(" \n\r\t", rest.bytes[length]) == NULL) length++;
    if (length == 0 || length >= size) return 0;
    memcpy(version, rest.bytes, length);
    version[length] = 0;
    return leading_number(version);
}
