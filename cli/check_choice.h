/* --select and --ignore: which warnings are told. Errors always are. */
#ifndef AOT_CLI_CHECK_CHOICE_H
#define AOT_CLI_CHECK_CHOICE_H
#include "base/diagnostic.h"
#include "cli/options.h"

struct check_choice {
    bool is_chosen[DIAG_COUNT];
};
/* Prints what is wrong with the lists; false then. */
bool check_choice_read(struct check_choice *choice, const struct options *options);
/* Takes what was not chosen out of the list. */
void check_choice_apply(const struct check_choice *choice, struct diagnostics *diagnostics);
#endif
