/* What plain functions share: arguments that are errors or no data pass through, as they do through operators. */
#ifndef AOT_STDLIB_PLAIN_H
#define AOT_STDLIB_PLAIN_H
#include "vm/native_call.h"

/* Sets the result to the first argument that is an error or no data; false when every argument is good. */
static inline bool plain_passes_through(struct native_call *call) {
    for (size_t i = 0; i < call->argument_count; i++) {
        if (!value_is_bad(call->arguments[i])) continue;
        call->result = value_retain(call->arguments[i]);
        return true;
    }
    return false;
}
#endif
