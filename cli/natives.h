/* The functions of the natives: a shared library beside the executable, opened only when a run needs it. */
#ifndef AOT_CLI_NATIVES_H
#define AOT_CLI_NATIVES_H
#include "vm/native_call.h"

/* Opens libaot_natives.so next to the executable or in ../lib/aot. False with a printed reason when it is not there or is of another build. */
bool natives_open(struct native_functions *functions);
#endif
