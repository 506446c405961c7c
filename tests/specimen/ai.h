/* What /generate asks of the AI gateway (AI_GATEWAY_URL), an optional dependency: whatever becomes of it, the answer comes in time and
 * says so. */
#pragma once
#include "text.h"

#include <stdbool.h>

/* `url` NULL: there is no gateway. False if it is no http://HOST:PORT. Before the first request. */
bool ai_open(const char *url);

/* Adds the gateway's text to `text`. `request` is the id that goes with each attempt, or "". False if the gateway did not give one within
 * 2.7 s, or was left alone because it has failed too often. */
bool ai_complete(const char *request, struct text *text);

/* Whether the last calls went well (the breaker is closed). */
bool ai_is_well(void);
