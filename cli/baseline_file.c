/* The baseline of a run. Only cells that passed are measured: figures of what failed are no aim. */
#include "cli/baseline_file.h"

#include "base/memory.h"
#include "cli/cell_place.h"
#include "cli/report_output.h"
#include "cli/run_session.h"
#include "report/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_NAME "perf-baseline.md"
enum { LARGEST = 16 << 20 };

/* "perf-baseline.md", with the folder of aot.yaml before it unless that is the working folder. */
static void find_path(const struct course *course, struct buffer *path) {
    const struct config *config = course->all.count ? course->all.items[0]->settings.config : NULL;
    char *here = getcwd(NULL, 0);
    if (config && config->folder && !(here && strcmp(here, config->folder) == 0))
        buffer_printf(path, "%s/", config->folder);
    buffer_append_string(path, FILE_NAME);
    free(here);
}

/* ---- the machine ---- */
static void append_processor(struct buffer *out) {
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", strlen("model name")) != 0) continue;
        struct text text = text_of(line);
        size_t colon = text_find(text, TEXT(":"));
        if (colon != SIZE_MAX) {
            buffer_append_string(out, " ");
            buffer_append(out, text_trim(text_slice(text, colon + 1, SIZE_MAX)));
        }
        break;
    }
    if (file) fclose(file);
}

static void describe_machine(struct buffer *out) {
    struct utsname system;
    buffer_printf(out, "%ld processors", sysconf(_SC_NPROCESSORS_ONLN));
    append_processor(out);
    if (uname(&system) == 0) buffer_printf(out, ", %s %s", system.sysname, system.release);
    buffer_append_string(out, ", aot " AOT_VERSION);
}

/* ---- the file ---- */
/* 1: read; 0: there is none; -1: it cannot be read, which is told. */
static int read_file(const char *path, struct baseline *baseline) {
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT) return 0;
    struct buffer text = { 0 }, reason = { 0 };
    char piece[65536];
    size_t got;
    while (file && text.length <= LARGEST && (got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(&text, (struct text){ piece, got });
    bool whole = file && !ferror(file) && text.length <= LARGEST;
    if (!whole) buffer_append_string(&reason, text.length > LARGEST ? "it is too large" : strerror(errno));
    if (file) fclose(file);
    bool good = whole && baseline_read(baseline, buffer_text(&text), &reason);
    if (!good) fprintf(stderr, "aot: %s is no baseline that can be used: %s\n", path, reason.bytes);
    buffer_done(&text);
    buffer_done(&reason);
    return good ? 1 : -1;
}

static bool measure(const struct results *results, struct baseline *now) {
    struct buffer machine = { 0 }, reason = { 0 };
    bool good = true;
    describe_machine(&machine);
    struct text described = arena_copy(now->arena, buffer_text(&machine));
    for (size_t i = 0; i < results->count; i++) {
        const struct cell_entry *entry = &results->cells[i];
        if (entry->state != CELL_OVER || entry->result.outcome != OUTCOME_PASS) continue;
        struct cell_place place;
        cell_place_find(&place, entry->session, entry->index);
        buffer_clear(&reason);
        if (!baseline_measure(now, place.record.bytes, described, &reason)) {
            fprintf(stderr, "aot: %s: %s\n", place.record.bytes, reason.bytes);
            good = false;
        }
        cell_place_done(&place);
    }
    buffer_done(&machine);
    buffer_done(&reason);
    return good;
}

static bool keep(const char *path, struct baseline *kept, const struct baseline *now, struct buffer *out) {
    if (!now->cells.count) {
        buffer_printf(out, "%s stays as it is: no cell with a load passed\n", path);
        return true;
    }
    struct buffer text = { 0 };
    baseline_update(kept, now);
    baseline_write(kept, &text);
    bool good = report_output_replace(path, buffer_text(&text));
    if (good) buffer_printf(out, "%s: %zu cell%s written\n", path, now->cells.count, now->cells.count == 1 ? "" : "s");
    buffer_done(&text);
    return good;
}

static void compare(const char *path, const struct baseline *kept, const struct baseline *now, struct buffer *out) {
    struct buffer lines = { 0 };
    baseline_compare(kept, now, &lines);
    if (lines.length) buffer_printf(out, "%s ", path);
    buffer_append(out, buffer_text(&lines));
    buffer_done(&lines);
}

bool baseline_file_settle(const struct results *results, const struct course *course, struct buffer *out) {
    bool wanted = option_given(course->options, "baseline");
    struct buffer path = { 0 };
    find_path(course, &path);
    struct baseline kept, now;
    baseline_begin(&kept);
    baseline_begin(&now);
    int found = read_file(path.bytes, &kept);
    bool good = found >= 0;
    if (good && (wanted || (found && !course->quiet))) good = measure(results, &now);
    if (good && wanted)
        good = keep(path.bytes, &kept, &now, out);
    else if (good && now.cells.count)
        compare(path.bytes, &kept, &now, out);
    baseline_done(&now);
    baseline_done(&kept);
    buffer_done(&path);
    return good || !wanted; /* a comparison is a courtesy */
}
