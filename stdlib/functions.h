/* The functions behind the catalogue's rows. `aot_natives` is what the executable looks up in the module it opens for a run. */
#ifndef AOT_STDLIB_FUNCTIONS_H
#define AOT_STDLIB_FUNCTIONS_H
#include "vm/native_call.h"

struct native_functions aot_natives(void);
native_function service_make; /* what MAKE_SERVICE calls; it has no row */
void http_warm(void);         /* libcurl and the TLS library under it */

/* A declaration of every row's function, so that the files that define them include this header. */
#define NATIVE(function, name, signature, flags, documentation) native_function function;
#define DECLARED(name, signature, flags, documentation)
#define TYPE(name, fields, documentation)
#include "stdlib/modules.def"
#undef NATIVE
#undef DECLARED
#undef TYPE
#endif
