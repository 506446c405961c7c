/* Descriptors that one process gives to another over a socket pair (SOCK_SEQPACKET): a message with up to PASSING_MOST of them. */
#ifndef AOT_STDLIB_PASSING_H
#define AOT_STDLIB_PASSING_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PASSING_MOST = 8 };
/* Gives copies; one system call, nothing is allocated: for a process between fork and its end, too. False with errno. */
bool passing_give(int channel, const void *message, size_t length, const int *descriptors, size_t count);
/* Takes the next message without waiting; what came is close-on-exec and the caller's. `*count`: how many fit, then how many came.
 * Returns its length, 0 when the other side is gone, -1 with errno. */
ssize_t passing_take(int channel, void *message, size_t length, int *descriptors, size_t *count);
#endif
