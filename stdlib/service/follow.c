/* One `docker events` a project, from the moment it is started; the engine tells what happened since, so nothing is missed between.
 * A client that ends is started again and told from where it was; what it tells twice is known by its container and time. In order
 * are the events of one container alone: those of two that change at once may come the later one first. */
#include "stdlib/service/follow.h"

#include "stdlib/process/command.h"
#include "stdlib/service/ps.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

#define AGAIN_AFTER SECOND
#define CLOCKS_DIFFER \
    MINUTE /* the engine's and ours; the project's name is of this start alone, so nothing older is told */
enum { TRIES = 10 /* clients in a row that told nothing */ };

/* One service of the compose file. */
struct member {
    char *name; /* owned */
    int down;   /* of its containers, those that ended and were not started again */
};
/* One container, which has the latest of its events behind it. */
struct actor {
    char *id;     /* owned */
    int64_t last; /* when that event was; 0: there was none yet */
};
struct follow {
    struct run *run;
    struct replica *replica;
    char *project;            /* its name; owned */
    struct child *child;      /* the engine's client; NULL: none, or not yet again */
    struct loop_timer *again; /* starts the next client; NULL */
    struct VECTOR(struct member) members;
    struct VECTOR(struct actor) actors;
    struct buffer said; /* the client's last line that was no event */
    int64_t from, last; /* of the wall's clock: told from here; the latest event */
    uint32_t clients;   /* how many there were: marks them */
    int running;        /* containers */
    int tries;          /* clients since the latest event */
    bool ending;
};

/* ---- what is told ---- */
static struct member *member_of(struct follow *follow, struct text name) {
    for (size_t i = 0; i < follow->members.count; i++)
        if (text_equal(text_of(follow->members.items[i].name), name)) return &follow->members.items[i];
    VECTOR_PUSH(&follow->members, ((struct member){ .name = memory_copy(name.bytes, name.length) }));
    return &follow->members.items[follow->members.count - 1];
}

static struct actor *actor_of(struct follow *follow, struct text id) {
    for (size_t i = 0; i < follow->actors.count; i++)
        if (text_equal(text_of(follow->actors.items[i].id), id)) return &follow->actors.items[i];
    VECTOR_PUSH(&follow->actors, ((struct actor){ .id = memory_copy(id.bytes, id.length) }));
    return &follow->actors.items[follow->actors.count - 1];
}

/* False: it was told before. */
static bool is_new(struct follow *follow, const struct ps_event *event) {
    struct actor *actor = actor_of(follow, event->id);
    if (event->at <= actor->last) return false;
    actor->last = event->at;
    if (event->at > follow->last) follow->last = event->at;
    return true;
}

/* The one that serves is named as the recipe names it. Where there is only one of another name, the project ends with it. */
static bool serves(const struct follow *follow, const struct member *member) {
    return strcmp(member->name, follow->replica->fleet->name) == 0;
}

bool follow_is_down(const struct follow *follow) {
    for (size_t i = 0; follow && i < follow->members.count; i++)
        if (serves(follow, &follow->members.items[i])) return follow->members.items[i].down > 0;
    return false;
}

static void tell_death(struct follow *follow, const struct ps_event *event) {
    struct buffer subject = { 0 }, outcome = { 0 };
    int64_t now = run_now(follow->run);
    buffer_printf(&subject, "%s/%.*s", follow->replica->label, TEXT_ARGS(event->service));
    buffer_printf(&outcome, "%s exited with code %d%s", subject.bytes, event->exit_code,
                  follow->running ? ", the rest of the project runs on" : "");
    replica_tell_lines(follow->replica, &outcome);
    run_effect(follow->run, "service.died", buffer_text(&subject), now, now, buffer_text(&outcome));
    buffer_done(&subject);
    buffer_done(&outcome);
}

/* One that has done its work and ends with 0 is a step of the start, not a death, unless it is the one that serves. */
static void happened(struct follow *follow, const struct ps_event *event) {
    struct member *member = member_of(follow, event->service);
    follow->running += event->ended ? -1 : 1;
    if (!event->ended) {
        if (member->down > 0) member->down--;
    } else if (follow->replica->wanted) {
        member->down++;
        if (event->exit_code != 0 || serves(follow, member)) tell_death(follow, event);
    }
    fleet_changed(follow->replica->fleet);
}

