/* aot.yaml, read: what a release is, inputs, profiles, how runs are to be made. Values of inputs stay YAML: only who
 * knows a recipe can tell what they must be. Everything of it lives in its own arena; spans point into the source set. */
#ifndef AOT_CONFIG_CONFIG_H
#define AOT_CONFIG_CONFIG_H
#include "config/yaml.h"

/* Settings of a run that are one word each, in the file's order of keys. Names: config_key_name. */
enum config_key { CONFIG_BACKEND, CONFIG_JOBS, CONFIG_LIMIT, CONFIG_KEEP_RUNS, CONFIG_KEY_COUNT };
const char *config_key_name(enum config_key key); /* "keep-runs" */
/* Whether the text is what the setting takes; if not, `wanted` says what that is. */
bool config_key_takes(enum config_key key, struct text text, const char **wanted);

struct config_text {
    struct text text;
    struct span span; /* length 0: it was not given */
};
struct config_input {
    struct text recipe; /* "T4", or empty: every recipe that has such an input */
    struct span recipe_span;
    struct text name; /* "length" or "component.window" */
    struct span span; /* of the name */
    const struct yaml_value *value;
};
struct config_release {
    struct text name; /* "N-1" */
    struct span span; /* of the name */
    struct config_text tag, bin, image;
};
struct config_releases {
    struct span span;              /* of the word `releases`; length 0: there are none */
    struct config_text bin, image; /* templates with {tag} and {name}, for what has none of its own */
    struct config_text from_tags;  /* the pattern of the tags that are releases; "" is every tag */
    bool uses_tags;                /* `from-tags` was given */
    const struct config_release *list;
    size_t count;
};
/* The file itself, or one of its profiles. */
struct config_section {
    struct text profile; /* empty: the file itself */
    struct span span;    /* of its name */
    const struct config_input *inputs;
    size_t input_count;
    struct config_text settings[CONFIG_KEY_COUNT];
    struct config_releases releases; /* of a profile: what it says goes before what the file says */
};
struct config {
    struct arena *arena; /* owns all of it */
    char *path;          /* as it is shown; owned */
    char *folder;        /* absolute; relative paths of the file begin here; owned */
    uint32_t source;     /* in the source set */
    struct config_section base;
    const struct config_section *profiles;
    size_t profile_count;
    const struct config_text *allow_targets;
    size_t allow_target_count;
};

/* The path of the aot.yaml that goes with a recipe: in its folder or in one above it, up to the one that holds .git.
 * NULL: there is none. `recipe` NULL or "-": the working folder is meant. Owned by the caller. */
char *config_find(const char *recipe);
/* Reads it into `sources`; findings go to `diagnostics`. NULL when it cannot be read at all: `error` (owned) says why,
 * or is NULL when the findings say it. */
struct config *config_read(struct source_set *sources, const char *path, struct diagnostics *diagnostics, char **error);
/* Of a source that is in the set already; its path says where it lies. Never NULL. */
struct config *config_of(struct source_set *sources, uint32_t source, struct diagnostics *diagnostics);
void config_free(struct config *config);
const struct config_section *config_profile(const struct config *config, struct text name); /* NULL: none */
#endif
