/* What other modules may know of services: a load, a proxy, a fault ask here where the replicas are. A `db` may stand
 * where a service is wanted: it is of another class and has no replicas here. */
#ifndef AOT_STDLIB_SERVICE_SERVICE_H
#define AOT_STDLIB_SERVICE_SERVICE_H
#include "vm/native_call.h"

extern const struct handle_class service_class;                          /* type "service" */
size_t service_replica_count(struct value service);                      /* 0 when it is none */
struct text service_replica_address(struct value service, size_t index); /* "127.0.0.1:4711"; borrowed */
/* aot started it; what was only pointed at by `url:` may be stopped, rolled or broken by nobody. */
bool service_is_own(struct value service);
#endif
