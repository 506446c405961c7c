/* Finds aot.yaml, chooses the profile, resolves the releases. Which key beats which is decided here alone. */
#include "cli/settings.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/compile_file.h"
#include "vm/native_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The option and the variable of each key. */
static const struct {
    const char *option, *variable;
} names[CONFIG_KEY_COUNT] = {
    [CONFIG_BACKEND] = { "--backend", "AOT_BACKEND" },
    [CONFIG_JOBS] = { "--jobs", "AOT_JOBS" },
    [CONFIG_LIMIT] = { "--limit", "AOT_LIMIT" },
    [CONFIG_KEEP_RUNS] = { "--keep-runs", "AOT_KEEP_RUNS" },
};

const char *settings_word(const struct options *options, const char *option, const char *variable,
                          const char **said_by) {
    const char *value = option_value(options, option + 2);
    *said_by = value ? option : variable;
    if (!value) value = getenv(variable);
    return value && *value ? value : NULL;
}

/* ---- values ---- */
static bool in_section(const struct config_section *section, enum config_key key, struct setting *setting) {
    if (!section || section->settings[key].span.length == 0) return false;
    *setting = (struct setting){ SETTING_FILE, section->settings[key].text, section->settings[key].span, section };
    return true;
}

struct setting settings_value(const struct settings *settings, enum config_key key) {
    struct setting setting = { .span = SPAN_NONE };
    const char *said_by, *word = settings_word(settings->options, names[key].option, names[key].variable, &said_by);
    if (word) {
        bool option = option_value(settings->options, names[key].option + 2) != NULL;
        setting.origin = option ? SETTING_OPTION : SETTING_ENVIRONMENT;
        setting.value = text_of(word);
    } else if (!in_section(settings->profile, key, &setting) && settings->config) {
        in_section(&settings->config->base, key, &setting);
    }
    return setting;
}

const char *settings_text(const struct settings *settings, enum config_key key) {
    struct setting setting = settings_value(settings, key);
    return setting.value.length ? setting.value.bytes : NULL; /* of argv, the environment or the arena: terminated */
}

const char *settings_variable(enum config_key key) {
    return names[key].variable;
}

enum backend settings_backend(const struct settings *settings) {
    struct text way = settings_value(settings, CONFIG_BACKEND).value;
    if (text_is(way, "docker")) return BACKEND_DOCKER;
    return text_is(way, "process") ? BACKEND_PROCESS : BACKEND_AUTO;
}

int64_t settings_limit(const struct settings *settings) {
    int64_t limit = 0;
    duration_parse(settings_value(settings, CONFIG_LIMIT).value, &limit);
    return limit;
}

void settings_place(const struct settings *settings, struct span span, const struct config_section *section,
                    struct buffer *out) {
    struct place place = source_place(source_set_get(settings->sources, span.source), span.start);
    buffer_printf(out, "%s:%u", settings->config->path, place.line);
    if (section && section->profile.length) buffer_printf(out, " profile %.*s", TEXT_ARGS(section->profile));
}

bool settings_print(const struct settings *settings) {
    struct buffer out = { 0 };
    diagnostics_sort(settings->diagnostics);
    diagnostics_print(settings->diagnostics, settings->sources, &out, wants_colour(STDERR_FILENO), 20);
    if (out.length) fwrite(out.bytes, 1, out.length, stderr);
    buffer_done(&out);
    return diagnostics_count(settings->diagnostics, SEVERITY_ERROR) == 0;
}

/* ---- opening ---- */
static bool open_file(struct settings *settings, const char *recipe) {
    const char *said_by, *named = settings_word(settings->options, "--config", "AOT_CONFIG", &said_by);
    char *path = named ? memory_copy(named, strlen(named)) : config_find(recipe), *error = NULL;
    if (path) settings->config = config_read(settings->sources, path, settings->diagnostics, &error);
    if (error) fprintf(stderr, "aot: %s%s%s: %s\n", named ? said_by : "", named ? " " : "", path, error);
    bool good = !error && diagnostics_count(settings->diagnostics, SEVERITY_ERROR) == 0;
    memory_release(error);
    memory_release(path);
    return good;
}

