/* Inside stdlib/service only: who listens on a port though nothing tells that it stems from a replica any more. */
#ifndef AOT_STDLIB_SERVICE_HOLDER_H
#define AOT_STDLIB_SERVICE_HOLDER_H
#include <sys/types.h>

/* A descendant of aot that listens there, and carries no mark of any program that aot started: it left its session and
 * dropped its environment. 0: none. */
pid_t holder_of_port(int number);
#endif
