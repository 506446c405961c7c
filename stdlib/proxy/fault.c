/* Applying faults to connections and taking them back. A connection that lost bytes to a fault cannot go on as if nothing had been:
 * it is reset when the fault is undone; all others go on. */
#include "stdlib/proxy/fault.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/proxy/front.h"
#include "stdlib/proxy/gate.h"
#include "stdlib/proxy/plug.h"

/* ---- told by stages ---- */

void fault_touch(struct stage *stage, size_t length) {
    struct affliction *affliction = stage->affliction;
    affliction->fault->met += length;
    affliction->fault->touched += !affliction->is_touched;
    affliction->is_touched = true;
}

void fault_lose(struct stage *stage, size_t length) {
    fault_touch(stage, length);
    stage->affliction->has_lost = true;
}

static void on_end(void *data) {
    struct affliction *affliction = data;
    struct connection *connection = affliction->connection;
    enum toxic toxic = affliction->fault->toxic;
    affliction->timer = NULL;
    affliction->fault->touched += !affliction->is_touched;
    affliction->is_touched = true;
    if (toxic == TOXIC_RESET_PEER || toxic == TOXIC_DOWN)
        connection_stop(connection, "reset", toxic == TOXIC_DOWN ? "the fault down" : "the fault reset_peer");
    else
        connection_close(connection, "closed", toxic == TOXIC_TIMEOUT ? "the fault timeout" : "the fault limit_time");
}

static void end_at(struct affliction *affliction, int64_t at) {
    struct connection *connection = affliction->connection;
    if (affliction->timer || connection->is_over) return;
    affliction->timer = timers_add(&connection->front->engine->timers, at, on_end, affliction);
}

void fault_end_at(struct stage *stage, int64_t at) {
    end_at(stage->affliction, at);
}

/* ---- meeting a connection ---- */

static void place(struct affliction *affliction, struct stage *stage, struct link *link) {
    const struct fault *fault = affliction->fault;
    *stage = (struct stage){ .stage_class = toxic_stage(fault->toxic),
                             .affliction = affliction,
                             .random = connection_mix(affliction->connection->seed, fault->id * 2 + link->is_up) };
    stage_enter(stage, link);
}

/* One coin for both directions of a connection; the same in every run of the same seed. */
static bool is_spared(const struct fault *fault, const struct connection *connection) {
    double coin = (double)(connection_mix(connection->seed, fault->id * 2 + 101) >> 11) / 9007199254740992.0;
    return coin >= fault->share;
}

static void afflict(struct fault *fault, struct connection *connection, int64_t now) {
    struct affliction *affliction = memory_allocate(sizeof *affliction);
    *affliction = (struct affliction){ .next = connection->afflictions, .fault = fault, .connection = connection };
    connection->afflictions = affliction;
    if (fault->is_up) place(affliction, &affliction->up, &connection->up);
    if (fault->is_down) place(affliction, &affliction->down, &connection->down);
    if (gate_closes(fault->toxic)) gate_mute(connection, true);
    if (fault->toxic == TOXIC_TIMEOUT && !fault->never_ends) end_at(affliction, now + fault->delay);
    if (fault->toxic == TOXIC_LIMIT_TIME) end_at(affliction, connection->tap.opened + fault->delay);
}

/* A caller is heard before it is refused: who asks stands in its request. */
static void refuse(struct fault *fault, struct connection *connection, int64_t now) {
    static const int64_t patience = 100 * MILLISECOND;
    afflict(fault, connection, now);
    if (!fault->is_up) place(connection->afflictions, &connection->afflictions->up, &connection->up);
    end_at(connection->afflictions, now + patience);
}

static const char *reason_of(enum toxic toxic) {
    return toxic == TOXIC_DOWN     ? "the fault down"
           : toxic == TOXIC_REFUSE ? "the network was cut"
                                   : "the fault drop_first";
}

/* False: the connection is over. `is_new`: it came while the fault was in force. */
static bool meet(struct fault *fault, struct connection *connection, bool is_new, int64_t now) {
    bool is_first = fault->toxic == TOXIC_DROP_FIRST && is_new && fault->attempts <= fault->connections;
    if (is_spared(fault, connection) || (fault->toxic == TOXIC_DROP_FIRST && !is_first)) return true;
    if (fault->toxic == TOXIC_NO_ACCEPT) return true; /* who was taken is none of those that wait */
    if (fault->toxic != TOXIC_DOWN && fault->toxic != TOXIC_REFUSE && !is_first) {
        afflict(fault, connection, now);
        return true;
    }
    if (fault->toxic == TOXIC_DOWN && is_new) {
        refuse(fault, connection, now);
        return true;
    }
    fault->touched++;
    connection_stop(connection, "reset", reason_of(fault->toxic));
    return false;
}

