/* One toxic a direction, each a call to make it and one to take it away; the latter is in the guard's journal before the former
 * begins. `down` is a change of the proxy, there and back. What met them nobody tells: a noop on `seen_by` watches, from when they are
 * in place until just before they are taken away. */
#include "stdlib/proxy/remote_fault.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/proxy/proxy_fault.h"
#include "stdlib/proxy/remote_exit.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MICROSECOND INT64_C(1000)

#define GUARD_PATIENCE "2" /* seconds: whoever waits for a guard has asked twice to be let go */

/* A call to make it, and one to take it away. */
struct measure {
    struct value apply, undo; /* their words; owned */
    struct value last_resort; /* the guard's, for undo; owned */
    uint32_t guarded;         /* the guard's id of the undo; 0: none */
    bool was_begun;           /* it may be there */
};
enum progress { AT_REST, APPLYING, WATCHING, IN_FORCE, UNDOING };
struct remote_fault {
    struct run *run;
    struct value remote, watch; /* its proxy; the noop on `seen_by`, or none; owned */
    const char *name;           /* of the toxic; static */
    struct fault like;          /* its settings */
    struct measure measures[2];
    size_t count, at; /* of them; under way */
    enum progress progress;
    struct command *command; /* under way; owned; NULL */
    bool has_ended;          /* it has */
    int code;                /* of its exit */
    struct buffer said;      /* what it complained about; not empty when the code is not 0 */
    bool has_failed;         /* an undo */
    struct buffer failure;   /* and why */
};

/* ---- calls ---- */

static void on_end(void *data, const struct command_end *end) {
    struct remote_fault *fault = data;
    fault->has_ended = true;
    fault->code = end->code;
    if (end->code != 0) buffer_append(&fault->said, remote_trouble(end));
}

static void call(struct remote_fault *fault, struct value words) {
    command_free(fault->command);
    buffer_clear(&fault->said);
    fault->has_ended = false;
    fault->command = command_start(fault->run, value_retain(words), value_none(), REMOTE_PATIENCE, on_end, fault);
}

static void tell_guard(struct remote_fault *fault, struct measure *measure) {
    struct guard *guard = run_guard(fault->run);
    if (!guard || measure->guarded) return;
    size_t count = value_count(measure->last_resort);
    const char **words = memory_allocate((count + 1) * sizeof *words);
    for (size_t i = 0; i < count; i++) words[i] = value_text_of(value_at(measure->last_resort, i)).bytes;
    measure->guarded = guard_command(guard, words);
    memory_release(words);
}

static void tell_guard_undone(struct remote_fault *fault, struct measure *measure) {
    if (measure->guarded) guard_release(run_guard(fault->run), measure->guarded);
    measure->guarded = 0;
    measure->was_begun = false;
}

/* ---- of a phase ---- */

static void begin_measure(struct remote_fault *fault) {
    struct measure *measure = &fault->measures[fault->at];
    tell_guard(fault, measure);
    measure->was_begun = true;
    call(fault, measure->apply);
}

/* The call under way is over and well. Else `problem` says why not, and nothing more is done until the undo. */
static bool is_obeyed(struct remote_fault *fault, struct buffer *problem) {
    if (fault->code == 0) return true;
    if (fault->code == REMOTE_WAS_DISABLED) tell_guard_undone(fault, &fault->measures[fault->at]);
    buffer_printf(problem, "the Toxiproxy refused: %s", fault->said.bytes);
    fault->progress = IN_FORCE;
    return false;
}

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct remote_fault *fault = state;
    if (fault->progress == AT_REST) {
        fault->at = 0;
        fault->has_failed = false;
        buffer_clear(&fault->failure);
        fault->progress = APPLYING;
        begin_measure(fault);
    }
    if (fault->progress == IN_FORCE || fault->progress == UNDOING) {
        buffer_append_string(problem, "it is in force already: a fault stands in one phase at a time");
        return true;
    }
    if (fault->progress != WATCHING) {
        if (!fault->has_ended) return false;
        if (!is_obeyed(fault, problem)) return true;
        if (++fault->at < fault->count) {
            begin_measure(fault);
            return false;
        }
        fault->progress = WATCHING;
    }
    if (fault->watch.kind != VALUE_NONE && !proxy_fault_apply(fault->watch, deadline, problem)) return false;
    fault->progress = IN_FORCE;
    return true;
}

/* The newest one that may be there; NULL: none is. */
static struct measure *left(struct remote_fault *fault) {
    for (size_t i = fault->count; i-- > 0;)
        if (fault->measures[i].was_begun) return &fault->measures[i];
    return NULL;
}

