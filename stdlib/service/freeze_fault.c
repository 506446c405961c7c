/* `freeze(service)`: its replicas are stopped where they are for the length of a phase. What it proves is what /proc says of the programs
 * and the engine of its containers, at the phase's end. */
#include "stdlib/service/container.h"
#include "stdlib/service/outage.h"

#include "stdlib/functions.h"

#include <stdio.h>
#include <string.h>

static void answered(void *data, struct text problem) {
    struct outage *outage = data;
    if (problem.length && !outage->problem.length) buffer_append(&outage->problem, problem);
    outage->open--;
}

static void freeze_all(struct outage *outage, bool pause) {
    struct fleet *fleet = outage->fleets[0];
    buffer_clear(&outage->problem);
    for (size_t i = 0; i < fleet->replica_count; i++) {
        outage->open++;
        if (replica_freeze(fleet->replicas[i], pause, answered, outage)) outage->open--;
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

static bool stands_still(const struct outage *outage, const struct replica *replica) {
    return replica->container ? !outage->problem.length : is_stopped(replica->child->process);
}

static size_t running_count(const struct outage *outage, bool still) {
    const struct fleet *fleet = outage->fleets[0];
    size_t count = 0;
    for (size_t i = 0; i < fleet->replica_count; i++) {
        const struct replica *replica = fleet->replicas[i];
        count += replica_runs(replica) && (!still || stands_still(outage, replica));
    }
    return count;
}

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct outage *outage = state;
    struct fleet *fleet = outage->fleets[0];
    (void)deadline;
    if (!outage->begun) {
        if (fleet->freezing) {
            buffer_printf(problem, "%s is being paused or let go on already", fleet->name);
            return true;
        }
        outage->begun = fleet->freezing = true;
        outage->wanted = running_count(outage, false);
        outage->bitten = 0;
        freeze_all(outage, true);
    }
    if (outage->open) return false;
    buffer_append(problem, buffer_text(&outage->problem));
    return problem->length || running_count(outage, true) == running_count(outage, false);
}

/* What the engine was asked for is awaited before it is asked for the opposite. */
static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct outage *outage = state;
    (void)deadline;
    if (outage->open) return false;
    if (!outage->begun) return true;
    if (!outage->ending) {
        outage->ending = true;
        outage->bitten = running_count(outage, true);
        freeze_all(outage, false);
        if (outage->open) return false;
    }
    outage->begun = outage->ending = outage->fleets[0]->freezing = false;
    buffer_append(problem, buffer_text(&outage->problem));
    return true;
}

static bool evidence(void *state, struct buffer *out) {
    const struct outage *outage = state;
    if (outage->wanted == 0)
        buffer_append_string(out, "nothing of it was running");
    else
        buffer_printf(out, "%zu of %zu replicas stood still at the end", outage->bitten, outage->wanted);
    return outage->wanted > 0 && outage->bitten == outage->wanted;
}

static void describe(void *state, struct buffer *out) {
    buffer_append_string(out, "freeze of ");
    outage_describe(state, out);
}

static void release(void *state) {
    struct outage *outage = state;
    struct fleet *fleet = outage->fleets[0];
    for (size_t i = 0; outage->open && i < fleet->replica_count; i++)
        if (fleet->replicas[i]->container) container_freeze_forget(fleet->replicas[i]->container);
    if (outage->begun) fleet->freezing = false;
    outage_free(outage);
}

static const struct handle_class freeze_class = { .type = "fault",
                                                  .release = release,
                                                  .describe = describe,
                                                  .apply = apply,
                                                  .undo = undo,
                                                  .evidence = evidence,
                                                  .idle = "the freeze held nothing: " };

enum native_outcome fault_freeze(struct native_call *call) {
    return outage_make(call, &freeze_class, &call->arguments[0], 1);
}
