/* Reads addresses. The static program knows no names: glibc resolves them with libraries that it would have to load. */
#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool resolve(const char *host, const char *port, struct address *address) {
#ifdef NOTES_STATIC
    (void)host, (void)port, (void)address;
    return false;
#else
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *found;
    if (getaddrinfo(host, port, &hints, &found) != 0) return false;
    memcpy(&address->bytes, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
#endif
}

bool address_read(const char *text, struct address *address) {
    char host[256], *end;
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof host) return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    long port = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || port > 65535) return false;
    *address = (struct address){ .length = sizeof(struct sockaddr_in) };
    struct sockaddr_in *four = (struct sockaddr_in *)&address->bytes;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return inet_pton(AF_INET, numeric, &four->sin_addr) == 1 || resolve(host, colon + 1, address);
}
