/* One `aot run`: what all its recipes and cells share, from the first option read to the exit status. */
#ifndef AOT_CLI_COURSE_H
#define AOT_CLI_COURSE_H
#include "base/mask.h"
#include "cli/course_options.h"
#include "cli/rerun.h"
#include "report/report_text.h"
#include "vm/guard.h"
#include "vm/run.h"

#include <stdio.h>

struct run_session;

#define CELLS_SHOWN_IN_FULL 3 /* of more, those that pass take one line each */

struct course {
    const struct options *options; /* of the command line, and what --rerun repeats */
    struct options repeated;       /* with --rerun: those */
    struct native_functions functions;
    struct guard *guard;
    struct report_style style;
    struct buffer id;        /* the run's id */
    struct buffer folder;    /* .aot/runs/<id> */
    const char *record_path; /* --record, or NULL */
    struct mask *secrets;    /* of all recipes, as far as they are known before the cells run; owned */
    struct course_options choice;
    struct rerun rerun;
    struct buffer narrowed;                      /* what made the run less than all (narrowing.h) */
    size_t selected;                             /* cells that will run, of all recipes */
    struct VECTOR(struct run_session *) all;     /* the recipes, in the order of the command line; owned */
    struct VECTOR(struct run_session *) skipped; /* those whose `needs` are not there; owned */
    FILE *words;  /* for people: standard output, unless a report for machines takes that */
    bool several; /* recipes stand on the command line */
    bool keep, quiet;
    bool nohup;       /* SIGHUP was ignored when aot began, and stays so */
    bool interrupted; /* Ctrl-C, SIGTERM or SIGHUP came: no further cell is begun */
    bool failed_fast; /* a cell failed and --fail-fast was given: the same */
    int signal;       /* which */
    bool
        abandoned; /* a thread of a cell that ran in this process may still use what belongs to it (run_is_abandoned) */
};

/* Runs what the command line asks for; returns the exit status. */
int course_run(const struct options *options);
#endif
