/* What a call of a Toxiproxy's API says by its exit code, between stdlib/proxy/remote_fault.c and cli/toxiproxy_request.c. */
#ifndef AOT_STDLIB_PROXY_REMOTE_EXIT_H
#define AOT_STDLIB_PROXY_REMOTE_EXIT_H
enum { REMOTE_WAS_DISABLED = 9 }; /* of DISABLE: the proxy is disabled already, and nothing was done */
#endif
