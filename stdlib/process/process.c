/* The process natives' rows: starting programs, and what a program's handle offers. */
#include "stdlib/functions.h"
#include "stdlib/document/feed.h"
#include "stdlib/process/child.h"
#include "stdlib/process/command.h"
#include "stdlib/sandbox/sandbox.h"

#define OUTPUT_LIMIT (INT64_C(16) << 20) /* of programs in the background, whose row has no parameter for it */
enum { SAID_MAXIMUM = 200 };             /* bytes of what a program said, in a message */

static bool is_given(const struct native_call *call, size_t index) {
    return index < call->argument_count && !argument_is_none(call, index);
}

static struct value begin(struct native_call *call, const struct child_options *options, struct value environment,
                          struct value folder, size_t sandbox) {
    struct buffer problem = { 0 };
    struct program_start program = { 0 };
    struct value handle = value_none();
    if (is_given(call, sandbox)) program.place = sandbox_place(argument(call, sandbox));
    if (is_given(call, sandbox) && !program.place)
        buffer_append_string(&problem, "its sandbox is of another run");
    else if (program_read(&program, argument(call, 0), environment, folder, &problem))
        handle = child_start(call->run, &program, options, &problem);
    program_done(&program);
    if (problem.length) native_fail(call, "%s: %s", call->row->name, problem.bytes);
    buffer_done(&problem);
    return handle;
}

/* command, timeout, env, folder, input, output_limit; and where the sandbox stands */
static enum native_outcome run_program(struct native_call *call, struct value input, struct value fed, size_t sandbox) {
    struct child_options options = {
        .timeout = argument_integer(call, 1), .input = input, .fed = fed, .output_limit = argument_integer(call, 5)
    };
    if (options.timeout <= 0) return native_fail(call, "process: the timeout must be above 0s");
    if (options.output_limit < 0) return native_fail(call, "process: the output_limit cannot be negative");
    struct value handle = begin(call, &options, argument(call, 2), argument(call, 3), sandbox);
    if (handle.kind == VALUE_NONE) return NATIVE_FAIL;
    enum native_outcome outcome = child_await(call, handle, CHILD_FINISHED, handle, 0, true);
    value_release(handle);
    return outcome;
}

enum native_outcome process_run(struct native_call *call) {
    if (!is_given(call, 6)) return run_program(call, argument(call, 4), value_none(), 7);
    if (is_given(call, 4)) return native_fail(call, "process: input: and feed: are both its standard input");
    struct buffer joined = { 0 }, problem = { 0 };
    enum native_outcome outcome;
    if (feed_join(argument(call, 6), &joined, &problem)) {
        struct value input = value_text(run_heap(call->run), buffer_text(&joined));
        outcome = run_program(call, input, argument(call, 6), 7);
        value_release(input);
    } else {
        outcome = native_fail(call, "process: feed: %s", problem.bytes);
    }
    buffer_done(&joined);
    buffer_done(&problem);
    return outcome;
}

enum native_outcome process_run_shell(struct native_call *call) {
    return run_program(call, argument(call, 4), value_none(), 6);
}

/* command, env, folder, sandbox */
enum native_outcome process_start(struct native_call *call) {
    struct child_options options = { .background = true, .input = value_none(), .output_limit = OUTPUT_LIMIT };
    struct value handle = begin(call, &options, argument(call, 1), argument(call, 2), 3);
    return handle.kind == VALUE_NONE ? NATIVE_FAIL : native_done(call, handle);
}

enum native_outcome process_start_shell(struct native_call *call) {
    return process_start(call);
}

/* ---- of a handle ---- */

/* The child of `self`; NULL when it is over with the run, and the result is set. */
static struct child *self(struct native_call *call) {
    struct child *child = child_of(argument(call, 0));
    if (!child) native_done(call, value_no_data(run_heap(call->run), "the process is not there any more"));
    return child;
}

enum native_outcome process_code(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    return native_done(call, child->running || child->signal ? value_none() : value_integer(child->code));
}

enum native_outcome process_signal(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    if (child->running || !child->signal) return native_done(call, value_none());
    struct buffer label = { 0 };
    child_label(child->signal, &label);
    struct value result = value_text(run_heap(call->run), buffer_text(&label));
    buffer_done(&label);
    return native_done(call, result);
}

static enum native_outcome kept(struct native_call *call, int which) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    return native_done(call, value_text(run_heap(call->run), buffer_text(&child->outputs[which].kept)));
}

enum native_outcome process_stdout(struct native_call *call) {
    return kept(call, 0);
}

enum native_outcome process_stderr(struct native_call *call) {
    return kept(call, 1);
}

/* Why a program that was fed cannot have answered all; false if nothing speaks against it. */
static bool failed(const struct child *child, struct buffer *why) {
    if (child->running)
        buffer_append_string(why, "it has not ended");
    else if (child->timed_out)
        buffer_append_string(why, "its timeout was over");
    else if (child->signal)
        child_label(child->signal, why), buffer_append_string(why, " ended it");
    else if (child->code)
        buffer_printf(why, "it ended with code %d", child->code);
    else if (child->outputs[0].dropped)
        buffer_append_string(why, "it wrote more than its output_limit");
    return why->length > 0;
}

enum native_outcome process_documents(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    struct heap *heap = run_heap(call->run);
    if (child->fed.kind == VALUE_NONE)
        return native_done(call, value_error(heap, "process.documents: it was fed none; see process(…, feed:)"));
    struct buffer why = { 0 };
    struct value result = value_none();
    if (!failed(child, &why)) {
        result = feed_split(heap, child->fed, buffer_text(&child->outputs[0].kept));
        if (result.kind == VALUE_ERROR) buffer_append(&why, value_text_of(result));
    }
    if (why.length) {
        struct text said = command_last_line(buffer_text(&child->outputs[1].kept));
        value_release(result);
        result = value_error(heap, "%s: %s%s%.*s", child->shown, why.bytes, said.length ? "; it said: " : "",
                             TEXT_ARGS(text_slice(said, 0, SAID_MAXIMUM)));
    }
    buffer_done(&why);
    return native_done(call, result);
}

enum native_outcome process_output(struct native_call *call) {
    struct child *child = self(call);
    return child ? native_done(call, value_retain(child->lines)) : NATIVE_DONE;
}

enum native_outcome process_exited(struct native_call *call) {
    struct child *child = self(call);
    return child ? native_done(call, value_retain(child->exits)) : NATIVE_DONE;
}

enum native_outcome process_up(struct native_call *call) {
    struct child *child = self(call);
    return child ? native_done(call, value_boolean(child->running)) : NATIVE_DONE;
}

enum native_outcome process_stop(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    int64_t patience = argument_integer(call, 1);
    if (patience < 0) return native_fail(call, "process.stop: the timeout cannot be negative");
    child_end(child, patience);
    return child_await(call, argument(call, 0), CHILD_GONE, value_none(), 0, false);
}

enum native_outcome process_kill(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    child_end(child, 0);
    return child_await(call, argument(call, 0), CHILD_GONE, value_none(), 0, false);
}

enum native_outcome process_wait(struct native_call *call) {
    struct child *child = self(call);
    if (!child) return NATIVE_DONE;
    int64_t timeout = argument_integer(call, 1);
    if (timeout <= 0) return native_fail(call, "process.wait: the timeout must be above 0s");
    return child_await(call, argument(call, 0), CHILD_FINISHED, value_none(), timeout, false);
}
