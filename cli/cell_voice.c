/* Words on a socket: a byte for the kind, four for the length, the text. */
#include "cli/cell_voice.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD = 1 + sizeof(uint32_t) };

static bool has_room(const struct cell_wire *wire, int patience) {
    struct pollfd room = { .fd = wire->socket, .events = POLLOUT };
    int ready;
    while ((ready = poll(&room, 1, patience)) < 0 && errno == EINTR) continue;
    return ready > 0;
}

/* All of it, or the wire is broken: also when the reader is gone. */
static void send_all(struct cell_wire *wire, struct text bytes) {
    while (bytes.length && !wire->broken) {
        ssize_t now = send(wire->socket, bytes.bytes, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (now > 0)
            bytes = text_slice(bytes, (size_t)now, SIZE_MAX);
        else if (errno == EAGAIN)
            wire->broken = !has_room(wire, wire->patience);
        else
            wire->broken = errno != EINTR;
    }
}

static void say(void *data, enum cell_word word, struct text text) {
    struct cell_wire *wire = data;
    bool passing = word == WORD_STAGE || word == WORD_PHASE; /* the next one tells as much */
    if (wire->broken || (passing && !has_room(wire, 0))) return;
    char head[HEAD] = { (char)word };
    uint32_t length = (uint32_t)text.length;
    memcpy(head + 1, &length, sizeof length);
    struct buffer bytes = { 0 };
    buffer_append(&bytes, (struct text){ head, sizeof head });
    buffer_append(&bytes, text);
    send_all(wire, buffer_text(&bytes));
    buffer_done(&bytes);
}

struct cell_voice cell_voice_on(struct cell_wire *wire) {
    return (struct cell_voice){ wire, say, wire->socket };
}

bool cell_voice_take(struct text *read, enum cell_word *word, struct text *text) {
    uint32_t length;
    if (read->length < HEAD) return false;
    memcpy(&length, read->bytes + 1, sizeof length);
    if (read->length - HEAD < length) return false;
    *word = (enum cell_word)read->bytes[0];
    *text = text_slice(*read, HEAD, length);
    *read = text_slice(*read, HEAD + length, SIZE_MAX);
    return true;
}
