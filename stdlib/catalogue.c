/* The catalogue: the modules' tables without their functions. stdlib/functions.c reads the same tables for the functions,
 * in the same order, so a row's index serves both. */
#include "stdlib/catalogue.h"

static const struct native_row rows[] = {
#define NATIVE(function, name, signature, flags, documentation) { #function, name, signature, flags, documentation },
#define DECLARED(name, signature, flags, documentation) \
    { 0, name, signature, (flags) | NATIVE_NOT_BUILT, documentation },
#define TYPE(name, fields, documentation)
#include "stdlib/modules.def"
#undef NATIVE
#undef DECLARED
#undef TYPE
};

static const struct native_type_row types[] = {
#define NATIVE(function, name, signature, flags, documentation)
#define DECLARED(name, signature, flags, documentation)
#define TYPE(name, fields, documentation) { name, fields, documentation },
#include "stdlib/modules.def"
#undef NATIVE
#undef DECLARED
#undef TYPE
};

const struct native_catalogue *catalogue(void) {
    static const struct native_catalogue all = { rows, sizeof rows / sizeof rows[0], types,
                                                 sizeof types / sizeof types[0] };
    return &all;
}
