/* Uploads that can be resumed: sessions, their bytes on disk, and what is answered about them. */
#pragma once
#include "api.h"
#include "http.h"

/* POST /uploads                  {"size": N} with Idempotency-Key: a session; the same key again gives the same one
 * GET, HEAD /uploads/ID          how far it is: Upload-Offset
 * PATCH /uploads/ID              more bytes at Upload-Offset, stored as they come
 * POST /uploads/ID/age           {"seconds": N}: as if nobody had touched it for so long (tests cannot wait)
 * GET /blobs/ID                  the whole, once it is */
bool upload_is_path(const char *path);
/* Whether the body of this message is not to be read before it is answered. */
bool upload_streams(const struct http_message *message);
void upload_answer(struct http_stream *stream, struct http_message *message, const char *method, const char *path,
                   struct answer *answer);
