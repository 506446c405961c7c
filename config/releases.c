/* Puts releases together: those of aot.yaml by name, tags of the repository for the names that are free, and tags that
 * --versions gives. A program or image comes from the release itself, else from the template. */
#include "config/releases.h"

#include "base/vector.h"
#include "config/tags.h"

#include <string.h>

struct resolver {
    const struct config *config;          /* NULL: there is no aot.yaml */
    const struct config_section *profile; /* NULL: none */
    struct arena *arena;
    struct source_set *sources;
    struct diagnostics *diagnostics;
    struct VECTOR(struct release_row) rows;
};

bool release_age(struct text name, int64_t *age) {
    *age = 0;
    if (!name.length || name.bytes[0] != 'N' || name.length == 2 || (name.length > 1 && name.bytes[1] != '-'))
        return false;
    for (size_t i = 2; i < name.length; i++) {
        if (name.bytes[i] < '0' || name.bytes[i] > '9' || *age > 99999) return false;
        *age = *age * 10 + (name.bytes[i] - '0');
    }
    return true;
}

static struct release_row *row_of(struct resolver *resolver, struct text name) {
    for (size_t i = 0; i < resolver->rows.count; i++)
        if (text_equal(resolver->rows.items[i].name, name)) return &resolver->rows.items[i];
    return NULL;
}

/* ---- templates ---- */
static struct text filled(struct resolver *resolver, struct text template, const struct release_row *row) {
    struct buffer out = { 0 };
    for (size_t at = 0; at < template.length;) {
        struct text rest = text_slice(template, at, SIZE_MAX);
        bool tag = text_starts(rest, TEXT("{tag}")), name = text_starts(rest, TEXT("{name}"));
        if (tag || name) buffer_append(&out, tag ? row->tag : row->name);
        if (!tag && !name) buffer_append_byte(&out, template.bytes[at]);
        at += tag ? 5 : name ? 6 : 1;
    }
    struct text text = arena_copy(resolver->arena, buffer_text(&out));
    buffer_done(&out);
    return text;
}

/* {tag} of a release that has none leaves nothing to fill in. */
static struct text fill(struct resolver *resolver, struct text template, const struct release_row *row) {
    if (!row->tag.length && text_find(template, TEXT("{tag}")) != SIZE_MAX) return TEXT_NONE;
    return filled(resolver, template, row);
}

static struct text absolute(struct resolver *resolver, struct text path) {
    if (!resolver->config || !path.length || path.bytes[0] == '/') return path;
    while (text_starts(path, TEXT("./"))) path = text_slice(path, 2, SIZE_MAX);
    const char *folder = resolver->config->folder;
    return arena_printf(resolver->arena, "%s/%.*s", strcmp(folder, "/") == 0 ? "" : folder, TEXT_ARGS(path));
}

/* The file's releases, and the profile's before them: layer 0 is the profile. NULL: there is no such layer. */
enum { LAYERS = 2 };
static const struct config_releases *layer(const struct resolver *resolver, int index) {
    const struct config_section *section = index == 0 ? resolver->profile : NULL;
    if (index == 1 && resolver->config) section = &resolver->config->base;
    return section && section->releases.span.length ? &section->releases : NULL;
}

static const struct config_release *named(const struct config_releases *releases, struct text name) {
    for (size_t i = 0; releases && i < releases->count; i++)
        if (text_equal(releases->list[i].name, name)) return &releases->list[i];
    return NULL;
}

/* The first that was given: by the row's own lines in the layers (a layer without: NULL), then by the templates. */
static void complete(struct resolver *resolver, struct release_row *row, const struct config_release *const own[]) {
    struct text bin = TEXT_NONE, image = TEXT_NONE;
    for (int i = 0; i < LAYERS && own; i++) {
        if (own[i] && !bin.length) bin = own[i]->bin.text;
        if (own[i] && !image.length) image = own[i]->image.text;
    }
    for (int i = 0; i < LAYERS; i++) {
        const struct config_releases *releases = layer(resolver, i);
        if (releases && !bin.length) bin = releases->bin.text;
        if (releases && !image.length) image = releases->image.text;
    }
    row->bin = absolute(resolver, fill(resolver, bin, row));
    row->image = fill(resolver, image, row);
}

