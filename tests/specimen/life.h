/* Where in its life the process is: cold, warm, draining. Read by every thread, changed by the server alone. */
#pragma once
#include <stdbool.h>

/* The process is up and begins to warm. */
void life_start(void);

/* Whether it can serve: some time after the start. */
bool life_is_warm(void);

/* From now on it is draining: /readyz says so, and answers close their connections. */
void life_drain(void);
bool life_is_draining(void);

/* From now on, for as long as it is not draining, requests take long (the defect slow-drain). */
void life_slow_down(void);
bool life_is_slow(void);

/* An ordinary request was answered. */
void life_note_request(void);

/* Milliseconds since the last ordinary request was answered, or since the start if there was none. */
long long life_quiet(void);

/* Milliseconds since the first ordinary request; this call is one. */
long long life_since_first_request(void);
