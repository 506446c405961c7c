/* The lean client of a load's thread: HTTP/1.1 over its own sockets, or over TLS that libcurl made (secure.h), for requests that need
 * nothing else. Inside stdlib/http only. What it cannot do goes through libcurl (client.h); the answer's value is made the same way. */
#ifndef AOT_STDLIB_HTTP_LEAN_H
#define AOT_STDLIB_HTTP_LEAN_H
#include "stdlib/http/answer.h"
#include "stdlib/http/body.h"
#include "stdlib/http/secure.h"

struct lean;
struct link;
struct target;

/* One request on its way. */
struct exchange {
    struct lean *lean;
    struct exchange *earlier, *later; /* by deadline */
    struct prepared *prepared;        /* one reference */
    struct target *target;
    struct link *link;      /* NULL only for moments */
    struct value peer_name; /* of the last connection that it was sent on; a text, owned, or none */
    struct ticket ticket;
    int64_t start;    /* when it was begun */
    int64_t counted;  /* from when its timeout counts */
    int64_t deadline; /* when that is over */
    int64_t end;      /* when the last byte so far came, by the kernel's clock */
    size_t sent;      /* bytes of the request */
    bool resent;      /* it is sent for the second time */
    bool began;       /* some of the answer has come */
    struct answer answer;
    uint64_t head_number;  /* of the target's memory */
    struct buffer head;    /* lines of head and trailer */
    struct buffer small;   /* the body while it is */
    struct body *large;    /* the body beyond that; owned, NULL */
    const char *class;     /* of what went wrong; NULL: nothing */
    struct buffer problem; /* the same in words */
    bool unwritten;        /* the body could not be kept */
    int unwritten_errno;
};

/* A part of an answer that was the same before. */
struct remembered_answer {
    uint64_t head_number; /* 0: none */
    int status;
    struct buffer body;
    struct value peer_name; /* owned */
    struct value response;  /* all but its times; owned */
};

/* A server, and the connections to it that wait. */
struct target {
    struct target *next;
    char *key;               /* prepared.h; owned */
    union peer_address peer; /* without TLS */
    struct value peer_name;  /* a text, owned: of the last connection that was made */
    struct link *idle;       /* the last used first */
    struct answer_memory memory;
    struct remembered_answer recent;
};

enum native_outcome lean_send(struct native_call *call, struct prepared *prepared); /* takes one reference over */
/* One that was made for the same arguments, with one more reference, or NULL. */
struct prepared *lean_recall(struct native_call *call);
void lean_remember(struct native_call *call, struct prepared *prepared);

/* ---- lean.c, for link.c ---- */
void lean_begin_link(struct exchange *exchange, bool fresh); /* sends it */
void lean_complete(struct exchange *exchange);               /* it has its answer */
void lean_fail(struct exchange *exchange, const char *class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct run *lean_run(const struct lean *lean);
struct secure_shared *lean_shared(struct lean *lean);

/* ---- link.c: one connection ---- */
struct link *link_idle(struct target *target);                        /* takes it off; NULL: there is none */
struct link *link_open(struct lean *lean, struct exchange *exchange); /* NULL: the exchange has failed */
void link_send(struct link *link, struct exchange *exchange);
void link_rest(struct link *link);  /* its exchange is over: kept or closed */
void link_close(struct link *link); /* at once */
/* Where it is while nothing was sent: "while connecting". */
const char *link_stage(const struct link *link);

/* ---- lean_response.c ---- */
/* Owned by the caller. With text in `problem` the machine itself failed (disk full). */
struct value lean_response(struct exchange *exchange, struct buffer *problem);
void target_free(struct target *target);
#endif
