/* What a later --rerun repeats. A secret is not written down, nor what holds one. */
#include "cli/kept_sets.h"

#include "base/credentials.h"
#include "base/json.h"
#include "cli/run_session.h"

static bool is_secret_in(const struct run_session *session, const char *setting) {
    return inputs_is_secret(session->program, setting);
}

/* It may hold what another setting gives as a secret. */
static bool holds_secret(const struct course *course, struct text setting) {
    struct buffer masked = { 0 };
    mask_apply(course->secrets, setting, &masked);
    bool changed = !text_equal(buffer_text(&masked), setting);
    buffer_done(&masked);
    return changed;
}

static bool may_be_kept(const struct course *course, const char *setting) {
    size_t offset = 0;
    bool secret = credentials_next(text_of(setting), &offset, false).length > 0;
    secret |= holds_secret(course, text_of(setting));
    for (size_t i = 0; i < course->all.count; i++) secret |= is_secret_in(course->all.items[i], setting);
    for (size_t i = 0; i < course->skipped.count; i++) secret |= is_secret_in(course->skipped.items[i], setting);
    return !secret;
}

static void write_list(const struct course *course, const char *key, bool kept, struct json_writer *json) {
    const char *setting;
    json_key(json, key);
    json_array_begin(json);
    for (size_t i = 0; (setting = option_value_at(course->options, "set", i)); i++) {
        struct text text = text_of(setting);
        if (may_be_kept(course, setting) == kept)
            json_text(json, kept ? text : text_slice(text, 0, text_find(text, TEXT("="))));
    }
    json_array_end(json);
}

void kept_sets_write(const struct course *course, struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    write_list(course, "set", true, &json);
    write_list(course, "set_not_kept", false, &json);
    json_object_end(&json);
}