static struct text place_of(struct resolver *resolver, struct span span, int index) {
    struct source *source = source_set_get(resolver->sources, resolver->config->source);
    struct text profile = index == 0 ? resolver->profile->profile : TEXT_NONE;
    return arena_printf(resolver->arena, "%s:%u%s%.*s", resolver->config->path, source_place(source, span.start).line,
                        profile.length ? " profile " : "", TEXT_ARGS(profile));
}

/* ---- the three sources ---- */
/* A release by the layers that name it. The file's lines hold for the profile's tag only if that is theirs. */
static struct release_row row_named(struct resolver *resolver, struct text name, struct text place) {
    const struct config_release *own[LAYERS] = { named(layer(resolver, 0), name), named(layer(resolver, 1), name) };
    struct text tag = own[0] ? own[0]->tag.text : TEXT_NONE;
    if (own[0] && own[1] && tag.length && !text_equal(tag, own[1]->tag.text)) own[1] = NULL;
    if (!tag.length && own[1]) tag = own[1]->tag.text;
    struct release_row row = { .name = name, .tag = tag, .place = place };
    complete(resolver, &row, own);
    return row;
}

/* The file's name for a tag that the profile gives another name is none any more: a tag is one release. */
static bool is_moved(const struct resolver *resolver, const struct config_release *own) {
    const struct config_releases *profile = layer(resolver, 0);
    for (size_t i = 0; profile && i < profile->count; i++)
        if (own->tag.text.length && text_equal(profile->list[i].tag.text, own->tag.text)) return true;
    return false;
}

static void add_named(struct resolver *resolver) {
    for (int l = 0; l < LAYERS; l++) {
        const struct config_releases *releases = layer(resolver, l);
        for (size_t i = 0; releases && i < releases->count; i++) {
            const struct config_release *own = &releases->list[i];
            if (row_of(resolver, own->name) || (l == 1 && is_moved(resolver, own))) continue;
            struct release_row row = row_named(resolver, own->name, place_of(resolver, own->span, l));
            VECTOR_PUSH(&resolver->rows, row);
        }
    }
}

static bool is_known(struct resolver *resolver, struct text tag) {
    for (size_t i = 0; i < resolver->rows.count; i++)
        if (text_equal(resolver->rows.items[i].tag, tag)) return true;
    return false;
}

/* The newest tag is the first name that aot.yaml leaves free. */
static bool add_tags(struct resolver *resolver, int index) {
    const struct config_releases *releases = layer(resolver, index);
    if (!releases || !resolver->config) return true;
    struct text tags[TAGS_MAXIMUM];
    char *error = NULL;
    int count = tags_read(resolver->config->folder, releases->from_tags.text, resolver->arena, tags, &error);
    if (count <= 0) {
        struct text pattern = releases->from_tags.text;
        if (error)
            diagnostics_report(resolver->diagnostics, DIAG_E605, releases->from_tags.span, "%s", error);
        else
            diagnostics_report(resolver->diagnostics, DIAG_E605, releases->from_tags.span,
                               "the repository has no tag%s%.*s", pattern.length ? " like " : "", TEXT_ARGS(pattern));
        memory_release(error);
        return false;
    }
    int64_t age = 0;
    for (int i = 0; i < count; i++) {
        if (is_known(resolver, tags[i])) continue;
        struct text name = TEXT("N");
        for (; row_of(resolver, name); age++) name = arena_printf(resolver->arena, "N-%lld", (long long)age + 1);
        struct release_row row = { .name = name,
                                   .tag = tags[i],
                                   .place = place_of(resolver, releases->from_tags.span, index) };
        complete(resolver, &row, NULL);
        VECTOR_PUSH(&resolver->rows, row);
    }
    return true;
}

static const struct config_release *named_by_tag(struct resolver *resolver, int index, struct text tag) {
    const struct config_releases *releases = layer(resolver, index);
    for (size_t i = 0; releases && i < releases->count; i++)
        if (text_equal(releases->list[i].tag.text, tag)) return &releases->list[i];
    return NULL;
}

