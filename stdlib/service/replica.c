/* One replica: its port, its program or container, its last lines. It tells its fleet of its end. */
#include "stdlib/service/container.h"
#include "stdlib/service/fleet.h"
#include "stdlib/service/holder.h"

#include "base/clock.h"
#include "base/memory.h"

#include <signal.h>
#include <string.h>

#define OUTPUT_LIMIT (INT64_C(64) << 20) /* of each start; more is not kept, and the log stream says so */
enum { SHOWN_LINE = 200, ENGINE_REFUSED = 125 /* what `docker run` exits with when there is no container */ };

/* Both texts are taken over. */
static void place(struct replica *replica, struct buffer *address, struct buffer *url) {
    memory_release(replica->address);
    memory_release(replica->url);
    replica->address = buffer_take(address);
    replica->url = buffer_take(url);
}

static void set_address(struct replica *replica) {
    struct buffer address = { 0 }, url = { 0 };
    buffer_printf(&address, "127.0.0.1:%d", replica->port.number);
    buffer_printf(&url, "http://127.0.0.1:%d", replica->port.number);
    place(replica, &address, &url);
}

struct replica *replica_new(struct fleet *fleet, size_t index, const struct value *arguments, struct buffer *problem) {
    struct port port = PORT_NONE;
    if (!port_take(&port, problem)) return NULL;
    struct replica *replica = memory_allocate(sizeof *replica);
    struct buffer text = { 0 };
    *replica = (struct replica){ .fleet = fleet, .index = index, .port = port };
    buffer_printf(&text, "%s[%zu]", fleet->name, index);
    replica->label = buffer_take(&text);
    set_address(replica);
    replica->arguments = memory_allocate((fleet->argument_count + 1) * sizeof *replica->arguments);
    for (size_t i = 0; i < fleet->argument_count; i++) replica->arguments[i] = value_retain(arguments[i]);
    return replica;
}

struct replica *replica_twin(const struct replica *replica, struct fleet *fleet) {
    struct replica *twin = memory_allocate(sizeof *twin);
    *twin = (struct replica){ .fleet = fleet,
                              .index = replica->index,
                              .port = { replica->port.number, -1 },
                              .label = memory_copy(replica->label, strlen(replica->label)),
                              .address = memory_copy(replica->address, strlen(replica->address)),
                              .url = memory_copy(replica->url, strlen(replica->url)) };
    return twin;
}

void replica_free(struct replica *replica) {
    if (replica->child) child_free(replica->child);
    container_free(replica->container);
    port_release(&replica->port);
    plan_done(&replica->plan);
    for (size_t i = 0; replica->arguments && i < replica->fleet->argument_count; i++)
        value_release(replica->arguments[i]);
    for (size_t i = 0; i < LAST_LINES; i++) buffer_done(&replica->lines[i]);
    memory_release(replica->arguments);
    memory_release(replica->address);
    memory_release(replica->url);
    memory_release(replica->prefix);
    memory_release(replica->label);
    memory_release(replica);
}

void replica_fix_port(struct replica *replica, int number) {
    port_release(&replica->port);
    replica->port.number = number;
    set_address(replica);
}

void replica_point_at(struct replica *replica, struct text url) {
    struct text host = TEXT_NONE;
    struct buffer address = { 0 }, shown = { 0 };
    port_release(&replica->port);
    replica->port.number = plan_url_port(url, &host);
    buffer_printf(&address, "%.*s:%d", TEXT_ARGS(host), replica->port.number);
    buffer_append(&shown, url);
    place(replica, &address, &shown);
}

