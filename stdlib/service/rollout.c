/* A rollout goes on step by step, whenever something happened: a unit of the program gave its answer, a program ended,
 * somebody listens, a time has come. Steps are taken from a timer of their own, so that nothing is freed under the feet
 * of who told it. */
#include "stdlib/service/rollout.h"

#include "stdlib/service/reach.h"

#include "base/clock.h"
#include "base/memory.h"

#define PATIENCE (10 * SECOND)      /* between SIGTERM and SIGKILL of the one that is replaced */
#define DEFAULT_READY (30 * SECOND) /* without `ready`: until somebody listens */
enum { PORT_TRIES = 3 };

enum bringup_stage { BRINGUP_PLAN, BRINGUP_STOP, BRINGUP_READY, BRINGUP_DONE };
/* One replica on its way up. */
struct bringup {
    struct rollout *rollout;
    struct replica *replica;
    enum bringup_stage stage;
    bool planned_again;      /* with the port that the recipe fixed */
    int port_tries;          /* how often another port was tried */
    struct plan plan;        /* what it will run by, while it is stopped */
    struct unit_call call;   /* its fields, or `ready`; none */
    struct reach *reach;     /* without `ready`; NULL */
    bool is_ready;           /* `ready` has said so */
    struct value *arguments; /* of the unit that runs; owned */
};

struct rollout {
    struct fleet *fleet;
    struct value handle; /* owned: the fleet lives at least as long */
    struct value result; /* owned */
    struct ticket ticket;
    struct rollout_request request; /* its app is owned */
    int64_t deadline;               /* of who waits */
    int64_t began, batch_began;
    size_t next;                           /* the replica to be looked at next */
    struct VECTOR(struct bringup *) batch; /* on their way; owned */
    struct loop_timer *timer;              /* the next step; NULL */
    struct buffer problem;                 /* why it failed; empty: it has not */
    bool unmet;                            /* it is the component's failure, not the environment's */
};

static void step(struct rollout *rollout);

static void on_timer(void *data) {
    struct rollout *rollout = data;
    rollout->timer = NULL;
    step(rollout);
}

static void step_at(struct rollout *rollout, int64_t at) {
    if (rollout->timer) loop_timer_stop(rollout->timer);
    rollout->timer = loop_timer_start(run_loop(rollout->fleet->run), at, on_timer, rollout);
}

void rollout_changed(struct rollout *rollout) {
    step_at(rollout, run_now(rollout->fleet->run));
}

/* ---- ends ---- */
static void drop_arguments(struct bringup *bringup) {
    size_t count = bringup->rollout->fleet->argument_count + 1;
    for (size_t i = 0; bringup->arguments && i < count; i++) value_release(bringup->arguments[i]);
    memory_release(bringup->arguments);
    bringup->arguments = NULL;
}

static void bringup_free(struct bringup *bringup) {
    unit_call_cancel(bringup->rollout->fleet->run, bringup->call);
    reach_free(bringup->reach);
    plan_done(&bringup->plan);
    drop_arguments(bringup);
    memory_release(bringup);
}

/* The handle goes last: the fleet may go with it. */
static void rollout_free(struct rollout *rollout) {
    struct value handle = rollout->handle;
    rollout->fleet->rollout = NULL;
    for (size_t i = 0; i < rollout->batch.count; i++) bringup_free(rollout->batch.items[i]);
    VECTOR_DONE(&rollout->batch);
    if (rollout->timer) loop_timer_stop(rollout->timer);
    buffer_done(&rollout->problem);
    value_release(rollout->result);
    value_release(rollout->request.app);
    memory_release(rollout);
    value_release(handle);
}

static void cancel(void *state) {
    rollout_free(state);
}

static const char *effect_name(const struct rollout *rollout) {
    if (rollout->request.making) return "service";
    return rollout->request.only_down ? "service.start" : "service.roll";
}

static void note(const struct rollout *rollout, const char *outcome) {
    struct fleet *fleet = rollout->fleet;
    struct buffer subject = { 0 };
    buffer_append_string(&subject, fleet->name);
    if (rollout->request.app.kind != VALUE_NONE) {
        buffer_append_string(&subject, " to ");
        value_plain(rollout->request.app, &subject);
    }
    run_effect(fleet->run, effect_name(rollout), buffer_text(&subject), rollout->began, run_now(fleet->run),
               text_of(outcome));
    buffer_done(&subject);
}

static void fail(struct rollout *rollout) {
    struct run *run = rollout->fleet->run;
    struct ticket ticket = rollout->ticket;
    struct buffer problem = rollout->problem;
    bool unmet = rollout->unmet;
    rollout->problem = (struct buffer){ 0 };
    note(rollout, problem.bytes);
    rollout_free(rollout);
    if (unmet)
        native_wake_unmet(run, ticket, "%s", problem.bytes);
    else
        native_wake_failed(run, ticket, "%s", problem.bytes);
    buffer_done(&problem);
}

static void succeed(struct rollout *rollout) {
    struct run *run = rollout->fleet->run;
    struct ticket ticket = rollout->ticket;
    struct value result = value_retain(rollout->result);
    note(rollout, "ok");
    rollout_free(rollout);
    native_wake(run, ticket, result);
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

static void add_bringup(struct rollout *rollout, struct replica *replica) {
    struct bringup *bringup = memory_allocate(sizeof *bringup);
    *bringup = (struct bringup){ .rollout = rollout, .replica = replica };
    VECTOR_PUSH(&rollout->batch, bringup);
    ask_plan(bringup);
}

/* The first replica's fields have said how many there are. */
static bool grow(struct bringup *bringup) {
    struct rollout *rollout = bringup->rollout;
    struct fleet *fleet = rollout->fleet;
    size_t count = (size_t)bringup->plan.replicas;
    if (!rollout->request.making || bringup->replica->index || fleet->replica_count > 1) return true;
    if (count > 1 && bringup->plan.port && bringup->plan.way == WAY_PROCESS) {
        buffer_printf(&rollout->problem,
                      "%s: %zu replicas cannot all listen on port %d; leave `port:` out, self.port is a free one",
                      fleet->name, count, bringup->plan.port);
        return false;
    }
    if (!fleet_grow(fleet, count, &rollout->problem)) return false;
    for (size_t i = 1; i < count; i++) add_bringup(rollout, fleet->replicas[i]);
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
        bringup->stage = BRINGUP_STOP;
    }
    buffer_done(&problem);
    rollout_changed(rollout);
}

