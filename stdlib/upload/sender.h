/* The two things that the process of an upload can do. Each reports on standard output, a line at a time:
 *   interim STATUS OFFSET LOCATION     a 1xx answer; OFFSET -1: without one
 *   location URL                       where the upload is
 *   answer STATUS ACKNOWLEDGED         to a chunk
 *   cut SENT MEMORY REQUESTS           the place of the cut is reached and everything is quiet: it waits for its end
 *   end OK SENT MEMORY REQUESTS WORDS  the upload is over, 1 or 0, and why it is not well
 *   cursor OFFSET, nocursor WORDS      the server's word for it
 *   broken WORDS                       the file or this machine is at fault, not the server */
#ifndef AOT_STDLIB_UPLOAD_SENDER_H
#define AOT_STDLIB_UPLOAD_SENDER_H
#include "stdlib/upload/job.h"

struct lone;
/* The key and the recipe's own headers, for the next request. */
void sender_add_headers(const struct job *job, struct lone *lone);
void sender_run(const struct job *job);
void asker_run(const struct job *job);
#endif
