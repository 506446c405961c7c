/* --rerun: the cells that an earlier run left without a pass. */
#ifndef AOT_CLI_RERUN_H
#define AOT_CLI_RERUN_H
#include "base/arena.h"
#include "base/vector.h"

struct rerun_cell {
    struct text recipe, path, cell; /* "T4", "recipes.d/t4.aot", "app=N" */
    bool whole;                     /* the recipe was skipped: it stands for all its cells */
    bool passed;                    /* while the log is read */
    size_t part;                    /* then, too: under which header it stood first */
    bool chosen;                    /* it runs now */
};
struct rerun_set {
    struct text setting; /* "window=[N]"; terminated */
    bool is_disputed;    /* another part of the log has another value */
};
struct rerun {
    bool wanted;                            /* --rerun was given */
    struct arena *arena;                    /* all texts */
    struct text log;                        /* where they stand */
    struct VECTOR(struct rerun_cell) cells; /* those outstanding */
    struct VECTOR(struct text) paths;       /* of the recipes in it */
    bool knows_sets;                        /* each of its headers says what --set was given */
    struct VECTOR(struct rerun_set) sets;   /* of each input one */
    struct VECTOR(struct text) not_kept;    /* names of --sets that held a secret */
};
/* `from`: "failed" or "last" for the last run's log, or the path of one (JSON lines, of `run.jsonl` or `--report jsonl`). NULL:
 * nothing is wanted. Prints what is wrong; false then. */
bool rerun_read(const char *from, struct rerun *rerun);
/* Whether the cell is outstanding; it is noted as chosen. */
bool rerun_choose(struct rerun *rerun, struct text recipe, struct text cell);
/* Not all cells of the recipe were chosen: if it was skipped, it stays outstanding. */
void rerun_keep_whole(struct rerun *rerun, struct text recipe);
size_t rerun_left(const struct rerun *rerun); /* outstanding, and not chosen */
void rerun_done(struct rerun *rerun);
#endif
