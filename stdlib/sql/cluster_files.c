/* Files of a scratch cluster. The template is a folder that appears whole (rename), so two aot may make it at once. */
#include "stdlib/sql/cluster_files.h"
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/hash/digest.h"
#include "stdlib/sql/folder_tree.h"
#include "stdlib/sql/log.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTORED_WORD "-restored-"
enum { SOCKET_PATH_MAXIMUM = 107, TEMPLATE_FORMAT = 1 };

void cluster_plan_folder(struct cluster_plan *plan) {
    static const char tail[] = "/aot-pg-12345678/.s.PGSQL.65535";
    const char *temporary = getenv("TMPDIR");
    if (!temporary || temporary[0] != '/' || strlen(temporary) + sizeof tail > SOCKET_PATH_MAXIMUM) temporary = "/tmp";
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number) number = (uint32_t)clock_monotonic();
    snprintf(plan->folder, sizeof plan->folder, "%s/aot-pg-%08x", temporary, number);
    snprintf(plan->data, sizeof plan->data, "%s/data", plan->folder);
    snprintf(plan->log, sizeof plan->log, "%s/log/postgres.json", plan->folder);
    snprintf(plan->output, sizeof plan->output, "%s/output", plan->folder);
}

void cluster_plan_template(struct cluster_plan *plan, const char *version) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    plan->template[0] = 0;
    int length = 0;
    if (cache && cache[0] == '/') {
        length =
            snprintf(plan->template, sizeof plan->template, "%s/aot/postgres-%s-%d", cache, version, TEMPLATE_FORMAT);
    } else if (home && home[0] == '/') {
        length = snprintf(plan->template, sizeof plan->template, "%s/.cache/aot/postgres-%s-%d", home, version,
                          TEMPLATE_FORMAT);
    }
    if (length >= (int)sizeof plan->template - 32) plan->template[0] = 0;
}

/* ---- settings ---- */
/* Nothing here is about durability, so nothing waits for the disk; nothing starts by itself in the middle of a
 * measurement. */
static const char scratch_settings[] = "listen_addresses = '127.0.0.1'\n"
                                       "max_connections = 200\n"
                                       "shared_buffers = '256MB'\n"
                                       "fsync = off\n"
                                       "full_page_writes = off\n"
                                       "synchronous_commit = off\n"
                                       "wal_level = minimal\n"
                                       "max_wal_senders = 0\n"
                                       "max_wal_size = '4GB'\n"
                                       "checkpoint_timeout = '1h'\n"
                                       "autovacuum = off\n"
                                       "jit = off\n"
                                       "timezone = 'UTC'\n"
                                       "log_timezone = 'UTC'\n"
                                       "lc_messages = 'C'\n"
                                       "logging_collector = on\n"
                                       "log_destination = 'jsonlog'\n"
                                       "log_filename = 'postgres.log'\n"
                                       "log_rotation_age = 0\n"
                                       "log_rotation_size = 0\n"
                                       "log_lock_waits = on\n";

/* The detector lives by these. */
static const char *const reserved[] = { "deadlock_timeout",
                                        "lc_messages",
                                        "listen_addresses",
                                        "log_destination",
                                        "log_directory",
                                        "log_filename",
                                        "log_lock_waits",
                                        "log_min_messages",
                                        "log_rotation_age",
                                        "log_rotation_size",
                                        "log_timezone",
                                        "logging_collector",
                                        "port",
                                        "unix_socket_directories" };

static bool is_reserved(struct text name) {
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (text_is(name, reserved[i])) return true;
    }
    return false;
}

static bool is_name(struct text name) {
    for (size_t i = 0; i < name.length; i++) {
        if (!isalnum((unsigned char)name.bytes[i]) && name.bytes[i] != '_' && name.bytes[i] != '.') return false;
    }
    return name.length > 0;
}

static void append_quoted(struct buffer *out, struct text value) {
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < value.length; i++) {
        if (value.bytes[i] == '\'' || value.bytes[i] == '\\') buffer_append_byte(out, value.bytes[i]);
        buffer_append_byte(out, value.bytes[i] == '\n' ? ' ' : value.bytes[i]);
    }
    buffer_append_byte(out, '\'');
}

