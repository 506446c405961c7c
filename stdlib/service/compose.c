/* A project is one `compose up` in the foreground, as a container is one `docker run`. Never `--wait`: it calls a one-shot
 * that ended well a failure. v2 is asked by `ps --format json`; v1, which has no such thing, by `docker inspect`. */
#include "stdlib/service/compose.h"

#include "stdlib/process/command.h"
#include "stdlib/service/container.h"
#include "stdlib/service/engine.h"

#include "base/clock.h"
#include "base/memory.h"

#define LOOK_EVERY (250 * MILLISECOND)
#define LOOK_LIMIT (20 * SECOND) /* of one look */
#define LAST_WORDS SECOND        /* for the lines of one that has ended to come */

struct compose_look {
    struct run *run;
    struct replica *replica;
    bool wants_health; /* without `ready` */
    int64_t deadline;
    bool is_over; /* the container has ended; the deadline is for its last lines */
    struct command *command;
    struct loop_timer *timer;
    struct ps_state last; /* what was seen last */
    void (*done)(void *data, struct text problem);
    void *data;
};

struct value compose_words(const struct replica *replica, const char *name) {
    static const char *const plugin[] = { "docker", "compose", NULL }, *const program[] = { "docker-compose", NULL };
    struct heap *heap = run_heap(replica->fleet->run);
    struct value words = words_list(heap, replica->fleet->compose_is_old ? program : plugin);
    words_append(heap, &words, "--project-name");
    words_append(heap, &words, name);
    words_append(heap, &words, "--file");
    words_append_owned(&words, value_retain(plan_field(&replica->plan, "compose")));
    return words;
}

/* ---- looking ---- */
static void look_again(void *data);

static void finish(struct compose_look *look, struct text problem) {
    look->done(look->data, problem);
}

static void tell_late(struct compose_look *look) {
    struct buffer problem = { 0 };
    const struct ps_state *last = &look->last;
    int target = look->replica->plan.port;
    if (!last->found)
        buffer_printf(&problem, "the project has no service named %s", look->replica->fleet->name);
    else if (!last->running)
        buffer_printf(&problem, "its container %s with code %d", last->over ? "exited" : "ended again and again",
                      last->exit_code);
    else if (!last->port && target)
        buffer_printf(&problem, "its port %d is not published: the compose file needs ports: [\"127.0.0.1::%d\"]",
                      target, target);
    else if (!last->port)
        buffer_append_string(&problem, "it publishes no port: the compose file needs ports: [\"127.0.0.1::PORT\"]");
    else
        buffer_append_string(&problem, "its health check does not hold");
    finish(look, buffer_text(&problem));
    buffer_done(&problem);
}

static void seen(struct compose_look *look) {
    const struct ps_state *last = &look->last;
    if (last->over && !look->is_over && run_now(look->run) + LAST_WORDS < look->deadline)
        look->deadline = run_now(look->run) + LAST_WORDS;
    look->is_over = last->over;
    bool healthy = !look->wants_health || !last->has_health || last->healthy;
    if (last->running && last->port && healthy) {
        if (look->replica->port.number != last->port) replica_fix_port(look->replica, last->port);
        finish(look, TEXT_NONE);
    } else if (run_now(look->run) >= look->deadline) {
        tell_late(look);
    } else {
        look->timer = loop_timer_start(run_loop(look->run), run_now(look->run) + LOOK_EVERY, look_again, look);
    }
}

/* An engine that gives no good answer once may give one the next time, until the deadline. */
static void answered(void *data, const struct command_end *end) {
    struct compose_look *look = data;
    const struct replica *replica = look->replica;
    bool (*read)(struct heap *, struct text, struct text, int, struct ps_state *) =
        replica->fleet->compose_is_old ? ps_read_inspect : ps_read_compose;
    look->last = (struct ps_state){ 0 };
    if (end->code == 0)
        read(run_heap(look->run), end->output, text_of(replica->fleet->name), replica->plan.port, &look->last);
    seen(look);
}

static void ask(struct compose_look *look, struct value words) {
    command_free(look->command);
    struct value environment = container_environment(look->replica->container);
    look->command = command_start(look->run, words, environment, LOOK_LIMIT, answered, look);
}

/* v1: the names of its containers, then what they are. */
static void listed(void *data, const struct command_end *end) {
    struct compose_look *look = data;
    struct heap *heap = run_heap(look->run);
    static const char *const inspect[] = { "docker", "inspect", NULL };
    struct value words = words_list(heap, inspect);
    struct text rest = end->code == 0 ? text_trim(end->output) : TEXT_NONE;
    bool any = rest.length > 0;
    while (rest.length) {
        size_t length = 0;
        while (length < rest.length && rest.bytes[length] != '\n') length++;
        words_append_owned(&words, value_text(heap, text_trim(text_slice(rest, 0, length))));
        rest = text_trim(text_slice(rest, length, SIZE_MAX));
    }
    if (any) {
        ask(look, words);
        return;
    }
    value_release(words);
    look->last = (struct ps_state){ 0 };
    seen(look);
}

static void look_again(void *data) {
    struct compose_look *look = data;
    struct heap *heap = run_heap(look->run);
    const char *name = container_name(look->replica->container);
    look->timer = NULL;
    if (!look->replica->fleet->compose_is_old) {
        struct value words = compose_words(look->replica, name);
        static const char *const ps[] = { "ps", "--all", "--format", "json", NULL };
        for (size_t i = 0; ps[i]; i++) words_append(heap, &words, ps[i]);
        ask(look, words);
        return;
    }
    static const char *const list[] = { "docker", "ps", "--all", "--quiet", "--filter", NULL };
    struct value words = words_list(heap, list);
    words_append_owned(&words, value_printf(heap, "label=com.docker.compose.project=%s", name));
    command_free(look->command);
    look->command = command_start(look->run, words, value_none(), LOOK_LIMIT, listed, look);
}

struct compose_look *compose_look_start(struct replica *replica, bool healthy, int64_t deadline,
                                        void (*done)(void *data, struct text problem), void *data) {
    struct compose_look *look = memory_allocate(sizeof *look);
    *look = (struct compose_look){ .run = replica->fleet->run,
                                   .replica = replica,
                                   .wants_health = healthy,
                                   .deadline = deadline,
                                   .done = done,
                                   .data = data };
    look->timer = loop_timer_start(run_loop(look->run), run_now(look->run), look_again, look);
    return look;
}

void compose_look_free(struct compose_look *look) {
    if (!look) return;
    if (look->timer) loop_timer_stop(look->timer);
    command_free(look->command);
    memory_release(look);
}