struct value replica_self(const struct replica *replica, bool inside) {
    struct heap *heap = run_heap(replica->fleet->run);
    bool maps = inside && replica->plan.port && replica->plan.way != WAY_COMPOSE;
    int port = maps ? replica->plan.port : replica->port.number;
    bool is_mapped = port != replica->port.number;
    struct value fields[] = { is_mapped ? value_printf(heap, "0.0.0.0:%d", port) : value_string(heap, replica->address),
                              value_string(heap, replica->url), value_integer(port),
                              value_integer((int64_t)replica->index) };
    static const char *const names[] = { "address", "url", "port", "index" };
    struct value self = value_record(heap);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        self = value_record_with(self, text_of(names[i]), fields[i]);
        value_release(fields[i]);
    }
    return self;
}

/* ---- what it says ---- */
/* Compose's own words between those of the containers; they are of use to nobody who asks why one of them died. */
static bool is_of_compose(const struct replica *replica, struct text line) {
    return replica->plan.way == WAY_COMPOSE &&
           (text_starts(line, TEXT("Attaching to ")) ||
            text_find(line, text_of(container_name(replica->container))) != SIZE_MAX);
}

/* What is cut is masked before: the cut may leave the beginning of a secret, which nothing would know as one any more. */
static void append_cut(const struct mask *mask, struct text line, struct buffer *out) {
    struct buffer masked = { 0 };
    if (line.length > SHOWN_LINE) mask_apply(mask, line, &masked);
    buffer_append(out, text_slice(masked.length ? buffer_text(&masked) : line, 0, SHOWN_LINE));
    buffer_done(&masked);
}

static void on_line(void *data, struct text line) {
    struct replica *replica = data;
    if (is_of_compose(replica, line)) return;
    struct buffer *place = &replica->lines[replica->line_count++ % LAST_LINES];
    buffer_clear(place);
    append_cut(run_mask(replica->fleet->run), line, place);
}

void replica_tell_lines(const struct replica *replica, struct buffer *out) {
    size_t count = replica->line_count < LAST_LINES ? replica->line_count : LAST_LINES;
    if (!count) {
        buffer_append_string(out, "; it wrote nothing");
        return;
    }
    buffer_append_string(out, count == 1 ? "; its last line: " : "; its last lines: ");
    for (size_t i = replica->line_count - count; i < replica->line_count; i++) {
        if (i > replica->line_count - count) buffer_append_string(out, " | ");
        buffer_append(out, buffer_text(&replica->lines[i % LAST_LINES]));
    }
}

void replica_tell_end(const struct replica *replica, struct buffer *out) {
    const struct child *child = replica->child;
    buffer_printf(out, "%s ", replica->label);
    if (replica->container && child->code == ENGINE_REFUSED) {
        buffer_append_string(out, "was not started by the container engine");
        replica_tell_lines(replica, out);
        return;
    }
    if (child->signal) {
        buffer_append_string(out, "was ended by ");
        child_label(child->signal, out);
    } else {
        buffer_printf(out, "exited with code %d", child->code);
    }
    buffer_append_string(out, " after ");
    duration_print(out, (child->end - child->start + MILLISECOND / 2) / MILLISECOND * MILLISECOND);
    replica_tell_lines(replica, out);
}

void replica_describe(const struct replica *replica, struct buffer *out) {
    if (replica->container)
        buffer_printf(out, "container %s", container_name(replica->container));
    else if (replica->child)
        buffer_printf(out, "process %d", (int)replica->child->process);
}

/* ---- its end ---- */
static void on_ended(void *data, struct child *child) {
    struct replica *replica = data;
    (void)child;
    if (replica->wanted) replica->died = true;
    fleet_changed(replica->fleet);
}

static void note_death(struct replica *replica) {
    struct run *run = replica->fleet->run;
    struct buffer outcome = { 0 };
    replica_tell_end(replica, &outcome);
    run_effect(run, "service.died", text_of(replica->label), replica->child->end, replica->child->end,
               buffer_text(&outcome));
    buffer_done(&outcome);
}

/* A daemon of its own that dropped the marks answers in the replica's place as long as it holds the port. */
bool replica_clears_port(const struct replica *replica) {
    pid_t holder = replica->plan.way == WAY_PROCESS ? holder_of_port(replica->port.number) : 0;
    return holder && kill(holder, SIGKILL) == 0;
}

