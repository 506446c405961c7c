/* The keys of aot.yaml. One function a level; what is unknown is said with the nearest known word, and reading goes on,
 * so that one look shows all mistakes. */
#include "config/config.h"

#include "config/cover.h"
#include "base/clock.h"
#include "base/suggest.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct config *config;
    struct diagnostics *diagnostics;
};

/* ---- settings of one word ---- */
static const struct {
    const char *name, *wanted;
} keys[CONFIG_KEY_COUNT] = {
    [CONFIG_BACKEND] = { "backend", "process, docker or auto" },
    [CONFIG_JOBS] = { "jobs", "a whole number from 0 to 1000" },
    [CONFIG_LIMIT] = { "limit", "a length of time, such as 5m" },
    [CONFIG_KEEP_RUNS] = { "keep-runs", "a whole number" },
};

const char *config_key_name(enum config_key key) {
    return keys[key].name;
}

static bool is_whole(struct text text, int64_t least, int64_t most) {
    int64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || number > most) return false;
        number = number * 10 + (text.bytes[i] - '0');
    }
    return text.length && number >= least && number <= most;
}

bool config_key_takes(enum config_key key, struct text text, const char **wanted) {
    int64_t length;
    *wanted = keys[key].wanted;
    switch (key) {
    case CONFIG_BACKEND: return text_is(text, "process") || text_is(text, "docker") || text_is(text, "auto");
    case CONFIG_JOBS: return is_whole(text, 0, 1000);
    case CONFIG_LIMIT: return duration_parse(text, &length) && length > 0;
    case CONFIG_KEEP_RUNS: return is_whole(text, 0, 1000000);
    case CONFIG_KEY_COUNT: break;
    }
    return false;
}

/* ---- what may stand where ---- */
static struct diagnostic *report_kind(struct reader *reader, const struct yaml_value *value, const char *what,
                                      const char *wanted) {
    return diagnostics_report(reader->diagnostics, DIAG_E604, value->span, "%s is %s, and here stands %s", what, wanted,
                              yaml_kind_name(value));
}

static bool is_map(struct reader *reader, const struct yaml_value *value, const char *what) {
    if (value->shape == YAML_MAP) return true;
    struct diagnostic *diagnostic = report_kind(reader, value, what, "a mapping");
    if (value->shape == YAML_TEXT && value->text.length == 0) diagnostic_help(diagnostic, "leave the key out");
    return false;
}

/* A text of one line without odd bytes: a word, a tag, a path. */
static bool read_text(struct reader *reader, const struct yaml_entry *entry, struct config_text *out) {
    const struct yaml_value *value = entry->value;
    struct buffer what = { 0 };
    buffer_printf(&what, "`%.*s`", TEXT_ARGS(entry->key));
    bool good = value->shape == YAML_TEXT && yaml_scalar(value) != YAML_NULL;
    if (!good) report_kind(reader, value, what.bytes, "one value");
    if (good && value->text.length == 0) {
        diagnostics_report(reader->diagnostics, DIAG_E604, value->span, "%s is empty", what.bytes);
        good = false;
    }
    for (size_t i = 0; good && i < value->text.length; i++) {
        if ((unsigned char)value->text.bytes[i] >= ' ' && value->text.bytes[i] != 127) continue;
        diagnostics_report(reader->diagnostics, DIAG_E604, value->span, "%s holds a control character", what.bytes);
        good = false;
    }
    if (good) *out = (struct config_text){ value->text, value->span };
    buffer_done(&what);
    return good;
}

static void report_unknown(struct reader *reader, const struct yaml_entry *entry, const char *where,
                           const char *const *known) {
    struct suggestion suggestion = suggestion_for(entry->key);
    struct buffer all = { 0 };
    for (; *known; known++) {
        suggestion_offer(&suggestion, text_of(*known));
        buffer_printf(&all, "%s%s", all.length ? ", " : "", *known);
    }
    struct diagnostic *diagnostic = diagnostics_report(reader->diagnostics, DIAG_E603, entry->key_span,
                                                       "%s no key `%.*s`", where, TEXT_ARGS(entry->key));
    if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    else
        diagnostic_help(diagnostic, "there are %s", all.bytes);
    buffer_done(&all);
}

/* ---- inputs ---- */
static bool is_recipe_id(struct text key) {
    return key.length && key.bytes[0] >= 'A' && key.bytes[0] <= 'Z';
}

struct inputs {
    struct VECTOR(struct config_input) list;
};

static void read_inputs(struct reader *reader, const struct yaml_value *map, const struct yaml_entry *recipe,
                        struct inputs *inputs) {
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        if (!recipe && is_recipe_id(entry->key)) {
            struct buffer what = { 0 };
            buffer_printf(&what, "what stands under the recipe `%.*s`", TEXT_ARGS(entry->key));
            if (is_map(reader, entry->value, what.bytes)) read_inputs(reader, entry->value, entry, inputs);
            buffer_done(&what);
        } else {
            struct config_input input = { .name = entry->key, .span = entry->key_span, .value = entry->value };
            if (recipe) input.recipe = recipe->key;
            if (recipe) input.recipe_span = recipe->key_span;
            VECTOR_PUSH(&inputs->list, input);
        }
    }
}