/* A call that makes it is not cut off: it might be obeyed after the one that takes it away. */
static bool undo_measures(struct remote_fault *fault) {
    if (fault->command && !fault->has_ended) return false;
    struct measure *measure = left(fault);
    if (fault->progress == UNDOING && measure) {
        if (fault->code == 0)
            tell_guard_undone(fault, measure);
        else if (!fault->has_failed)
            buffer_append(&fault->failure, buffer_text(&fault->said));
        fault->has_failed |= fault->code != 0;
        measure->was_begun = false; /* what failed stays in the guard's journal */
        measure = left(fault);
    }
    fault->progress = UNDOING;
    if (!measure) return true;
    call(fault, measure->undo);
    return false;
}

static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct remote_fault *fault = state;
    bool watches = fault->watch.kind != VALUE_NONE && fault->progress != UNDOING;
    if (fault->progress == AT_REST) return true;
    if (watches && !proxy_fault_undo(fault->watch, deadline, problem)) return false;
    if (!undo_measures(fault)) return false;
    fault->progress = AT_REST;
    if (fault->has_failed) buffer_printf(problem, "the Toxiproxy did not undo it: %s", fault->failure.bytes);
    return true;
}

/* Whether what crossed `seen_by` shows that the toxic changed something. What was swallowed or held behind it never crosses, so there the
 * caller's own words count. Whom a share met, an age, an end, and who came first show nothing from outside. */
static bool shows(const struct fault *like, const struct proxy_fault *seen) {
    uint64_t up = like->is_up ? seen->most_up : 0, down = like->is_down ? seen->most_down : 0;
    uint64_t most = up > down ? up : down;
    if (like->share < 1) return false;
    switch (like->toxic) {
    case TOXIC_LATENCY: return like->delay > like->jitter && seen->touched > 0;
    case TOXIC_SLICER: return most > (uint64_t)(like->bytes + like->variation);
    case TOXIC_LIMIT_DATA: return seen->touched > 0 && most >= (uint64_t)like->bytes;
    case TOXIC_BANDWIDTH:
    case TOXIC_BLACKHOLE:
    case TOXIC_TIMEOUT:
    case TOXIC_RESET_PEER:
    case TOXIC_NOOP: return seen->touched > 0;
    case TOXIC_DOWN: return seen->touched > 0 || seen->attempts > 0;
    case TOXIC_NO_ACCEPT: return seen->attempts > 0;
    case TOXIC_SLOW_CLOSE:
    case TOXIC_LIMIT_TIME:
    case TOXIC_DROP_FIRST:
    case TOXIC_REFUSE:
    case TOXIC_SILENT:
    case TOXIC_UNREACHABLE: return false;
    }
    return false;
}

static bool evidence(void *state, struct buffer *out) {
    const struct remote_fault *fault = state;
    if (fault->watch.kind == VALUE_NONE) {
        buffer_append_string(out, "a Toxiproxy does not tell what met its toxics: give toxiproxy(…) a `seen_by`");
        return false;
    }
    bool crossed = proxy_fault_evidence(fault->watch, out);
    bool bites = shows(&fault->like, proxy_fault_of(fault->watch));
    if (crossed && !bites) buffer_printf(out, ", and from outside it cannot be told that %s changed that", fault->name);
    return bites;
}

static int64_t patience(void *state) {
    const struct remote_fault *fault = state;
    return 2 * (int64_t)(fault->count + 1) * REMOTE_PATIENCE;
}

/* ---- the handle ---- */

static void describe(void *state, struct buffer *out) {
    const struct remote_fault *fault = state;
    buffer_printf(out, "%s on %s", fault->name, remote_of(fault->remote)->shown);
}

static void release(void *state) {
    struct remote_fault *fault = state;
    command_free(fault->command);
    for (size_t i = 0; i < fault->count; i++) {
        value_release(fault->measures[i].apply);
        value_release(fault->measures[i].undo);
        value_release(fault->measures[i].last_resort);
    }
    value_release(fault->watch);
    value_release(fault->remote);
    buffer_done(&fault->said);
    buffer_done(&fault->failure);
    memory_release(fault);
}

static const struct handle_class remote_fault_class = { .type = "fault",
                                                        .release = release,
                                                        .describe = describe,
                                                        .apply = apply,
                                                        .undo = undo,
                                                        .evidence = evidence,
                                                        .idle = "nothing shows that the fault bit: ",
                                                        .patience = patience };

/* ---- making one ---- */

static int64_t whole(int64_t time, int64_t unit) {
    return (time + unit - 1) / unit;
}

static void attribute(struct json_writer *writer, const char *name, int64_t value) {
    json_key(writer, name);
    json_integer(writer, value);
}

