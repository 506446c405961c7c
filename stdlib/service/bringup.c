/* A bring-up goes on step by step; what was asked for answers by rollout_changed, never by a step of its own. */
#include "stdlib/service/bringup.h"

#include "stdlib/service/compose.h"
#include "stdlib/service/engine.h"
#include "stdlib/service/reach.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <string.h>

#define PATIENCE (10 * SECOND)      /* between SIGTERM and SIGKILL of the one that is replaced */
#define COMPOSE_LIMIT (5 * MINUTE)  /* until a project's container runs */
#define WHY_LIMIT (5 * SECOND)      /* for a container that ended to be started again */
#define DEFAULT_READY (30 * SECOND) /* without `ready`: until somebody listens */
enum { PORT_TRIES = 3, HOST_MAXIMUM = 64 };

enum bringup_stage { BRINGUP_PLAN, BRINGUP_CHECK, BRINGUP_STOP, BRINGUP_LOCATE, BRINGUP_READY, BRINGUP_DONE };
/* One replica on its way up. */
struct bringup {
    struct rollout *rollout;
    struct replica *replica;
    enum bringup_stage stage;
    bool planned_again;         /* with the port that the recipe fixed */
    int port_tries;             /* how often another port was tried */
    struct plan plan;           /* what it will run by, while it is stopped */
    struct unit_call call;      /* its fields, or `ready`; none */
    struct engine_check *check; /* of the image; NULL */
    struct compose_look *look;  /* where the project is reached; NULL */
    struct reach *reach;        /* without `ready`; NULL */
    bool asks_why;              /* `look` asks why its container has ended */
    bool is_ready;              /* `ready` has said so */
    struct value *arguments;    /* of the unit that runs; owned */
};

static void drop_arguments(struct bringup *bringup) {
    size_t count = bringup->rollout->fleet->argument_count + 1;
    for (size_t i = 0; bringup->arguments && i < count; i++) value_release(bringup->arguments[i]);
    memory_release(bringup->arguments);
    bringup->arguments = NULL;
}

void bringup_free(struct bringup *bringup) {
    unit_call_cancel(bringup->rollout->fleet->run, bringup->call);
    reach_free(bringup->reach);
    engine_check_free(bringup->check);
    compose_look_free(bringup->look);
    plan_done(&bringup->plan);
    drop_arguments(bringup);
    memory_release(bringup);
}

/* ---- asking the program ---- */
static struct value *unit_arguments(struct bringup *bringup, bool inside) {
    struct fleet *fleet = bringup->rollout->fleet;
    struct value app = bringup->rollout->request.app;
    drop_arguments(bringup);
    bringup->arguments = memory_allocate((fleet->argument_count + 1) * sizeof *bringup->arguments);
    for (size_t i = 0; i < fleet->argument_count; i++) {
        bool rolls = i == fleet->template->app && app.kind != VALUE_NONE;
        bringup->arguments[i] = value_retain(rolls ? app : bringup->replica->arguments[i]);
    }
    bringup->arguments[fleet->argument_count] = replica_self(bringup->replica, inside);
    return bringup->arguments;
}

static void ask(struct bringup *bringup, uint32_t unit, bool inside, unit_answer *answer) {
    struct rollout *rollout = bringup->rollout;
    bringup->call =
        unit_call_start(rollout->fleet->run, unit, unit_arguments(bringup, inside), rollout->deadline, answer, bringup);
}

static void planned(void *data, struct value result);

static void ask_plan(struct bringup *bringup) {
    bringup->stage = BRINGUP_PLAN;
    ask(bringup, bringup->rollout->fleet->template->unit, true, planned);
}