/* ---- releases ---- */
static bool is_release_name(struct text name) {
    if (!name.length || name.bytes[0] != 'N') return false;
    return name.length == 1 ||
           (name.bytes[1] == '-' && name.bytes[2] != '0' && is_whole(text_slice(name, 2, 9), 1, 9999));
}

/* `{tag}` and `{name}` are all that a template may hold. */
static void read_template(struct reader *reader, const struct yaml_entry *entry, struct config_text *out) {
    if (!read_text(reader, entry, out)) return;
    struct text text = out->text;
    for (size_t at = 0; at < text.length; at++) {
        struct text rest = text_slice(text, at, SIZE_MAX);
        bool tag = text_starts(rest, TEXT("{tag}")), name = text_starts(rest, TEXT("{name}"));
        at += tag ? 4 : name ? 5 : 0;
        if (tag || name || (text.bytes[at] != '{' && text.bytes[at] != '}')) continue;
        struct diagnostic *diagnostic =
            diagnostics_report(reader->diagnostics, DIAG_E605, out->span,
                               "`%.*s` holds a brace that is neither of {tag} nor of {name}", TEXT_ARGS(entry->key));
        diagnostic_help(diagnostic, "{tag} stands for the release's tag, {name} for N, N-1 …");
        *out = (struct config_text){ 0 };
        return;
    }
}

static void read_release(struct reader *reader, const struct yaml_entry *entry, struct config_release *release) {
    static const char *const known[] = { "tag", "bin", "image", NULL };
    *release = (struct config_release){ .name = entry->key, .span = entry->key_span };
    if (!is_map(reader, entry->value, "a release")) return;
    for (size_t i = 0; i < entry->value->count; i++) {
        const struct yaml_entry *row = &entry->value->entries[i];
        if (text_is(row->key, "tag"))
            read_text(reader, row, &release->tag);
        else if (text_is(row->key, "bin"))
            read_template(reader, row, &release->bin);
        else if (text_is(row->key, "image"))
            read_template(reader, row, &release->image);
        else
            report_unknown(reader, row, "a release has", known);
    }
}

static void read_from_tags(struct reader *reader, const struct yaml_entry *entry, struct config_releases *releases) {
    if (!read_text(reader, entry, &releases->from_tags)) return;
    if (releases->from_tags.text.bytes[0] == '-') {
        diagnostics_report(reader->diagnostics, DIAG_E605, releases->from_tags.span,
                           "a pattern of tags does not begin with `-`");
        return;
    }
    releases->uses_tags = true;
}

static void check_tags(struct reader *reader, const struct config_release *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i && list[i].tag.text.length; k++) {
            if (!text_equal(list[i].tag.text, list[k].tag.text)) continue;
            struct diagnostic *diagnostic =
                diagnostics_report(reader->diagnostics, DIAG_E605, list[i].tag.span, "%.*s and %.*s have the same tag",
                                   TEXT_ARGS(list[k].name), TEXT_ARGS(list[i].name));
            diagnostic_note(diagnostic, list[k].tag.span, "here it is that of %.*s", TEXT_ARGS(list[k].name));
        }
    }
}

static void read_releases(struct reader *reader, const struct yaml_entry *entry, struct config_releases *releases) {
    static const char *const known[] = { "N", "N-1", "N-2", "from-tags", "bin", "image", NULL };
    const struct yaml_value *map = entry->value;
    releases->span = entry->key_span;
    if (map->shape == YAML_TEXT && text_is(map->text, "from-tags")) { /* every tag, and nothing but its name */
        releases->uses_tags = true;
        releases->from_tags.span = map->span;
        return;
    }
    if (!is_map(reader, map, "`releases`")) return;
    struct config_release *list = ARENA_ARRAY(reader->config->arena, struct config_release, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_entry *row = &map->entries[i];
        if (is_release_name(row->key))
            read_release(reader, row, &list[releases->count++]);
        else if (text_is(row->key, "from-tags"))
            read_from_tags(reader, row, releases);
        else if (text_is(row->key, "bin"))
            read_template(reader, row, &releases->bin);
        else if (text_is(row->key, "image"))
            read_template(reader, row, &releases->image);
        else
            report_unknown(reader, row, "`releases` has", known);
    }
    releases->list = list;
    check_tags(reader, list, releases->count);
}

/* ---- a section: the file, or a profile ---- */
static bool read_setting(struct reader *reader, const struct yaml_entry *entry, struct config_section *section) {
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        if (!text_is(entry->key, keys[key].name)) continue;
        struct config_text given = { 0 };
        const char *wanted;
        if (!read_text(reader, entry, &given)) return true;
        if (config_key_takes(key, given.text, &wanted))
            section->settings[key] = given;
        else
            diagnostics_report(reader->diagnostics, DIAG_E604, given.span, "`%s` is %s, not `%.*s`", keys[key].name,
                               wanted, TEXT_ARGS(given.text));
        return true;
    }
    return false;
}

