/* Addresses as HOST:PORT. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage bytes;
    socklen_t length;
};

/* Reads HOST:PORT, where HOST is an IPv4 address or, except in the static program, a name. */
bool address_read(const char *text, struct address *address);
