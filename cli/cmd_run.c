/* aot run: runs recipes and judges them. Its options; the rest is course.c's. */
#include "cli/command.h"
#include "cli/course.h"

#include <stdio.h>

static const struct option options_table[] = {
    { "matrix", 'm', NULL, "run every cell of the matrix, not only the first" },
    { "cell", 'c', "AXIS=VALUE", "run the cells with this value (repeat for more axes)" },
    { "set", 's', "INPUT=VALUE", "give an input a value (repeatable)" },
    { "profile", 'p', "NAME", "the profile of aot.yaml" },
    { "config", 0, "FILE", "the aot.yaml to use (else the one beside the recipe or above it)" },
    { "versions", 0, "N=TAG,…", "which releases N, N-1 … are" },
    { "shard", 0, "I/N",
      "of the cells that are left every N-th, beginning with the I-th; `auto` asks the CI's environment" },
    { "rerun", 0, "failed|FILE", "the cells without a pass in the last run, or in the JSON lines of FILE" },
    { "tag", 't', "TAG", "only recipes with this tag (repeat: or with that one)" },
    { "rule", 0, "RULE", "only assertions with this rule count (R3.2; R3 for all of R3)" },
    { "list", 'l', NULL, "print the cells and end" },
    { "json", 0, NULL, "with --list: as JSON" },
    { "report", 0, "NAME=FILE,…", "also write junit, jsonl, summary, github (docs/reports.md); - is standard output" },
    { "baseline", 0, NULL,
      "keep the latencies of the cells that pass in perf-baseline.md; later runs are compared with it" },
    { "record", 0, "PATH", "where the record goes: a file, or a folder for several cells" },
    { "jobs", 'j', "COUNT",
      "cells at a time (one a core; 1 with loads or watches; 0: in aot's own process, for debuggers)" },
    { "timeout", 0, "DURATION", "for all cells together: those under way are stopped, those to come not run" },
    { "fail-fast", 'x', NULL,
      "after the first cell that fails (or is an error) those under way are stopped, none begun" },
    { "seed", 0, "NUMBER", "for everything random; printed and recorded" },
    { "backend", 0, "WAY",
      "how services run: process, docker, or auto (a program where it is there, else a container)" },
    { "allow-target", 0, "HOST",
      "loads, proxies and SQL may go to this host, not of this machine; `allow targets` must list it too "
      "(repeatable)" },
    { "keep", 'k', NULL, "leave the scratch world for a look, and say where" },
    { "allow-skip", 0, NULL, "a recipe whose `needs` are not there counts as passed (0, else 3)" },
    { "keep-runs", 0, "COUNT", "runs that stay under .aot/runs (20)" },
    { "quiet", 'q', NULL, "print only what did not pass" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static int run(const struct options *options) {
    if (options->operands.count || option_given(options, "rerun")) return course_run(options);
    fputs("aot: run wants a recipe: aot run recipes.d/t4.aot\n", stderr);
    return EXIT_STATUS_USAGE;
}

const struct command command_run = {
    "run",
    "FILE…",
    "run a recipe and judge it",
    options_table,
    run,
    "A folder stands for the recipes in it. Without --matrix the first cell runs; --cell, --shard, --rerun choose of "
    "all.\n"
    "Inputs: --set beats AOT_INPUT_NAME in the environment beats aot.yaml beats the default; `aot config show` says "
    "where\n"
    "a value comes from.\n"
    "exit status: 0 pass, 1 fail, 2 usage or does not compile, 3 inconclusive or nothing selected, 4 environment,\n"
    "             5 internal, 129, 130 and 143 when interrupted"
};