/* Takes what both the file and a profile may have; false for other keys. */
static bool read_common(struct reader *reader, const struct yaml_entry *entry, struct config_section *section) {
    if (read_setting(reader, entry, section)) return true;
    if (text_is(entry->key, "releases")) {
        read_releases(reader, entry, &section->releases);
        return true;
    }
    if (!text_is(entry->key, "inputs")) return false;
    if (!is_map(reader, entry->value, "`inputs`")) return true;
    struct inputs inputs = { 0 };
    read_inputs(reader, entry->value, NULL, &inputs);
    struct config_input *list = ARENA_ARRAY(reader->config->arena, struct config_input, inputs.list.count + 1);
    if (inputs.list.count) memcpy(list, inputs.list.items, inputs.list.count * sizeof *list);
    section->inputs = list;
    section->input_count = inputs.list.count;
    VECTOR_DONE(&inputs.list);
    return true;
}

static void read_profiles(struct reader *reader, const struct yaml_value *map) {
    static const char *const known[] = { "releases", "inputs", "backend", "jobs", "limit", "keep-runs", NULL };
    if (!is_map(reader, map, "`profiles`")) return;
    struct config_section *profiles = ARENA_ARRAY(reader->config->arena, struct config_section, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        profiles[i].profile = entry->key;
        profiles[i].span = entry->key_span;
        if (!is_map(reader, entry->value, "a profile")) continue;
        for (size_t k = 0; k < entry->value->count; k++) {
            const struct yaml_entry *row = &entry->value->entries[k];
            if (!read_common(reader, row, &profiles[i])) report_unknown(reader, row, "a profile has", known);
        }
    }
    reader->config->profiles = profiles;
    reader->config->profile_count = map->count;
}

/* ---- the file ---- */
static void read_targets(struct reader *reader, const struct yaml_entry *entry) {
    if (entry->value->shape != YAML_LIST) {
        report_kind(reader, entry->value, "`allow targets`", "a list of hosts");
        return;
    }
    struct config_text *targets = ARENA_ARRAY(reader->config->arena, struct config_text, entry->value->count + 1);
    for (size_t i = 0; i < entry->value->count; i++) {
        struct yaml_entry row = { .key = entry->key, .value = entry->value->entries[i].value };
        if (read_text(reader, &row, &targets[reader->config->allow_target_count])) reader->config->allow_target_count++;
    }
    reader->config->allow_targets = targets;
}

static void read_file(struct reader *reader, const struct yaml_value *map) {
    static const char *const known[] = { "releases", "inputs",    "profiles",      "backend", "jobs",
                                         "limit",    "keep-runs", "allow targets", NULL };
    if (!is_map(reader, map, "aot.yaml")) return;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        if (text_is(entry->key, "profiles"))
            read_profiles(reader, entry->value);
        else if (text_is(entry->key, "allow targets"))
            read_targets(reader, entry);
        else if (!read_common(reader, entry, &reader->config->base))
            report_unknown(reader, entry, "aot.yaml has", known);
    }
}

/* The file's folder, without links. The root when there is none any more, which nothing is below of. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *name = slash ? memory_copy(path, (size_t)(slash - path) + 1) : memory_copy(".", 1);
    char *real = realpath(name, NULL);
    char *folder = real ? memory_copy(real, strlen(real)) : memory_copy("/", 1);
    free(real);
    memory_release(name);
    return folder;
}

struct config *config_of(struct source_set *sources, uint32_t source, struct diagnostics *diagnostics) {
    const char *path = source_set_get(sources, source)->path;
    struct config *config = memory_allocate(sizeof *config);
    *config = (struct config){ .arena = arena_new(), .source = source };
    config->path = memory_copy(path, strlen(path));
    config->folder = folder_of(path);
    struct reader reader = { config, diagnostics };
    size_t before = diagnostics_count(diagnostics, SEVERITY_ERROR);
    const struct yaml_value *tree = yaml_read(sources, source, config->arena, diagnostics);
    if (tree) read_file(&reader, tree);
    if (diagnostics_count(diagnostics, SEVERITY_ERROR) > before) cover_inputs(sources, source);
    return config;
}

struct config *config_read(struct source_set *sources, const char *path, struct diagnostics *diagnostics,
                           char **error) {
    int64_t source = source_set_read(sources, path, error);
    return source < 0 ? NULL : config_of(sources, (uint32_t)source, diagnostics);
}

void config_free(struct config *config) {
    if (!config) return;
    arena_free(config->arena);
    memory_release(config->path);
    memory_release(config->folder);
    memory_release(config);
}

const struct config_section *config_profile(const struct config *config, struct text name) {
    for (size_t i = 0; i < config->profile_count; i++)
        if (text_equal(config->profiles[i].profile, name)) return &config->profiles[i];
    return NULL;
}
