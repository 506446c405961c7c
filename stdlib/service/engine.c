/* The engine is asked by its command-line client alone: what a team has (Docker, Podman's shim, a remote context) is set
 * up there already. */
#include "stdlib/service/engine.h"

#include "stdlib/process/command.h"

#include "base/clock.h"
#include "base/memory.h"

#define LOOK_LIMIT (30 * SECOND)
#define PULL_LIMIT (5 * MINUTE)

struct engine_check {
    struct run *run;
    struct fleet *fleet;
    char *image; /* owned; empty for compose */
    struct command *command;
    void (*done)(void *data, struct text problem);
    void *data;
};

static bool says(struct text text, const char *what) {
    return text_find(text, text_of(what)) != SIZE_MAX;
}

static void explain(struct text said, struct buffer *out) {
    struct text line = command_last_line(said);
    if (says(said, "program not found"))
        buffer_append_string(out, "there is no container engine here: `docker` is not in PATH. Install it, or run with "
                                  "--backend process");
    else if (says(said, "Cannot connect to the Docker daemon") || says(said, "error during connect") ||
             says(said, "permission denied while trying to connect"))
        buffer_printf(out,
                      "the container engine cannot be reached: %.*s. Start it or set DOCKER_HOST, or run with "
                      "--backend process",
                      TEXT_ARGS(line));
    else
        buffer_append(out, line);
}

static void answer(struct engine_check *check, struct text problem) {
    check->done(check->data, problem);
}

static void pulled(void *data, const struct command_end *end) {
    struct engine_check *check = data;
    struct buffer problem = { 0 };
    if (end->code != 0) {
        buffer_printf(&problem, "the image %s is not here and cannot be pulled: ", check->image);
        explain(end->problem, &problem);
        buffer_append_string(&problem, ". Build or pull it first (docker images lists what is here)");
    }
    answer(check, buffer_text(&problem));
    buffer_done(&problem);
}

static void looked(void *data, const struct command_end *end) {
    struct engine_check *check = data;
    if (end->code == 0) {
        answer(check, TEXT_NONE);
        return;
    }
    if (end->code > 0 && (says(end->problem, "No such image") || says(end->problem, "no such image"))) {
        const char *words[] = { "docker", "pull", "--quiet", check->image, NULL };
        command_free(check->command);
        check->command =
            command_start(check->run, words_list(run_heap(check->run), words), value_none(), PULL_LIMIT, pulled, check);
        return;
    }
    struct buffer problem = { 0 };
    explain(end->problem, &problem);
    answer(check, buffer_text(&problem));
    buffer_done(&problem);
}

/* ---- compose ---- */
static void old_answered(void *data, const struct command_end *end) {
    struct engine_check *check = data;
    check->fleet->compose_is_old = check->fleet->compose_is_known = end->code == 0;
    answer(check, end->code == 0 ? TEXT_NONE
                                 : TEXT("there is a compose file, but neither `docker compose` (v2) nor "
                                        "`docker-compose` (v1) is here"));
}

static void ask(struct engine_check *check, const char *const *words, command_done *done) {
    command_free(check->command);
    check->command =
        command_start(check->run, words_list(run_heap(check->run), words), value_none(), LOOK_LIMIT, done, check);
}

static void plugin_answered(void *data, const struct command_end *end) {
    struct engine_check *check = data;
    static const char *const old[] = { "docker-compose", "version", NULL };
    check->fleet->compose_is_known = end->code == 0;
    if (end->code == 0)
        answer(check, TEXT_NONE);
    else
        ask(check, old, old_answered);
}

/* Compose says of an engine that is not there more than anybody wants to read. */
static void engine_answered(void *data, const struct command_end *end) {
    struct engine_check *check = data;
    static const char *const plugin[] = { "docker", "compose", "version", NULL };
    struct buffer problem = { 0 };
    if (end->code == 0 &&
        !check->fleet->compose_is_known) { /* the old one takes a second of processor to say its name */
        ask(check, plugin, plugin_answered);
        return;
    }
    if (end->code == 0) {
        answer(check, TEXT_NONE);
        return;
    }
    explain(end->problem, &problem);
    answer(check, buffer_text(&problem));
    buffer_done(&problem);
}

struct engine_check *engine_check_start(struct fleet *fleet, const struct plan *plan,
                                        void (*done)(void *data, struct text problem), void *data) {
    struct engine_check *check = memory_allocate(sizeof *check);
    struct text image = plan->way == WAY_IMAGE ? value_text_of(plan_field(plan, "image")) : TEXT_NONE;
    *check = (struct engine_check){
        .run = fleet->run, .fleet = fleet, .image = memory_copy(image.bytes, image.length), .done = done, .data = data
    };
    const char *inspect[] = { "docker", "image", "inspect", "--format", "{{.Id}}", check->image, NULL };
    static const char *const version[] = { "docker", "version", NULL };
    if (plan->way == WAY_IMAGE)
        ask(check, inspect, looked);
    else
        ask(check, version, engine_answered);
    return check;
}

void engine_check_free(struct engine_check *check) {
    if (!check) return;
    command_free(check->command);
    memory_release(check->image);
    memory_release(check);
}