static bool add_version(struct resolver *resolver, struct text setting, const char *said_by, char **error) {
    size_t equals = text_find(setting, TEXT("="));
    struct text name = text_trim(text_slice(setting, 0, equals));
    struct text tag = equals == SIZE_MAX ? TEXT_NONE : text_trim(text_slice(setting, equals + 1, SIZE_MAX));
    int64_t age;
    if (!tag.length || !release_age(name, &age)) {
        struct buffer text = { 0 };
        buffer_printf(&text, "%s %.*s: write %s N=v2.0.0,N-1=v1.1.0", said_by, TEXT_ARGS(setting), said_by);
        *error = buffer_take(&text);
        return false;
    }
    /* Another tag is another release: what aot.yaml says of this name does not hold for it. */
    struct release_row row = { .name = arena_copy(resolver->arena, name),
                               .tag = arena_copy(resolver->arena, tag),
                               .place = arena_copy(resolver->arena, text_of(said_by)) };
    const struct config_release *own[LAYERS] = { named_by_tag(resolver, 0, tag), named_by_tag(resolver, 1, tag) };
    complete(resolver, &row, own);
    struct release_row *known = row_of(resolver, name);
    if (known)
        *known = row;
    else
        VECTOR_PUSH(&resolver->rows, row);
    return true;
}

/* A tag is one release: a name of aot.yaml whose tag now has another name is none any more. */
static void drop_moved(struct resolver *resolver, const char *said_by) {
    size_t kept = 0;
    for (size_t i = 0; i < resolver->rows.count; i++) {
        const struct release_row *row = &resolver->rows.items[i];
        bool moved = false;
        for (size_t k = 0; k < resolver->rows.count && !text_is(row->place, said_by); k++)
            moved |=
                text_is(resolver->rows.items[k].place, said_by) && text_equal(resolver->rows.items[k].tag, row->tag);
        if (!moved) resolver->rows.items[kept++] = *row;
    }
    resolver->rows.count = kept;
}

static bool add_versions(struct resolver *resolver, struct text versions, const char *said_by, char **error) {
    for (size_t at = 0; at <= versions.length;) {
        struct text rest = text_slice(versions, at, SIZE_MAX);
        size_t comma = text_find(rest, TEXT(","));
        if (comma == SIZE_MAX) comma = rest.length;
        if (!add_version(resolver, text_slice(rest, 0, comma), said_by, error)) return false;
        at += comma + 1;
    }
    drop_moved(resolver, said_by);
    return true;
}

static void sort(struct release_row *rows, size_t count) {
    for (size_t i = 1; i < count; i++) { /* a handful of rows */
        struct release_row row = rows[i];
        int64_t age, other;
        release_age(row.name, &age);
        size_t k = i;
        for (; k > 0 && release_age(rows[k - 1].name, &other) && other > age; k--) rows[k] = rows[k - 1];
        rows[k] = row;
    }
}

bool releases_resolve(const struct config *config, const struct config_section *profile, const char *versions,
                      const char *said_by, struct arena *arena, struct source_set *sources,
                      struct diagnostics *diagnostics, struct release_rows *out, char **error) {
    struct resolver resolver = { config, profile, arena, sources, diagnostics, { 0 } };
    bool good = true;
    *error = NULL;
    if (config) add_named(&resolver);
    for (int i = 0, found = 0; i < LAYERS && !found; i++) {
        found = layer(&resolver, i) && layer(&resolver, i)->uses_tags;
        if (found) good = add_tags(&resolver, i);
    }
    if (good && versions && *versions) good = add_versions(&resolver, text_of(versions), said_by, error);
    sort(resolver.rows.items, resolver.rows.count);
    out->count = good ? resolver.rows.count : 0;
    out->rows = ARENA_ARRAY(arena, struct release_row, out->count + 1);
    if (out->count) memcpy(out->rows, resolver.rows.items, out->count * sizeof *out->rows);
    VECTOR_DONE(&resolver.rows);
    return good;
}
