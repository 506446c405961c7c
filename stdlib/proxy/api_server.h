/* The API's HTTP server: connections, and their bounds in time, size and number. Lives on the wire's thread. */
#ifndef AOT_STDLIB_PROXY_API_SERVER_H
#define AOT_STDLIB_PROXY_API_SERVER_H
#include "stdlib/proxy/api.h"

struct api_server;
/* By whoever owns the engine, before anything else is asked of it: `listener` listens and never blocks; taken over. */
struct api_server *api_server_new(struct engine *engine, int listener, const char *version, uint64_t seed);
/* `json` is an array of proxies as POST /populate takes it, or empty. False with a problem: nobody can call. */
bool api_server_open(struct api_server *server, struct text json, struct api_problem *problem);
/* Closes everything, every proxy included; all is gone when the engine has stopped. */
void api_server_close(struct api_server *server);
#endif
