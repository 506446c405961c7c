/* Following the log file by a timer, and reading its flat JSON objects. It owns the descriptor and the unfinished line.
 * A line longer than 1 MiB is skipped; nothing here waits. */
#include "stdlib/sql/log.h"
#include "base/clock.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t look_every = 20 * MILLISECOND;
enum { LINE_MAXIMUM = 1 << 20, READ_AT_ONCE = 1 << 16, READS_A_TURN = 16 };

struct log {
    struct run *run;                                       /* whose loop and clock */
    char *path;                                            /* of the file */
    int descriptor;                                        /* -1 until it exists */
    struct loop_timer *timer;                              /* the next look */
    struct buffer pending;                                 /* the unfinished line */
    struct buffer scratch;                                 /* decoded texts of the present line */
    bool skipping;                                         /* inside a line that is too long */
    bool telling;                                          /* a line is being told: what it causes must not read on */
    bool fed;                                              /* there is no file */
    int64_t log_now;                                       /* when fed: the present moment by the log's clock */
    void (*line)(void *data, const struct log_line *line); /* whom to tell */
    void (*broken)(void *data);                            /* of the end of evidence */
    void *data;                                            /* his */
};

/* ---- flat JSON ---- */
static unsigned hex_digits(const char *digits) {
    char four[5] = { digits[0], digits[1], digits[2], digits[3], 0 };
    return (unsigned)strtoul(four, NULL, 16);
}

static void append_code_point(struct buffer *out, unsigned code) {
    if (code < 0x80) {
        buffer_append_byte(out, (char)code);
    } else if (code < 0x800) {
        buffer_append_byte(out, (char)(0xC0 | code >> 6));
        buffer_append_byte(out, (char)(0x80 | (code & 0x3F)));
    } else {
        buffer_append_byte(out, (char)(0xE0 | code >> 12));
        buffer_append_byte(out, (char)(0x80 | (code >> 6 & 0x3F)));
        buffer_append_byte(out, (char)(0x80 | (code & 0x3F)));
    }
}

/* After the opening quote; decodes to the closing one. Returns what is behind it, or NULL. */
static const char *read_string(const char *at, const char *end, struct buffer *out) {
    static const char letters[] = "bfnrt\"\\/";
    static const char meanings[] = "\b\f\n\r\t\"\\/";
    while (at < end && *at != '"') {
        if (*at != '\\') {
            buffer_append_byte(out, *at++);
            continue;
        }
        if (++at >= end) return NULL;
        const char *letter = *at ? strchr(letters, *at) : NULL;
        if (letter) {
            buffer_append_byte(out, meanings[letter - letters]);
            at++;
        } else if (*at == 'u' && end - at >= 5) {
            append_code_point(out, hex_digits(at + 1)); /* the server escapes control characters only */
            at += 5;
        } else {
            return NULL;
        }
    }
    return at < end ? at + 1 : NULL;
}

/* A value of the object: a string or a number, decoded at the end of `out`. */
static const char *read_value(const char *at, const char *end, struct buffer *out) {
    if (at < end && *at == '"') return read_string(at + 1, end, out);
    const char *start = at;
    while (at < end && *at != ',' && *at != '}') at++;
    buffer_append(out, (struct text){ start, (size_t)(at - start) });
    return at > start ? at : NULL;
}

