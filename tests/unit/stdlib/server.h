/* The servers of tests/servers, as child processes of a test. */
#ifndef TESTS_UNIT_STDLIB_SERVER_H
#define TESTS_UNIT_STDLIB_SERVER_H
#include <sys/types.h>

struct server {
    pid_t process;
    int port;
    int input;            /* closing it ends the server */
    char certificate[64]; /* file of its certificate; empty without TLS */
};
struct server server_start(int with_tls);
struct server server_start_dns(const char *address); /* it says this address; see tests/servers/dns_server.c */
void server_stop(struct server *server);
/* "http://127.0.0.1:PORT/path"; the last eight stay valid. */
const char *server_url(const struct server *server, const char *path);
#endif
