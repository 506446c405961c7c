/* Fields may hold errors where they are not used: a release without an image has none when it runs as a program. */
#include "stdlib/service/plan.h"

#include "base/memory.h"

#include <string.h>

enum { MOST_REPLICAS = 1000 };

struct value plan_field(const struct plan *plan, const char *name) {
    bool found;
    struct value field = value_field(plan->fields, text_of(name), &found);
    return found ? field : value_none();
}

/* Given, and no error. */
static bool is_usable(struct value value) {
    struct value bad;
    return value.kind != VALUE_NONE && !value_holds_bad(value, &bad);
}

int plan_url_port(struct text url, struct text *host) {
    size_t scheme = text_find(url, TEXT("://"));
    bool secure = text_starts(url, TEXT("https://"));
    if (scheme == SIZE_MAX) return 0;
    struct text rest = text_slice(url, scheme + 3, SIZE_MAX);
    size_t end = 0;
    while (end < rest.length && !strchr("/?#", rest.bytes[end])) end++;
    rest = text_slice(rest, 0, end);
    for (size_t at = rest.length; at-- > 0;)
        if (rest.bytes[at] == '@') {
            rest = text_slice(rest, at + 1, SIZE_MAX);
            break;
        }
    size_t colon = rest.length;
    while (colon && rest.bytes[colon - 1] >= '0' && rest.bytes[colon - 1] <= '9') colon--;
    bool has_port = colon && colon < rest.length && rest.bytes[colon - 1] == ':';
    *host = has_port ? text_slice(rest, 0, colon - 1) : rest;
    if (!has_port) return secure ? 443 : 80;
    int port = 0;
    for (size_t i = colon; i < rest.length && port < 100000; i++) port = port * 10 + (rest.bytes[i] - '0');
    return port < 65536 ? port : 0;
}

bool plan_environment(const struct plan *plan, struct heap *heap, struct value *environment, struct buffer *problem) {
    struct value given = plan_field(plan, "env"), bad;
    *environment = value_record(heap);
    for (size_t i = 0; i < value_count(given); i++) {
        struct text name = value_key_at(given, i);
        struct value item = value_at(given, i);
        if (value_holds_bad(item, &bad)) {
            buffer_printf(problem, "env %.*s: %.*s", TEXT_ARGS(name), TEXT_ARGS(value_text_of(bad)));
            value_release(*environment);
            return false;
        }
        struct buffer text = { 0 };
        value_plain(item, &text);
        struct value plain = item.kind == VALUE_NONE ? value_none() : value_text(heap, buffer_text(&text));
        *environment = value_record_with(*environment, name, plain);
        value_release(plain);
        buffer_done(&text);
    }
    return true;
}

/* ---- which way ---- */

/* Whether the command's program is there; the reason it is not. */
static bool has_program(const struct plan *plan, struct buffer *reason) {
    struct value command = plan_field(plan, "command"), bad;
    if (command.kind == VALUE_NONE) return false;
    if (value_holds_bad(command, &bad)) {
        buffer_append(reason, value_text_of(bad));
        return false;
    }
    struct program_start program = { 0 };
    bool found = program_read(&program, command, value_none(), value_none(), reason);
    program_done(&program);
    return found;
}

static bool needs_container(const struct plan *plan, enum way *way) {
    if (is_usable(plan_field(plan, "image")))
        *way = WAY_IMAGE;
    else if (is_usable(plan_field(plan, "compose")))
        *way = WAY_COMPOSE;
    else
        return false;
    return true;
}

static void tell_why_not(const struct plan *plan, enum backend backend, const struct buffer *no_program,
                         struct buffer *problem) {
    struct value image = plan_field(plan, "image"), bad;
    if (no_program->length)
        buffer_printf(problem, "its command cannot run: %.*s", TEXT_ARGS(buffer_text(no_program)));
    else
        buffer_append_string(problem, "it has no command");
    if (backend == BACKEND_PROCESS)
        buffer_append_string(problem, " (--backend process runs programs alone)");
    else if (value_holds_bad(image, &bad))
        buffer_printf(problem, "; its image is not known: %.*s", TEXT_ARGS(value_text_of(bad)));
    else
        buffer_append_string(problem, "; no image, compose or url is given that could do instead");
}

static bool choose(struct plan *plan, enum backend backend, struct buffer *problem) {
    struct buffer no_program = { 0 };
    if (is_usable(plan_field(plan, "url")))
        plan->way = WAY_URL;
    else if (backend == BACKEND_DOCKER && needs_container(plan, &plan->way))
        ;
    else if (has_program(plan, &no_program))
        plan->way = WAY_PROCESS;
    else if (backend == BACKEND_PROCESS || !needs_container(plan, &plan->way))
        tell_why_not(plan, backend, &no_program, problem);
    if (no_program.length && plan->way != WAY_NONE) plan->no_program = buffer_take(&no_program);
    buffer_done(&no_program);
    return !problem->length;
}

/* A whole number in [from, to], or `otherwise` where it is not given. */
static bool read_number(const struct plan *plan, const char *name, int64_t otherwise, int64_t to, int64_t *number,
                        struct buffer *problem) {
    struct value field = plan_field(plan, name);
    *number = otherwise;
    if (field.kind == VALUE_NONE) return true;
    *number = field.kind == VALUE_INTEGER ? field.integer : 0;
    if (field.kind == VALUE_INTEGER && *number >= 1 && *number <= to) return true;
    buffer_printf(problem, "%s: ", name);
    if (value_is_bad(field))
        buffer_append(problem, value_text_of(field));
    else
        buffer_printf(problem, "a whole number from 1 to %lld is wanted", (long long)to);
    return false;
}

bool plan_read(struct plan *plan, struct value fields, enum backend backend, struct buffer *problem) {
    int64_t port;
    *plan = (struct plan){ .fields = fields };
    if (fields.kind == VALUE_RECORD && read_number(plan, "replicas", 1, MOST_REPLICAS, &plan->replicas, problem) &&
        read_number(plan, "port", 0, 65535, &port, problem) && choose(plan, backend, problem)) {
        plan->port = (int)port;
        return true;
    }
    if (!problem->length) buffer_append_string(problem, "its fields came to nothing");
    plan_done(plan);
    return false;
}

void plan_done(struct plan *plan) {
    value_release(plan->fields);
    memory_release(plan->no_program);
    *plan = (struct plan){ 0 };
}
