/* See descriptors.h. */
#include "stdlib/descriptors.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { A_FEW = 8 };

/* Of two threads that ask at once neither takes back what the other was granted. */
static bool raise_limit(void) {
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    struct rlimit limit;
    pthread_mutex_lock(&one);
    bool good = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max;
    if (good) {
        limit.rlim_cur = limit.rlim_cur > limit.rlim_max / 2 ? limit.rlim_max : limit.rlim_cur * 2;
        good = setrlimit(RLIMIT_NOFILE, &limit) == 0;
    }
    pthread_mutex_unlock(&one);
    return good;
}

bool descriptors_allow_more(void) {
    int before = errno;
    bool good = raise_limit();
    errno = before;
    return good;
}

int descriptors_socket(int family) {
    for (;;) {
        int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor >= 0 || errno != EMFILE || !descriptors_allow_more()) return descriptor;
    }
}

/* The kernel gives the lowest number that is free, so a number tells how many are held, about. */
static bool is_high(int descriptor) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)descriptor >= limit.rlim_cur / 2;
}

bool descriptors_have_room(void) {
    int taken[A_FEW], count = 0;
    bool more = false;
    while (count < A_FEW && (taken[count] = eventfd(0, EFD_CLOEXEC)) >= 0) count++;
    if (count < A_FEW || is_high(taken[A_FEW - 1])) more = descriptors_allow_more();
    for (int i = 0; i < count; i++) close(taken[i]);
    return count == A_FEW || more;
}
