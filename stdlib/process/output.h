/* What a program writes to one of its outputs: kept up to a limit, cut into lines, each an event of a stream and a line of a log. */
#ifndef AOT_STDLIB_PROCESS_OUTPUT_H
#define AOT_STDLIB_PROCESS_OUTPUT_H
#include "vm/native_call.h"

struct output_log; /* the file that both outputs share */
struct output_log *output_log_open(struct run *run, const char *name);
void output_log_close(struct output_log *log);

struct output {
    struct run *run;
    int descriptor;           /* our end of the pipe; -1 once it is over */
    struct loop_watch *watch; /* NULL then */
    struct buffer kept;       /* what was written, up to `limit` */
    int64_t limit;            /* bytes that are kept */
    int64_t dropped;          /* bytes beyond */
    struct buffer line;       /* the line that has no end yet */
    struct stream *lines;     /* borrowed */
    struct output_log *log;   /* borrowed */
    void (*over)(void *data); /* told when the pipe is at its end */
    void *data;
};
/* The fields up to `data` must be set. */
void output_start(struct output *output);
void output_stop(struct output *output); /* closes; an unfinished line becomes an event */
void output_done(struct output *output); /* stops without telling, and releases */
#endif
