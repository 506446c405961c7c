/* Every native's name, signature and effect, as static data: what `check` needs, with no library opened. */
#ifndef AOT_STDLIB_CATALOGUE_H
#define AOT_STDLIB_CATALOGUE_H
#include "bytecode/native.h"

const struct native_catalogue *catalogue(void);
#endif
