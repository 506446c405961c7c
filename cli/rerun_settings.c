/* A run again with other inputs than before would mend nothing, or pass by mistake. What the command line says beats what was; that it
 * differs is said. */
#include "cli/rerun_settings.h"

#include "base/credentials.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct text name_of(struct text setting) {
    return text_slice(setting, 0, text_find(setting, TEXT("=")));
}

/* "window" and "component.window" may be one input. */
static bool is_same_name(struct text a, struct text b) {
    size_t first = text_find(a, TEXT(".")), second = text_find(b, TEXT("."));
    if (first != SIZE_MAX && second == SIZE_MAX) return text_equal(text_slice(a, first + 1, SIZE_MAX), b);
    if (first == SIZE_MAX && second != SIZE_MAX) return text_equal(a, text_slice(b, second + 1, SIZE_MAX));
    return text_equal(a, b);
}

/* The last one of now that gives the input, or NULL. */
static const char *given_now(const struct options *options, struct text name) {
    const char *setting, *last = NULL;
    for (size_t i = 0; (setting = option_value_at(options, "set", i)); i++)
        if (is_same_name(name_of(text_of(setting)), name)) last = setting;
    return last;
}

static bool was_given(const struct rerun *rerun, struct text name) {
    for (size_t i = 0; i < rerun->sets.count; i++)
        if (is_same_name(name_of(rerun->sets.items[i].setting), name)) return true;
    for (size_t i = 0; i < rerun->not_kept.count; i++)
        if (is_same_name(rerun->not_kept.items[i], name)) return true;
    return false;
}

static bool has_variable(struct text name) {
    struct buffer variable = { 0 };
    size_t dot = text_find(name, TEXT("."));
    if (dot != SIZE_MAX) name = text_slice(name, dot + 1, SIZE_MAX);
    buffer_append_string(&variable, "AOT_INPUT_");
    for (size_t i = 0; i < name.length; i++) buffer_append_byte(&variable, (char)toupper((unsigned char)name.bytes[i]));
    bool has = getenv(variable.bytes) != NULL;
    buffer_done(&variable);
    return has;
}

/* One of the earlier run: taken over, unless the command line has another. */
static bool repeat(const struct rerun_set *set, const struct options *options, bool quiet, struct options *all) {
    struct text name = name_of(set->setting);
    const char *now = given_now(options, name);
    if (!now && set->is_disputed) {
        fprintf(stderr,
                "aot: --rerun: the parts of the log were run with different values of %.*s; say which: --set %.*s=…\n",
                TEXT_ARGS(name), TEXT_ARGS(name));
        return false;
    }
    if (!now) {
        options_add(all, "set", set->setting.bytes, true);
        if (!quiet) fprintf(stderr, "  --set %.*s  as in the earlier run\n", TEXT_ARGS(set->setting));
    } else if (!text_equal(set->setting, text_of(now))) {
        struct buffer shown = { 0 };
        credentials_hide(text_of(now), false, &shown);
        fprintf(stderr, "aot: --rerun: --set %s here, %.*s in the earlier run\n", shown.bytes, TEXT_ARGS(set->setting));
        buffer_done(&shown);
    }
    return true;
}

static void say_new(const struct rerun *rerun, const struct options *options) {
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(options, "set", i)); i++) {
        struct text name = name_of(text_of(setting));
        if (!was_given(rerun, name)) /* only its name: it may be a secret */
            fprintf(stderr, "aot: --rerun: --set %.*s=… here, and none in the earlier run\n", TEXT_ARGS(name));
    }
}

bool rerun_settings(const struct rerun *rerun, const struct options *options, bool quiet, struct options *all) {
    bool good = true;
    options_begin(all, options->table);
    for (size_t i = 0; i < rerun->sets.count; i++) good &= repeat(&rerun->sets.items[i], options, quiet, all);
    for (size_t i = 0; i < rerun->not_kept.count; i++) {
        struct text name = rerun->not_kept.items[i];
        if (!given_now(options, name) && !has_variable(name))
            fprintf(stderr,
                    "aot: --rerun: --set %.*s=… of the earlier run held a secret and was not kept: give it again\n",
                    TEXT_ARGS(name));
    }
    if (rerun->knows_sets)
        say_new(rerun, options);
    else if (rerun->cells.count)
        fputs("aot: --rerun: the log does not say what --set was given then: nothing of it is repeated\n", stderr);
    options_add_all(all, options);
    return good;
}
