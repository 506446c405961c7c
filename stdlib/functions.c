/* One function a row, in the catalogue's order; NULL where a row is only declared. */
#include "stdlib/functions.h"
#include "stdlib/proxy/serve.h"
#include "stdlib/sql/review.h"
#include "stdlib/upload/courier.h"

static native_function *const functions[] = {
#define NATIVE(function, name, signature, flags, documentation) function,
#define DECLARED(name, signature, flags, documentation) 0,
#define TYPE(name, fields, documentation)
#include "stdlib/modules.def"
#undef NATIVE
#undef DECLARED
#undef TYPE
};

struct native_functions aot_natives(void) {
    return (struct native_functions){ functions,     sizeof functions / sizeof functions[0],
                                      service_make,  http_warm,
                                      &sql_reviewer, proxy_serve,
                                      courier_main };
}
