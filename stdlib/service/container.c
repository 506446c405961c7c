/* A container, or a project of them, from the client's start until nothing is left for the engine to remove. */
#include "stdlib/service/container.h"

#include "stdlib/process/command.h"
#include "stdlib/service/fleet.h"
#include "stdlib/service/follow.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>

#define ASK_AGAIN (300 * MILLISECOND)
#define COMMAND_LIMIT (30 * SECOND) /* beyond what a stop is given anyway */

struct container {
    struct run *run;
    struct replica *replica;
    bool is_project;                          /* of compose */
    char *name;                               /* "aot-…-api-0-20123-1"; owned */
    struct value words;                       /* before a verb; owned */
    struct value environment;                 /* of the client; owned */
    uint32_t guarded;                         /* the guard's id of its removal; 0: none */
    struct VECTOR(struct command *) commands; /* stop, kill, rm; owned, ended with the container */
    size_t open;                              /* of them */
    int64_t patience;                         /* between SIGTERM and SIGKILL */
    struct loop_timer *again;                 /* the stop is asked for once more; NULL */
    bool killed;                              /* SIGKILL was asked for */
    bool client_gone;                         /* the child beside it */
    bool removed;                             /* nothing is left for the guard */
    struct follow *follow;                    /* of a project; NULL */
    bool is_frozen;
    struct command *freezing; /* NULL */
    void (*frozen)(void *data, struct text problem);
    void *frozen_data;
};

/* ---- commands ---- */
/* "docker stop … NAME", "docker compose … stop …"; owned. */
static struct value spoken(const struct container *container, const char *const *verb) {
    struct heap *heap = run_heap(container->run);
    struct value words = value_retain(container->words);
    for (size_t i = 0; verb[i]; i++) words_append(heap, &words, verb[i]);
    if (!container->is_project) words_append(heap, &words, container->name);
    return words;
}

static void settle(struct container *container) {
    if (!container->client_gone || container->open) return;
    if (container->guarded && container->removed) guard_release(run_guard(container->run), container->guarded);
    container->guarded = 0;
    fleet_changed(container->replica->fleet);
}

static void command_ended(void *data, const struct command_end *end) {
    struct container *container = data;
    (void)end; /* whatever it says: what counts is the client's end */
    container->open--;
    settle(container);
}

/* An engine that did not do it leaves it to the guard. */
static void removal_ended(void *data, const struct command_end *end) {
    struct container *container = data;
    container->removed = end->code == 0 || text_find(end->problem, TEXT("No such container")) != SIZE_MAX;
    container->open--;
    settle(container);
}

static void give(struct container *container, const char *const *verb, int64_t limit, command_done *done) {
    struct command *command =
        command_start(container->run, spoken(container, verb), container->environment, limit, done, container);
    VECTOR_PUSH(&container->commands, command);
    container->open++;
}

static const char *const removal_of_one[] = { "rm", "--force", "--volumes", NULL };
static const char *const removal_of_project[] = { "down", "--volumes", "--remove-orphans", "--timeout", "2", NULL };

static const char *const *removal(const struct container *container) {
    return container->is_project ? removal_of_project : removal_of_one;
}

/* ---- its start ---- */
/* Unique among all cells that run: a port is claimed by one alone. In the letters that a project's name may have. */
static char *make_name(const struct replica *replica) {
    const struct fleet *fleet = replica->fleet;
    const char *run_id = run_guard(fleet->run) ? guard_run_id(run_guard(fleet->run)) : "test";
    struct buffer name = { 0 };
    buffer_printf(&name, "aot-%s-%s-%zu-%d-%u", run_id, fleet->name, replica->index, replica->port.number,
                  replica->starts + 1);
    for (size_t i = 0; i < name.length; i++) {
        char *byte = &name.bytes[i];
        if (*byte >= 'A' && *byte <= 'Z') *byte = (char)(*byte - 'A' + 'a');
        bool fits = (*byte >= 'a' && *byte <= 'z') || (*byte >= '0' && *byte <= '9') || *byte == '_';
        if (!fits) *byte = '-';
    }
    return buffer_take(&name);
}

static void tell_guard(struct container *container) {
    struct guard *guard = run_guard(container->run);
    struct value words = spoken(container, removal(container));
    struct words list = { 0 };
    for (size_t i = 0; i < value_count(words); i++) {
        struct text word = value_text_of(value_at(words, i));
        words_add(&list, memory_copy(word.bytes, word.length));
    }
    words_end(&list);
    if (guard) container->guarded = guard_command(guard, (const char *const *)list.items);
    words_done(&list);
    value_release(words);
}

static struct value client_words(struct container *container, struct value environment, struct buffer *problem) {
    struct heap *heap = run_heap(container->run);
    if (!container->is_project) {
        static const char *const docker[] = { "docker", NULL };
        container->words = words_list(heap, docker);
        return image_words(container->replica, container->name, environment, &container->environment, problem);
    }
    container->words = compose_words(container->replica, container->name);
    container->environment = value_retain(environment);
    static const char *const up[] = { "up", "--no-color", "--no-log-prefix", NULL };
    return spoken(container, up);
}

