/* YAML as a tree with places. What aot.yaml needs of YAML 1.2: mappings with plain keys, sequences, scalars by the core
 * schema. Anchors, aliases, tags and several documents are refused, keys stand once, depth and size are bounded. */
#ifndef AOT_CONFIG_YAML_H
#define AOT_CONFIG_YAML_H
#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/source.h"

enum { YAML_DEPTH_MAXIMUM = 32, YAML_SIZE_MAXIMUM = 256 * 1024, YAML_VALUES_MAXIMUM = 5000 };

enum yaml_shape { YAML_TEXT, YAML_LIST, YAML_MAP };
struct yaml_entry {
    struct text key; /* of a mapping; empty in a list */
    struct span key_span;
    const struct yaml_value *value;
};
struct yaml_value {
    enum yaml_shape shape;
    bool plain;       /* TEXT: written without quotes, so that `true` is no text */
    struct text text; /* TEXT: what was written, quotes and escapes resolved */
    struct span span;
    const struct yaml_entry *entries; /* LIST, MAP */
    size_t count;
};

/* Reads the source. NULL when nothing could be read (said in `diagnostics`); an empty file is an empty mapping. The tree lives
 * in `arena`. */
const struct yaml_value *yaml_read(struct source_set *sources, uint32_t source, struct arena *arena,
                                   struct diagnostics *diagnostics);
/* The entry of a mapping, or NULL. */
const struct yaml_entry *yaml_find(const struct yaml_value *map, const char *key);

/* What a scalar is by the core schema of YAML 1.2: `yes` and `1:30` are texts, whatever YAML 1.1 said. */
enum yaml_scalar { YAML_STRING, YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_NUMBER };
enum yaml_scalar yaml_scalar(const struct yaml_value *value);
/* "a list", "the number 5": for messages. */
const char *yaml_kind_name(const struct yaml_value *value);
#endif
