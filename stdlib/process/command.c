/* A command tells its end from a timer of its own, so that who is told may free it. */
#include "stdlib/process/command.h"

#include "base/memory.h"
#include "stdlib/process/child.h"

enum { OUTPUT_LIMIT = 4 << 20 };

struct command {
    struct run *run;
    struct child *child;      /* NULL: it could not be started */
    struct loop_timer *timer; /* its timeout, then the telling; NULL */
    bool keeps;               /* what it left running goes on */
    bool told;                /* its end, or that will be in a moment */
    struct buffer problem;    /* why it could not be started, or ended */
    command_done *done;
    void *data;
};

static void tell(void *data) {
    struct command *command = data;
    struct child *child = command->child;
    struct command_end end = { .code = -1, .problem = buffer_text(&command->problem) };
    command->timer = NULL;
    if (child) {
        end.output = buffer_text(&child->outputs[0].kept);
        if (!command->problem.length) end.code = child->code;
        if (!command->problem.length) end.problem = buffer_text(&child->outputs[1].kept);
    }
    command->done(command->data, &end);
}

static void tell_soon(struct command *command) {
    if (command->told) return;
    command->told = true;
    if (command->timer) loop_timer_stop(command->timer);
    command->timer = loop_timer_start(run_loop(command->run), run_now(command->run), tell, command);
}

static void on_event(void *data, struct child *child) {
    struct command *command = data;
    bool keeps = command->keeps && !child->stop.wanted;
    if (child->finished && !child->gone && !keeps && !child->stop.wanted) child_end(child, 0);
    if (child->finished && (child->gone || keeps)) tell_soon(command);
}

static void on_timeout(void *data) {
    struct command *command = data;
    command->timer = NULL;
    buffer_printf(&command->problem, "no answer in time: %s", command->child->shown);
    child_end(command->child, 0);
}

void words_append_owned(struct value *list, struct value owned) {
    *list = value_list_append(*list, owned);
    value_release(owned);
}

void words_append(struct heap *heap, struct value *list, const char *word) {
    words_append_owned(list, value_string(heap, word));
}

struct value words_list(struct heap *heap, const char *const *words) {
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; words[i]; i++) words_append(heap, &list, words[i]);
    return list;
}

struct command *command_start(struct run *run, struct value words, struct value environment, int64_t timeout,
                              command_done *done, void *data) {
    struct command *command = memory_allocate(sizeof *command);
    *command = (struct command){ .run = run, .done = done, .data = data };
    struct program_start program = { 0 };
    struct child_owner owner = { .data = command, .event = on_event, .lines = value_none() };
    struct child_options options = { .input = value_none(), .output_limit = OUTPUT_LIMIT };
    struct buffer name = { 0 };
    buffer_printf(&name, "command.%p", (void *)command); /* no other that runs has it */
    if (program_read(&program, words, environment, value_none(), &command->problem))
        command->child = child_own(run, name.bytes, &program, &options, &owner, &command->problem);
    buffer_done(&name);
    program_done(&program);
    value_release(words);
    if (command->child)
        command->timer = loop_timer_start(run_loop(run), run_now(run) + timeout, on_timeout, command);
    else
        tell_soon(command);
    return command;
}

void command_keep(struct command *command) {
    command->keeps = true;
}

bool command_end(struct command *command) {
    struct child *child = command->child;
    if (!child || child->gone) return true;
    if (!child->stop.wanted) child_end(child, 0);
    return child->gone;
}

bool command_left(const struct command *command) {
    return command->child && !command->child->gone;
}

void command_free(struct command *command) {
    if (!command) return;
    if (command->timer) loop_timer_stop(command->timer);
    if (command->child) child_free(command->child);
    buffer_done(&command->problem);
    memory_release(command);
}

struct text command_last_line(struct text text) {
    text = text_trim(text);
    for (size_t i = text.length; i-- > 0;)
        if (text.bytes[i] == '\n') return text_trim(text_slice(text, i + 1, SIZE_MAX));
    return text;
}
