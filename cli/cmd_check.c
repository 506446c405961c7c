/* aot check: everything that a typo can break, found without starting anything. */
#include "cli/check_choice.h"
#include "cli/check_findings.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/file_input.h"
#include "cli/file_recipes.h"
#include "cli/recipe_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options_table[] = {
    { "strict", 0, NULL, "warnings count as errors" },
    { "format", 'f', "FORM",
      "how findings are written: human, gcc, json, sarif, github, gitlab, checkstyle or rdjson" },
    { "select", 0, "CODES",
      "of the warnings only these: codes, their beginnings, names, with commas; may be repeated" },
    { "ignore", 0, "CODES", "warnings that are not told" },
    { "quiet", 'q', NULL, "only the exit status" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct tally {
    size_t files, errors, warnings;
    bool unreadable;
    struct VECTOR(char *) configs; /* each aot.yaml whose own mistakes were said already */
    struct file_recipes recipes;   /* which it may name */
    struct check_choice choice;
    const struct finding_form *form; /* written at the end; NULL: as the files are read */
    struct check_findings found;     /* for it */
};

static void print_gcc(const struct compiled *compiled) {
    for (size_t i = 0; i < diagnostics_size(compiled->diagnostics); i++) {
        const struct diagnostic *finding = diagnostics_at(compiled->diagnostics, i);
        const struct diagnostic_info *info = diagnostic_info(finding->code);
        struct source *source = source_set_get(compiled->sources, finding->span.source);
        struct place place = source_place(source, finding->span.start);
        printf("%s:%u:%u: %s: %s [%s]\n", source->path, place.line, place.column,
               info->severity == SEVERITY_ERROR ? "error" : "warning", finding->message, info->code);
    }
}

/* Takes over the path; true if it is new. */
static bool remember(struct tally *tally, char *path) {
    for (size_t i = 0; i < tally->configs.count; i++) {
        if (strcmp(tally->configs.items[i], path) != 0) continue;
        memory_release(path);
        return false;
    }
    VECTOR_PUSH(&tally->configs, path);
    return true;
}

/* What the aot.yaml of the recipe sets for it. */
static void check_config(const char *recipe, const struct compiled *compiled, struct tally *tally) {
    const char *named = getenv("AOT_CONFIG");
    char *path = named && *named ? memory_copy(named, strlen(named)) : config_find(recipe), *error = NULL;
    if (!path) return;
    struct diagnostics *other = diagnostics_new();
    bool is_new = remember(tally, memory_copy(path, strlen(path)));
    struct config *config = config_read(compiled->sources, path, is_new ? compiled->diagnostics : other, &error);
    if (config && compiled->compilation.program)
        file_inputs_check(config, compiled->compilation.program, compiled->sources, compiled->diagnostics);
    if (config && compiled->compilation.program) file_recipes_know(&tally->recipes, compiled->compilation.program->id);
    if (config) file_recipes_check(&tally->recipes, config, recipe, compiled->sources, compiled->diagnostics);
    if (error && is_new) fprintf(stderr, "aot: %s: %s\n", path, error);
    tally->unreadable |= error != NULL;
    diagnostics_sort(compiled->diagnostics);
    config_free(config);
    diagnostics_free(other);
    memory_release(error);
    memory_release(path);
}

static void check_file(const char *path, const char *format, bool quiet, struct tally *tally) {
    struct compiled compiled = compile_file(path, false); /* with a program: aot.yaml is held against its inputs */
    if (compiled.readable) check_config(path, &compiled, tally);
    check_choice_apply(&tally->choice, compiled.diagnostics);
    tally->files++;
    tally->unreadable |= !compiled.readable;
    if (compiled.readable && !quiet) {
        if (tally->form) {
            check_findings_add(&tally->found, &compiled);
        } else if (strcmp(format, "gcc") == 0) {
            print_gcc(&compiled);
        } else if (strcmp(format, "json") == 0) {
            struct buffer out = { 0 };
            diagnostics_print_json(compiled.diagnostics, compiled.sources, &out);
            if (out.length) fwrite(out.bytes, 1, out.length, stdout);
            buffer_done(&out);
        } else {
            compiled_print(&compiled);
        }
    }
    tally->errors += diagnostics_count(compiled.diagnostics, SEVERITY_ERROR);
    tally->warnings += diagnostics_count(compiled.diagnostics, SEVERITY_WARNING);
    compiled_done(&compiled);
}

static void check_path(const char *path, const char *format, bool quiet, struct tally *tally) {
    struct recipe_paths paths = { 0 };
    tally->unreadable |= !recipe_paths_add(&paths, path);
    for (size_t i = 0; i < paths.list.count; i++) check_file(paths.list.items[i].path, format, quiet, tally);
    recipe_paths_done(&paths);
}

static bool is_form(const char *format, const struct finding_form **form) {
    for (const struct finding_form *each = finding_forms; each->name; each++)
        if (strcmp(each->name, format) == 0) *form = each;
    return *form || strcmp(format, "human") == 0 || strcmp(format, "gcc") == 0 || strcmp(format, "json") == 0;
}

static bool begin(struct tally *tally, const struct options *options, const char *format) {
    if (!is_form(format, &tally->form)) {
        fprintf(stderr, "aot: --format %s is unknown: human, gcc, json", format);
        for (const struct finding_form *each = finding_forms; each->name; each++)
            fprintf(stderr, "%s %s", each[1].name ? "," : " or", each->name);
        fputc('\n', stderr);
        return false;
    }
    if (options->operands.count == 0) {
        fputs("aot: check wants a file or a folder: aot check recipes.d\n", stderr);
        return false;
    }
    return check_choice_read(&tally->choice, options);
}

static void write_form(struct tally *tally) {
    struct buffer out = { 0 };
    check_findings_write(&tally->found, tally->form, !tally->unreadable, &out);
    if (out.length) fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
}

static void print_tally(const struct tally *tally) {
    printf("%zu file%s checked: ", tally->files, tally->files == 1 ? "" : "s");
    if (tally->errors + tally->warnings == 0)
        puts("no findings");
    else
        printf("%zu error%s, %zu warning%s\n", tally->errors, tally->errors == 1 ? "" : "s", tally->warnings,
               tally->warnings == 1 ? "" : "s");
}

static int conclude(struct tally *tally, const struct options *options, const char *format) {
    bool quiet = option_given(options, "quiet"), strict = option_given(options, "strict");
    if (tally->form && !quiet) write_form(tally);
    if (tally->unreadable) return EXIT_STATUS_USAGE;
    if (tally->files == 0) {
        fputs("aot: no recipe (*.aot) was found there\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    if (!quiet && strcmp(format, "human") == 0) print_tally(tally);
    return tally->errors || (strict && tally->warnings) ? EXIT_STATUS_FAIL : EXIT_STATUS_PASS;
}

static int check(const struct options *options) {
    const char *format = option_value(options, "format");
    if (!format) format = "human";
    bool quiet = option_given(options, "quiet");
    struct tally tally = { 0 };
    if (!begin(&tally, options, format)) return EXIT_STATUS_USAGE;
    check_findings_begin(&tally.found);
    for (size_t i = 0; i < options->operands.count; i++) check_path(options->operands.items[i], format, quiet, &tally);
    int status = conclude(&tally, options, format);
    for (size_t i = 0; i < tally.configs.count; i++) memory_release(tally.configs.items[i]);
    VECTOR_DONE(&tally.configs);
    file_recipes_done(&tally.recipes);
    check_findings_done(&tally.found);
    return status;
}

const struct command command_check = {
    "check",
    "FILE…",
    "find what is wrong with recipes without starting anything",
    options_table,
    check,
    "A folder stands for the *.aot in it; - is standard input. What aot.yaml sets for them is checked, too.\n"
    "exit status: 0 clean or warnings only, 1 errors (with --strict also warnings), 2 usage or unreadable"
};
