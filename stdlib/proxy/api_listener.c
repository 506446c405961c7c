/* Addresses to listen on. The words of errors are those of Go's net package, which clients of Toxiproxy may look for. */
#include "stdlib/proxy/api_listener.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

struct place {
    struct sockaddr_storage address;
    socklen_t length; /* of it */
    bool is_any;      /* every address, both families */
};

static struct sockaddr_in *four_of(struct place *place) {
    return (struct sockaddr_in *)&place->address;
}

static struct sockaddr_in6 *six_of(struct place *place) {
    return (struct sockaddr_in6 *)&place->address;
}

static bool read_port(struct text text, in_port_t *port) {
    long number = 0;
    if (text.length > 5) return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        number = number * 10 + text.bytes[i] - '0';
    }
    *port = htons((uint16_t)number);
    return number <= 65535;
}

static bool read_host(struct text host, in_port_t port, struct place *place) {
    char name[INET6_ADDRSTRLEN + 1];
    bool is_six = host.length > 2 && host.bytes[0] == '[' && host.bytes[host.length - 1] == ']';
    if (is_six) host = text_slice(host, 1, host.length - 2);
    if (text_is(host, "localhost")) host = TEXT("127.0.0.1");
    if (!host.length) {
        place->is_any = is_six = true;
        host = TEXT("::");
    }
    if (host.length >= sizeof name) return false;
    memcpy(name, host.bytes, host.length);
    name[host.length] = '\0';
    if (is_six) {
        place->length = sizeof(struct sockaddr_in6);
        *six_of(place) = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
        return inet_pton(AF_INET6, name, &six_of(place)->sin6_addr) == 1;
    }
    place->length = sizeof(struct sockaddr_in);
    *four_of(place) = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
    return inet_pton(AF_INET, name, &four_of(place)->sin_addr) == 1;
}

static bool read_place(const char *address, struct place *place, struct buffer *problem) {
    struct text text = text_of(address);
    const char *colon = strrchr(address, ':');
    in_port_t port = 0;
    *place = (struct place){ 0 };
    if (text.length && (!colon || (address[0] == '[' && colon[-1] != ']'))) {
        buffer_printf(problem, "address %s: missing port in address", address);
        return false;
    }
    size_t host = colon ? (size_t)(colon - address) : 0;
    if (colon && !read_port(text_of(colon + 1), &port)) {
        buffer_printf(problem, "address %s: invalid port", colon + 1);
        return false;
    }
    if (read_host(text_slice(text, 0, host), port, place)) return true;
    buffer_printf(problem, "lookup %.*s: no IP address, and names are not asked for", (int)host, address);
    return false;
}

static void show(struct place *place, struct buffer *out) {
    char host[INET6_ADDRSTRLEN] = "";
    if (place->address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &six_of(place)->sin6_addr, host, sizeof host);
        buffer_printf(out, "[%s]:%d", host, ntohs(six_of(place)->sin6_port));
    } else {
        inet_ntop(AF_INET, &four_of(place)->sin_addr, host, sizeof host);
        buffer_printf(out, "%s:%d", host, ntohs(four_of(place)->sin_port));
    }
}

bool api_listener_resolve(const char *address, struct buffer *shown, struct buffer *problem) {
    struct place place;
    if (!read_place(address, &place, problem)) return false;
    show(&place, shown);
    return true;
}

/* Without IPv6 any address is IPv4's. */
static int open_socket(struct place *place) {
    int off = 0, on = 1;
    int descriptor = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 && errno == EAFNOSUPPORT && place->is_any) {
        in_port_t port = six_of(place)->sin6_port;
        place->length = sizeof(struct sockaddr_in);
        *four_of(place) = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
        descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (descriptor < 0) return -1;
    if (place->is_any && place->address.ss_family == AF_INET6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* enabled again while old connections linger */
    return descriptor;
}

int api_listen(const char *address, struct buffer *shown, struct buffer *problem) {
    struct place place;
    struct buffer wrong = { 0 };
    if (!read_place(address, &place, &wrong)) {
        buffer_printf(problem, "listen tcp: %s", wrong.bytes);
        buffer_done(&wrong);
        return -1;
    }
    const char *step = "socket";
    int descriptor = open_socket(&place);
    if (descriptor >= 0) {
        step = "bind";
        place.length = place.address.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        if (bind(descriptor, (struct sockaddr *)&place.address, place.length) == 0 &&
            listen(descriptor, BACKLOG) == 0 &&
            getsockname(descriptor, (struct sockaddr *)&place.address, &place.length) == 0) {
            show(&place, shown);
            return descriptor;
        }
    }
    const char *words = strerror(errno);
    struct buffer where = { 0 };
    if (place.is_any)
        buffer_append_string(&where, strrchr(address, ':') ? strrchr(address, ':') : ":0");
    else
        show(&place, &where);
    buffer_printf(problem, "listen tcp %s: %s: %c%s", where.bytes, step, tolower((unsigned char)words[0]), words + 1);
    buffer_done(&where);
    if (descriptor >= 0) close(descriptor);
    return -1;
}
