/* Assembles and runs trials. What the calls gave is read back from the run's own record. */
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"
#include "base/memory.h"
#include "bytecode/builder.h"
#include "record/record.h"
#include "stdlib/catalogue.h"
#include "stdlib/functions.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REGISTERS = 200 };

struct trial {
    struct builder *builder;
    struct assembly code;
    uint32_t unit;
    uint32_t calls;              /* globals so far */
    native_function **functions; /* with what was replaced; owned, or NULL */
    struct program *program;
    struct run *run;
    struct record *record; /* read, once the run is over */
    struct mask *mask;     /* NULL without secrets */
    struct heap *heap;     /* of what was read */
    struct VECTOR(struct value) values;
    struct buffer shown, effects, message;
    char folder[64], scratch[80], logs[80], path[96];
};

struct trial *trial_new(void) {
    struct trial *trial = memory_allocate(sizeof *trial);
    trial->builder = builder_new(NULL);
    trial->unit = builder_unit(trial->builder, UNIT_RUN, TEXT("run"), SPAN_NONE);
    VECTOR_PUSH(&trial->builder->shapes, (struct shape){ .kind = SHAPE_ANY, .name = TEXT("any") });
    snprintf(trial->folder, sizeof trial->folder, "/tmp/aot-test-XXXXXX");
    cr_assert(mkdtemp(trial->folder));
    snprintf(trial->scratch, sizeof trial->scratch, "%s/scratch", trial->folder);
    snprintf(trial->logs, sizeof trial->logs, "%s/logs", trial->folder);
    snprintf(trial->path, sizeof trial->path, "%s/logs/run.aotrec", trial->folder);
    cr_assert(mkdir(trial->scratch, 0700) == 0 && mkdir(trial->logs, 0700) == 0);
    return trial;
}

static uint32_t native_index(const char *function) {
    const struct native_catalogue *all = catalogue();
    for (size_t i = 0; i < all->row_count; i++) {
        if (all->rows[i].function && strcmp(all->rows[i].function, function) == 0) return (uint32_t)i;
    }
    cr_assert(false, "no native %s", function);
    return 0;
}

static void load_constant(struct trial *trial, uint16_t at, struct constant constant) {
    assembly_emit_wide(&trial->code, OP_LOAD_CONSTANT, at, builder_constant(trial->builder, constant));
}

static void load_text(struct trial *trial, uint16_t at, enum constant_kind kind, const char *text) {
    load_constant(trial, at, (struct constant){ .kind = kind, .text = text_of(text) });
}

static void load(struct trial *trial, uint16_t at, const struct trial_argument *argument) {
    switch (argument->kind) {
    case ARGUMENT_NONE: assembly_emit(&trial->code, OP_LOAD_NONE, at, 0, 0); return;
    case ARGUMENT_TEXT: load_text(trial, at, CONSTANT_TEXT, argument->text); return;
    case ARGUMENT_JSON: load_text(trial, at, CONSTANT_JSON, argument->text); return;
    case ARGUMENT_REGEX: load_text(trial, at, CONSTANT_REGEX, argument->text); return;
    case ARGUMENT_SHELL:
        load_text(trial, REGISTERS - 1, CONSTANT_TEXT, argument->text);
        assembly_emit(&trial->code, OP_MAKE_SHELL, at, REGISTERS - 1, 1);
        return;
    case ARGUMENT_INTEGER:
        load_constant(trial, at, (struct constant){ .kind = CONSTANT_INTEGER, .integer = argument->integer });
        return;
    case ARGUMENT_DURATION:
        load_constant(trial, at, (struct constant){ .kind = CONSTANT_DURATION, .integer = argument->integer });
        return;
    case ARGUMENT_SIZE:
        load_constant(trial, at, (struct constant){ .kind = CONSTANT_SIZE, .integer = argument->integer });
        return;
    case ARGUMENT_TRUE: assembly_emit(&trial->code, OP_LOAD_TRUE, at, 0, 0); return;
    case ARGUMENT_FALSE: assembly_emit(&trial->code, OP_LOAD_FALSE, at, 0, 0); return;
    case ARGUMENT_STEP: assembly_emit_wide(&trial->code, OP_GET_GLOBAL, at, (uint32_t)argument->integer); return;
    }
}

/* A new global for what is in the register. */
static uint32_t keep(struct trial *trial, uint16_t at) {
    char name[16];
    snprintf(name, sizeof name, "g%u", trial->calls);
    struct text owned = builder_text(trial->builder, text_of(name));
    VECTOR_PUSH(&trial->builder->globals, (struct global){ .kind = GLOBAL_RUN, .name = owned });
    assembly_emit_wide(&trial->code, OP_SET_GLOBAL, at, trial->calls);
    return trial->calls++;
}

uint32_t trial_call(struct trial *trial, const char *function, size_t count, const struct trial_argument *arguments) {
    uint32_t native = native_index(function);
    for (size_t i = 0; i < count; i++) load(trial, (uint16_t)(1 + i), &arguments[i]);
    assembly_emit(&trial->code, OP_CALL_NATIVE, 0, (uint16_t)native, 1);
    return keep(trial, 0);
}

void trial_replace(struct trial *trial, const char *function, native_function *instead) {
    struct native_functions all = aot_natives();
    if (!trial->functions) {
        trial->functions = memory_allocate(all.count * sizeof *trial->functions);
        memcpy(trial->functions, all.functions, all.count * sizeof *trial->functions);
    }
    trial->functions[native_index(function)] = instead;
}