bool cluster_plan_settings(struct cluster_plan *plan, int64_t waits_over, const struct text *given, size_t given_count,
                           struct buffer *error) {
    struct buffer *out = &plan->settings;
    buffer_append_string(out, scratch_settings);
    int64_t milliseconds = (waits_over + MILLISECOND - 1) / MILLISECOND;
    buffer_printf(out, "deadlock_timeout = '%lldms'\n", (long long)(milliseconds > 0 ? milliseconds : 1));
    buffer_printf(out, "unix_socket_directories = '%s'\nlog_directory = '%s/log'\n", plan->folder, plan->folder);
    for (size_t i = 0; i + 1 < 2 * given_count; i += 2) {
        if (!is_name(given[i]) || is_reserved(given[i])) {
            buffer_printf(error, "postgres: the setting \"%.*s\" %s", TEXT_ARGS(given[i]),
                          is_name(given[i]) ? "is aot's own: the lock-wait detector needs it" : "is no setting's name");
            return false;
        }
        buffer_printf(out, "%.*s = ", TEXT_ARGS(given[i]));
        append_quoted(out, given[i + 1]);
        buffer_append_byte(out, '\n');
    }
    return true;
}

/* ---- files ---- */
static bool fail(struct buffer *error, const char *what, const char *path) {
    buffer_printf(error, "cannot %s %s: %s", what, path, strerror(errno));
    return false;
}

bool cluster_make_folder(const struct cluster_plan *plan, struct buffer *error) {
    if (mkdir(plan->folder, 0700) != 0) return fail(error, "make", plan->folder);
    if (!plan->owner.switches) return true;
    if (lchown(plan->folder, plan->owner.user, plan->owner.group) != 0) return fail(error, "give away", plan->folder);
    return true;
}

/* ---- restored dumps ---- */
enum { RESTORED_KEPT = 4 };
static const off_t restored_maximum = (off_t)256 << 20; /* of the archive */

/* An archive of pg_dump is data; a text may hold now() or random(), and is restored each time. */
static bool is_worth_keeping(const char *path) {
    char magic[5] = { 0 };
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool worth = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                 status.st_size <= restored_maximum && pread(file, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
                 memcmp(magic, "PGDMP", 5) == 0;
    if (file >= 0) close(file);
    return worth;
}

void cluster_copy_restored(struct cluster_plan *plan) {
    struct buffer digest = { 0 }, ignored = { 0 };
    if (!plan->dump || !plan->template[0] || !is_worth_keeping(plan->dump)) return;
    if (digest_file(DIGEST_SHA256, plan->dump, NULL, &digest) == 0)
        snprintf(plan->restored, sizeof plan->restored, "%s" RESTORED_WORD "%.40s", plan->template, digest.bytes);
    if (plan->restored[0] && access(plan->restored, R_OK) == 0) {
        utimensat(AT_FDCWD, plan->restored, NULL, 0); /* the last used goes last */
        plan->is_restored = folder_tree_copy(plan->restored, plan->data, &plan->owner, &ignored);
        if (!plan->is_restored) folder_tree_remove(plan->data, &ignored); /* another aot has just removed it */
    }
    buffer_done(&digest);
    buffer_done(&ignored);
}

static int is_restored_entry(const struct dirent *entry) {
    return strstr(entry->d_name, RESTORED_WORD) != NULL;
}

/* The one that was not used for longest; false when there are few enough. */
static bool find_oldest(const char *folder, struct buffer *oldest) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_restored_entry, NULL);
    struct timespec least = { 0 };
    for (int i = 0; i < count; i++) {
        struct buffer path = { 0 };
        struct stat status;
        buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
        bool older = stat(path.bytes, &status) == 0 &&
                     (oldest->length == 0 || status.st_mtim.tv_sec < least.tv_sec ||
                      (status.st_mtim.tv_sec == least.tv_sec && status.st_mtim.tv_nsec < least.tv_nsec));
        if (older) {
            least = status.st_mtim;
            buffer_clear(oldest);
            buffer_append(oldest, buffer_text(&path));
        }
        buffer_done(&path);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    return count > RESTORED_KEPT && oldest->length > 0;
}

