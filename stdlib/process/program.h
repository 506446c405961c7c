/* What is to be started: arguments, environment, folder, all checked before anything is forked. */
#ifndef AOT_STDLIB_PROCESS_PROGRAM_H
#define AOT_STDLIB_PROCESS_PROGRAM_H
#include "base/vector.h"
#include "vm/native_call.h"
#include <sys/types.h>

struct words VECTOR(char *); /* owned texts, a NULL behind the last once words_end was called */
void words_add(struct words *words, char *owned);
void words_end(struct words *words);
void words_done(struct words *words);

/* Namespaces in which a program runs; descriptors for setns. */
struct program_place {
    int network; /* -1: in aot's own */
    int user;    /* the user namespace to which it belongs; -1: aot's own */
};
struct program_start {
    char *path;                        /* of the executable; owned */
    struct words arguments;            /* with the program's name first */
    struct words environment;          /* "NAME=value" */
    char *folder;                      /* where it runs; owned; NULL: here */
    char *shown;                       /* the command as a person reads it, clipped; owned */
    const struct program_place *place; /* borrowed; NULL: where aot is */
};
/* From values of the recipe: `command` is a list of strings or a shell text, `environment` a map of string or none (left out, even when
 * aot itself has the variable). False with a reason in `problem` when this is nothing that can be started. */
bool program_read(struct program_start *program, struct value command, struct value environment, struct value folder,
                  struct buffer *problem);
void program_mark(struct program_start *program, const char *name, const char *content); /* one more variable */
void program_done(struct program_start *program);

/* The started program and our ends of its pipes; `input` is -1 without one. */
struct pipes {
    int input, output, error;
};
/* Starts it in a session of its own. Returns 0, or an errno. */
int program_spawn(const struct program_start *program, bool with_input, pid_t *process, struct pipes *pipes);
/* The same in the program's place. `three` are its standard descriptors; the first is -1 for /dev/null. */
int program_enter(const struct program_start *program, const int *three, pid_t *process);
#endif
