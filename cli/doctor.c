/* One function a thing. Nothing is installed, started or left behind. */
#include "cli/doctor.h"

#include "base/child.h"
#include "base/clock.h"
#include "cli/natives.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t patience = 5 * SECOND;
enum { FEW_DESCRIPTORS = 1024 };

/* The first line of what the program says; false, with the reason, when it does not answer well. */
static bool ask(const char *const *arguments, struct buffer *detail) {
    struct buffer out = { 0 }, said = { 0 };
    int status = 0, failed = child_ask(arguments, patience, &out, &said, &status);
    bool good = !failed && status == 0;
    struct text line = buffer_text(good ? &out : &said);
    line = text_trim(text_slice(line, 0, text_find(line, TEXT("\n"))));
    if (failed)
        buffer_append_string(detail, child_trouble(failed));
    else
        buffer_append(detail, line);
    buffer_done(&out);
    buffer_done(&said);
    return good;
}

/* ---- programs ---- */
static bool look_natives(struct buffer *detail) {
    struct native_functions functions;
    bool good = natives_open(&functions); /* says itself what is wrong */
    if (good)
        buffer_printf(detail, "%zu of them", functions.count);
    else
        buffer_append_string(detail, "libaot_natives.so cannot be used");
    return good;
}

/* As stdlib/sql looks for it: AOT_POSTGRES_BIN, Debian's folders (the newest), PATH. */
static bool look_postgres(struct buffer *detail) {
    const char *named = getenv("AOT_POSTGRES_BIN");
    struct buffer program = { 0 };
    glob_t found = { 0 };
    if (named && *named)
        buffer_printf(&program, "%s/postgres", named);
    else if (glob("/usr/lib/postgresql/[0-9]*/bin/postgres", 0, NULL, &found) == 0)
        buffer_append_string(&program, found.gl_pathv[found.gl_pathc - 1]);
    else
        buffer_append_string(&program, "postgres");
    globfree(&found);
    const char *arguments[] = { program.bytes, "--version", NULL };
    bool good = ask(arguments, detail);
    if (!good)
        buffer_append_string(detail, "; on Debian: apt install postgresql, or AOT_POSTGRES_BIN names its folder");
    buffer_done(&program);
    return good;
}

static bool look_haproxy(struct buffer *detail) {
    const char *arguments[] = { "haproxy", "-v", NULL };
    return ask(arguments, detail);
}

static bool look_docker(struct buffer *detail) {
    const char *arguments[] = { "docker", "version", "--format", "engine {{.Server.Version}}", NULL };
    return ask(arguments, detail);
}

static bool look_compose(struct buffer *detail) {
    const char *second[] = { "docker", "compose", "version", "--short", NULL };
    const char *first[] = { "docker-compose", "version", "--short", NULL };
    if (ask(second, detail)) return true;
    buffer_clear(detail);
    return ask(first, detail);
}

static bool look_git(struct buffer *detail) {
    const char *arguments[] = { "git", "--version", NULL };
    return ask(arguments, detail);
}

/* ---- the system ---- */
static bool look_processes(struct buffer *detail) {
    int descriptor = (int)syscall(SYS_pidfd_open, getpid(), 0);
    buffer_append_string(detail,
                         descriptor >= 0 ? "pidfd_open" : "pidfd_open is missing: Linux 5.3 or later is needed");
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

static bool look_namespaces(struct buffer *detail) {
    int status = 1;
    pid_t child = fork();
    if (child == 0) _exit(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    bool good = child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (good)
        buffer_append_string(detail, "network namespaces");
    else
        buffer_printf(detail, "none for this user: %s", strerror(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM));
    return good;
}

static bool can_listen(const char *address) {
    struct sockaddr_in name = { .sin_family = AF_INET };
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, address, &name.sin_addr);
    bool good = server >= 0 && bind(server, (struct sockaddr *)&name, sizeof name) == 0 && listen(server, 1) == 0;
    if (server >= 0) close(server);
    return good;
}

static bool look_ports(struct buffer *detail) {
    bool first = can_listen("127.0.0.1"), second = can_listen("127.0.0.2");
    if (first && second)
        buffer_append_string(detail, "127.0.0.1 and the addresses behind it");
    else
        buffer_printf(detail, "nothing can listen on %s", first ? "127.0.0.2" : "127.0.0.1");
    return first && second;
}

static bool look_descriptors(struct buffer *detail) {
    struct rlimit limit = { 0 };
    getrlimit(RLIMIT_NOFILE, &limit);
    bool good = limit.rlim_cur >= FEW_DESCRIPTORS;
    buffer_printf(detail, "%llu open files%s", (unsigned long long)limit.rlim_cur,
                  good ? "" : ", which is few: ulimit -n 4096");
    return good;
}

static bool look_scratch(struct buffer *detail) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = "/tmp";
    struct statvfs system;
    bool known = statvfs(folder, &system) == 0, good = known && access(folder, W_OK | X_OK) == 0;
    buffer_append_string(detail, folder);
    if (known) {
        int64_t mebibytes = (int64_t)(((uint64_t)system.f_bavail * system.f_frsize) >> 20);
        buffer_append_string(detail, ", free: ");
        size_print(detail, mebibytes << 20);
    }
    if (!good) buffer_append_string(detail, "; cannot be written");
    return good;
}

void doctor_look(struct doctor *doctor) {
    static const struct {
        const char *name, *use;
        bool (*look)(struct buffer *detail);
    } things[DOCTOR_COUNT] = {
        [DOCTOR_NATIVES] = { "natives", "every run", look_natives },
        [DOCTOR_POSTGRES] = { "PostgreSQL", "postgres()", look_postgres },
        [DOCTOR_HAPROXY] = { "haproxy", "the balancer of component.aot", look_haproxy },
        [DOCTOR_DOCKER] = { "docker", "image: of a service, --backend docker", look_docker },
        [DOCTOR_COMPOSE] = { "docker compose", "compose: of a service", look_compose },
        [DOCTOR_GIT] = { "git", "from-tags of aot.yaml", look_git },
        [DOCTOR_PROCESSES] = { "processes", "process(), services", look_processes },
        [DOCTOR_NAMESPACES] = { "namespaces", "sandbox()", look_namespaces },
        [DOCTOR_PORTS] = { "addresses", "services, proxies", look_ports },
        [DOCTOR_DESCRIPTORS] = { "descriptors", "loads", look_descriptors },
        [DOCTOR_SCRATCH] = { "scratch folder", "every run", look_scratch },
    };
    for (size_t i = 0; i < DOCTOR_COUNT; i++) {
        doctor->rows[i] = (struct doctor_row){ .name = things[i].name, .use = things[i].use };
        doctor->rows[i].good = things[i].look(&doctor->rows[i].detail);
        buffer_append_string(&doctor->rows[i].detail, "");
    }
}

void doctor_done(struct doctor *doctor) {
    for (size_t i = 0; i < DOCTOR_COUNT; i++) buffer_done(&doctor->rows[i].detail);
}