/* ---- ready ---- */
static void ready_answered(void *data, struct value result) {
    struct bringup *bringup = data;
    struct rollout *rollout = bringup->rollout;
    bringup->call = (struct unit_call){ 0 };
    bringup->is_ready = !value_is_bad(result);
    if (!bringup->is_ready && !rollout->problem.length) {
        buffer_printf(&rollout->problem, "%s is not ready: %.*s", bringup->replica->label,
                      TEXT_ARGS(value_text_of(result)));
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
        replica_tell_lines(replica, &rollout->problem);
        rollout->unmet = true;
    }
    rollout_changed(rollout);
}

static void ask_ready(struct bringup *bringup) {
    struct fleet *fleet = bringup->rollout->fleet;
    bringup->stage = BRINGUP_READY;
    if (fleet->template->ready_unit != UINT32_MAX) {
        ask(bringup, fleet->template->ready_unit, false, ready_answered);
    } else if (bringup->plan.way == WAY_URL) {
        bringup->is_ready = true; /* it may be anywhere; the recipe will see */
    } else {
        bringup->reach = reach_start(fleet->run, "127.0.0.1", bringup->replica->port.number,
                                     run_now(fleet->run) + DEFAULT_READY, reached, bringup);
    }
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
    if (bringup->plan.way == WAY_URL || replica_start(replica, &problem))
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
    if (!replica->child->finished || rollout->problem.length) return;
    if (replica->child->gone && try_other_port(bringup)) return;
    if (!replica->child->gone) return; /* its port may be held by what it left behind */
    if (!port_is_free(replica->port.number))
        buffer_printf(&rollout->problem, "port %d is taken by another program: ", replica->port.number);
    replica_tell_end(replica, &rollout->problem);
    rollout->unmet = true;
}

static void bringup_step(struct bringup *bringup) {
    struct replica *replica = bringup->replica;
    switch (bringup->stage) {
    case BRINGUP_PLAN:
    case BRINGUP_DONE: return;
    case BRINGUP_STOP:
        if (!replica_is_gone(replica)) {
            if (replica->wanted || !replica->child->stop.wanted) replica_end(replica, PATIENCE);
            return;
        }
        launch(bringup);
        return;
    case BRINGUP_READY:
        if (bringup->plan.way != WAY_URL && !replica_runs(replica))
            note_early_end(bringup);
        else if (bringup->is_ready)
            bringup->stage = BRINGUP_DONE;
        return;
    }
}

/* ---- batches ---- */
static bool is_wanted(const struct rollout *rollout, const struct replica *replica) {
    return !rollout->request.only_down || !replica_runs(replica);
}

/* True when a batch is on its way. */
static bool begin_batch(struct rollout *rollout) {
    struct fleet *fleet = rollout->fleet;
    size_t room = rollout->request.one_by ? (size_t)rollout->request.one_by : SIZE_MAX;
    while (rollout->next < fleet->replica_count && room) {
        struct replica *replica = fleet->replicas[rollout->next++];
        if (!is_wanted(rollout, replica)) continue;
        add_bringup(rollout, replica);
        room--;
    }
    rollout->batch_began = run_now(fleet->run);
    return rollout->batch.count > 0;
}

static bool batch_is_up(const struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count; i++)
        if (rollout->batch.items[i]->stage != BRINGUP_DONE) return false;
    return true;
}

static void end_batch(struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count; i++) bringup_free(rollout->batch.items[i]);
    rollout->batch.count = 0;
}

static void step(struct rollout *rollout) {
    for (size_t i = 0; i < rollout->batch.count && !rollout->problem.length; i++) bringup_step(rollout->batch.items[i]);
    if (rollout->problem.length) {
        fail(rollout);
        return;
    }
    if (!batch_is_up(rollout)) return;
    end_batch(rollout);
    if (rollout->request.making) rollout->next = rollout->fleet->replica_count;
    if (rollout->next >= rollout->fleet->replica_count) {
        succeed(rollout);
        return;
    }
    int64_t next = rollout->batch_began + rollout->request.every;
    if (run_now(rollout->fleet->run) < next)
        step_at(rollout, next);
    else if (!begin_batch(rollout))
        succeed(rollout);
}

enum native_outcome rollout_start(struct native_call *call, struct value handle, const struct rollout_request *request,
                                  struct value result) {
    struct fleet *fleet = fleet_of(handle);
    struct rollout *rollout = memory_allocate(sizeof *rollout);
    *rollout = (struct rollout){ .fleet = fleet,
                                 .handle = value_retain(handle),
                                 .result = value_retain(result),
                                 .request = *request,
                                 .deadline = native_deadline(call),
                                 .began = run_now(call->run) };
    rollout->request.app = value_retain(request->app);
    fleet->rollout = rollout;
    struct buffer what = { 0 };
    buffer_printf(&what, "%s to be up", fleet->name);
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, rollout);
    rollout->ticket = native_ticket(call);
    buffer_done(&what);
    begin_batch(rollout);
    if (!rollout->batch.count) rollout_changed(rollout);
    return outcome;
}
