/* Between fork and its end the keeper makes system calls only: threads of aot may have held any lock. As root a network namespace
 * is enough; without the right to make one it is made in a user namespace, in which the user keeps his number. */
#include "stdlib/sandbox/keeper.h"

#include "stdlib/passing.h"
#include "stdlib/proxy/front.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sockets in the channel before anybody asks: a burst of connections waits for none. */
enum { CHANNEL = 3, DISPENSED = 32 };

struct keeper {
    uint16_t port;
    char user_map[40], group_map[40]; /* written before the fork */
    struct keeper_word word;
    int gives[KEEPER_GIVES];
};

/* ---- in the keeper ---- */

static bool write_all(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t written = file >= 0 ? write(file, text, strlen(text)) : -1;
    int problem = errno;
    if (file >= 0) close(file);
    errno = problem;
    return written == (ssize_t)strlen(text);
}

static bool make_namespace(struct keeper *keeper) {
    keeper->word.step = KEEPER_NAMESPACE;
    if (unshare(CLONE_NEWNET) == 0) return true;
    if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    keeper->word.has_user = true;
    keeper->word.step = KEEPER_USER;
    return write_all("/proc/self/setgroups", "deny") && write_all("/proc/self/uid_map", keeper->user_map) &&
           write_all("/proc/self/gid_map", keeper->group_map);
}

static bool raise_loopback(struct keeper *keeper, int *index) {
    struct ifreq request = { .ifr_name = "lo" };
    keeper->word.step = KEEPER_LOOPBACK;
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0 || ioctl(any, SIOCGIFINDEX, &request) != 0) return false;
    *index = request.ifr_ifindex;
    request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
    if (ioctl(any, SIOCSIFFLAGS, &request) != 0) return false;
    close(any);
    return true;
}

static bool open_listener(struct keeper *keeper) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(keeper->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    keeper->word.step = KEEPER_LISTENER;
    keeper->gives[KEEPER_GIVES_LISTENER] = listener;
    return listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, FRONT_BACKLOG) == 0;
}

/* Of no protocol until it is bound, so that it has seen nothing before. */
static int open_packets(int index) {
    struct sockaddr_ll loopback = { .sll_family = AF_PACKET,
                                    .sll_protocol = htons(ETHERTYPE_IP),
                                    .sll_ifindex = index };
    int packets = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return packets >= 0 && bind(packets, (struct sockaddr *)&loopback, sizeof loopback) == 0 ? packets : -1;
}

static bool open_watchers(struct keeper *keeper, int index) {
    keeper->word.step = KEEPER_PACKETS;
    keeper->gives[KEEPER_GIVES_CALLS] = open_packets(index);
    keeper->gives[KEEPER_GIVES_WORDS] = keeper->gives[KEEPER_GIVES_CALLS] >= 0 ? open_packets(index) : -1;
    if (keeper->gives[KEEPER_GIVES_WORDS] < 0) return false;
    keeper->word.step = KEEPER_VOICE;
    keeper->gives[KEEPER_GIVES_VOICE] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    return keeper->gives[KEEPER_GIVES_VOICE] >= 0;
}

static bool open_names(struct keeper *keeper) {
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    keeper->gives[KEEPER_GIVES_NETWORK] = network;
    keeper->gives[KEEPER_GIVES_USER] =
        keeper->word.has_user ? open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC) : network;
    return network >= 0 && keeper->gives[KEEPER_GIVES_USER] >= 0;
}

static bool dispense(void) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = descriptor >= 0 && passing_give(CHANNEL, "", 1, &descriptor, 1);
    if (descriptor >= 0) close(descriptor);
    return good;
}

static void set_apart(int channel) {
    setsid();
    (void)prctl(PR_SET_NAME, "aot-sandbox");
    (void)!chdir("/");
    dup2(channel, CHANNEL);
    for (int descriptor = 0; descriptor < CHANNEL; descriptor++) close(descriptor);
    close_range(CHANNEL + 1, UINT_MAX, 0);
}

static _Noreturn void keep(struct keeper *keeper, int channel) {
    int index = 0;
    char word;
    set_apart(channel);
    bool good = make_namespace(keeper) && raise_loopback(keeper, &index) && open_names(keeper) &&
                open_listener(keeper) && open_watchers(keeper, index);
    keeper->word.problem = good ? 0 : errno;
    if (good) keeper->word.step = KEEPER_READY;
    good = passing_give(CHANNEL, &keeper->word, sizeof keeper->word, keeper->gives, good ? KEEPER_GIVES : 0) && good;
    if (!good) _exit(1);
    for (int i = 0; i < KEEPER_GIVES; i++) close(keeper->gives[i]);
    for (int i = 0; i < DISPENSED && good; i++) good = dispense();
    while (good) {
        ssize_t got = recv(CHANNEL, &word, 1, 0);
        good = got == 1 ? dispense() : got < 0 && errno == EINTR;
    }
    _exit(0);
}

/* ---- on the loop ---- */

pid_t keeper_start(uint16_t port, int *channel) {
    struct keeper keeper = { .port = port };
    sigset_t all, before;
    int ends[2];
    snprintf(keeper.user_map, sizeof keeper.user_map, "%u %u 1\n", geteuid(), geteuid());
    snprintf(keeper.group_map, sizeof keeper.group_map, "%u %u 1\n", getegid(), getegid());
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    sigfillset(&all); /* no handler of aot runs in the keeper; only SIGKILL ends it early */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t process = fork();
    if (process == 0) keep(&keeper, ends[1]);
    int problem = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    *channel = ends[0];
    if (process > 0) return process;
    close(ends[0]);
    errno = problem;
    return -1;
}

/* ---- why not ---- */

struct obstacle {
    const char *path, *name;
    long forbids; /* the value that does */
};

/* The first setting of the system that is in the way; NULL: none that is known. */
static const struct obstacle *find_obstacle(void) {
    static const struct obstacle known[] = {
        { "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", 0 },
        { "/proc/sys/user/max_net_namespaces", "user.max_net_namespaces", 0 },
        { "/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0 },
        { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "kernel.apparmor_restrict_unprivileged_userns", 1 },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[32];
        int file = open(known[i].path, O_RDONLY | O_CLOEXEC);
        ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : -1;
        if (file >= 0) close(file);
        if (length <= 0) continue;
        text[length] = '\0';
        if (strtol(text, NULL, 10) == known[i].forbids) return &known[i];
    }
    return NULL;
}

void keeper_explain(const struct keeper_word *word, struct buffer *out) {
    static const char *const steps[] = {
        [KEEPER_NAMESPACE] = "no private network can be made here",
        [KEEPER_USER] = "the user cannot be taken into a private network",
        [KEEPER_LOOPBACK] = "the private network cannot be set up",
        [KEEPER_LISTENER] = "nothing can listen in the private network",
        [KEEPER_PACKETS] = "attempts cannot be seen in the private network (AF_PACKET)",
        [KEEPER_VOICE] = "nobody can be told that the private network is down (raw ICMP)",
        [KEEPER_READY] = "the private network is of no use",
    };
    const char *problem = word->problem == ENOSPC ? "the limit is reached" : strerror(word->problem);
    buffer_printf(out, "%s: %s", steps[word->step], problem);
    const struct obstacle *obstacle = word->step <= KEEPER_LOOPBACK ? find_obstacle() : NULL;
    if (obstacle) buffer_printf(out, " (%s is %ld)", obstacle->name, obstacle->forbids);
    buffer_append_string(
        out, "; run as root, allow user namespaces, or ask for a proxy in its place: sandbox(…, by: \"proxy\")");
}