/* "2026-11-22 10:29:12.418 UTC", in ns since 1970 as if it were UTC, whatever zone is named; 0 when it is something else. */
static int64_t read_timestamp(struct text text) {
    char bytes[64];
    if (text.length >= sizeof bytes) return 0;
    memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = 0;
    struct tm parts = { 0 };
    int milliseconds = 0;
    if (sscanf(bytes, "%d-%d-%d %d:%d:%d.%d ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec, &milliseconds) != 7) {
        return 0;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return (int64_t)timegm(&parts) * SECOND + milliseconds * MILLISECOND;
}

/* A process id; 0 when it is something else. A 0 stands behind the text. */
static int read_process(struct text text) {
    char *end;
    long process = strtol(text.bytes, &end, 10);
    return end == text.bytes + text.length && process > 0 && process <= INT_MAX ? (int)process : 0;
}

/* Where a key's value goes. Offsets, because the scratch buffer may move while the line is read. */
struct field {
    const char *key; /* of the log's object */
    size_t start;    /* in scratch */
    size_t length;   /* 0: absent */
};
enum {
    FIELD_TIMESTAMP,
    FIELD_PID,
    FIELD_LEADER,
    FIELD_SEVERITY,
    FIELD_MESSAGE,
    FIELD_DETAIL,
    FIELD_APPLICATION,
    FIELD_DATABASE,
    FIELD_STATEMENT,
    FIELD_COUNT
};

static bool read_fields(struct text json, struct buffer *scratch, struct field *fields) {
    const char *at = json.bytes, *end = json.bytes + json.length;
    if (at >= end || *at++ != '{') return false;
    while (at < end && *at == '"') {
        size_t key = scratch->length;
        at = read_string(at + 1, end, scratch);
        if (!at || at >= end || *at++ != ':') return false;
        buffer_append_byte(scratch, 0);
        size_t start = scratch->length;
        at = read_value(at, end, scratch);
        if (!at || at >= end) return false;
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            if (strcmp(fields[i].key, scratch->bytes + key) == 0)
                fields[i].start = start, fields[i].length = scratch->length - start;
        }
        buffer_append_byte(scratch, 0);
        if (*at == ',') at++;
    }
    return at < end && *at == '}';
}

bool log_parse(struct text json, int64_t wall_now, int64_t run_now, struct buffer *scratch, struct log_line *line) {
    struct field fields[FIELD_COUNT] = {
        [FIELD_TIMESTAMP] = { .key = "timestamp" },
        [FIELD_PID] = { .key = "pid" },
        [FIELD_LEADER] = { .key = "leader_pid" },
        [FIELD_SEVERITY] = { .key = "error_severity" },
        [FIELD_MESSAGE] = { .key = "message" },
        [FIELD_DETAIL] = { .key = "detail" },
        [FIELD_APPLICATION] = { .key = "application_name" },
        [FIELD_DATABASE] = { .key = "dbname" },
        [FIELD_STATEMENT] = { .key = "statement" },
    };
    buffer_clear(scratch);
    if (!read_fields(json, scratch, fields)) return false;
    struct text texts[FIELD_COUNT];
    for (size_t i = 0; i < FIELD_COUNT; i++)
        texts[i] = (struct text){ scratch->bytes + fields[i].start, fields[i].length };
    int64_t written = read_timestamp(texts[FIELD_TIMESTAMP]);
    if (written == 0 || fields[FIELD_PID].length == 0) return false;
    int process = read_process(texts[fields[FIELD_LEADER].length ? FIELD_LEADER : FIELD_PID]);
    if (process == 0) return false;
    int64_t at = run_now - (wall_now - written);
    *line = (struct log_line){ .at = at < run_now ? at : run_now,
                               .process = process,
                               .severity = texts[FIELD_SEVERITY],
                               .message = texts[FIELD_MESSAGE],
                               .detail = texts[FIELD_DETAIL],
                               .application = texts[FIELD_APPLICATION],
                               .database = texts[FIELD_DATABASE],
                               .statement = texts[FIELD_STATEMENT] };
    return true;
}

/* ---- following ---- */
static void tell_line(struct log *log, struct text json) {
    struct log_line line;
    int64_t now = log->fed ? log->log_now : clock_wall();
    if (log_parse(json, now, run_now(log->run), &log->scratch, &line)) log->line(log->data, &line);
}

/* Cuts complete lines off the pending bytes. */
static void tell_lines(struct log *log) {
    size_t start = 0;
    log->telling = true;
    for (;;) {
        char *end = memchr(log->pending.bytes + start, '\n', log->pending.length - start);
        if (!end) break;
        size_t stop = (size_t)(end - log->pending.bytes);
        if (!log->skipping) tell_line(log, (struct text){ log->pending.bytes + start, stop - start });
        log->skipping = false;
        start = stop + 1;
    }
    log->telling = false;
    memmove(log->pending.bytes, log->pending.bytes + start, log->pending.length - start);
    log->pending.length -= start;
    if (log->pending.length > LINE_MAXIMUM) {
        log->skipping = true;
        log->pending.length = 0;
    }
}

/* False when the file cannot be read any more. */
static bool read_some(struct log *log) {
    if (log->descriptor < 0) log->descriptor = open(log->path, O_RDONLY | O_CLOEXEC);
    if (log->descriptor < 0) return errno == ENOENT;
    char bytes[READ_AT_ONCE];
    for (int reads = 0; reads < READS_A_TURN; reads++) {
        ssize_t got = read(log->descriptor, bytes, sizeof bytes);
        if (got == 0) return true;
        if (got < 0) return errno == EINTR || errno == EAGAIN;
        buffer_append(&log->pending, (struct text){ bytes, (size_t)got });
        tell_lines(log);
    }
    return true;
}

static void look(void *data) {
    struct log *log = data;
    log->timer = NULL;
    if (read_some(log)) {
        log->timer = loop_timer_start(run_loop(log->run), loop_now(run_loop(log->run)) + look_every, look, log);
    } else {
        log->broken(log->data);
    }
}

struct log *log_follow(struct run *run, const char *path, void (*line)(void *data, const struct log_line *line),
                       void (*broken)(void *data), void *data) {
    struct log *log = memory_allocate(sizeof *log);
    *log = (struct log){ .run = run,
                         .path = memory_copy(path, strlen(path)),
                         .descriptor = -1,
                         .line = line,
                         .broken = broken,
                         .data = data };
    log->timer = loop_timer_start(run_loop(run), loop_now(run_loop(run)), look, log);
    return log;
}

struct log *log_of_feed(struct run *run, void (*line)(void *data, const struct log_line *line), void *data) {
    struct log *log = memory_allocate(sizeof *log);
    *log = (struct log){ .run = run, .descriptor = -1, .line = line, .data = data, .fed = true };
    return log;
}

void log_feed(struct log *log, struct text bytes, int64_t log_now) {
    log->log_now = log_now;
    if (bytes.length == 0) return;
    buffer_append(&log->pending, bytes);
    tell_lines(log);
}

void log_read_now(struct log *log) {
    if (log && log->timer && !log->telling) read_some(log);
}

void log_free(struct log *log) {
    if (!log) return;
    if (log->timer) loop_timer_stop(log->timer);
    if (log->descriptor >= 0) close(log->descriptor);
    buffer_done(&log->pending);
    buffer_done(&log->scratch);
    memory_release(log->path);
    memory_release(log);
}