static bool choose_profile(struct settings *settings) {
    const char *said_by, *name = settings_word(settings->options, "--profile", "AOT_PROFILE", &said_by);
    if (!name) return true;
    if (!settings->config) {
        fprintf(stderr, "aot: %s %s: there is no aot.yaml, and profiles stand in it\n", said_by, name);
        return false;
    }
    settings->profile = config_profile(settings->config, text_of(name));
    if (settings->profile) return true;
    struct suggestion suggestion = suggestion_for(text_of(name));
    fprintf(stderr, "aot: %s %s: %s has no such profile", said_by, name, settings->config->path);
    for (size_t i = 0; i < settings->config->profile_count; i++)
        suggestion_offer(&suggestion, settings->config->profiles[i].profile);
    if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
    fputc('\n', stderr);
    return false;
}

/* What the environment says; options and the file were looked at when they were read. But --backend, which nobody else
 * reads. */
static bool check_words(const struct settings *settings) {
    const char *way = option_value(settings->options, "backend"), *takes;
    bool good = !way || config_key_takes(CONFIG_BACKEND, text_of(way), &takes);
    if (!good) fprintf(stderr, "aot: --backend %s: %s is wanted\n", way, takes);
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        const char *wanted, *word = getenv(names[key].variable);
        if (option_value(settings->options, names[key].option + 2) || !word || !*word) continue;
        if (config_key_takes(key, text_of(word), &wanted)) continue;
        fprintf(stderr, "aot: %s=%s: %s is wanted\n", names[key].variable, word, wanted);
        good = false;
    }
    return good;
}

static bool resolve_releases(struct settings *settings) {
    struct release_rows rows = { 0 };
    const char *said_by, *versions = settings_word(settings->options, "--versions", "AOT_VERSIONS", &said_by);
    char *error = NULL;
    bool good = releases_resolve(settings->config, settings->profile, versions, said_by, settings->arena,
                                 settings->sources, settings->diagnostics, &rows, &error);
    if (error) fprintf(stderr, "aot: %s\n", error);
    memory_release(error);
    settings->releases = ARENA_ARRAY(settings->arena, struct release, rows.count + 1);
    settings->release_count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        const struct release_row *row = &rows.rows[i];
        settings->releases[i] = (struct release){ row->name, row->tag, row->bin, row->image, row->place };
    }
    return good;
}

/* A host, a host and port, or with a database behind them, that the file lists: as it is, or the beginning alone. */
static bool is_listed(const struct config *config, struct text target) {
    for (size_t i = 0; config && i < config->allow_target_count; i++) {
        struct text listed = config->allow_targets[i].text;
        bool host = text_starts(target, listed) && listed.length < target.length &&
                    (target.bytes[listed.length] == ':' || target.bytes[listed.length] == '/');
        if (text_equal(target, listed) || host) return true;
    }
    return false;
}

/* What is not this machine takes two words: of who keeps the file, and of who starts the run. On this machine there is but one
 * thing to allow: a database that is not marked as scratch. */
static bool allow_targets(struct settings *settings) {
    bool good = true;
    const char *target;
    size_t count = 0;
    while (option_value_at(settings->options, "allow-target", count)) count++;
    settings->allowed_targets = ARENA_ARRAY(settings->arena, struct text, count + 1);
    for (size_t i = 0; (target = option_value_at(settings->options, "allow-target", i)); i++) {
        settings->allowed_targets[settings->allowed_target_count++] = text_of(target);
        if (target_is_this_machine(text_of(target)) || is_listed(settings->config, text_of(target))) continue;
        fprintf(stderr, "aot: --allow-target %s: `allow targets` of %s does not list it; both are needed\n", target,
                settings->config ? settings->config->path : "an aot.yaml");
        good = false;
    }
    return good;
}

bool settings_open(struct settings *settings, const struct options *options, const char *recipe) {
    *settings = (struct settings){
        .options = options, .sources = source_set_new(), .diagnostics = diagnostics_new(), .arena = arena_new()
    };
    bool good = check_words(settings);
    good &= open_file(settings, recipe) && choose_profile(settings) && resolve_releases(settings) &&
            allow_targets(settings);
    settings_print(settings);
    return good;
}

void settings_close(struct settings *settings) {
    config_free(settings->config);
    if (settings->arena) arena_free(settings->arena);
    diagnostics_free(settings->diagnostics);
    source_set_free(settings->sources);
    *settings = (struct settings){ 0 };
}
