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
    bool *passed_over;      /* of each assertion: --rule leaves it out; NULL: all count */
    struct buffer missing;  /* programs that it needs and PATH has not; empty: it can run here */
    size_t first_number;    /* of its cells: they are numbered through all recipes, from 1 */
};

#define SESSION_IS_LIBRARY (-1)
/* Reads, compiles and verifies the recipe. Prints what is wrong; the exit status then, else 0. A folder may
 * have libraries too: nothing is wrong with them. */
int session_open(struct run_session *session, struct course *course, const char *path, bool is_of_folder);
/* Looks at the inputs of a recipe that is to run. Prints what is wrong; the exit status then, else 0. */
int session_check_inputs(struct run_session *session);
/* Whether the recipe cannot run here, for what is in `missing` then. */
bool session_is_skipped(struct run_session *session);
/* Whether the recipe carries one of the tags, and one of the rules, that were asked for; marks the assertions to pass over. */
bool session_is_asked_for(struct run_session *session);
/* Evaluates the matrix and selects. Prints what is wrong; the exit status then, else 0. */
int session_expand(struct run_session *session);
void session_close(struct run_session *session);
/* The options a machine gets for this recipe, without record, judge and cell. */
struct run_options session_run_options(struct run_session *session);
/* The cell, or NULL: no matrix. */
const struct cell *session_cell(const struct run_session *session, size_t index);
/* What is random in a cell: the run's seed, and in a matrix also what the cell is called. */
uint64_t session_seed(const struct run_session *session, const struct buffer *label);
#endif