/* The first replica's fields have said how many there are. */
static bool grow(struct bringup *bringup) {
    struct rollout *rollout = bringup->rollout;
    struct fleet *fleet = rollout->fleet;
    size_t count = (size_t)bringup->plan.replicas;
    if (!rollout->request.making || bringup->replica->index || fleet->replica_count > 1) return true;
    if (count > 1 && bringup->plan.way == WAY_COMPOSE) {
        buffer_printf(&rollout->problem, "%s: a compose file is one replica; it says itself how many containers it has",
                      fleet->name);
        return false;
    }
    if (count > 1 && bringup->plan.port && bringup->plan.way == WAY_PROCESS) {
        buffer_printf(&rollout->problem,
                      "%s: %zu replicas cannot all listen on port %d; leave `port:` out, self.port is a free one",
                      fleet->name, count, bringup->plan.port);
        return false;
    }
    if (!fleet_grow(fleet, count, &rollout->problem)) return false;
    for (size_t i = 1; i < count; i++) rollout_add(rollout, fleet->replicas[i]);
    return true;
}

/* A fixed port is the program's own on this machine, and mapped to a free one where it runs in a container. True when
 * the fields must be evaluated once more. */
static bool fix_port(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    int port = bringup->plan.port;
    if (!port || bringup->planned_again) return false;
    bringup->planned_again = true;
    if (bringup->plan.way == WAY_PROCESS) {
        if (replica->port.number == port) return false;
        replica_fix_port(replica, port);
        replica->plan.port = 0;
        return true;
    }
    if (bringup->plan.way != WAY_IMAGE || replica->plan.port == port) return false;
    replica->plan.port = port;
    return true;
}

static void checked(void *data, struct text problem) {
    struct bringup *bringup = data;
    bringup->stage = BRINGUP_STOP;
    struct buffer *told = &bringup->rollout->problem;
    if (problem.length) buffer_printf(told, "%s: %.*s", bringup->replica->label, TEXT_ARGS(problem));
    if (problem.length && bringup->plan.no_program)
        buffer_printf(told, " (a container was tried because its command cannot run: %s)", bringup->plan.no_program);
    rollout_changed(bringup->rollout);
}

/* What can be known to fail is known before anything is stopped. */
static void check(struct bringup *bringup) {
    bringup->stage = BRINGUP_STOP;
    if (bringup->plan.way != WAY_IMAGE && bringup->plan.way != WAY_COMPOSE) return;
    bringup->stage = BRINGUP_CHECK;
    engine_check_free(bringup->check);
    bringup->check = engine_check_start(bringup->rollout->fleet, &bringup->plan, checked, bringup);
}

static void planned(void *data, struct value result) {
    struct bringup *bringup = data;
    struct rollout *rollout = bringup->rollout;
    struct buffer problem = { 0 };
    bringup->call = (struct unit_call){ 0 };
    plan_done(&bringup->plan);
    if (!plan_read(&bringup->plan, value_retain(result), run_backend(rollout->fleet->run), &problem)) {
        buffer_printf(&rollout->problem, "%s: %s", rollout->fleet->name, problem.bytes);
    } else if (fix_port(bringup)) {
        ask_plan(bringup);
    } else if (grow(bringup)) {
        check(bringup);
    }
    buffer_done(&problem);
    rollout_changed(rollout);
}

/* ---- ready ---- */
/* "The last of 80 samples was false" does not say whether nobody listened, or what was answered. */
static void tell_last_request(const struct replica *replica, struct text why, struct buffer *out) {
    struct buffer said = { 0 };
    bool was_false = text_find(why, TEXT("was false")) != SIZE_MAX; /* an error says it already */
    const struct run *run = replica->fleet->run;
    if (was_false &&
        (run_last_effect(run, text_of(replica->address), &said) || run_last_effect(run, text_of(replica->url), &said)))
        buffer_printf(out, "; the last request: %s", said.bytes);
    buffer_done(&said);
}

static void ready_answered(void *data, struct value result) {
    struct bringup *bringup = data;
    struct rollout *rollout = bringup->rollout;
    bringup->call = (struct unit_call){ 0 };
    bringup->is_ready = !value_is_bad(result);
    if (!bringup->is_ready && !rollout->problem.length) {
        buffer_printf(&rollout->problem, "%s is not ready: %.*s", bringup->replica->label,
                      TEXT_ARGS(value_text_of(result)));
        tell_last_request(bringup->replica, value_text_of(result), &rollout->problem);
        if (bringup->plan.way != WAY_URL) replica_tell_lines(bringup->replica, &rollout->problem);
        rollout->unmet = true;
    }
    rollout_changed(rollout);
}

