/* Brings the outbox to the server in the background, for as long as it takes. */
#pragma once
#include <stdbool.h>

/* Begins; false if SERVER is no http://HOST:PORT, or no thread could be made. */
bool sync_start(const char *server);

/* Something was put into the outbox. */
void sync_wake(void);
