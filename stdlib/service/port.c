/* The choice is random and not seeded: cells that run at the same time with one seed must not choose alike. */
#include "stdlib/service/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOWEST = 20000, HIGHEST = 32000, TRIES = 500 };

/* The name begins with a NUL byte: it stands in no folder and is gone with its last descriptor. */
static int claim(int number) {
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "aot-port-%d", number);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(descriptor, (struct sockaddr *)&name, size) == 0) return descriptor;
    close(descriptor);
    return -1;
}

bool port_is_free(int number) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    int yes = 1; /* connections of one that is gone do not count, as they do not for most servers */
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)number),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bool bound = bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    close(descriptor);
    return bound;
}

bool port_take(struct port *port, struct buffer *problem) {
    for (int i = 0; i < TRIES; i++) {
        uint32_t chance;
        if (getrandom(&chance, sizeof chance, 0) != sizeof chance) break;
        int number = LOWEST + (int)(chance % (HIGHEST - LOWEST));
        int descriptor = claim(number);
        if (descriptor < 0) continue;
        *port = (struct port){ number, descriptor };
        if (port_is_free(number)) return true;
        port_release(port);
    }
    buffer_printf(problem, "no free port on 127.0.0.1 was found between %d and %d", LOWEST, HIGHEST);
    return false;
}

void port_release(struct port *port) {
    if (port->descriptor >= 0) close(port->descriptor);
    *port = PORT_NONE;
}
