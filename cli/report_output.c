/* Writing reports. `github` is two: annotations on standard output, and the summary where the workflow wants it. */
#include "cli/report_output.h"

#include "base/memory.h"
#include "cli/file_rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One NAME[=PATH] of a list. */
struct wish {
    struct text name;
    const char *path; /* owned; NULL: none was given */
};

/* The next of the list at *rest; false behind the last. */
static bool next_wish(struct text *rest, struct wish *wish) {
    if (!rest->length) return false;
    size_t comma = text_find(*rest, TEXT(","));
    struct text one = text_slice(*rest, 0, comma);
    *rest = comma == SIZE_MAX ? TEXT_NONE : text_slice(*rest, comma + 1, SIZE_MAX);
    size_t equals = text_find(one, TEXT("="));
    wish->name = text_slice(one, 0, equals);
    struct text path = equals == SIZE_MAX ? TEXT_NONE : text_slice(one, equals + 1, SIZE_MAX);
    wish->path = path.length ? memory_copy(path.bytes, path.length) : NULL;
    return true;
}

static void wish_done(struct wish *wish) {
    memory_release((char *)wish->path);
}

/* Devices and pipes are written to directly. */
static bool is_plain(const char *path) {
    return strncmp(path, "/dev/", 5) != 0;
}

static bool is_complete(const struct wish *wish, const char *given) {
    const struct report_form *form = report_form_find(wish->name);
    bool has_place = wish->path || text_is(wish->name, "github") ||
                     (text_is(wish->name, "summary") && getenv("GITHUB_STEP_SUMMARY"));
    if (form && has_place) return true;
    if (form) {
        fprintf(stderr, "aot: --report %s: say where to: --report %s=FILE, or =- for standard output\n", given,
                form->name);
        return false;
    }
    fprintf(stderr, "aot: --report %s: there is no report %.*s; there are:", given, TEXT_ARGS(wish->name));
    for (form = report_forms; form->name; form++) fprintf(stderr, " %s", form->name);
    fputc('\n', stderr);
    return false;
}

static bool takes_output(const struct wish *wish) {
    return wish->path ? strcmp(wish->path, "-") == 0 : text_is(wish->name, "github");
}

/* Tried before the cells run, as they may take long. */
static bool can_be_written(const struct wish *wish) {
    if (!wish->path || strcmp(wish->path, "-") == 0 || !is_plain(wish->path)) return true;
    struct buffer beside = { 0 };
    struct stat status;
    bool is_folder = stat(wish->path, &status) == 0 && S_ISDIR(status.st_mode);
    buffer_printf(&beside, "%s.new", wish->path);
    int file = is_folder ? -1 : open(beside.bytes, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    int error = is_folder ? EISDIR : errno;
    if (file >= 0) unlink(beside.bytes);
    if (file >= 0) close(file);
    buffer_done(&beside);
    if (file < 0) fprintf(stderr, "aot: --report: %s could not be written: %s\n", wish->path, strerror(error));
    return file >= 0;
}

bool report_outputs_check(const struct options *options) {
    const char *given;
    bool good = true;
    size_t takers = 0;
    for (size_t i = 0; (given = option_value_at(options, "report", i)); i++) {
        struct text rest = text_of(given);
        struct wish wish;
        while (next_wish(&rest, &wish)) {
            good &= is_complete(&wish, given) && can_be_written(&wish);
            takers += takes_output(&wish);
            wish_done(&wish);
        }
    }
    if (takers > 1) fputs("aot: --report: only one report can go to standard output (=-, or github)\n", stderr);
    return good && takers < 2;
}

bool report_outputs_take_output(const struct options *options) {
    const char *given;
    bool takes = false;
    for (size_t i = 0; (given = option_value_at(options, "report", i)); i++) {
        struct text rest = text_of(given);
        struct wish wish;
        while (next_wish(&rest, &wish)) {
            takes |= wish.path && strcmp(wish.path, "-") == 0;
            wish_done(&wish);
        }
    }
    return takes;
}

/* ---- writing ---- */
static bool failed(const char *path) {
    fprintf(stderr, "aot: %s could not be written: %s\n", path, strerror(errno));
    return false;
}

static bool append_to(const char *path, struct text text) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return failed(path);
    bool good = file_write_all(file, text);
    good &= close(file) == 0;
    return good || failed(path);
}

/* A file beside it that takes its place: nobody reads half a report. */
bool report_output_replace(const char *path, struct text text) {
    struct buffer temporary = { 0 };
    bool plain = is_plain(path);
    buffer_printf(&temporary, "%s%s", path, plain ? ".new" : "");
    int file = open(temporary.bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = file >= 0 && file_write_all(file, text);
    if (file >= 0) good &= close(file) == 0;
    if (good && plain) good = rename(temporary.bytes, path) == 0;
    if (!good) failed(path);
    if (!good && file >= 0 && plain) unlink(temporary.bytes);
    buffer_done(&temporary);
    return good;
}

bool report_output_write(const struct report_form *form, const char *path, const struct report_run *run) {
    struct buffer out = { 0 };
    form->write(run, &out);
    bool good = true;
    if (path && strcmp(path, "-") != 0)
        good = report_output_replace(path, buffer_text(&out));
    else if (out.length)
        fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    return good;
}

static bool append_summary(const struct report_run *run) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (!path || !*path) return true;
    struct buffer out = { 0 };
    report_summary(run, &out);
    bool good = append_to(path, buffer_text(&out));
    buffer_done(&out);
    return good;
}

void report_output_prefix(struct buffer *prefix) {
    const char *root = getenv("GITHUB_WORKSPACE");
    if (!root || !*root) root = getenv("CI_PROJECT_DIR"); /* GitLab's name for it */
    char folder[PATH_MAX];
    if (!root || !*root || !getcwd(folder, sizeof folder)) return;
    size_t length = strlen(root);
    while (length > 1 && root[length - 1] == '/') length--;
    if (strncmp(folder, root, length) == 0 && folder[length] == '/') buffer_printf(prefix, "%s/", folder + length + 1);
}

static bool fulfil(const struct wish *wish, const struct report_run *run) {
    const struct report_form *form = report_form_find(wish->name);
    bool summed_up = !text_is(wish->name, "github") || append_summary(run);
    if (text_is(wish->name, "summary") && !wish->path) return append_summary(run);
    return report_output_write(form, wish->path, run) && summed_up;
}

bool report_outputs_write(const struct options *options, struct report_run *run) {
    const char *given;
    bool good = true;
    struct buffer prefix = { 0 };
    report_output_prefix(&prefix);
    run->path_prefix = buffer_text(&prefix);
    for (size_t i = 0; (given = option_value_at(options, "report", i)); i++) {
        struct text rest = text_of(given);
        struct wish wish;
        while (next_wish(&rest, &wish)) {
            good &= fulfil(&wish, run);
            wish_done(&wish);
        }
    }
    run->path_prefix = TEXT_NONE;
    buffer_done(&prefix);
    return good;
}