static void reached(void *data, bool reached) {
    struct bringup *bringup = data;
    struct rollout *rollout = bringup->rollout;
    bringup->is_ready = reached;
    if (!reached && !rollout->problem.length) {
        struct replica *replica = bringup->replica;
        buffer_printf(&rollout->problem, "%s is not ready: nobody listens on %s within 30s", replica->label,
                      replica->address);
        if (bringup->plan.way != WAY_URL) replica_tell_lines(replica, &rollout->problem);
        rollout->unmet = true;
    }
    rollout_changed(rollout);
}

/* Where a url points to; false when its host is a name. */
static bool find_host(const struct bringup *bringup, char host[HOST_MAXIMUM]) {
    struct text name = TEXT_NONE;
    struct in_addr address;
    int port = plan_url_port(text_of(bringup->replica->url), &name);
    if (text_is(name, "localhost")) name = TEXT("127.0.0.1");
    if (!port || name.length >= HOST_MAXIMUM) return false;
    memcpy(host, name.bytes, name.length);
    host[name.length] = '\0';
    return inet_pton(AF_INET, host, &address) == 1;
}

static void ask_ready(struct bringup *bringup) {
    struct fleet *fleet = bringup->rollout->fleet;
    bringup->stage = BRINGUP_READY;
    if (fleet->template->ready_unit != UINT32_MAX) {
        ask(bringup, fleet->template->ready_unit, false, ready_answered);
        return;
    }
    char host[HOST_MAXIMUM] = "127.0.0.1";
    if (bringup->plan.way != WAY_URL || find_host(bringup, host)) {
        bringup->reach = reach_start(fleet->run, host, bringup->replica->port.number,
                                     run_now(fleet->run) + DEFAULT_READY, reached, bringup);
    } else { /* a name may be anything; the recipe will see */
        bringup->is_ready = true;
        rollout_changed(bringup->rollout);
    }
}

static void located(void *data, struct text problem) {
    struct bringup *bringup = data;
    struct rollout *rollout = bringup->rollout;
    if (!problem.length) {
        ask_ready(bringup);
    } else if (!rollout->problem.length) {
        buffer_printf(&rollout->problem, "%s is not up: %.*s", bringup->replica->label, TEXT_ARGS(problem));
        replica_tell_lines(bringup->replica, &rollout->problem);
        rollout->unmet = true;
    }
    rollout_changed(rollout);
}

/* A project's port is the engine's to choose, and images may have to be built first. */
static void locate(struct bringup *bringup) {
    struct fleet *fleet = bringup->rollout->fleet;
    bringup->stage = BRINGUP_LOCATE;
    compose_look_free(bringup->look);
    bringup->look = compose_look_start(bringup->replica, fleet->template->ready_unit == UINT32_MAX,
                                       run_now(fleet->run) + COMPOSE_LIMIT, located, bringup);
}

/* The container that serves has ended before it was ready. An engine that starts it again gets another moment. */
static void looked_again(void *data, struct text problem) {
    struct bringup *bringup = data;
    bringup->asks_why = false;
    if (problem.length)
        located(bringup, problem);
    else
        rollout_changed(bringup->rollout);
}

static void look_why(struct bringup *bringup) {
    if (bringup->stage != BRINGUP_READY || bringup->asks_why) return;
    bringup->asks_why = true;
    compose_look_free(bringup->look);
    bringup->look = compose_look_start(bringup->replica, false, run_now(bringup->rollout->fleet->run) + WHY_LIMIT,
                                       looked_again, bringup);
}

