/* `proxy.fault(…)`: the handle that `phase … with` applies and undoes, on the loop. */
#ifndef AOT_STDLIB_PROXY_PROXY_FAULT_H
#define AOT_STDLIB_PROXY_PROXY_FAULT_H
#include "stdlib/proxy/proxy.h"

enum fault_progress { FAULT_AT_REST, FAULT_APPLYING, FAULT_IN_FORCE, FAULT_UNDOING };
struct proxy_fault {
    struct proxy_fault *next;     /* of the proxy's, while it is not at rest */
    struct proxy *proxy;          /* where */
    struct value handle;          /* the proxy's; owned */
    struct fault like;            /* what the thread's own is to be like */
    const char *name;             /* of the toxic; static */
    enum fault_progress progress; /* what the thread was asked for, and whether it answered */
    int awaited;                  /* words of the thread until it is undone */
    uint64_t attempts, touched;   /* what it met in its last time in force */
    int64_t met;                  /* bytes */
    uint64_t most_up, most_down;  /* noop: bytes of one connection, the most there were */
};
/* A handle for `with`; `like` is copied, `name` is static. Owned. */
struct value proxy_fault_new(struct run *run, struct value proxy, const struct fault *like, const char *name);
/* For a fault that another one is the evidence of: the state, and the three of its class. */
const struct proxy_fault *proxy_fault_of(struct value fault);
bool proxy_fault_apply(struct value fault, int64_t deadline, struct buffer *problem);
bool proxy_fault_undo(struct value fault, int64_t deadline, struct buffer *problem);
bool proxy_fault_evidence(struct value fault, struct buffer *out);
/* The thread's word on a fault of this proxy. */
void proxy_fault_told(struct proxy *proxy, const struct news *news);
#endif
