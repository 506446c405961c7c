/* SCM_RIGHTS, one message at a time. */
#include "stdlib/passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union passing_control {
    char bytes[CMSG_SPACE(PASSING_MOST * sizeof(int))];
    struct cmsghdr aligned;
};

bool passing_give(int channel, const void *message, size_t length, const int *descriptors, size_t count) {
    union passing_control control = { { 0 } };
    struct iovec part = { .iov_base = (void *)(size_t)message, .iov_len = length };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
    if (count) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *first = CMSG_FIRSTHDR(&header);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(first), descriptors, count * sizeof(int));
    }
    ssize_t sent;
    do sent = sendmsg(channel, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/* Those that do not fit are closed: nobody would. */
static size_t keep(const struct cmsghdr *entry, int *descriptors, size_t most) {
    size_t came = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < came; i++) {
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(entry) + i * sizeof descriptor, sizeof descriptor);
        if (i < most)
            descriptors[i] = descriptor;
        else
            close(descriptor);
    }
    return came < most ? came : most;
}

ssize_t passing_take(int channel, void *message, size_t length, int *descriptors, size_t *count) {
    union passing_control control;
    struct iovec part = { .iov_base = message, .iov_len = length };
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    size_t most = *count;
    ssize_t got;
    do got = recvmsg(channel, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    *count = 0;
    if (got < 0) return -1;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&header); entry; entry = CMSG_NXTHDR(&header, entry))
        if (entry->cmsg_level == SOL_SOCKET && entry->cmsg_type == SCM_RIGHTS)
            *count += keep(entry, descriptors + *count, most - *count);
    return got;
}
