/* Inputs and secrets: texts from outside as values of their type, and secrets to the mask before anything of them
 * can be written down. What a constant native makes of a secret is a secret too. */
#include "vm/input.h"

#include "base/credentials.h"
#include "vm/convert.h"
#include "vm/op.h"

enum { SHORTEST_DERIVED = 6 };
static const char too_short[] = "a secret of under 4 bytes cannot be masked";

static void put(struct value *destination, struct value owned) {
    struct value old = *destination;
    *destination = owned;
    value_release(old);
}

static void refuse(struct run *run, const struct input *input, struct text why) {
    const char *word = input->is_secret ? "secret" : "input";
    const char *dot = input->alias.length ? "." : "";
    struct buffer shown = { 0 };
    credentials_hide(why, false, &shown); /* printed before there is a mask */
    run_stop(run, RUN_ERROR, input->span, "%s %.*s%s%.*s: %.*s; --set %.*s=… gives it", word, TEXT_ARGS(input->alias),
             dot, TEXT_ARGS(input->name), TEXT_ARGS(buffer_text(&shown)), TEXT_ARGS(input->name));
    buffer_done(&shown);
}

void run_check_inputs(struct run *run) {
    for (uint32_t i = 0; i < run->program->input_count; i++) {
        const struct input *input = &run->program->inputs[i];
        struct value value = run->globals[input->global];
        if (!value_is_bad(value)) continue;
        /* `env.NAME` of a variable that is not set is none. */
        bool unset = text_starts(value_text_of(value), TEXT("none is no "));
        refuse(run, input,
               unset ? TEXT("the environment variable that its default reads is not set") : value_text_of(value));
    }
}

static const struct input *input_of(const struct program *program, uint32_t global) {
    for (uint32_t i = 0; i < program->input_count; i++) {
        if (program->inputs[i].global == global) return &program->inputs[i];
    }
    return NULL;
}

static bool holds_secret(const struct mask *mask, struct value value) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_RECORD) {
        for (size_t i = 0; i < value_count(value); i++) {
            if (holds_secret(mask, value_at(value, i))) return true;
        }
    }
    if (value.kind != VALUE_TEXT && value.kind != VALUE_BYTES) return false;
    struct buffer masked = { 0 };
    mask_apply(mask, value_text_of(value), &masked);
    bool changed = !text_equal(buffer_text(&masked), value_text_of(value));
    buffer_done(&masked);
    return changed;
}

void secret_bind(struct run *run, uint32_t global, struct value value) {
    const struct input *input = input_of(run->program, global);
    if (!input || value_is_bad(value) || value.kind == VALUE_NONE) return;
    /* Where nothing is written (the cells are being found) there is no mask; what no mask takes is refused all the
     * same. */
    struct mask *own = run->options.mask ? NULL : mask_new(), *mask = own ? own : run->options.mask;
    struct buffer text = { 0 };
    value_plain(value, &text);
    bool known = holds_secret(mask, value); /* given as a text */
    if (!known && !mask_add(mask, buffer_text(&text))) refuse(run, input, text_of(too_short));
    buffer_done(&text);
    mask_free(own);
}

/* ---- URLs with a user and a password ---- */
void input_hide_credentials(struct run *run, struct value value) {
    if (!run->options.mask) return;
    if (value.kind == VALUE_LIST || value.kind == VALUE_RECORD)
        for (size_t i = 0; i < value_count(value); i++) input_hide_credentials(run, value_at(value, i));
    else if (value.kind == VALUE_TEXT)
        credentials_mask(value_text_of(value), run->options.mask);
}

/* ---- what becomes of secrets ---- */
static void add_texts(struct mask *mask, struct value value) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_RECORD) {
        for (size_t i = 0; i < value_count(value); i++) add_texts(mask, value_at(value, i));
    } else if ((value.kind == VALUE_TEXT || value.kind == VALUE_BYTES) &&
               value_text_of(value).length >= SHORTEST_DERIVED) {
        if (!holds_secret(mask, value)) mask_add(mask, value_text_of(value));
    }
}

void secret_follow(struct run *run, const struct value *arguments, size_t count, struct value result) {
    struct mask *mask = run->options.mask;
    if (!mask || mask_is_empty(mask)) return;
    /* What is taken out of a record or read as one keeps its texts as they are: the secret among them is masked anyway, and
     * the others must stay readable. */
    if (result.kind == VALUE_RECORD) return;
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].kind == VALUE_RECORD || !holds_secret(mask, arguments[i])) continue;
        add_texts(mask, result);
        return;
    }
}

static enum op_outcome refuse_input(struct run *run, const struct input *input, struct text why) {
    refuse(run, input, why);
    return OP_STOPPED;
}

enum op_outcome op_get_input(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct input *input = &run->program->inputs[i.b];
    struct value *R = fiber_registers(fiber);
    struct value bound = run->globals[input->global]; /* by the unit of inputs, which runs before the world */
    struct text text;
    if (bound.kind != VALUE_UNBOUND) {
        put(&R[i.a], value_retain(bound));
        fiber->pc = (uint32_t)((int64_t)fiber->pc + (int16_t)i.c);
        return OP_CONTINUE;
    }
    if (!run->options.input || !run->options.input(run->options.input_data, input, &text)) {
        if (input->has_default) return OP_CONTINUE;
        return refuse_input(run, input, TEXT("it has no value and no default"));
    }
    /* Before anything of it can be written down. */
    if (input->is_secret && run->options.mask && !mask_add(run->options.mask, text)) {
        return refuse_input(run, input, text_of(too_short));
    }
    if (!input->is_secret && run->options.mask) credentials_mask(text, run->options.mask);
    struct value value = value_parse_shape(run->heap, run->program, input->shape, text);
    if (value_is_bad(value)) {
        struct text why = input->is_secret ? TEXT("its text does not fit its type") : value_text_of(value);
        enum op_outcome outcome = refuse_input(run, input, why);
        value_release(value);
        return outcome;
    }
    put(&R[i.a], value);
    fiber->pc = (uint32_t)((int64_t)fiber->pc + (int16_t)i.c);
    return OP_CONTINUE;
}
