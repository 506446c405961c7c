/* A program run to its end for whoever asks in C: the container engine's client, the commands of a fault. */
#ifndef AOT_STDLIB_PROCESS_COMMAND_H
#define AOT_STDLIB_PROCESS_COMMAND_H
#include "stdlib/process/program.h"

struct command;
struct command_end {
    int code;            /* of its exit; -1: it was not started, or was ended */
    struct text output;  /* borrowed */
    struct text problem; /* what it said on standard error, or why it could not be started; borrowed */
};
typedef void command_done(void *data, const struct command_end *end);
/* `words` is a list of texts, or a shell text, released here; the first word is looked for in PATH. `environment` adds variables (a map of
 * texts), or none. `done` is told once, from the loop, never after command_free. */
struct command *command_start(struct run *run, struct value words, struct value environment, int64_t timeout,
                              command_done *done, void *data);
/* Right after its start: what it leaves running when it ends is not ended with it, but by command_end. */
void command_keep(struct command *command);
/* Begins the end of all that stems from it; true when nothing is left. To be asked again. */
bool command_end(struct command *command);
bool command_left(const struct command *command); /* something of it lives */
/* A list of texts; the array ends with NULL. */
struct value words_list(struct heap *heap, const char *const *words);
void words_append(struct heap *heap, struct value *list, const char *word);
void words_append_owned(struct value *list, struct value owned);
void command_free(struct command *command); /* ends it; NULL is allowed */
/* The last line that says something, for messages. */
struct text command_last_line(struct text text);
#endif
