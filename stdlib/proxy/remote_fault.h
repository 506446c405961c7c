/* Faults of a Toxiproxy elsewhere, for `phase … with`. */
#ifndef AOT_STDLIB_PROXY_REMOTE_FAULT_H
#define AOT_STDLIB_PROXY_REMOTE_FAULT_H
#include "stdlib/proxy/proxy_fault.h"
#include "stdlib/proxy/remote.h"

/* `remote` is a handle of one; `like` as for a proxy of the run; `name` of the toxic is static. Owned. */
struct value remote_fault_new(struct run *run, struct value remote, const struct fault *like, const char *name);
#endif
