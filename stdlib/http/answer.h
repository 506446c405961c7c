/* Reads an HTTP/1.1 answer from bytes as they come: strict, without memory of its own, without I/O. Inside stdlib/http only.
 * Of interim answers (1xx) the last one is read; a body ends by its length, its chunks, or the connection. */
#ifndef AOT_STDLIB_HTTP_ANSWER_H
#define AOT_STDLIB_HTTP_ANSWER_H
#include "base/buffer.h"

enum answer_stage {
    ANSWER_HEAD,       /* status line and headers are to come */
    ANSWER_LENGTH,     /* `left` bytes of the body are */
    ANSWER_TO_END,     /* the body goes on until the connection ends */
    ANSWER_CHUNK_SIZE, /* a chunk's first line is */
    ANSWER_CHUNK,      /* `left` bytes of a chunk are */
    ANSWER_CHUNK_END,  /* the line break behind a chunk is */
    ANSWER_TRAILER,    /* headers behind the last chunk are */
    ANSWER_COMPLETE,
    ANSWER_BROKEN /* `problem` says why */
};
struct answer {
    bool of_head; /* the request was HEAD: there is no body */
    enum answer_stage stage;
    int status;
    bool keeps;          /* the connection can be used again */
    int64_t left;        /* bytes */
    int64_t announced;   /* Content-Length, or -1 */
    const char *problem; /* "a chunk's size is no number" */
};
/* The head of the last answer that was read with it: an equal one is not read again. Zeroed: none. */
struct answer_memory {
    struct buffer head; /* with the empty line behind it */
    struct answer answer;
    uint64_t changes; /* how often another head came */
};
struct answer_sink {
    void *data;
    /* Lines of the head or of the trailer, without the empty line behind them; false: that is too much. */
    bool (*lines)(void *data, struct text lines, bool is_trailer);
    bool (*body)(void *data, struct text bytes); /* false: no more is wanted, the answer is BROKEN without a problem */
};
void answer_begin(struct answer *answer, bool of_head);
/* Reads what can be read and returns how many bytes that were; the rest must be given again with more behind it. `memory` may
 * be NULL. */
size_t answer_read(struct answer *answer, struct text bytes, struct answer_memory *memory,
                   const struct answer_sink *sink);
/* Of a Content-Length. False: it is no number. */
bool answer_length(struct text digits, int64_t *length);
/* The connection has ended. */
void answer_end(struct answer *answer);
/* The next header of lines; false at their end. Only for lines that were accepted. */
bool answer_header(struct text *lines, struct text *name, struct text *content);
void answer_memory_done(struct answer_memory *memory);
#endif