static void on_line(void *data, struct text line) {
    struct follow *follow = data;
    struct heap *heap = run_heap(follow->run);
    struct ps_event event;
    struct value keeps; /* what the event's texts point into */
    if (!ps_read_event(heap, line, &event, &keeps)) {
        buffer_clear(&follow->said);
        buffer_append(&follow->said, text_slice(line, 0, 200));
    } else if (is_new(follow, &event)) {
        follow->tries = 0;
        happened(follow, &event);
    }
    value_release(keeps);
}

/* ---- the client ---- */
static void launch(struct follow *follow);

static void give_up(struct follow *follow) {
    int64_t now = run_now(follow->run);
    struct buffer outcome = { 0 };
    buffer_append_string(&outcome, "the engine does not tell of its containers' ends");
    if (follow->said.length) buffer_printf(&outcome, ": %s", follow->said.bytes);
    run_effect(follow->run, "service.unfollowed", text_of(follow->replica->label), now, now, buffer_text(&outcome));
    buffer_done(&outcome);
}

static void on_again(void *data) {
    struct follow *follow = data;
    follow->again = NULL;
    child_free(follow->child);
    follow->child = NULL;
    launch(follow);
}

static void on_event(void *data, struct child *child) {
    struct follow *follow = data;
    if (child->finished && !child->gone && !child->stop.wanted) child_end(child, 0);
    if (!child->finished || !child->gone) return;
    if (!follow->ending && !follow->again && ++follow->tries < TRIES)
        follow->again = loop_timer_start(run_loop(follow->run), run_now(follow->run) + AGAIN_AFTER, on_again, follow);
    else if (!follow->ending && !follow->again)
        give_up(follow);
    fleet_changed(follow->replica->fleet);
}

static struct value client_words(const struct follow *follow) {
    static const char *const events[] = { "docker",   "events",      "--filter", "type=container",
                                          "--filter", "event=start", "--filter", "event=die",
                                          "--format", "{{json .}}",  "--since",  NULL };
    struct heap *heap = run_heap(follow->run);
    struct value words = words_list(heap, events);
    words_append_owned(&words, value_printf(heap, "%lld", (long long)(follow->from / SECOND)));
    words_append(heap, &words, "--filter");
    words_append_owned(&words, value_printf(heap, "label=com.docker.compose.project=%s", follow->project));
    return words;
}

static void launch(struct follow *follow) {
    struct program_start program = { 0 };
    struct child_owner owner = { .data = follow, .event = on_event, .line = on_line, .lines = value_none() };
    struct child_options options = { .input = value_none() }; /* nothing of its output is kept */
    struct buffer name = { 0 }, problem = { 0 };
    struct value words = client_words(follow);
    if (follow->last > follow->from) follow->from = follow->last;
    buffer_printf(&name, "%s.%zu.follow.%u", follow->replica->fleet->handle_name, follow->replica->index,
                  ++follow->clients);
    if (program_read(&program, words, value_none(), value_none(), &problem))
        follow->child = child_own(follow->run, name.bytes, &program, &options, &owner, &problem);
    if (!follow->child) {
        buffer_clear(&follow->said);
        buffer_append(&follow->said, buffer_text(&problem));
        give_up(follow);
    }
    value_release(words);
    program_done(&program);
    buffer_done(&name);
    buffer_done(&problem);
}

struct follow *follow_start(struct replica *replica, const char *project) {
    struct follow *follow = memory_allocate(sizeof *follow);
    *follow = (struct follow){ .run = replica->fleet->run,
                               .replica = replica,
                               .project = memory_copy(project, strlen(project)),
                               .from = clock_wall() - CLOCKS_DIFFER };
    launch(follow);
    return follow;
}

/* ---- its end ---- */
void follow_end(struct follow *follow) {
    if (!follow || follow->ending) return;
    follow->ending = true;
    if (follow->again) loop_timer_stop(follow->again);
    follow->again = NULL;
    if (follow->child && !follow->child->gone) child_end(follow->child, 0);
}

bool follow_is_gone(const struct follow *follow) {
    return !follow || !follow->child || follow->child->gone;
}

void follow_free(struct follow *follow) {
    if (!follow) return;
    if (follow->again) loop_timer_stop(follow->again);
    if (follow->child) child_free(follow->child);
    for (size_t i = 0; i < follow->members.count; i++) memory_release(follow->members.items[i].name);
    VECTOR_DONE(&follow->members);
    for (size_t i = 0; i < follow->actors.count; i++) memory_release(follow->actors.items[i].id);
    VECTOR_DONE(&follow->actors);
    buffer_done(&follow->said);
    memory_release(follow->project);
    memory_release(follow);
}
