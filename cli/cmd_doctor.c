/* aot doctor: what this machine has, and what each recipe lacks here. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/doctor.h"
#include "cli/file_recipes.h"
#include "cli/inputs.h"
#include "cli/needs.h"
#include "cli/recipe_paths.h"
#include "stdlib/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "json", 0, NULL, "as JSON, for machines" },
    { "set", 's', "INPUT=VALUE", "as for aot run" },
    { "profile", 'p', "NAME", "as for aot run" },
    { "config", 0, "FILE", "as for aot run" },
    { "versions", 0, "N=TAG,…", "as for aot run" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct patient {
    const struct doctor *doctor;
    const struct program *program;
    struct buffer lacks; /* "PostgreSQL; input base has no value" */
};

static void lacks(struct patient *patient, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void lacks(struct patient *patient, const char *format, ...) {
    if (patient->lacks.length) buffer_append_string(&patient->lacks, "; ");
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&patient->lacks, format, arguments);
    va_end(arguments);
}

static bool uses(const struct program *program, const char *native) {
    for (uint32_t i = 0; i < program->code_count; i++) {
        if (program->code[i].op != OP_CALL_NATIVE) continue;
        if (strcmp(catalogue()->rows[program->code[i].b].name, native) == 0) return true;
    }
    return false;
}

static void needs_what_is_not_built(struct patient *patient) {
    struct buffer names = { 0 };
    for (size_t i = 0; i < catalogue()->row_count; i++) {
        const struct native_row *row = &catalogue()->rows[i];
        if (!(row->flags & NATIVE_NOT_BUILT) || !uses(patient->program, row->name)) continue;
        buffer_printf(&names, "%s%s", names.length ? ", " : "", row->name);
    }
    if (names.length) lacks(patient, "not built yet: %s", names.bytes);
    buffer_done(&names);
}

static void needs_thing(struct patient *patient, bool needed, enum doctor_thing thing) {
    const struct doctor_row *row = &patient->doctor->rows[thing];
    if (needed && !row->good) lacks(patient, "%s: %s", row->name, row->detail.bytes);
}

/* A release that neither a program nor, with docker, an image can run. */
static void needs_releases(struct patient *patient, const struct settings *settings) {
    bool docker = patient->doctor->rows[DOCTOR_DOCKER].good;
    for (size_t i = 0; i < settings->release_count; i++) {
        const struct release *release = &settings->releases[i];
        struct buffer path = { 0 };
        buffer_append(&path, release->bin);
        bool program = path.length && access(path.bytes, X_OK) == 0, image = docker && release->image.length;
        if (!program && !image)
            lacks(patient, "the program of release %.*s%s%s (%.*s)", TEXT_ARGS(release->name), path.length ? ": " : "",
                  path.length ? path.bytes : "", TEXT_ARGS(release->place));
        buffer_done(&path);
    }
    if (settings->release_count == 0) lacks(patient, "releases: aot.yaml says what N and N-1 are");
}

static void examine(struct patient *patient, const struct settings *settings) {
    const struct program *program = patient->program;
    struct inputs inputs = { .settings = settings, .program = program };
    struct buffer missing = { 0 };
    struct text value;
    needs_thing(patient, true, DOCTOR_NATIVES);
    needs_thing(patient, true, DOCTOR_SCRATCH);
    needs_thing(patient, uses(program, "postgres"), DOCTOR_POSTGRES);
    needs_thing(patient, uses(program, "sandbox"), DOCTOR_NAMESPACES);
    needs_thing(patient, program->service_count || uses(program, "process") || uses(program, "start"),
                DOCTOR_PROCESSES);
    needs_thing(patient, program->service_count || uses(program, "proxy"), DOCTOR_PORTS);
    needs_thing(patient, program->uses_load_or_watch, DOCTOR_DESCRIPTORS);
    if (!needs_are_met(program, &missing)) lacks(patient, "needs %s", missing.bytes);
    needs_what_is_not_built(patient);
    if (program->service_count) needs_releases(patient, settings);
    for (uint32_t i = 0; i < program->input_count; i++)
        if (!program->inputs[i].has_default && !inputs_value(&inputs, &program->inputs[i], &value))
            lacks(patient, "input %.*s has no value", TEXT_ARGS(program->inputs[i].name));
    buffer_done(&missing);
    buffer_done(&inputs.found);
}

/* ---- output ---- */
static void print_row(const struct doctor_row *row) {
    printf("  %-6s  %-15s %-38s %s\n", row->good ? "here" : "absent", row->name, row->use, row->detail.bytes);
}

