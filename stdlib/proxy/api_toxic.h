/* Toxics as the API names them: types with their attributes, read from JSON, written as JSON, made into faults of the wire. */
#ifndef AOT_STDLIB_PROXY_API_TOXIC_H
#define AOT_STDLIB_PROXY_API_TOXIC_H
#include "base/json.h"
#include "stdlib/proxy/fault.h"
#include "vm/value.h"

struct toxic_type;
enum { API_ATTRIBUTES = 3 };
struct api_toxic {
    struct api_toxic *next;         /* of the proxy, in the order in which they were added */
    const struct toxic_type *type;  /* static */
    char *name;                     /* owned */
    char *stream;                   /* as it was sent; owned */
    bool is_up;                     /* what it says */
    float toxicity;                 /* 0 to 1 */
    int64_t values[API_ATTRIBUTES]; /* of the type's attributes, in its units */
    struct fault *fault;            /* on the wire; the front owns it; NULL while it is not applied */
};
/* A refusal: what the API answers. */
struct api_problem {
    int status; /* 0: none */
    struct buffer text;
};
void api_refuse(struct api_problem *problem, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* From {"type", "stream", "name", "toxicity", "attributes"}: owned by the caller; NULL with a problem. `others` are the proxy's. The order
 * of what is looked at is Toxiproxy's. */
struct api_toxic *api_toxic_read(struct value body, const struct api_toxic *others, struct api_problem *problem);
/* Attributes (key by key) and toxicity; all else in `body` is passed over. False with a problem: nothing was changed. */
bool api_toxic_change(struct api_toxic *toxic, struct value body, struct api_problem *problem);
struct api_toxic *api_toxic_find(struct api_toxic *toxics, const char *name);
void api_toxic_write(const struct api_toxic *toxic, struct json_writer *writer);
void api_toxic_fault(const struct api_toxic *toxic, struct fault *fault); /* all but its id */
void api_toxic_free(struct api_toxic *toxic);

/* A field of an object; none if it is absent or null. Names in any case, the exact one first. */
struct value api_field(struct value object, const char *name);
#endif
