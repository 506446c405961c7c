/* Inside stdlib/service only: asking every replica for its version, by the template's `version:`. */
#ifndef AOT_STDLIB_SERVICE_SURVEY_H
#define AOT_STDLIB_SERVICE_SURVEY_H
#include "stdlib/service/fleet.h"

enum native_outcome survey_start(struct native_call *call, struct fleet *fleet);
#endif
