/* Ports on 127.0.0.1 for services. A port that one run holds is taken by no other aot on this machine, whether or not
 * its service listens yet: the claim is an abstract socket's name, which ends with the process. */
#ifndef AOT_STDLIB_SERVICE_PORT_H
#define AOT_STDLIB_SERVICE_PORT_H
#include "base/buffer.h"

struct port {
    int number;     /* 0: none */
    int descriptor; /* holds the claim; -1: none, as of a port that the recipe fixed */
};
#define PORT_NONE ((struct port){ 0, -1 })
/* A free one, below those that the system gives to outgoing connections. False with a reason: none was found. */
bool port_take(struct port *port, struct buffer *problem);
void port_release(struct port *port);
/* Whether nobody listens there: a service may bind it. */
bool port_is_free(int number);
#endif
