/* Finding the unprivileged user, and becoming him in a child. Nothing here waits or allocates for long. */
#include "stdlib/sql/owner.h"
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void take(struct owner *owner, const struct passwd *entry) {
    owner->user = entry->pw_uid;
    owner->group = entry->pw_gid;
    snprintf(owner->name, sizeof owner->name, "%s", entry->pw_name);
}

bool owner_find(struct owner *owner, struct buffer *error) {
    memset(owner, 0, sizeof *owner);
    if (geteuid() != 0) {
        owner->user = geteuid();
        owner->group = getegid();
        snprintf(owner->name, sizeof owner->name, "uid-%u", (unsigned)owner->user);
        return true;
    }
    static const char *const candidates[] = { "postgres", "nobody" };
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        const struct passwd *entry = getpwnam(candidates[i]);
        if (!entry || entry->pw_uid == 0) continue;
        take(owner, entry);
        owner->switches = true;
        return true;
    }
    buffer_append_string(error,
                         "PostgreSQL refuses to run as root, and there is neither a user \"postgres\" nor \"nobody\" "
                         "to run it as");
    return false;
}

int owner_become(const struct owner *owner) {
    if (!owner->switches) return 0;
    if (setgroups(1, &owner->group) != 0) return -1;
    if (setresgid(owner->group, owner->group, owner->group) != 0) return -1;
    return setresuid(owner->user, owner->user, owner->user);
}
