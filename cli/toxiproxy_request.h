/* One call of a Toxiproxy's HTTP API, in a process of its own: what natives and the guard start. Not for people. */
#ifndef AOT_CLI_TOXIPROXY_REQUEST_H
#define AOT_CLI_TOXIPROXY_REQUEST_H

/* `words`: [--within SECONDS] METHOD URL [BODY]. Prints the answer's body. 0 when it was obeyed, or nothing was left to delete; else 1,
 * with a line on standard error. The method DISABLE disables the proxy of that URL, unless it is disabled: then
 * REMOTE_WAS_DISABLED. Ends by itself within 8 s, or so many seconds. */
int toxiproxy_request(int count, char **words);
#endif
