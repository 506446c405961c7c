/* Works on lines, as what is no YAML has no tree. In doubt it covers more. */
#include "config/cover.h"

#define WORD "inputs"

static size_t indent_of(struct text line) {
    size_t indent = 0;
    while (indent < line.length && line.bytes[indent] == ' ') indent++;
    return indent;
}

static bool is_blank(struct text line) {
    struct text rest = text_trim(line);
    return rest.length == 0 || rest.bytes[0] == '#';
}

/* Behind "inputs:", quoted or not; SIZE_MAX: the line has none. `is_whole`: it begins the line, and nothing follows. */
static size_t find_inputs(struct text line, bool *is_whole) {
    size_t at = text_find(line, TEXT(WORD));
    if (at == SIZE_MAX || is_blank(line)) return SIZE_MAX;
    size_t end = at + sizeof WORD - 1;
    while (end < line.length && (line.bytes[end] == ' ' || line.bytes[end] == '"' || line.bytes[end] == '\'')) end++;
    if (end == line.length || line.bytes[end] != ':') return SIZE_MAX;
    *is_whole = at == indent_of(line) && is_blank(text_slice(line, end + 1, SIZE_MAX));
    return end + 1;
}

static void cover(struct source_set *sources, uint32_t source, size_t start, size_t length) {
    source_blot(sources, (struct span){ source, (uint32_t)start, (uint32_t)length });
}

void cover_inputs(struct source_set *sources, uint32_t source) {
    const struct source *file = source_set_get(sources, source);
    if (!file) return;
    struct text all = file->content;
    size_t below = SIZE_MAX; /* the indent of the `inputs:` that goes on; SIZE_MAX: none */
    for (size_t start = 0, next; start < all.length; start = next) {
        struct text rest = text_slice(all, start, SIZE_MAX);
        struct text line = text_slice(rest, 0, text_find(rest, TEXT("\n")));
        next = start + line.length + 1;
        bool tab = line.length && line.bytes[0] == '\t';
        if (below != SIZE_MAX && !tab && !is_blank(line) && indent_of(line) <= below) below = SIZE_MAX;
        if (below != SIZE_MAX) {
            size_t colon = text_find(line, TEXT(":"));
            size_t from = colon == SIZE_MAX ? indent_of(line) : colon + 1;
            cover(sources, source, start + from, line.length - from);
            continue;
        }
        bool is_whole = false;
        size_t behind = find_inputs(line, &is_whole);
        if (behind == SIZE_MAX) continue;
        below = indent_of(line);
        if (is_whole) continue;
        cover(sources, source, start + behind,
              all.length - start - behind); /* a value of many lines, or none of YAML's */
        return;
    }
}
