/* Inside stdlib/service only: a command of the container engine's client, run to its end. */
#ifndef AOT_STDLIB_SERVICE_COMMAND_H
#define AOT_STDLIB_SERVICE_COMMAND_H
#include "stdlib/process/program.h"

struct command;
struct command_end {
    int code;            /* of its exit; -1: it was not started, or was ended */
    struct text output;  /* borrowed */
    struct text problem; /* what it said on standard error, or why it could not be started; borrowed */
};
typedef void command_done(void *data, const struct command_end *end);
/* `words` is a list of texts, released here; the first is looked for in PATH. `environment` adds variables (a map of
 * texts), or none. `done` is told once, from the loop, never after command_free. */
struct command *command_start(struct run *run, struct value words, struct value environment, int64_t timeout,
                              command_done *done, void *data);
/* A list of texts; the array ends with NULL. */
struct value words_list(struct heap *heap, const char *const *words);
void words_append(struct heap *heap, struct value *list, const char *word);
void words_append_owned(struct value *list, struct value owned);
void command_free(struct command *command); /* ends it; NULL is allowed */
/* The last line that says something, for messages. */
struct text command_last_line(struct text text);
#endif
