/* Fills the course's mask before its log and the heads of its records are written. One that is too short is refused by the run. */
#include "cli/course_secrets.h"

#include "base/credentials.h"
#include "cli/run_session.h"

/* Also a --set that a later one of the same name overrules: it is in none of the lists, but another setting may hold it. */
static void take_settings(const struct course *course, const struct program *program) {
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(course->options, "set", i)); i++) {
        struct text text = text_of(setting);
        size_t equals = text_find(text, TEXT("="));
        if (equals == SIZE_MAX) continue;
        if (inputs_is_secret(program, setting)) mask_add(course->secrets, text_slice(text, equals + 1, SIZE_MAX));
        credentials_mask(text, course->secrets);
    }
}

static void take_inputs(const struct course *course, struct run_session *session) {
    for (uint32_t i = 0; i < session->program->input_count; i++) {
        const struct input *input = &session->program->inputs[i];
        struct text value;
        if (!inputs_value(&session->inputs, input, &value)) continue;
        if (input->is_secret)
            mask_add(course->secrets, value);
        else
            credentials_mask(value, course->secrets);
    }
    take_settings(course, session->program);
}

void course_secrets_find(const struct course *course) {
    for (size_t i = 0; i < course->all.count; i++) take_inputs(course, course->all.items[i]);
    for (size_t i = 0; i < course->skipped.count; i++) take_inputs(course, course->skipped.items[i]);
}
