/* The pipe is the engine's: it is empty again at the end of each call, for what the other socket does not take is read out of it. */
#include "stdlib/proxy/shortcut.h"

#include "stdlib/proxy/front.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static uint64_t unneeded(const struct side *side) {
    const struct tap *tap = &side->connection->tap;
    return tap_unneeded(tap, side == &side->connection->client);
}

bool shortcut_is_open(const struct side *side) {
    const struct link *link = side->out;
    return side->is_bulk && side->connection->front->engine->pipe[0] >= 0 && !link->stages && !link->queue.length &&
           !link->has_ended && link->to->is_connected && !link->to->has_ended && unneeded(side) >= SHORTCUT_FROM;
}

static size_t give(struct link *link, int from, size_t length) {
    size_t given = 0;
    while (given < length) {
        ssize_t part =
            splice(from, NULL, link->to->watched.descriptor, NULL, length - given, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break; /* it takes no more; or is broken, which the next flush tells */
        given += (size_t)part;
    }
    link->length += given;
    if (link->is_up && given) connection_uploaded(link->to->connection, given);
    return given;
}

static void keep(struct link *link, struct engine *engine, size_t length) {
    while (length) {
        ssize_t got = read(engine->pipe[0], engine->block, length < ENGINE_BLOCK ? length : ENGINE_BLOCK);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return; /* cannot be: so much is in it */
        queue_append(&link->queue, (struct text){ engine->block, (size_t)got }, 0);
        length -= (size_t)got;
    }
}

ssize_t shortcut_take(struct side *side) {
    struct engine *engine = side->connection->front->engine;
    uint64_t most = unneeded(side);
    size_t room = most < LINK_LIMIT ? (size_t)most : LINK_LIMIT;
    ssize_t came =
        splice(side->watched.descriptor, NULL, engine->pipe[1], NULL, room, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (came <= 0) return came;
    tap_pass(&side->connection->tap, side == &side->connection->client, (size_t)came);
    size_t given = give(side->out, engine->pipe[0], (size_t)came);
    keep(side->out, engine, (size_t)came - given);
    return came;
}