static void print_recipe(struct text id, const char *path, const struct buffer *missing) {
    printf("  %-6s  %-15.*s %s%s%s\n", missing->length ? "lacks" : "ready", TEXT_ARGS(id), path,
           missing->length ? "  " : "", missing->length ? missing->bytes : "");
}

static void write_row(struct json_writer *writer, const char *name, bool good, const char *detail) {
    json_object_begin(writer);
    json_key(writer, "name");
    json_string(writer, name);
    json_key(writer, "good");
    json_boolean(writer, good);
    json_key(writer, "detail");
    json_string(writer, detail);
    json_object_end(writer);
}

/* The recipe's line; the exit status that it asks for. Libraries have none. */
static int look_at(const struct options *options, const struct doctor *doctor, const char *path,
                   struct file_recipes *recipes, struct json_writer *json) {
    struct settings settings;
    struct compiled compiled = compile_file(path, false);
    int status = EXIT_STATUS_USAGE;
    bool good = compiled.readable && compiled_print_errors(&compiled, path) == 0;
    if (good && compiled.compilation.is_library) {
        status = EXIT_STATUS_PASS;
    } else if (good && settings_open(&settings, options, path)) {
        struct patient patient = { doctor, compiled.compilation.program, { 0 } };
        examine(&patient, &settings);
        file_recipes_know(recipes, patient.program->id);
        if (settings.config) file_recipes_check(recipes, settings.config, path, settings.sources, settings.diagnostics);
        settings_print(&settings);
        status = patient.lacks.length ? EXIT_STATUS_ENVIRONMENT : EXIT_STATUS_PASS;
        if (json)
            write_row(json, path, !patient.lacks.length, patient.lacks.length ? patient.lacks.bytes : "");
        else
            print_recipe(patient.program->id, path, &patient.lacks);
        buffer_done(&patient.lacks);
        settings_close(&settings);
    } else if (good) {
        settings_close(&settings);
    }
    compiled_done(&compiled);
    return status;
}

static int look_at_all(const struct options *options, const struct doctor *doctor, struct json_writer *json) {
    struct recipe_paths paths = { 0 };
    struct file_recipes recipes = { 0 };
    int worst = EXIT_STATUS_PASS;
    for (size_t i = 0; i < options->operands.count; i++)
        if (!recipe_paths_add(&paths, options->operands.items[i])) worst = EXIT_STATUS_USAGE;
    for (size_t i = 0; i < paths.list.count; i++) {
        int status = look_at(options, doctor, paths.list.items[i].path, &recipes, json);
        if (worst != EXIT_STATUS_USAGE && status != EXIT_STATUS_PASS) worst = status;
    }
    recipe_paths_done(&paths);
    file_recipes_done(&recipes);
    return worst;
}

static int print_json(const struct options *options, const struct doctor *doctor) {
    struct buffer out = { 0 };
    struct json_writer writer = json_writer_on(&out);
    json_object_begin(&writer);
    json_key(&writer, "machine");
    json_array_begin(&writer);
    for (size_t i = 0; i < DOCTOR_COUNT; i++)
        write_row(&writer, doctor->rows[i].name, doctor->rows[i].good, doctor->rows[i].detail.bytes);
    json_array_end(&writer);
    json_key(&writer, "recipes");
    json_array_begin(&writer);
    int status = look_at_all(options, doctor, &writer);
    json_array_end(&writer);
    json_object_end(&writer);
    puts(out.bytes);
    buffer_done(&out);
    return status;
}

static int doctor_run(const struct options *options) {
    struct doctor doctor;
    doctor_look(&doctor);
    int status = EXIT_STATUS_PASS;
    if (option_given(options, "json")) {
        status = print_json(options, &doctor);
    } else {
        puts("this machine");
        for (size_t i = 0; i < DOCTOR_COUNT; i++) print_row(&doctor.rows[i]);
        if (options->operands.count) puts("recipes");
        status = look_at_all(options, &doctor, NULL);
    }
    doctor_done(&doctor);
    return status;
}

const struct command command_doctor = {
    "doctor",
    "[FILE…]",
    "what this machine has, and what recipes lack here",
    options_table,
    doctor_run,
    "A folder stands for the *.aot in it. Nothing is started or installed; programs are asked for their versions.\n"
    "exit status: 0 nothing that the recipes need is missing, 2 usage or does not compile, 4 something is missing"
};
