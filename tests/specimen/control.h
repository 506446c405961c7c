/* The control port of the offline client: what an app's own screen would do and show.
 *   POST /items {"title"}    keeps an item for the server: {"id", "title", "state": "pending"}
 *   GET /outbox              {"count"} of the items that the server does not have
 *   GET /items/TITLE         {"id", "title", "state": "pending" or "synced"} */
#pragma once
#include "api.h"

/* Fills in the answer to a request, as api_answer does. */
void control_answer(const struct http_message *message, struct answer *answer);