/* ---- stop, start ---- */
/* What the replica runs by from now on. */
static void adopt_plan(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    struct fleet *fleet = bringup->rollout->fleet;
    struct value app = bringup->rollout->request.app;
    plan_done(&replica->plan);
    replica->plan = bringup->plan;
    bringup->plan.fields = value_retain(bringup->plan.fields);
    bringup->plan.no_program = NULL;
    if (replica->plan.way == WAY_URL) replica_point_at(replica, value_text_of(plan_field(&replica->plan, "url")));
    if (app.kind == VALUE_NONE || fleet->template->app >= fleet->argument_count) return;
    struct value *argument = &replica->arguments[fleet->template->app];
    value_release(*argument);
    *argument = value_retain(app);
}

static void launch(struct bringup *bringup) {
    struct rollout *rollout = bringup->rollout;
    struct replica *replica = bringup->replica;
    struct buffer problem = { 0 };
    adopt_plan(bringup);
    bool good = bringup->plan.way == WAY_URL || replica_start(replica, &problem);
    if (good && bringup->plan.way == WAY_COMPOSE)
        locate(bringup);
    else if (good)
        ask_ready(bringup);
    else
        buffer_printf(&rollout->problem, "%s: %s", replica->label, problem.bytes);
    buffer_done(&problem);
}

/* Another program was faster: before anybody was told of the port, the replica may have another one. */
static bool try_other_port(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    bool may = bringup->rollout->request.making && replica->port.descriptor >= 0 && bringup->port_tries < PORT_TRIES;
    if (!may || port_is_free(replica->port.number)) return false;
    struct port other = PORT_NONE;
    struct buffer problem = { 0 };
    bool taken = port_take(&other, &problem);
    buffer_done(&problem);
    if (!taken) return false;
    bringup->port_tries++;
    replica_fix_port(replica, other.number);
    replica->port = other;
    unit_call_cancel(bringup->rollout->fleet->run, bringup->call);
    reach_free(bringup->reach);
    bringup->reach = NULL;
    ask_plan(bringup);
    return true;
}

static void note_early_end(struct bringup *bringup) {
    struct rollout *rollout = bringup->rollout;
    struct replica *replica = bringup->replica;
    if (rollout->problem.length) return;
    if (replica->child->running) look_why(bringup);
    if (!replica->child->finished) return;
    if (replica->child->gone && try_other_port(bringup)) return;
    if (!replica->child->gone) return; /* its port may be held by what it left behind */
    if (!port_is_free(replica->port.number))
        buffer_printf(&rollout->problem, "port %d is taken by another program: ", replica->port.number);
    replica_tell_end(replica, &rollout->problem);
    rollout->unmet = true;
}

static void finish(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    struct run *run = bringup->rollout->fleet->run;
    struct buffer outcome = { 0 };
    bringup->stage = BRINGUP_DONE;
    buffer_printf(&outcome, "ready on %s: ", replica->address);
    replica_describe(replica, &outcome);
    if (bringup->plan.way != WAY_URL)
        run_effect(run, "service.up", text_of(replica->label), replica->began, run_now(run), buffer_text(&outcome));
    buffer_done(&outcome);
}

void bringup_step(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    switch (bringup->stage) {
    case BRINGUP_PLAN:
    case BRINGUP_CHECK: return;
    case BRINGUP_DONE: /* the others are still on their way */
        if (replica->died) note_early_end(bringup);
        return;
    case BRINGUP_STOP:
        if (!replica_is_gone(replica)) {
            if (!replica->ending) replica_end(replica, PATIENCE);
            return;
        }
        if (replica->child && !port_is_free(replica->port.number) && replica_clears_port(replica)) {
            rollout_look_again(bringup->rollout);
            return;
        }
        launch(bringup);
        return;
    case BRINGUP_LOCATE:
    case BRINGUP_READY:
        if (bringup->plan.way != WAY_URL && !replica_runs(replica))
            note_early_end(bringup);
        else if (bringup->is_ready)
            finish(bringup);
        return;
    }
}

bool bringup_is_done(const struct bringup *bringup) {
    return bringup->stage == BRINGUP_DONE;
}

struct bringup *bringup_new(struct rollout *rollout, struct replica *replica) {
    struct bringup *bringup = memory_allocate(sizeof *bringup);
    *bringup = (struct bringup){ .rollout = rollout, .replica = replica };
    ask_plan(bringup);
    return bringup;
}
