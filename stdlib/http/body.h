/* The body of an answer, as the hidden field "body" of a response: a text, or beyond 1 MiB a handle to a file in the run's scratch
 * folder, which is gone with the last value that holds it. */
#ifndef AOT_STDLIB_HTTP_BODY_H
#define AOT_STDLIB_HTTP_BODY_H
#include "vm/native_call.h"

enum { BODY_IN_MEMORY = 1 << 20 };

struct body; /* while it arrives */
struct body *body_new(struct run *run, int64_t limit);
void body_free(struct body *body);
enum body_outcome { BODY_GOOD, BODY_OVER /* the limit */, BODY_UNWRITTEN /* errno says why */ };
enum body_outcome body_add(struct body *body, struct text bytes);
int64_t body_size(const struct body *body);
bool body_equals(const struct body *body, struct text text); /* it is in memory, and this text */
/* Ends it; the value is owned by the caller. */
struct value body_take(struct body *body);

/* ---- of a response value; borrowed ---- */
struct value body_of(struct value response); /* none when there is none */
const char *body_file(struct value body);    /* NULL when it is no file */
/* All of it, a spooled one read back from the page cache; false with a reason when that cannot be. */
bool body_read(struct value body, struct buffer *out, const char **problem);
#endif
