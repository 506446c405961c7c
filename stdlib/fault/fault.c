/* `fault(apply:, undo:, evidence:)`: three commands and which of them has its turn. The undo is in the guard's journal before the
 * apply begins, and stays there until it has succeeded. Nothing here waits: the phase asks again. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/process/command.h"

#define MARGIN (5 * SECOND) /* beside the commands' own time: for ending what hangs */
enum { SHOWN_LINE = 200 };

enum { ARGUMENT_APPLY, ARGUMENT_UNDO, ARGUMENT_EVIDENCE, ARGUMENT_TIMEOUT };

/* One of the three commands, and how it went the last time. */
struct turn {
    const char *what;        /* "apply"; static */
    struct value words;      /* a list, a shell text, or none; owned */
    struct command *command; /* NULL: not begun */
    bool ended;
    int code;             /* of its exit; -1: it was not started, or took too long */
    struct buffer detail; /* its last line of output if it ended with 0, else what it complained about */
};
enum progress { AT_REST, APPLYING, IN_FORCE, ASKING, CLEARING, UNDOING };
struct command_fault {
    struct run *run;
    enum progress progress;
    struct turn apply, undo, evidence;
    int64_t timeout;  /* ns, of each command */
    uint32_t guarded; /* the guard's id of the undo; 0: none */
    size_t nested;    /* phases that asked for it while it was in force: refused, and undone for nothing */
};

/* ---- one command ---- */

static void turn_ended(void *data, const struct command_end *end) {
    struct turn *turn = data;
    turn->ended = true;
    turn->code = end->code;
    struct text said = command_last_line(end->code == 0 ? end->output : end->problem);
    buffer_append(&turn->detail, text_slice(said, 0, SHOWN_LINE));
}

static void turn_forget(struct turn *turn) {
    command_free(turn->command);
    turn->command = NULL;
    turn->ended = false;
    turn->code = -1;
    buffer_clear(&turn->detail);
}

static void turn_begin(struct command_fault *fault, struct turn *turn) {
    turn_forget(turn);
    turn->command =
        command_start(fault->run, value_retain(turn->words), value_none(), fault->timeout, turn_ended, turn);
}

static bool turn_is_given(const struct turn *turn) {
    return turn->words.kind != VALUE_NONE;
}

/* "undo ended with exit 1: umount: target is busy" */
static void turn_describe(const struct turn *turn, struct buffer *out) {
    if (turn->code >= 0)
        buffer_printf(out, "%s ended with exit %d", turn->what, turn->code);
    else
        buffer_printf(out, "%s did not end by itself", turn->what);
    if (turn->detail.length) buffer_printf(out, ": %s", turn->detail.bytes);
}

static void turn_done(struct turn *turn) {
    command_free(turn->command);
    value_release(turn->words);
    buffer_done(&turn->detail);
}

/* ---- the guard ---- */

static void append_word(struct words *list, struct text word) {
    words_add(list, memory_copy(word.bytes, word.length));
}

static void tell_guard(struct command_fault *fault) {
    struct guard *guard = run_guard(fault->run);
    if (!guard || fault->guarded || !turn_is_given(&fault->undo)) return;
    struct words list = { 0 };
    if (fault->undo.words.kind == VALUE_SHELL) {
        append_word(&list, TEXT("/bin/sh"));
        append_word(&list, TEXT("-c"));
        append_word(&list, value_text_of(fault->undo.words));
    } else {
        for (size_t i = 0; i < value_count(fault->undo.words); i++)
            append_word(&list, value_text_of(value_at(fault->undo.words, i)));
    }
    words_end(&list);
    fault->guarded = guard_command(guard, (const char *const *)list.items);
    words_done(&list);
}

static void tell_guard_undone(struct command_fault *fault) {
    if (fault->guarded) guard_release(run_guard(fault->run), fault->guarded);
    fault->guarded = 0;
}

/* ---- of a phase ---- */

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct command_fault *fault = state;
    (void)deadline;
    if (fault->progress == AT_REST) {
        tell_guard(fault);
        turn_forget(&fault->evidence);
        turn_forget(&fault->undo);
        turn_begin(fault, &fault->apply);
        command_keep(fault->apply.command);
        fault->progress = APPLYING;
        return false;
    }
    if (fault->progress != APPLYING) {
        fault->nested++;
        buffer_append_string(problem, "it is in force already: a fault stands in one phase at a time");
        return true;
    }
    if (!fault->apply.ended) return false;
    fault->progress = IN_FORCE;
    if (fault->apply.code != 0) turn_describe(&fault->apply, problem);
    return true;
}

/* What failed half-way, or is left early, is undone at once; else it is asked first whether the fault bit. */
static void begin_end(struct command_fault *fault) {
    bool bites = fault->progress == IN_FORCE && fault->apply.code == 0;
    fault->progress = CLEARING;
    if (!bites || !turn_is_given(&fault->evidence) || run_is_stopping(fault->run)) return;
    turn_begin(fault, &fault->evidence);
    fault->progress = ASKING;
}

/* What the apply left running was part of the fault; of a permanent one it goes on to the end of the run. */
static bool clear(struct command_fault *fault) {
    bool hangs = !fault->apply.ended;
    if (!turn_is_given(&fault->undo) && !hangs) return true;
    return command_end(fault->apply.command);
}

static bool end_undo(struct command_fault *fault, struct buffer *problem) {
    if (!fault->undo.ended) return false;
    fault->progress = AT_REST;
    if (fault->undo.code == 0)
        tell_guard_undone(fault);
    else
        turn_describe(&fault->undo, problem); /* the guard tries once more */
    return true;
}

