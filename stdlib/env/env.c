/* The environment of aot itself, for the defaults of inputs. */
#include "stdlib/functions.h"

#include "base/memory.h"

#include <stdlib.h>

enum native_outcome env_get(struct native_call *call) {
    struct text name = argument_text(call, 0);
    char *terminated = memory_copy(name.bytes, name.length);
    const char *content = getenv(terminated);
    memory_release(terminated);
    return native_done(call, content ? value_string(run_heap(call->run), content) : value_none());
}
