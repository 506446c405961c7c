/* Any bytes as aot.yaml. What was read lies inside the file, within the bounds; a file without findings is whole; inputs become
 * texts that can be read; whatever is wrong is said, and everything is given back. */
#include "base/memory.h"
#include "config/releases.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) abort();
}

static bool inside(struct span span, struct text content) {
    return span.start <= content.length && span.length <= content.length - span.start;
}

static size_t walk(const struct yaml_value *value, struct text content, unsigned depth) {
    size_t values = 1;
    require(depth <= YAML_DEPTH_MAXIMUM + 1 && inside(value->span, content));
    require(value->shape == YAML_TEXT || value->text.length == 0);
    yaml_scalar(value);
    require(strlen(yaml_kind_name(value)) > 0);
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_entry *entry = &value->entries[i];
        require(entry->value && inside(entry->key_span, content));
        for (size_t k = 0; value->shape == YAML_MAP && k < i; k++)
            require(!text_equal(value->entries[k].key, entry->key));
        values += walk(entry->value, content, depth + 1);
    }
    return values;
}

static void read_tree(struct source_set *sources, uint32_t source) {
    struct arena *arena = arena_new();
    struct diagnostics *diagnostics = diagnostics_new();
    const struct yaml_value *tree = yaml_read(sources, source, arena, diagnostics);
    require(tree || diagnostics_size(diagnostics));
    if (tree) require(walk(tree, source_set_get(sources, source)->content, 0) <= YAML_VALUES_MAXIMUM + 1);
    diagnostics_free(diagnostics);
    arena_free(arena);
}

static void resolve(const struct config *config, struct source_set *sources, struct diagnostics *diagnostics) {
    struct arena *arena = arena_new();
    struct release_rows rows;
    char *error = NULL;
    struct config plain = *config;
    struct config_section profile = plain.profile_count ? plain.profiles[0] : plain.base;
    plain.base.releases.uses_tags = profile.releases.uses_tags = false; /* no git here */
    bool good = releases_resolve(&plain, plain.profile_count ? &profile : NULL, "N=v9,N-1=v8", "--versions", arena,
                                 sources, diagnostics, &rows, &error);
    require(good && !error);
    for (size_t i = 0; i < rows.count; i++) {
        int64_t age, younger;
        require(release_age(rows.rows[i].name, &age) && rows.rows[i].place.length);
        require(i == 0 || (release_age(rows.rows[i - 1].name, &younger) && younger < age));
        require(rows.rows[i].bin.length == 0 || rows.rows[i].bin.bytes[0] == '/');
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t blocks = memory_live_blocks();
    struct text content = { (const char *)data, size };
    struct source_set *sources = source_set_new();
    read_tree(sources, source_set_add(sources, "aot.yaml", content));
    struct diagnostics *diagnostics = diagnostics_new();
    struct config *config = config_of(sources, source_set_add(sources, "aot.yaml", content), diagnostics);
    if (diagnostics_size(diagnostics) == 0) resolve(config, sources, diagnostics);
    struct buffer out = { 0 };
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, false, 20);
    diagnostics_print_json(diagnostics, sources, &out);
    buffer_done(&out);
    config_free(config);
    diagnostics_free(diagnostics);
    source_set_free(sources);
    require(memory_live_blocks() == blocks);
    return 0;
}