/* It goes under another name first, so that nobody finds half of it. */
static void remove_surplus(const struct cluster_plan *plan) {
    char folder[600], gone[700];
    snprintf(folder, sizeof folder, "%s", plan->restored);
    *strrchr(folder, '/') = 0;
    snprintf(gone, sizeof gone, "%s/gone.%d.%08x", folder, (int)getpid(), (unsigned)clock_monotonic());
    struct buffer oldest = { 0 }, ignored = { 0 };
    for (int i = 0; i < 100 && find_oldest(folder, &oldest); i++) {
        if (rename(oldest.bytes, gone) == 0) folder_tree_remove(gone, &ignored);
        buffer_clear(&oldest);
    }
    buffer_done(&oldest);
    buffer_done(&ignored);
}

/* The descriptor of a folder that nobody else holds; -1: somebody does, or there is none. */
static int lock_folder(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0) return folder;
    close(folder);
    return -1;
}

/* It is made inside a folder that is locked meanwhile, so that what a killed aot has left can be told from it. */
static void keep_folder(const struct cluster_plan *plan, const char *kept) {
    char making[700], data[720];
    snprintf(making, sizeof making, "%.560s.%d.%08x", plan->template, (int)getpid(), (unsigned)clock_monotonic());
    snprintf(data, sizeof data, "%s/data", making);
    struct buffer ignored = { 0 };
    int lock = mkdir(making, 0700) == 0 ? lock_folder(making) : -1;
    if (lock >= 0 && folder_tree_copy(plan->data, data, NULL, &ignored)) (void)!rename(data, kept);
    folder_tree_remove(making, &ignored);
    if (lock >= 0) close(lock);
    buffer_done(&ignored);
}

/* "postgres-15.20-1.4711.0a1b2c3d" is in the making, "gone.4711.0a1b2c3d" on its way out. */
static int is_passing_entry(const struct dirent *entry) {
    const char *name = entry->d_name, *last = strrchr(name, '.');
    if (!last || strspn(last + 1, "0123456789abcdef") != 8 || last[9]) return 0;
    const char *process = last;
    while (process > name && isdigit((unsigned char)process[-1])) process--;
    bool numbered = process < last && process > name && process[-1] == '.';
    return numbered && (strncmp(name, "postgres-", 9) == 0 || strncmp(name, "gone.", 5) == 0);
}

void cluster_sweep_cache(const struct cluster_plan *plan) {
    char folder[sizeof plan->template];
    struct dirent **entries = NULL;
    if (!plan->template[0]) return;
    snprintf(folder, sizeof folder, "%s", plan->template);
    *strrchr(folder, '/') = 0;
    int count = scandir(folder, &entries, is_passing_entry, NULL);
    for (int i = 0; i < count; i++) {
        struct buffer path = { 0 }, ignored = { 0 };
        buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
        int lock = lock_folder(path.bytes);
        if (lock >= 0) folder_tree_remove(path.bytes, &ignored);
        if (lock >= 0) close(lock);
        buffer_done(&path);
        buffer_done(&ignored);
        free(entries[i]);
    }
    free(entries);
}

void cluster_keep_restored(const struct cluster_plan *plan) {
    keep_folder(plan, plan->restored);
    remove_surplus(plan);
}

bool cluster_copy_template(const struct cluster_plan *plan, bool *found, struct buffer *error) {
    *found = plan->template[0] && access(plan->template, R_OK) == 0;
    if (!*found) return true;
    return folder_tree_copy(plan->template, plan->data, &plan->owner, error);
}

static bool make_parents(const char *path) {
    char each[512];
    snprintf(each, sizeof each, "%s", path);
    for (char *slash = strchr(each + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(each, 0700) != 0 && errno != EEXIST) return false;
        *slash = '/';
    }
    return true;
}

void cluster_keep_template(const struct cluster_plan *plan) {
    if (!plan->template[0] || !make_parents(plan->template)) return;
    keep_folder(plan, plan->template);
}

static bool write_file(const struct cluster_plan *plan, const char *name, int mode, struct text content,
                       struct buffer *error) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", plan->data, name);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | mode, 0600);
    if (file < 0) return fail(error, "write", path);
    bool ok = !plan->owner.switches || fchown(file, plan->owner.user, plan->owner.group) == 0;
    for (size_t done = 0; ok && done < content.length;) {
        ssize_t put = write(file, content.bytes + done, content.length - done);
        ok = put > 0;
        if (ok) done += (size_t)put;
    }
    if (!ok) fail(error, "write", path);
    close(file);
    return ok;
}

