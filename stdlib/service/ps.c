/* Fields that are not there, or are of another kind than expected, count as absent: engines differ. */
#include "stdlib/service/ps.h"

#include <stdlib.h>
#include <string.h>

static struct value get(struct value record, const char *name) {
    bool found;
    if (record.kind != VALUE_RECORD) return value_none();
    struct value field = value_field(record, text_of(name), &found);
    return found ? field : value_none();
}

static struct text get_text(struct value record, const char *name) {
    struct value field = get(record, name);
    return field.kind == VALUE_TEXT ? value_text_of(field) : TEXT_NONE;
}

static int get_number(struct value record, const char *name) {
    struct value field = get(record, name);
    return field.kind == VALUE_INTEGER ? (int)field.integer : 0;
}

/* An array, or a line an object; false: neither. */
static bool read_objects(struct heap *heap, struct text said, struct value *objects) {
    said = text_trim(said);
    *objects = value_list(heap, NULL, 0);
    while (said.length) {
        const char *end = said.bytes[0] == '[' ? NULL : memchr(said.bytes, '\n', said.length);
        size_t length = end ? (size_t)(end - said.bytes) : said.length;
        struct value item = value_from_json(heap, text_slice(said, 0, length));
        said = text_trim(text_slice(said, length, SIZE_MAX));
        if (item.kind == VALUE_LIST) {
            value_release(*objects);
            *objects = item;
            return true;
        }
        if (item.kind == VALUE_RECORD) *objects = value_list_append(*objects, item);
        bool good = item.kind == VALUE_RECORD;
        value_release(item);
        if (!good) return false;
    }
    return true;
}

/* What ends by itself is "exited"; what is started again is "restarting" between. */
static void set_status(struct ps_state *state, struct text status) {
    state->running = text_is(status, "running");
    state->over = text_is(status, "exited") || text_is(status, "dead");
}

typedef struct text name_of(struct value container);

/* The service's container, else the only one. */
static struct value choose(struct value containers, struct text service, name_of *name) {
    for (size_t i = 0; i < value_count(containers); i++)
        if (text_equal(name(value_at(containers, i)), service)) return value_at(containers, i);
    return value_count(containers) == 1 ? value_at(containers, 0) : value_none();
}

static void set_health(struct ps_state *state, struct text health) {
    state->has_health = health.length > 0 && !text_is(health, "none");
    state->healthy = text_is(health, "healthy");
}

/* ---- compose v2 ---- */
static struct text compose_name(struct value container) {
    return get_text(container, "Service");
}

static int published(struct value container, int target) {
    struct value publishers = get(container, "Publishers");
    if (publishers.kind != VALUE_LIST) return 0;
    for (size_t i = 0; i < value_count(publishers); i++) {
        struct value one = value_at(publishers, i);
        int port = get_number(one, "PublishedPort");
        if (port && (!target || get_number(one, "TargetPort") == target)) return port;
    }
    return 0;
}

bool ps_read_compose(struct heap *heap, struct text said, struct text service, int target, struct ps_state *state) {
    struct value containers;
    *state = (struct ps_state){ 0 };
    bool good = read_objects(heap, said, &containers);
    struct value container = choose(containers, service, compose_name);
    if (good && container.kind == VALUE_RECORD) {
        state->found = true;
        set_status(state, get_text(container, "State"));
        state->exit_code = get_number(container, "ExitCode");
        state->port = published(container, target);
        set_health(state, get_text(container, "Health"));
    }
    value_release(containers);
    return good;
}

/* ---- docker inspect ---- */
static struct text inspect_name(struct value container) {
    return get_text(get(get(container, "Config"), "Labels"), "com.docker.compose.service");
}

/* {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}], "90/tcp": null} */
static int bound(struct value ports, int target) {
    if (ports.kind != VALUE_RECORD) return 0;
    for (size_t i = 0; i < value_count(ports); i++) {
        struct value bindings = value_at(ports, i);
        struct text key = value_key_at(ports, i);
        int inside = key.length ? (int)strtol(key.bytes, NULL, 10) : 0;
        if (bindings.kind != VALUE_LIST || !value_count(bindings) || (target && inside != target)) continue;
        struct text port = get_text(value_at(bindings, 0), "HostPort");
        if (port.length) return (int)strtol(port.bytes, NULL, 10);
    }
    return 0;
}

bool ps_read_inspect(struct heap *heap, struct text said, struct text service, int target, struct ps_state *state) {
    struct value containers;
    *state = (struct ps_state){ 0 };
    bool good = read_objects(heap, said, &containers);
    struct value container = choose(containers, service, inspect_name);
    if (good && container.kind == VALUE_RECORD) {
        struct value status = get(container, "State");
        state->found = true;
        set_status(state, get_text(status, "Status"));
        state->exit_code = get_number(status, "ExitCode");
        state->port = bound(get(get(container, "NetworkSettings"), "Ports"), target);
        set_health(state, get_text(get(status, "Health"), "Status"));
    }
    value_release(containers);
    return good;
}

/* ---- docker events ---- */
/* {"Action":"die","Actor":{"ID":"5070c8ab…","Attributes":{"com.docker.compose.service":"web","exitCode":"3",…}},"timeNano":…} */
bool ps_read_event(struct heap *heap, struct text line, struct ps_event *event, struct value *keeps) {
    *event = (struct ps_event){ 0 };
    *keeps = value_from_json(heap, line);
    struct value actor = get(*keeps, "Actor"), attributes = get(actor, "Attributes"), at = get(*keeps, "timeNano");
    struct text action = get_text(*keeps, "Action"), code = get_text(attributes, "exitCode");
    event->service = get_text(attributes, "com.docker.compose.service");
    event->id = get_text(actor, "ID");
    if (!event->id.length) event->id = event->service;
    event->ended = text_is(action, "die");
    event->exit_code = code.length ? (int)strtol(code.bytes, NULL, 10) : 0;
    event->at = at.kind == VALUE_INTEGER ? at.integer : 0;
    return event->service.length && event->at > 0 && (event->ended || text_is(action, "start"));
}
