/* What the process that uploads is to do. It goes to it through its standard input, because keys and headers may be secrets and a
 * command line is for everybody to read. */
#ifndef AOT_STDLIB_UPLOAD_JOB_H
#define AOT_STDLIB_UPLOAD_JOB_H
#include "base/buffer.h"
#include "base/vector.h"

enum upload_protocol {
    UPLOAD_SESSION, /* PATCH with Upload-Offset and Idempotency-Key: the specification's own */
    UPLOAD_TUS,     /* tus 1.0.0 */
    UPLOAD_IETF,    /* draft-ietf-httpbis-resumable-upload, interop version 8 */
    UPLOAD_PROTOCOLS
};

struct job {
    bool asks;                     /* for the cursor; else it sends */
    enum upload_protocol protocol; /* how it talks */
    char *path;                    /* of the file; owned */
    char *url;                     /* owned */
    char *key;                     /* Idempotency-Key; owned, NULL: none */
    char *ca;                      /* the one authority that is believed; owned, NULL: the machine's */
    struct VECTOR(char *) headers; /* lines without their end; owned each */
    int64_t size, changed;         /* of the file, in bytes, and its time of change in ns, when the recipe named it */
    int64_t chunk, from;           /* bytes; the place in the file where the first chunk begins */
    int64_t kill_at;               /* the place in the file at which it waits for its end; -1: none */
    int64_t settle, timeout;       /* ns; the timeout is of the whole */
    int64_t every;                 /* ns between two questions for the cursor */
    bool create, insecure;         /* as in the row */
};
/* NUL-separated names and contents. */
void job_write(const struct job *job, struct buffer *out);
/* False when this is no such text; what was read so far must be released all the same. */
bool job_read(struct text text, struct job *job);
void job_done(struct job *job);
#endif
