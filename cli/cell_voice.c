/* Words on a socket: a byte for the kind, four for the length, the text. */
#include "cli/cell_voice.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD = 1 + sizeof(uint32_t), PATIENCE_MS = 60000 };

static void say(void *data, enum cell_word word, struct text text) {
    int socket = *(const int *)data;
    char head[HEAD] = { (char)word };
    uint32_t length = (uint32_t)text.length;
    memcpy(head + 1, &length, sizeof length);
    struct buffer bytes = { 0 };
    buffer_append(&bytes, (struct text){ head, sizeof head });
    buffer_append(&bytes, text);
    for (size_t sent = 0; sent < bytes.length;) {
        ssize_t now = send(socket, bytes.bytes + sent, bytes.length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (now > 0) sent += (size_t)now;
        struct pollfd room = { .fd = socket, .events = POLLOUT };
        if (now < 0 && errno != EINTR && (errno != EAGAIN || poll(&room, 1, PATIENCE_MS) == 0)) break;
    }
    buffer_done(&bytes);
}

struct cell_voice cell_voice_on(int *socket) {
    return (struct cell_voice){ socket, say, *socket };
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
