/* aot config: what is set for a recipe and where it was said; what is wrong with aot.yaml. Starts nothing. */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/config_show.h"
#include "cli/file_input.h"
#include "cli/file_recipes.h"
#include "cli/natives.h"
#include "stdlib/catalogue.h"

#include <stdio.h>
#include <string.h>

static const struct option options_table[] = {
    { "json", 0, NULL, "show: as JSON, for machines" },
    { "set", 's', "INPUT=VALUE", "as for aot run" },
    { "profile", 'p', "NAME", "as for aot run" },
    { "config", 0, "FILE", "as for aot run" },
    { "versions", 0, "N=TAG,…", "as for aot run" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static int print_view(const struct options *options, const struct config_view *view) {
    struct buffer out = { 0 };
    if (option_given(options, "json"))
        config_show_json(view, &out);
    else
        config_show_text(view, &out);
    fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    return EXIT_STATUS_PASS;
}

/* The recipes that the file names; `program` (or NULL) is one of them. Warnings only. */
static void look_for_recipes(const struct settings *settings, const char *recipe, const struct program *program) {
    struct file_recipes recipes = { 0 };
    if (program) file_recipes_know(&recipes, program->id);
    if (settings->config)
        file_recipes_check(&recipes, settings->config, recipe, settings->sources, settings->diagnostics);
    file_recipes_done(&recipes);
}

/* ---- show ---- */
static int show_inputs(const struct settings *settings, struct inputs *inputs) {
    struct native_functions functions;
    const struct program *program = inputs->program;
    if (!natives_open(&functions)) return EXIT_STATUS_ENVIRONMENT;
    struct run_options run = { .program = program,
                               .natives = catalogue(),
                               .functions = functions,
                               .clock = LOOP_REAL,
                               .input = inputs_value,
                               .input_data = inputs,
                               .releases = settings->releases,
                               .release_count = settings->release_count };
    struct heap *heap = heap_new(0);
    struct value *values = memory_allocate((program->input_count + 1) * sizeof *values);
    char *error = NULL;
    int status = EXIT_STATUS_USAGE;
    if (run_inputs(&run, heap, values, &error)) {
        struct config_view view = { settings, inputs, values };
        status = print_view(settings->options, &view);
    } else {
        fprintf(stderr, "aot: %s\n", error);
    }
    memory_release(error);
    for (uint32_t i = 0; i < program->input_count; i++) value_release(values[i]);
    memory_release(values);
    heap_free(heap);
    return status;
}

static int show_recipe(const struct settings *settings, const char *path) {
    struct compiled compiled = compile_file(path, false);
    int status = EXIT_STATUS_USAGE;
    size_t errors = compiled.readable ? compiled_print_errors(&compiled, path) : 1;
    const struct program *program = compiled.compilation.program;
    if (compiled.compilation.is_library && !errors)
        fprintf(stderr, "aot: %s is a library: name a recipe that uses it\n", path);
    if (program && !errors) {
        struct inputs inputs = { .settings = settings, .program = program };
        look_for_recipes(settings, path, program);
        if (inputs_fit(&inputs)) status = show_inputs(settings, &inputs);
        buffer_done(&inputs.found);
    }
    compiled_done(&compiled);
    return status;
}

static int show(const struct options *options, const char *recipe) {
    struct settings settings;
    int status = EXIT_STATUS_USAGE;
    if (settings_open(&settings, options, recipe)) {
        struct config_view view = { &settings, NULL, NULL };
        if (!recipe) {
            look_for_recipes(&settings, NULL, NULL);
            settings_print(&settings);
        }
        status = recipe ? show_recipe(&settings, recipe) : print_view(options, &view);
    }
    settings_close(&settings);
    return status;
}

/* ---- check ---- */
static int check_recipe(const struct options *options, const char *recipe) {
    struct settings settings;
    bool good = settings_open(&settings, options, recipe);
    if (good && !settings.config) {
        fprintf(stderr, "aot: %s%sthere is no aot.yaml in this folder or above it\n", recipe ? recipe : "",
                recipe ? ": " : "");
        settings_close(&settings);
        return EXIT_STATUS_USAGE;
    }
    struct compiled compiled = { 0 };
    if (good && recipe) {
        compiled = compile_file(recipe, false);
        good = compiled.readable && compiled_print_errors(&compiled, recipe) == 0;
    }
    const struct program *program = compiled.compilation.program;
    if (program) file_inputs_check(settings.config, program, settings.sources, settings.diagnostics);
    if (good) look_for_recipes(&settings, recipe, program);
    if (good || program) good &= settings_print(&settings);
    size_t warnings = good ? diagnostics_count(settings.diagnostics, SEVERITY_WARNING) : 0;
    if (good) printf("%s%s%s: ", settings.config->path, recipe ? " for " : "", recipe ? recipe : "");
    if (good && warnings) printf("%zu warning%s\n", warnings, warnings == 1 ? "" : "s");
    if (good && !warnings) puts("no findings");
    if (compiled.sources) compiled_done(&compiled);
    settings_close(&settings);
    return good ? EXIT_STATUS_PASS : EXIT_STATUS_FAIL;
}

static int check(const struct options *options) {
    if (options->operands.count == 1) return check_recipe(options, NULL);
    int worst = EXIT_STATUS_PASS;
    for (size_t i = 1; i < options->operands.count; i++) {
        int status = check_recipe(options, options->operands.items[i]);
        if (status > worst) worst = status;
    }
    return worst;
}

static int config(const struct options *options) {
    const char *what = options->operands.count ? options->operands.items[0] : "";
    if (strcmp(what, "check") == 0) return check(options);
    if (strcmp(what, "show") == 0 && options->operands.count <= 2)
        return show(options, options->operands.count == 2 ? options->operands.items[1] : NULL);
    fputs("aot: aot config show [RECIPE], or aot config check [RECIPE…]\n", stderr);
    return EXIT_STATUS_USAGE;
}

const struct command command_config = {
    "config",
    "show [RECIPE] | check [RECIPE…]",
    "what is set for a recipe, and who says so",
    options_table,
    config,
    "show   every setting, release and input with its value and its origin: --set beats AOT_INPUT_NAME beats aot.yaml\n"
    "       (the profile, then the rest) beats the recipe's default. Secrets are ***.\n"
    "check  aot.yaml alone, or with what it sets for these recipes. Exit status: 0 clean, 1 findings, 2 usage"
};
