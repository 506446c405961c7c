/* How a recipe is to be run: the options of the command line, AOT_… of the environment, and the aot.yaml that goes with
 * the recipe, put together in this order. */
#ifndef AOT_CLI_SETTINGS_H
#define AOT_CLI_SETTINGS_H
#include "cli/options.h"
#include "config/releases.h"
#include "vm/run.h"

struct settings {
    const struct options *options;
    struct source_set *sources;           /* aot.yaml alone: it must not get into the record; owned */
    struct diagnostics *diagnostics;      /* owned */
    struct arena *arena;                  /* owned */
    struct config *config;                /* owned; NULL: there is no aot.yaml */
    const struct config_section *profile; /* the one that was asked for, or NULL */
    struct release *releases;             /* on the arena */
    size_t release_count;
    struct text *allowed_targets; /* named by --allow-target and by aot.yaml; on the arena */
    size_t allowed_target_count;
};
enum setting_origin { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_OPTION };
struct setting {
    enum setting_origin origin;
    struct text value;                    /* empty by default */
    struct span span;                     /* FILE */
    const struct config_section *section; /* FILE */
};

/* Finds and reads what there is for this recipe. Prints what is wrong and returns false then; settings_close is due in
 * any case. */
bool settings_open(struct settings *settings, const struct options *options, const char *recipe);
void settings_close(struct settings *settings);
/* Prints the findings; false when errors are among them. */
bool settings_print(const struct settings *settings);
/* The variable that gives it: "AOT_JOBS". */
const char *settings_variable(enum config_key key);
struct setting settings_value(const struct settings *settings, enum config_key key);
/* What the option ("--profile"), else the variable ("AOT_PROFILE") gives, or NULL; `said_by` is which of the two. */
const char *settings_word(const struct options *options, const char *option, const char *variable,
                          const char **said_by);
const char *settings_text(const struct settings *settings,
                          enum config_key key); /* its value, or NULL: nobody said one */
enum backend settings_backend(const struct settings *settings);
int64_t settings_limit(const struct settings *settings); /* ns; 0: nobody said one */
/* "aot.yaml:12 profile quick": where a place in the file is. */
void settings_place(const struct settings *settings, struct span span, const struct config_section *section,
                    struct buffer *out);
#endif
