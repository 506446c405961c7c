/* Command-line options: a table for each command, from which parsing, `--help` and "did you mean" follow. */
#ifndef AOT_CLI_OPTIONS_H
#define AOT_CLI_OPTIONS_H
#include "base/buffer.h"
#include "base/vector.h"

struct option {
    const char *name;  /* long, without dashes; NULL ends the table */
    char letter;       /* short form, or 0 */
    const char *value; /* what its value is called, or NULL: a flag */
    const char *help;  /* one line */
};
struct option_use {
    const struct option *option;
    const char *value; /* borrowed from argv; NULL for a flag */
    bool is_earlier;   /* not of the command line: taken over from the run that is run again */
};
struct options {
    const struct option *table;
    struct VECTOR(struct option_use) uses;
    struct VECTOR(const char *) operands; /* what is no option, in order; borrowed */
};

/* Reads argv[0..count). On a mistake prints it to standard error with a hint and returns false. `--` ends the options. */
bool options_parse(struct options *options, const struct option *table, int count, char **argv);
/* Options that are put together: one by one, or all of others. */
void options_begin(struct options *options, const struct option *table);
void options_add(struct options *options, const char *name, const char *value, bool is_earlier);
void options_add_all(struct options *options, const struct options *others);
void options_done(struct options *options);
bool option_given(const struct options *options, const char *name);
/* The last value given, or NULL. */
const char *option_value(const struct options *options, const char *name);
/* The values of an option that may be repeated: index 0, 1 … until NULL. */
const char *option_value_at(const struct options *options, const char *name, size_t index);
bool option_is_earlier(const struct options *options, const char *name, size_t index);
void options_print(const struct option *table, struct buffer *out);
#endif
