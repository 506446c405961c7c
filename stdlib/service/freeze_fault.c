/* `freeze(service)`: its replicas are stopped where they are for the length of a phase. What it proves is what /proc says of the programs
 * and the engine of its containers, at the phase's end. */
#include "stdlib/service/container.h"
#include "stdlib/service/fleet.h"

#include "base/memory.h"
#include "stdlib/functions.h"

#include <stdio.h>
#include <string.h>

struct frost {
    struct run *run;
    struct fleet *fleet;
    struct value handle;   /* its; owned, so that it outlives the fault */
    bool begun;            /* it was applied, and not undone yet */
    bool ending;           /* its undo was begun */
    size_t wanted, bitten; /* replicas that ran, and that stood still to the end */
    size_t open;           /* answers of the container engine to come */
    struct buffer problem; /* the first that it had */
};

static void answered(void *data, struct text problem) {
    struct frost *frost = data;
    if (problem.length && !frost->problem.length) buffer_append(&frost->problem, problem);
    frost->open--;
}

static void freeze_all(struct frost *frost, bool pause) {
    struct fleet *fleet = frost->fleet;
    buffer_clear(&frost->problem);
    for (size_t i = 0; i < fleet->replica_count; i++) {
        frost->open++;
        if (replica_freeze(fleet->replicas[i], pause, answered, frost)) frost->open--;
    }
}

/* A program that was told to stop is not stopped yet: the kernel says when. */
static bool is_stopped(pid_t process) {
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = 0;
    const char *behind_name = strrchr(line, ')');
    return behind_name && (behind_name[2] == 'T' || behind_name[2] == 't');
}

static bool stands_still(const struct frost *frost, const struct replica *replica) {
    return replica->container ? !frost->problem.length : is_stopped(replica->child->process);
}

static size_t running_count(const struct frost *frost, bool still) {
    const struct fleet *fleet = frost->fleet;
    size_t count = 0;
    for (size_t i = 0; i < fleet->replica_count; i++) {
        const struct replica *replica = fleet->replicas[i];
        count += replica_runs(replica) && (!still || stands_still(frost, replica));
    }
    return count;
}

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct frost *frost = state;
    struct fleet *fleet = frost->fleet;
    (void)deadline;
    if (!frost->begun) {
        if (fleet->freezing) {
            buffer_printf(problem, "%s is being paused or let go on already", fleet->name);
            return true;
        }
        frost->begun = fleet->freezing = true;
        frost->wanted = running_count(frost, false);
        frost->bitten = 0;
        freeze_all(frost, true);
    }
    if (frost->open) return false;
    buffer_append(problem, buffer_text(&frost->problem));
    return problem->length || running_count(frost, true) == running_count(frost, false);
}

/* What the engine was asked for is awaited before it is asked for the opposite. */
static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct frost *frost = state;
    (void)deadline;
    if (frost->open) return false;
    if (!frost->begun) return true;
    if (!frost->ending) {
        frost->ending = true;
        frost->bitten = running_count(frost, true);
        freeze_all(frost, false);
        if (frost->open) return false;
    }
    frost->begun = frost->ending = frost->fleet->freezing = false;
    buffer_append(problem, buffer_text(&frost->problem));
    return true;
}

static bool evidence(void *state, struct buffer *out) {
    const struct frost *frost = state;
    if (frost->wanted == 0)
        buffer_append_string(out, "nothing of it was running");
    else
        buffer_printf(out, "%zu of %zu replicas stood still at the end", frost->bitten, frost->wanted);
    return frost->wanted > 0 && frost->bitten == frost->wanted;
}

static void describe(void *state, struct buffer *out) {
    const struct frost *frost = state;
    buffer_append_string(out, "freeze of ");
    service_class.describe(frost->fleet, out);
}

static void release(void *state) {
    struct frost *frost = state;
    struct fleet *fleet = frost->fleet;
    for (size_t i = 0; frost->open && i < fleet->replica_count; i++)
        if (fleet->replicas[i]->container) container_freeze_forget(fleet->replicas[i]->container);
    if (frost->begun) fleet->freezing = false;
    value_release(frost->handle);
    buffer_done(&frost->problem);
    memory_release(frost);
}

static const struct handle_class freeze_class = { .type = "fault",
                                                  .release = release,
                                                  .describe = describe,
                                                  .apply = apply,
                                                  .undo = undo,
                                                  .evidence = evidence,
                                                  .idle = "the freeze held nothing: " };

enum native_outcome fault_freeze(struct native_call *call) {
    struct fleet *fleet = fleet_of(argument(call, 0));
    struct buffer problem = { 0 };
    if (!fleet)
        buffer_printf(&problem, "%s is no service: only what `service` declares is frozen",
                      handle_name(argument(call, 0)));
    else
        fleet_may_be_broken(fleet, &problem);
    if (problem.length) {
        native_fail(call, "freeze: %s", problem.bytes);
        buffer_done(&problem);
        return NATIVE_FAIL;
    }
    struct frost *frost = memory_allocate(sizeof *frost);
    *frost = (struct frost){ .run = call->run, .fleet = fleet, .handle = value_retain(argument(call, 0)) };
    return native_done(call, handle_new(call->run, &freeze_class, frost));
}