bool container_read(struct replica *replica, struct program_start *program, struct container **out,
                    struct buffer *problem) {
    struct run *run = replica->fleet->run;
    struct value environment;
    if (!plan_environment(&replica->plan, run_heap(run), &environment, problem)) return false;
    struct container *container = memory_allocate(sizeof *container);
    *container = (struct container){ .run = run,
                                     .replica = replica,
                                     .is_project = replica->plan.way == WAY_COMPOSE,
                                     .name = make_name(replica),
                                     .words = value_none(),
                                     .environment = value_none() };
    struct value words = client_words(container, environment, problem);
    bool good = !problem->length && program_read(program, words, container->environment, value_none(), problem);
    value_release(words);
    value_release(environment);
    if (good)
        tell_guard(container);
    else
        container_free(container);
    if (good) *out = container;
    return good;
}

/* ---- its end ---- */
bool container_is_gone(const struct container *container) {
    return !container || (container->client_gone && !container->open && follow_is_gone(container->follow));
}

static command_done stop_ended;

static void stop(struct container *container, int64_t patience) {
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)((patience + SECOND - 1) / SECOND));
    const char *const stop_verb[] = { "stop", "-t", seconds, NULL }, *const kill_verb[] = { "kill", NULL };
    give(container, patience > 0 ? stop_verb : kill_verb, patience + COMMAND_LIMIT, stop_ended);
}

static void stop_again(void *data) {
    struct container *container = data;
    container->again = NULL;
    if (!container->client_gone) stop(container, container->patience);
}

/* Asked while the client was still making it, the engine knew of none yet. */
static void stop_ended(void *data, const struct command_end *end) {
    struct container *container = data;
    if (end->code != 0 && !container->client_gone && !container->again)
        container->again =
            loop_timer_start(run_loop(container->run), run_now(container->run) + ASK_AGAIN, stop_again, container);
    command_ended(container, end);
}

static void thawed(void *data, const struct command_end *end) {
    struct container *container = data;
    (void)end; /* if it is still frozen the engine says so to the next command, and the removal does it */
    stop(container, container->patience);
    container->open--;
}

void container_end(struct container *container, int64_t patience) {
    if (container->client_gone || container->killed) return;
    container->killed = patience <= 0;
    container->patience = patience;
    if (!container->is_frozen) {
        stop(container, patience);
        return;
    }
    static const char *const unpause[] = { "unpause", NULL }; /* a frozen one takes no signal */
    container->is_frozen = false;
    give(container, unpause, COMMAND_LIMIT, thawed);
}

/* `--rm` has removed it when the client ends by itself; else, and of a project always, somebody must. */
void container_client_gone(struct container *container, bool by_itself) {
    if (container->client_gone) return;
    container->client_gone = true;
    follow_end(container->follow);
    container->removed = by_itself && !container->is_project;
    if (!container->removed) give(container, removal(container), COMMAND_LIMIT, removal_ended);
    settle(container);
}

const char *container_name(const struct container *container) {
    return container->name;
}

struct value container_environment(const struct container *container) {
    return container->environment;
}

void container_follow(struct container *container) {
    if (container->is_project) container->follow = follow_start(container->replica, container->name);
}

bool container_is_down(const struct container *container) {
    return container && follow_is_down(container->follow);
}

/* ---- frozen ---- */
static void freeze_ended(void *data, const struct command_end *end) {
    struct container *container = data;
    struct text problem = end->code == 0 ? TEXT_NONE : command_last_line(end->problem);
    if (end->code != 0 && !problem.length) problem = TEXT("the engine did not say why");
    container->frozen(container->frozen_data, problem);
}

void container_freeze(struct container *container, bool pause, void (*done)(void *data, struct text problem),
                      void *data) {
    static const char *const verbs[][2] = { { "unpause", NULL }, { "pause", NULL } };
    command_free(container->freezing);
    container->is_frozen = pause;
    container->frozen = done;
    container->frozen_data = data;
    container->freezing = command_start(container->run, spoken(container, verbs[pause]), container->environment,
                                        COMMAND_LIMIT, freeze_ended, container);
}

void container_freeze_forget(struct container *container) {
    command_free(container->freezing);
    container->freezing = NULL;
}

void container_free(struct container *container) {
    if (!container) return;
    for (size_t i = 0; i < container->commands.count; i++) command_free(container->commands.items[i]);
    VECTOR_DONE(&container->commands);
    if (container->again) loop_timer_stop(container->again);
    command_free(container->freezing);
    follow_free(container->follow);
    value_release(container->words);
    value_release(container->environment);
    memory_release(container->name);
    memory_release(container);
}
