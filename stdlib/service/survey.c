/* All are asked at once; the answers stand in the order of the replicas. */
#include "stdlib/service/survey.h"

#include "base/memory.h"

struct question {
    struct survey *survey;
    struct unit_call call;
    struct value *arguments; /* of the unit; owned */
    struct value answer;     /* owned */
};
struct survey {
    struct fleet *fleet;
    struct value handle; /* owned: the fleet lives as long */
    struct ticket ticket;
    struct question *questions; /* one a replica; owned */
    size_t count, open;
};

/* The handle is the caller's to release. */
static struct value survey_free(struct survey *survey) {
    struct value handle = survey->handle;
    for (size_t i = 0; i < survey->count; i++) {
        struct question *question = &survey->questions[i];
        unit_call_cancel(survey->fleet->run, question->call);
        for (size_t k = 0; k <= survey->fleet->argument_count; k++) value_release(question->arguments[k]);
        memory_release(question->arguments);
        value_release(question->answer);
    }
    memory_release(survey->questions);
    memory_release(survey);
    return handle;
}

static void cancel(void *state) {
    value_release(survey_free(state));
}

static void finish(struct survey *survey) {
    struct run *run = survey->fleet->run;
    struct value list = value_list(run_heap(run), NULL, 0);
    for (size_t i = 0; i < survey->count; i++) list = value_list_append(list, survey->questions[i].answer);
    native_wake(run, survey->ticket, list);
    value_release(survey_free(survey));
}

/* Without the line break that most such answers end with. */
static struct value trimmed(struct heap *heap, struct value answer) {
    if (answer.kind != VALUE_TEXT) return value_retain(answer);
    return value_text(heap, text_trim(value_text_of(answer)));
}

static void answered(void *data, struct value result) {
    struct question *question = data;
    struct survey *survey = question->survey;
    question->call = (struct unit_call){ 0 };
    question->answer = trimmed(run_heap(survey->fleet->run), result);
    if (--survey->open == 0) finish(survey);
}

static void ask(struct survey *survey, size_t index, int64_t deadline) {
    struct fleet *fleet = survey->fleet;
    struct replica *replica = fleet->replicas[index];
    struct question *question = &survey->questions[index];
    *question = (struct question){ .survey = survey, .answer = value_none() };
    question->arguments = memory_allocate((fleet->argument_count + 1) * sizeof *question->arguments);
    for (size_t i = 0; i < fleet->argument_count; i++) question->arguments[i] = value_retain(replica->arguments[i]);
    question->arguments[fleet->argument_count] = replica_self(replica, false);
    question->call =
        unit_call_start(fleet->run, fleet->template->version_unit, question->arguments, deadline, answered, question);
}

enum native_outcome survey_start(struct native_call *call, struct fleet *fleet) {
    if (fleet->template->version_unit == UINT32_MAX)
        return native_fail(call, "%s: the service %s says nothing of its version: give it `version: …`",
                           call->row->name, fleet->name);
    struct survey *survey = memory_allocate(sizeof *survey);
    *survey = (struct survey){ .fleet = fleet,
                               .handle = value_retain(call->arguments[0]),
                               .count = fleet->replica_count,
                               .open = fleet->replica_count };
    survey->questions = memory_allocate(survey->count * sizeof *survey->questions);
    int64_t deadline = native_deadline(call);
    for (size_t i = 0; i < survey->count; i++) ask(survey, i, deadline);
    struct buffer what = { 0 };
    buffer_printf(&what, "the versions of %s", fleet->name);
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, survey);
    survey->ticket = native_ticket(call);
    buffer_done(&what);
    return outcome;
}
