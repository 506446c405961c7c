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
    int64_t limit;            /* bytes that are kept, or become events */
    int64_t taken;            /* how many of them came */
    int64_t dropped;          /* bytes beyond */
    struct buffer line;       /* the line that has no end yet */
    struct stream *lines;     /* borrowed; NULL: lines are no events */
    struct output_log *log;   /* borrowed */
    void (*over)(void *data); /* told when the pipe is at its end */
    void *data;
    bool forgets;                                    /* nothing is kept in memory but the lines in the stream */
    const char *prefix;                              /* of each line in the log; borrowed; NULL: none */
    void (*line_came)(void *data, struct text line); /* NULL: nobody is told */
    void *line_data;
};
/* The fields up to `data` must be set. */
void output_start(struct output *output);
void output_stop(struct output *output); /* closes; an unfinished line becomes an event */
void output_done(struct output *output); /* stops without telling, and releases */
#endif
