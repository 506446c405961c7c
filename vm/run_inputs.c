/* The inputs of a program alone, evaluated: what `aot config show` shows. Nothing is started, nothing recorded. */
#include "vm/run_state.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

static const int64_t evaluation_limit = 60 * SECOND;

bool run_inputs(const struct run_options *given, struct heap *heap, struct value *values, char **error) {
    const struct program *program = given->program;
    struct run_options options = *given;
    options.record = options.replay = NULL;
    options.judge = (struct run_judge){ 0 };
    options.watcher = (struct run_watcher){ 0 };
    options.cell = NULL;
    struct run *run = run_new(&options);
    run_set_limit(run, evaluation_limit);
    struct value nothing = value_none();
    *error = NULL;
    if (program->inputs_unit != UINT32_MAX && !scheduler_call(run, program->inputs_unit, &nothing)) {
        const char *message = run->message ? run->message : "the inputs were not evaluated";
        *error = memory_copy(message, strlen(message));
    }
    value_release(nothing);
    for (uint32_t i = 0; i < program->input_count; i++) {
        struct value value = run->globals[program->inputs[i].global];
        values[i] = *error || value.kind == VALUE_UNBOUND ? value_none() : value_copy(heap, value);
    }
    run_give_back(run);
    run_free(run);
    return *error == NULL;
}
