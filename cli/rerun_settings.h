/* The --sets of a run that is run again, and those of now: repeated, and compared. */
#ifndef AOT_CLI_RERUN_SETTINGS_H
#define AOT_CLI_RERUN_SETTINGS_H
#include "cli/options.h"
#include "cli/rerun.h"

/* The options of the command line with the --sets of the earlier run before them, so that those of now count. Says what is
 * repeated (unless quiet), what differs, and what was not kept. The texts are of `rerun` and argv; options_done is due. False: parts
 * of the log contradict each other, and the command line does not decide; printed. */
bool rerun_settings(const struct rerun *rerun, const struct options *options, bool quiet, struct options *all);
#endif
