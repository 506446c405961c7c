/* The trials of tests/unit/stdlib, linked into this suite, too. */
#include "tests/unit/stdlib/trial.c"
