/* aot fmt: the one layout. */
#include "base/line_diff.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/file_rewrite.h"
#include "cli/recipe_paths.h"
#include "grammar/format.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "check", 0, NULL, "only say which files are laid out otherwise; exit status 1 if there are any" },
    { "diff", 0, NULL, "print what would change instead of changing it; exit status as with --check" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct tally {
    size_t files, changed, broken;
    bool unreadable, unwritable;
};

static void print_findings(struct source_set *sources, struct diagnostics *diagnostics) {
    struct buffer out = { 0 };
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, wants_colour(STDERR_FILENO), 20);
    if (out.length) fwrite(out.bytes, 1, out.length, stderr);
    buffer_done(&out);
}

static void print_text(struct text text) {
    if (text.length) fwrite(text.bytes, 1, text.length, stdout);
}

static void deliver(const char *path, struct text before, struct text after, const struct options *options,
                    struct tally *tally) {
    bool checks = option_given(options, "check"), shows = option_given(options, "diff"),
         is_input = strcmp(path, "-") == 0;
    bool same = text_equal(before, after);
    tally->changed += !same;
    if (is_input && !checks && !shows) print_text(after);
    if (same) return;
    if (shows) {
        struct buffer out = { 0 };
        line_diff_unified(before, after, is_input ? "<stdin>" : path, &out);
        print_text(buffer_text(&out));
        buffer_done(&out);
    } else if (checks || !is_input) {
        bool good = checks || file_rewrite(path, after);
        tally->unwritable |= !good;
        if (good) puts(is_input ? "<stdin>" : path);
    }
}

static void format_file(const char *path, const struct options *options, struct tally *tally) {
    struct source_set *sources = source_set_new();
    struct diagnostics *diagnostics = diagnostics_new();
    uint32_t source = source_open(sources, path);
    tally->files++;
    tally->unreadable |= source == UINT32_MAX;
    if (source != UINT32_MAX) {
        struct buffer out = { 0 };
        switch (format_source(sources, source, diagnostics, &out)) {
        case FORMAT_DONE:
            deliver(path, source_set_get(sources, source)->content, buffer_text(&out), options, tally);
            break;
        case FORMAT_UNREADABLE:
            tally->broken++;
            print_findings(sources, diagnostics);
            break;
        case FORMAT_BROKEN:
            tally->unwritable = true;
            fprintf(stderr,
                    "aot: %s: left as it is: laid out anew it would not mean the same, which is a mistake of aot's\n",
                    path);
            break;
        }
        buffer_done(&out);
    }
    diagnostics_free(diagnostics);
    source_set_free(sources);
}

static int format(const struct options *options) {
    if (options->operands.count == 0) {
        fputs("aot: fmt wants a file or a folder: aot fmt recipes.d\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    struct tally tally = { 0 };
    for (size_t i = 0; i < options->operands.count; i++) {
        struct recipe_paths paths = { 0 };
        tally.unreadable |= !recipe_paths_add(&paths, options->operands.items[i]);
        for (size_t j = 0; j < paths.list.count; j++) format_file(paths.list.items[j].path, options, &tally);
        recipe_paths_done(&paths);
    }
    if (tally.files == 0 && !tally.unreadable) fputs("aot: no recipe (*.aot) was found there\n", stderr);
    if (tally.unwritable) return EXIT_STATUS_ENVIRONMENT;
    if (tally.unreadable || tally.broken || tally.files == 0) return EXIT_STATUS_USAGE;
    bool asks = option_given(options, "check") || option_given(options, "diff");
    return asks && tally.changed ? EXIT_STATUS_FAIL : EXIT_STATUS_PASS;
}

const struct command command_fmt = { "fmt",
                                     "FILE…",
                                     "lay recipes out in the one way there is",
                                     options_table,
                                     format,
                                     "A folder stands for the *.aot in it; - is standard input, written to standard "
                                     "output. The files that changed are named.\n"
                                     "Line breaks stay where the author put them; indentation, blanks, empty lines and "
                                     "columns do not. A file that does not parse\n"
                                     "is left as it is.\n"
                                     "exit status: 0 done, 1 something would change (--check, --diff), 2 usage, "
                                     "unreadable or does not parse, 4 not written" };
