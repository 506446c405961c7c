/* A proxy's wire between real sockets, for tests: the test is the run's loop, the client and the service. */
#ifndef TESTS_UNIT_STDLIB_PROXY_WIRE_H
#define TESTS_UNIT_STDLIB_PROXY_WIRE_H
#include "stdlib/proxy/front.h"

enum { PATIENCE = 20000 }; /* ms: the machine may be busy */

struct wire {
    struct engine *engine;
    struct front *front;
    int service, service_port, port; /* the service's listener; where it is; where the proxy is */
    struct buffer told;              /* lines of news so far */
    uint64_t echoes, uploaded;
    struct news fault;  /* the last word on a fault */
    uint64_t faults;    /* words on faults so far */
    size_t descriptors; /* open before it began */
    bool is_closed, settles;
};

int listen_on(int *port, int backlog);
int call(int port); /* a client's socket, connected */
bool is_ready(int descriptor, short events, int milliseconds);
int answer_call(const struct wire *wire); /* the service's end of the next connection */
void say(int descriptor, const char *text);
/* The next `length` bytes, or what came before the end. */
size_t hear(int descriptor, char *bytes, size_t length);
void expect_words(int descriptor, const char *words);
int hear_end(int descriptor); /* 0: an end; else the error */
void reset(int descriptor);
size_t open_descriptors(void);
size_t room_for(
    size_t pairs); /* allows as many descriptors as it can: for how many connections with both their ends they do */
struct target_list targets(int port);

struct wire *wire_begin(void); /* not open yet */
/* The same over this listener of its own, nonblocking; taken over. `descriptors`: open before. */
struct wire *wire_over(int listener, size_t descriptors);
struct wire *wire_new(void);
void wire_take_news(struct wire *wire);
const char *told(struct wire *wire); /* everything that was told until now */
/* Waits until the told lines have these among them. */
void await_told(struct wire *wire, const char *lines);
/* Applies a fault and waits until it is in force; undoes it and gives what it met. */
uint64_t wire_apply(struct wire *wire, const struct fault *fault);
struct news wire_undo(struct wire *wire, uint64_t id);
void wire_free(struct wire *wire); /* and checks that nothing is left */
#endif