static void write_attributes(const struct fault *like, struct json_writer *writer) {
    int64_t delay = whole(like->delay, MILLISECOND);
    switch (like->toxic) {
    case TOXIC_LATENCY:
        attribute(writer, "latency", delay);
        attribute(writer, "jitter", whole(like->jitter, MILLISECOND));
        return;
    case TOXIC_BANDWIDTH: attribute(writer, "rate", (int64_t)fmax(1, round(like->rate / 1000))); return;
    case TOXIC_SLOW_CLOSE: attribute(writer, "delay", delay); return;
    case TOXIC_TIMEOUT: attribute(writer, "timeout", delay ? delay : 1); return; /* 0 would never close */
    case TOXIC_RESET_PEER: attribute(writer, "timeout", delay); return;
    case TOXIC_SLICER:
        attribute(writer, "average_size", like->bytes);
        attribute(writer, "size_variation", like->variation);
        attribute(writer, "delay", whole(like->delay, MICROSECOND));
        return;
    case TOXIC_LIMIT_DATA: attribute(writer, "bytes", like->bytes); return;
    case TOXIC_LIMIT_TIME: attribute(writer, "time", delay); return;
    case TOXIC_DROP_FIRST: attribute(writer, "connections", (int64_t)like->connections); return;
    case TOXIC_BLACKHOLE:
    case TOXIC_DOWN:
    case TOXIC_NO_ACCEPT:
    case TOXIC_NOOP:
    case TOXIC_REFUSE:
    case TOXIC_SILENT:
    case TOXIC_UNREACHABLE: return;
    }
}

static void add_measure(struct remote_fault *fault, const char *method, const char *url, const char *body,
                        const char *undo_method, const char *undo_url, const char *undo_body) {
    struct heap *heap = run_heap(fault->run);
    fault->measures[fault->count++] =
        (struct measure){ .apply = remote_words(heap, NULL, method, url, body),
                          .undo = remote_words(heap, NULL, undo_method, undo_url, undo_body),
                          .last_resort = remote_words(heap, GUARD_PATIENCE, undo_method, undo_url, undo_body) };
}

/* Its name is nobody else's: other runs may work on the same proxy. */
static void add_toxic(struct remote_fault *fault, const struct fault *like, uint64_t number, bool up) {
    const char *path = remote_of(fault->remote)->path, *stream = up ? "upstream" : "downstream";
    struct buffer name = { 0 }, body = { 0 }, url = { 0 }, undo_url = { 0 };
    const struct guard *guard = run_guard(fault->run);
    const char *handle = strchr(handle_name(fault->remote), '#');
    buffer_printf(&name, "aot-%s-%d-%s-%llu-%s", guard ? guard_run_id(guard) : "run", (int)getpid(),
                  handle ? handle + 1 : "0", (unsigned long long)number, stream);
    struct json_writer writer = json_writer_on(&body);
    json_object_begin(&writer);
    json_key(&writer, "name");
    json_string(&writer, name.bytes);
    json_key(&writer, "type");
    json_string(&writer, fault->name);
    json_key(&writer, "stream");
    json_string(&writer, stream);
    json_key(&writer, "toxicity");
    json_number(&writer, like->share);
    json_key(&writer, "attributes");
    json_object_begin(&writer);
    write_attributes(like, &writer);
    json_object_end(&writer);
    json_object_end(&writer);
    buffer_printf(&url, "%s/toxics", path);
    buffer_printf(&undo_url, "%s/toxics/%s", path, name.bytes);
    add_measure(fault, "POST", url.bytes, body.bytes, "DELETE", undo_url.bytes, NULL);
    buffer_done(&name);
    buffer_done(&body);
    buffer_done(&url);
    buffer_done(&undo_url);
}

struct value remote_fault_new(struct run *run, struct value handle, const struct fault *like, const char *name) {
    struct remote *remote = remote_of(handle);
    struct remote_fault *fault = memory_allocate(sizeof *fault);
    struct fault noop = { .toxic = TOXIC_NOOP, .is_up = true, .is_down = true, .share = 1 };
    uint64_t number = ++remote->faults;
    *fault = (struct remote_fault){
        .run = run, .remote = value_retain(handle), .watch = value_none(), .name = name, .like = *like
    };
    if (remote->seen_by.kind != VALUE_NONE) fault->watch = proxy_fault_new(run, remote->seen_by, &noop, "noop");
    bool is_sided = like->is_up && like->is_down && like->toxic != TOXIC_BLACKHOLE;
    if (like->toxic == TOXIC_DOWN)
        add_measure(fault, "DISABLE", remote->path, NULL, "POST", remote->path, "{\"enabled\":true}");
    else
        add_toxic(fault, like, number, like->is_up && !is_sided && like->toxic != TOXIC_BLACKHOLE);
    if (is_sided) add_toxic(fault, like, number, true);
    return handle_new(run, &remote_fault_class, fault);
}
