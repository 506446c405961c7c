/* Stages: how they are chained, woken, put in and taken out while bytes pass. */
#include "stdlib/proxy/stage.h"

#include "base/clock.h"
#include "stdlib/proxy/connection.h"
#include "stdlib/proxy/front.h"

void stage_pass(struct stage *stage, struct text bytes, int64_t now) {
    if (stage->next)
        stage->next->stage_class->take(stage->next, bytes, now);
    else
        link_leave(stage->link, bytes, now);
}

void stage_pass_end(struct stage *stage, int64_t now) {
    if (stage->next)
        stage->next->stage_class->end(stage->next, now);
    else
        link_leave_end(stage->link, now);
}

static void on_due(void *data) {
    struct stage *stage = data;
    struct connection *connection = stage->link->to->connection;
    stage->timer = NULL;
    stage->stage_class->due(stage, clock_monotonic());
    connection_look(connection);
}

static void drop_timer(struct stage *stage) {
    if (stage->timer) timers_remove(stage->timer);
    stage->timer = NULL;
}

void stage_wake_at(struct stage *stage, int64_t at) {
    struct connection *connection = stage->link->to->connection;
    if (stage->timer && stage->timer->at == at) return;
    drop_timer(stage);
    if (!connection->is_over) stage->timer = timers_add(&connection->front->engine->timers, at, on_due, stage);
}

uint64_t stage_random(struct stage *stage) {
    return connection_mix(stage->random++, 1);
}

void stage_enter(struct stage *stage, struct link *link) {
    struct stage **at = &link->stages;
    while (*at && (*at)->affliction->fault->id < stage->affliction->fault->id) at = &(*at)->next;
    stage->next = *at;
    *at = stage;
    stage->link = link;
}

void stage_let_go(struct stage *stage, int64_t now) {
    drop_timer(stage);
    while (stage->held.length) {
        struct text first = queue_first(&stage->held);
        stage_pass(stage, first, now);
        queue_drop(&stage->held, first.length);
    }
    if (stage->has_end) stage_pass_end(stage, now);
    stage->has_end = false;
}

void stage_leave(struct stage *stage, int64_t now) {
    struct stage **at = &stage->link->stages;
    stage_let_go(stage, now);
    while (*at != stage) at = &(*at)->next;
    *at = stage->next;
}

void stage_done(struct stage *stage) {
    drop_timer(stage);
    queue_done(&stage->held);
}