static void on_event(void *data, struct child *child) {
    struct replica *replica = data;
    if (child->finished && child->gone) replica_clears_port(replica);
    if (replica->died && replica->wanted && child->finished) {
        replica->wanted = false; /* told once */
        note_death(replica);
    }
    /* What it left behind must not hold its port, nor answer in its place. */
    if (child->finished && !child->gone && !child->stop.wanted) child_end(child, 0);
    bool by_itself = !child->signal && child->code != ENGINE_REFUSED;
    if (replica->container && child->finished && child->gone) container_client_gone(replica->container, by_itself);
    fleet_changed(replica->fleet);
}

bool replica_runs(const struct replica *replica) {
    return replica->child && replica->child->running && !container_is_down(replica->container);
}

bool replica_is_gone(const struct replica *replica) {
    return (!replica->child || replica->child->gone) && container_is_gone(replica->container);
}

void replica_end(struct replica *replica, int64_t patience) {
    replica->wanted = false;
    replica->ending = true;
    if (replica->container)
        container_end(replica->container, patience);
    else if (replica->child && !replica->child->gone)
        child_end(replica->child, patience);
}

bool replica_freeze(struct replica *replica, bool pause, void (*done)(void *data, struct text problem), void *data) {
    if (!replica->child || !replica->child->running) return true;
    if (replica->container)
        container_freeze(replica->container, pause, done, data);
    else
        session_signal(&replica->child->session, pause ? SIGSTOP : SIGCONT);
    return !replica->container;
}

/* ---- its start ---- */
static bool read_program(const struct replica *replica, struct program_start *program, struct buffer *problem) {
    struct heap *heap = run_heap(replica->fleet->run);
    struct value environment;
    if (!plan_environment(&replica->plan, heap, &environment, problem)) return false;
    bool good = program_read(program, plan_field(&replica->plan, "command"), environment, value_none(), problem);
    value_release(environment);
    return good;
}

static void forget_last(struct replica *replica) {
    if (replica->child) child_free(replica->child);
    container_free(replica->container);
    replica->child = NULL;
    replica->container = NULL;
    replica->line_count = 0;
    replica->died = replica->ending = false;
}

/* A port that the recipe fixed is one for all cells. */
static void tell_of_cells(const struct replica *replica, struct buffer *problem) {
    if (replica->port.descriptor >= 0) return;
    buffer_append_string(problem, " (it may be another cell of this run, whose recipe fixes the same `port:`: leave it "
                                  "out, self.port is a free one, or run with --jobs 1)");
}

bool replica_start(struct replica *replica, struct buffer *problem) {
    struct fleet *fleet = replica->fleet;
    forget_last(replica);
    struct program_start program = { 0 };
    bool is_process = replica->plan.way == WAY_PROCESS;
    bool good = is_process ? read_program(replica, &program, problem)
                           : container_read(replica, &program, &replica->container, problem);
    if (good && !port_is_free(replica->port.number)) {
        buffer_printf(problem, "port %d is taken: another program listens on 127.0.0.1:%d", replica->port.number,
                      replica->port.number);
        tell_of_cells(replica, problem);
        good = false;
    }
    if (good) {
        struct buffer name = { 0 };
        buffer_printf(&name, "%s.%zu.%u", fleet->handle_name, replica->index, ++replica->starts);
        struct child_owner owner = { replica,          on_ended,        on_event,       on_line,
                                     fleet_log(fleet), fleet->log_file, replica->prefix };
        struct child_options options = { .input = value_none(), .output_limit = OUTPUT_LIMIT };
        replica->began = run_now(fleet->run);
        replica->wanted = true;
        replica->child = child_own(fleet->run, name.bytes, &program, &options, &owner, problem);
        replica->wanted = replica->child != NULL;
        good = replica->child != NULL;
        if (good && replica->container) container_follow(replica->container);
        buffer_done(&name);
    }
    program_done(&program);
    return good;
}