void trial_secret(struct trial *trial, const char *secret) {
    if (!trial->mask) trial->mask = mask_new();
    cr_assert(mask_add(trial->mask, text_of(secret)));
}

void trial_wait(struct trial *trial, int64_t length) {
    load_constant(trial, 0, (struct constant){ .kind = CONSTANT_DURATION, .integer = length });
    assembly_emit(&trial->code, OP_WAIT, 0, 0, 0);
}

uint32_t trial_field(struct trial *trial, uint32_t call, const char *field) {
    uint16_t index;
    cr_assert(builder_narrow_constant(trial->builder,
                                      (struct constant){ .kind = CONSTANT_TEXT, .text = text_of(field) }, &index));
    assembly_emit_wide(&trial->code, OP_GET_GLOBAL, 0, call);
    assembly_emit(&trial->code, OP_GET_FIELD, 0, 0, index);
    return keep(trial, 0);
}

static bool read_binding(void *data, struct text name, int64_t at, struct text value_json) {
    struct trial *trial = data;
    (void)at;
    size_t index = strtoul(name.bytes + 1, NULL, 10);
    if (name.bytes[0] != 'g' || index >= trial->values.count) return true;
    value_release(trial->values.items[index]);
    trial->values.items[index] = value_decode(trial->heap, value_json);
    return true;
}

static bool read_effect(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                        struct text outcome) {
    struct trial *trial = data;
    (void)start, (void)end;
    buffer_printf(&trial->effects, "%.*s %.*s: %.*s\n", TEXT_ARGS(kind), TEXT_ARGS(subject), TEXT_ARGS(outcome));
    return true;
}

static void read_back(struct trial *trial) {
    char *error = NULL;
    trial->record = record_open(trial->path, &error);
    cr_assert(trial->record, "%s", error);
    for (uint32_t i = 0; i < trial->calls; i++) VECTOR_PUSH(&trial->values, value_none());
    record_each_binding(trial->record, read_binding, trial);
    record_each_effect(trial->record, read_effect, trial);
}

enum run_end trial_run(struct trial *trial, int64_t limit) {
    char *error = NULL, journal[96];
    assembly_emit(&trial->code, OP_RETURN_NONE, 0, 0, 0);
    assembly_finish(&trial->code);
    builder_unit_code(trial->builder, trial->unit, &trial->code, REGISTERS, 0);
    assembly_done(&trial->code);
    trial->builder->program->run_unit = trial->unit;
    trial->program = builder_finish(trial->builder);
    trial->builder = NULL;
    snprintf(journal, sizeof journal, "%s/guard", trial->folder);
    struct guard *guard = guard_start(journal, strrchr(trial->folder, '/') + 1, &error);
    cr_assert(guard, "%s", error);
    struct record *record = record_create(trial->path, trial->mask, &error);
    cr_assert(record, "%s", error);
    trial->heap = heap_new(0);
    struct run_options options = { .program = trial->program,
                                   .natives = catalogue(),
                                   .functions = aot_natives(),
                                   .record = record,
                                   .guard = guard,
                                   .mask = trial->mask,
                                   .clock = LOOP_REAL,
                                   .scratch_folder = trial->scratch,
                                   .log_folder = trial->logs,
                                   .seed = 1,
                                   .limit = limit ? limit : 10 * SECOND };
    if (trial->functions) options.functions.functions = trial->functions;
    trial->run = run_new(&options);
    enum run_end end = run_execute(trial->run);
    buffer_append_string(&trial->message, run_message(trial->run));
    cr_expect_eq(run_leaked(trial->run), 0, "%zu values leaked", run_leaked(trial->run));
    run_free(trial->run);
    cr_expect_eq(guard_finish(guard), 0, "something was left for the guard");
    cr_assert(record_close(record, &error), "%s", error);
    read_back(trial);
    return end;
}

const char *trial_message(const struct trial *trial) {
    return trial->message.bytes ? trial->message.bytes : "";
}

struct value trial_value(struct trial *trial, uint32_t call) {
    cr_assert_lt(call, trial->values.count);
    return trial->values.items[call];
}

const char *trial_shown(struct trial *trial, uint32_t call) {
    buffer_clear(&trial->shown);
    value_print(trial_value(trial, call), &trial->shown);
    return trial->shown.bytes;
}

const char *trial_scratch(const struct trial *trial) {
    return trial->scratch;
}

const char *trial_logs(const struct trial *trial) {
    return trial->logs;
}

const char *trial_effects(struct trial *trial) {
    return trial->effects.bytes ? trial->effects.bytes : "";
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void trial_free(struct trial *trial) {
    char *error = NULL;
    for (size_t i = 0; i < trial->values.count; i++) value_release(trial->values.items[i]);
    VECTOR_DONE(&trial->values);
    cr_expect_eq(heap_free(trial->heap), 0);
    record_close(trial->record, &error);
    program_free(trial->program);
    if (trial->mask) mask_free(trial->mask);
    memory_release(trial->functions);
    buffer_done(&trial->shown);
    buffer_done(&trial->effects);
    buffer_done(&trial->message);
    nftw(trial->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    memory_release(trial);
    cr_expect_eq(memory_live_blocks(), 0, "%zu blocks of memory leaked", memory_live_blocks());
}