/* The service is not even called. */
static bool is_swallowed(const struct connection *connection) {
    for (const struct affliction *affliction = connection->afflictions; affliction; affliction = affliction->next) {
        const struct fault *fault = affliction->fault;
        if (fault->toxic == TOXIC_DOWN || (fault->toxic == TOXIC_BLACKHOLE && fault->is_up)) return true;
    }
    return false;
}

bool fault_meet_all(struct front *front, struct connection *connection) {
    int64_t now = clock_monotonic();
    bool goes_on = true;
    for (struct fault *fault = front->faults; fault && goes_on; fault = fault->next) {
        fault->attempts++;
        goes_on = meet(fault, connection, true, now);
    }
    return goes_on && !is_swallowed(connection);
}

void fault_begin(struct front *front, struct fault *fault) {
    struct fault **at = &front->faults;
    int64_t now = clock_monotonic();
    if (gate_closes(fault->toxic)) gate_close(front->gate, fault);
    while (*at) at = &(*at)->next;
    *at = fault;
    if (fault->toxic == TOXIC_NO_ACCEPT) plug_begin(front);
    for (struct connection *connection = front->connections, *next; connection; connection = next) {
        next = connection->next;
        meet(fault, connection, false, now);
        connection_look(connection);
    }
}

/* ---- and leaving it ---- */

static void take_out(struct affliction *affliction, bool passes_on, int64_t now) {
    struct affliction **at = &affliction->connection->afflictions;
    struct stage *stages[] = { &affliction->up, &affliction->down };
    while (*at != affliction) at = &(*at)->next;
    *at = affliction->next;
    if (affliction->timer) timers_remove(affliction->timer);
    for (int i = 0; i < 2; i++) {
        if (!stages[i]->stage_class) continue;
        if (passes_on) stage_leave(stages[i], now);
        stage_done(stages[i]);
    }
    memory_release(affliction);
}

void fault_release(struct connection *connection) {
    connection->up.stages = connection->down.stages = NULL;
    while (connection->afflictions) take_out(connection->afflictions, false, 0);
}

static void leave(struct fault *fault, struct connection *connection, int64_t now) {
    struct affliction *affliction = connection->afflictions;
    while (affliction && affliction->fault != fault) affliction = affliction->next;
    if (!affliction) return;
    if (affliction->has_lost) {
        connection_stop(connection, "reset", "what a fault had swallowed was missing when it was undone");
        return;
    }
    if (gate_closes(fault->toxic)) gate_mute(connection, false);
    take_out(affliction, true, now);
    if (!is_swallowed(connection)) connection_dial(connection);
    connection_look(connection);
}

void fault_end(struct front *front, struct fault *fault) {
    struct fault **at = &front->faults;
    int64_t now = clock_monotonic();
    for (struct connection *connection = front->connections, *next; connection; connection = next) {
        next = connection->next;
        leave(fault, connection, now);
    }
    if (gate_closes(fault->toxic)) gate_open(front->gate);
    if (fault->toxic == TOXIC_NO_ACCEPT) plug_end(front, fault);
    while (*at != fault) at = &(*at)->next;
    *at = fault->next;
}

/* ---- changed in place ---- */

static void begin_anew(struct affliction *affliction, int64_t now) {
    const struct fault *fault = affliction->fault;
    struct stage *stages[] = { &affliction->up, &affliction->down };
    bool was_ending = affliction->timer != NULL;
    for (int i = 0; i < 2; i++) {
        if (!stages[i]->stage_class) continue;
        stage_let_go(stages[i], now);
        stages[i]->free_at = 0;
        if (fault->toxic != TOXIC_LIMIT_DATA) stages[i]->passed = 0;
    }
    if (affliction->timer) timers_remove(affliction->timer);
    affliction->timer = NULL;
    if (fault->toxic == TOXIC_LIMIT_TIME) end_at(affliction, affliction->connection->tap.opened + fault->delay);
    if (fault->toxic == TOXIC_TIMEOUT && !fault->never_ends) end_at(affliction, now + fault->delay);
    if (fault->toxic == TOXIC_RESET_PEER && was_ending) end_at(affliction, now + fault->delay);
}

static void change_settings(struct fault *fault, const struct fault *like) {
    fault->delay = like->delay;
    fault->jitter = like->jitter;
    fault->bytes = like->bytes;
    fault->variation = like->variation;
    fault->rate = like->rate;
    fault->share = like->share;
    fault->connections = like->connections;
    fault->never_ends = like->never_ends;
}

void fault_change(struct front *front, struct fault *fault, const struct fault *like) {
    int64_t now = clock_monotonic();
    change_settings(fault, like);
    for (struct connection *connection = front->connections, *next; connection; connection = next) {
        struct affliction *affliction = connection->afflictions;
        next = connection->next;
        while (affliction && affliction->fault != fault) affliction = affliction->next;
        if (affliction && is_spared(fault, connection))
            leave(fault, connection, now);
        else if (affliction)
            begin_anew(affliction, now);
        else
            meet(fault, connection, false, now);
        connection_look(connection);
    }
}