bool cluster_configure(const struct cluster_plan *plan, struct buffer *error) {
    /* The socket's folder is closed to others; by TCP anybody on this machine could come, so that asks for the
     * password. */
    static const char access_rules[] =
        "local all all trust\nlocal replication all trust\n"
        "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n";
    return write_file(plan, "postgresql.conf", O_APPEND, buffer_text(&plan->settings), error) &&
           write_file(plan, "pg_hba.conf", O_TRUNC, text_of(access_rules), error);
}

bool cluster_follow(const struct cluster_plan *plan, struct buffer *error) {
    return cluster_configure(plan, error) && write_file(plan, "standby.signal", O_TRUNC, TEXT_NONE, error);
}

/* ---- a dead server's log ---- */
static bool read_tail(const char *path, struct buffer *out) {
    enum { TAIL = 16384 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    off_t size = lseek(file, 0, SEEK_END);
    lseek(file, size > TAIL ? size - TAIL : 0, SEEK_SET);
    char bytes[TAIL];
    ssize_t got = read(file, bytes, sizeof bytes);
    close(file);
    if (got > 0) buffer_append(out, (struct text){ bytes, (size_t)got });
    return got > 0;
}

/* Behind the time and the process: "FATAL:  …" becomes "…". Empty for what helps nobody. */
static struct text complaint_of(struct text line) {
    static const char *const levels[] = { "FATAL:  ", "PANIC:  ", "ERROR:  ", "LOG:  " };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        size_t at = text_find(line, text_of(levels[i]));
        if (at == SIZE_MAX) continue;
        struct text rest = text_slice(line, at + strlen(levels[i]), line.length);
        return text_starts(rest, TEXT("redirecting log output")) ? TEXT_NONE : rest;
    }
    return text_find(line, TEXT("HINT:")) == SIZE_MAX ? line : TEXT_NONE;
}

/* The log proper: errors, and notes of what could not be done. */
static struct text complaint_of_json(struct text line, struct buffer *scratch) {
    struct log_line parsed;
    if (!log_parse(line, 0, 0, scratch, &parsed)) return TEXT_NONE;
    bool complains = !text_is(parsed.severity, "LOG") || text_find(parsed.message, TEXT("could not")) != SIZE_MAX;
    return complains ? parsed.message : TEXT_NONE;
}

static void append_complaints(const char *path, bool json, struct buffer *out) {
    struct buffer tail = { 0 }, scratch = { 0 };
    if (read_tail(path, &tail)) {
        char *rest = tail.bytes;
        for (char *line; (line = strsep(&rest, "\n"));) {
            struct text complaint = json ? complaint_of_json(text_of(line), &scratch) : complaint_of(text_of(line));
            if (complaint.length && out->length) buffer_append_string(out, "; ");
            if (out->length < 1000) buffer_append(out, complaint);
        }
    }
    buffer_done(&tail);
    buffer_done(&scratch);
}

bool cluster_last_words(const struct cluster_plan *plan, struct buffer *out) {
    struct buffer words = { 0 };
    append_complaints(plan->output, false, &words);
    append_complaints(plan->log, true, &words);
    bool told = words.length > 0;
    buffer_append_string(out, told ? words.bytes : "its log says nothing");
    buffer_done(&words);
    return told;
}

void cluster_copy_log(const struct cluster_plan *plan, const char *path) {
    enum { LOG_MAXIMUM = 16 << 20 };
    int from = path ? open(plan->log, O_RDONLY | O_CLOEXEC) : -1;
    int to = from >= 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;
    off_t size = to >= 0 ? lseek(from, 0, SEEK_END) : 0;
    lseek(from, size > LOG_MAXIMUM ? size - LOG_MAXIMUM : 0, SEEK_SET);
    char bytes[65536];
    for (ssize_t got; to >= 0 && (got = read(from, bytes, sizeof bytes)) > 0;) {
        if (write(to, bytes, (size_t)got) != got) break;
    }
    if (to >= 0) close(to);
    if (from >= 0) close(from);
}