static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct command_fault *fault = state;
    (void)deadline;
    if (fault->nested) {
        fault->nested--;
        return true;
    }
    if (fault->progress == APPLYING || fault->progress == IN_FORCE) begin_end(fault);
    if (fault->progress == ASKING && (fault->evidence.ended || run_is_stopping(fault->run))) fault->progress = CLEARING;
    if (fault->progress == CLEARING && clear(fault)) {
        fault->progress = turn_is_given(&fault->undo) ? UNDOING : AT_REST;
        if (fault->progress == UNDOING) turn_begin(fault, &fault->undo);
    }
    return fault->progress == UNDOING ? end_undo(fault, problem) : fault->progress == AT_REST;
}

static bool evidence(void *state, struct buffer *out) {
    const struct command_fault *fault = state;
    const struct turn *turn = &fault->evidence;
    if (!turn_is_given(turn))
        buffer_append_string(out, "it was given no `evidence`");
    else if (!turn->ended)
        buffer_append_string(out, "the phase ended before its `evidence` was asked for");
    else
        turn_describe(turn, out);
    return turn->ended && turn->code == 0;
}

static bool permanent(void *state) {
    const struct command_fault *fault = state;
    return !turn_is_given(&fault->undo);
}

static int64_t patience(void *state) {
    const struct command_fault *fault = state;
    return 2 * fault->timeout + MARGIN;
}

/* ---- the handle ---- */

static void describe(void *state, struct buffer *out) {
    const struct command_fault *fault = state;
    struct value words = fault->apply.words;
    if (words.kind == VALUE_SHELL) {
        buffer_append(out, text_slice(value_text_of(words), 0, SHOWN_LINE));
        return;
    }
    for (size_t i = 0; i < value_count(words); i++)
        buffer_printf(out, i ? " %.*s" : "%.*s", TEXT_ARGS(value_text_of(value_at(words, i))));
}

/* A permanent one's processes live as long as the run. */
static bool lasting(void *state) {
    const struct command_fault *fault = state;
    return fault->apply.command && command_left(fault->apply.command);
}

static bool stop(void *state, int64_t deadline) {
    struct command_fault *fault = state;
    return !fault->apply.command || command_end(fault->apply.command) || run_now(fault->run) >= deadline;
}

static void release(void *state) {
    struct command_fault *fault = state;
    turn_done(&fault->apply);
    turn_done(&fault->undo);
    turn_done(&fault->evidence);
    memory_release(fault);
}

static const struct handle_class command_fault_class = { .type = "fault",
                                                         .release = release,
                                                         .stop = stop,
                                                         .describe = describe,
                                                         .lasting = lasting,
                                                         .apply = apply,
                                                         .undo = undo,
                                                         .evidence = evidence,
                                                         .idle = "nothing shows that the fault bit: ",
                                                         .permanent = permanent,
                                                         .patience = patience };

/* ---- making one ---- */

/* A program that is not there is found now, not in the middle of a fault. */
static bool can_start(struct value words, struct buffer *problem) {
    struct program_start program = { 0 };
    bool good = words.kind == VALUE_NONE || program_read(&program, words, value_none(), value_none(), problem);
    program_done(&program);
    return good;
}

/* The undo will stand in the guard's journal, a file. */
static bool has_secret(struct native_call *call, struct value words) {
    struct buffer plain = { 0 }, masked = { 0 };
    const struct mask *mask = run_mask(call->run);
    if (words.kind == VALUE_SHELL) buffer_append(&plain, value_text_of(words));
    for (size_t i = 0; words.kind != VALUE_SHELL && i < value_count(words); i++)
        buffer_printf(&plain, "%.*s\n", TEXT_ARGS(value_text_of(value_at(words, i))));
    if (mask) mask_apply(mask, buffer_text(&plain), &masked);
    bool differs = mask && !text_equal(buffer_text(&plain), buffer_text(&masked));
    buffer_done(&plain);
    buffer_done(&masked);
    return differs;
}

enum native_outcome fault_of_commands(struct native_call *call) {
    static const char *const names[] = { "apply", "undo", "evidence" };
    int64_t timeout = argument_integer(call, ARGUMENT_TIMEOUT);
    if (timeout <= 0 || timeout > HOUR) return native_fail(call, "fault: the timeout must be above 0s and at most 1h");
    for (size_t i = ARGUMENT_APPLY; i <= ARGUMENT_EVIDENCE; i++) {
        struct buffer problem = { 0 };
        bool good = can_start(argument(call, i), &problem);
        if (!good) native_fail(call, "fault: %s: %s", names[i], problem.bytes);
        buffer_done(&problem);
        if (!good) return NATIVE_FAIL;
    }
    if (!argument_is_none(call, ARGUMENT_UNDO) && has_secret(call, argument(call, ARGUMENT_UNDO)))
        return native_fail(call,
                           "fault: undo holds a secret, and it will stand in the guard's journal: let the program read "
                           "it from its environment or a file");
    struct command_fault *fault = memory_allocate(sizeof *fault);
    *fault = (struct command_fault){
        .run = call->run,
        .apply = { .what = "apply", .words = value_retain(argument(call, ARGUMENT_APPLY)), .code = -1 },
        .undo = { .what = "undo", .words = value_retain(argument(call, ARGUMENT_UNDO)), .code = -1 },
        .evidence = { .what = "evidence", .words = value_retain(argument(call, ARGUMENT_EVIDENCE)), .code = -1 },
        .timeout = timeout
    };
    return native_done(call, handle_new(call->run, &command_fault_class, fault));
}
