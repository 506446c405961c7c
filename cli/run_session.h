/* One recipe of an `aot run`: its program, its inputs, its cells and which of them run. */
#ifndef AOT_CLI_RUN_SESSION_H
#define AOT_CLI_RUN_SESSION_H
#include "cli/compile_file.h"
#include "cli/course.h"
#include "cli/inputs.h"

struct run_session {
    struct course *course; /* borrowed */
    struct compiled compiled;
    const struct program *program; /* of `compiled` */
    struct settings settings;      /* with the aot.yaml that goes with the recipe */
    struct inputs inputs;
    struct heap *heap;      /* the cells' values live there */
    struct cell_list cells; /* of the matrix; those not selected too; empty without a matrix */
    size_t total;           /* cells; 1 without a matrix */
    bool *chosen;           /* of each of `total`: it runs */
    size_t selected;        /* how many are chosen */
    size_t first_number;    /* of its cells: they are numbered through all recipes, from 1 */
};

/* Reads, compiles and verifies the recipe and looks at its inputs. Prints what is wrong; the exit status then, else 0. */
int session_open(struct run_session *session, struct course *course, const char *path);
/* Whether the recipe cannot run here; says why. */
bool session_is_skipped(const struct run_session *session);
/* Evaluates the matrix and selects. Prints what is wrong; the exit status then, else 0. */
int session_expand(struct run_session *session);
void session_close(struct run_session *session);
/* The options a machine gets for this recipe, without record, judge and cell. */
struct run_options session_run_options(struct run_session *session);
/* The cell, or NULL: no matrix. */
const struct cell *session_cell(const struct run_session *session, size_t index);
/* `aot run --list` */
void session_list(const struct run_session *session);
#endif
