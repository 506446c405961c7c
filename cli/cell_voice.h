/* What a cell tells the process that waits for it, while it runs and at its end: words over a socket, or a direct call. */
#ifndef AOT_CLI_CELL_VOICE_H
#define AOT_CLI_CELL_VOICE_H
#include "base/buffer.h"

enum cell_word {
    WORD_STAGE,  /* "setup" */
    WORD_PHASE,  /* the name of one that begins; empty: it is over */
    WORD_REPORT, /* for standard output, when the cell is over */
    WORD_NOTICE, /* for standard error, then too */
    WORD_RESULT  /* outcome, environment: two numbers; before report and notices, which are long */
};
struct cell_voice {
    void *data;
    void (*say)(void *data, enum cell_word word, struct text text);
    int socket; /* commands come from it; -1: it is the same process */
};
/* The other way round, a byte each. */
enum cell_command {
    COMMAND_STOP = 's', /* stop, undo, judge what exists */
    COMMAND_TIMEOUT = 't' /* the same, because the time of --timeout is over */,
    COMMAND_FAIL_FAST = 'f', /* the same, because another cell has failed */
    COMMAND_AT_ONCE = 'u'    /* undo, without patience */
};

/* The cell's end of the socket. After a word that could only be sent in part there is none: the reader could not tell where it
 * begins. */
struct cell_wire {
    int socket;
    int patience; /* milliseconds for one that nobody reads */
    bool broken;  /* something is lost, and no more is sent */
};
/* A process that was not heard in full ends with this status; its result may have been. */
enum { CELL_PATIENCE_MS = 60000, CELL_UNHEARD = 9 };
/* A voice that writes to the wire. Words of what goes on are left out while nobody reads; the others are waited for. */
struct cell_voice cell_voice_on(struct cell_wire *wire);
/* Takes one word from the front of what was read; false: it is not all there yet. The text points into `read`. */
bool cell_voice_take(struct text *read, enum cell_word *word, struct text *text);
#endif
