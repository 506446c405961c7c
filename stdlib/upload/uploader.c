/* See uploader.h. The process is a child like any program that a recipe starts: the guard knows it before it exists. It is a handle of the
 * run's while anything of it lives, so that a wait which was cancelled leaves nothing behind. */
#include "stdlib/upload/uploader.h"

#include "base/clock.h"
#include "stdlib/http/url.h"
#include "stdlib/process/child.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MOST = 1 << 20 };
#define GRACE (5 * SECOND) /* that it may take beyond its own timeout */

struct uploader {
    struct run *run;
    struct child *child;                                   /* owned */
    struct value handle;                                   /* its own, while a fiber waits; owned */
    struct ticket ticket;                                  /* of that fiber */
    bool waited;                                           /* for */
    bool asks;                                             /* for a cursor */
    bool cuts;                                             /* it is to be killed */
    bool cut;                                              /* it said that it is at the place, and got SIGKILL for it */
    bool told;                                             /* how it ended */
    bool ok;                                               /* and that was well */
    int64_t start;                                         /* when it was begun */
    int64_t kill_at, sent, acknowledged, memory, requests; /* as in the record */
    int64_t cursor;                                        /* -1: none */
    int status;                                            /* 0: no answer */
    struct buffer shown, words, broken, location; /* words: why it is not well; broken: why there is no result */
    struct value interim;                         /* a list; owned */
    struct loop_timer
        *telling; /* it is over, and the fiber is told from this timer: whoever tells must not free the child; NULL */
};

/* ---- what it says ---- */

/* The number at the beginning, which is cut off with the blank behind it. */
static int64_t take_number(struct text *line) {
    char digits[24] = { 0 };
    size_t length = 0;
    while (length < line->length && length < sizeof digits - 1 && line->bytes[length] != ' ') length++;
    memcpy(digits, line->bytes, length);
    *line = text_slice(*line, length + 1, line->length);
    return strtoll(digits, NULL, 10);
}

static struct value with(struct value record, const char *key, struct value owned) {
    record = value_record_with(record, text_of(key), owned);
    value_release(owned);
    return record;
}

static struct value text_or_none(struct heap *heap, struct text text) {
    return text.length ? value_text(heap, text) : value_none();
}

static void take_interim(struct uploader *uploader, struct text line) {
    struct heap *heap = run_heap(uploader->run);
    int64_t status = take_number(&line), offset = take_number(&line);
    struct value interim = value_record(heap);
    interim = with(interim, "status", value_integer(status));
    interim = with(interim, "offset", offset < 0 ? value_none() : value_size(offset));
    interim = with(interim, "location", text_or_none(heap, line));
    uploader->interim = value_list_append(uploader->interim, interim);
    value_release(interim);
}

static void take_cut(struct uploader *uploader, struct text line) {
    uploader->cut = true;
    uploader->sent = take_number(&line);
    uploader->memory = take_number(&line);
    uploader->requests = take_number(&line);
    child_end(uploader->child, 0);
}

static void take_end(struct uploader *uploader, struct text line) {
    uploader->told = true;
    uploader->ok = take_number(&line) == 1;
    uploader->sent = take_number(&line);
    uploader->memory = take_number(&line);
    uploader->requests = take_number(&line);
    buffer_append(&uploader->words, line);
}

static void on_line(void *data, struct text line) {
    struct uploader *uploader = data;
    size_t blank = 0;
    while (blank < line.length && line.bytes[blank] != ' ') blank++;
    struct text word = text_slice(line, 0, blank), rest = text_slice(line, blank + 1, line.length);
    if (text_is(word, "interim")) {
        take_interim(uploader, rest);
    } else if (text_is(word, "location")) {
        buffer_clear(&uploader->location);
        buffer_append(&uploader->location, rest);
    } else if (text_is(word, "answer")) {
        uploader->status = (int)take_number(&rest);
        uploader->acknowledged = take_number(&rest);
    } else if (text_is(word, "cut")) {
        take_cut(uploader, rest);
    } else if (text_is(word, "end")) {
        take_end(uploader, rest);
    } else if (text_is(word, "cursor")) {
        uploader->told = true;
        uploader->cursor = take_number(&rest);
    } else if (text_is(word, "nocursor")) {
        uploader->told = true;
        buffer_append(&uploader->words, rest);
    } else if (text_is(word, "broken")) {
        buffer_append(&uploader->broken, rest);
    }
}

/* ---- its result ---- */

/* A cut that was not reached proves nothing, and whoever reads the record must see so. */
static void tell_missed(struct uploader *uploader) {
    struct buffer why = uploader->words, place = { 0 };
    uploader->words = (struct buffer){ 0 };
    uploader->ok = false;
    size_print(&place, uploader->kill_at);
    buffer_printf(&uploader->words, "the cut at %s was missed: ", place.bytes);
    if (why.length)
        buffer_append(&uploader->words, buffer_text(&why));
    else
        buffer_append_string(&uploader->words, "the upload was over before");
    buffer_done(&why);
    buffer_done(&place);
}

static struct value upload_value(struct uploader *uploader) {
    struct heap *heap = run_heap(uploader->run);
    struct value upload = value_record(heap);
    struct value interim = uploader->interim;
    uploader->interim = value_none();
    upload = with(upload, "ok", value_boolean(uploader->ok));
    upload = with(upload, "signal", uploader->cut ? value_string(heap, "SIGKILL") : value_none());
    upload = with(upload, "sent", value_size(uploader->sent));
    upload = with(upload, "acknowledged", value_size(uploader->acknowledged));
    upload = with(upload, "status", uploader->status ? value_integer(uploader->status) : value_none());
    upload = with(upload, "error", text_or_none(heap, buffer_text(&uploader->words)));
    upload = with(upload, "location", text_or_none(heap, buffer_text(&uploader->location)));
    upload = with(upload, "interim", interim);
    upload = with(upload, "requests", value_integer(uploader->requests));
    return with(upload, "memory", value_size(uploader->memory));
}

static struct value cursor_value(struct uploader *uploader) {
    if (uploader->cursor >= 0) return value_size(uploader->cursor);
    return value_error(run_heap(uploader->run), "%s: %s", uploader->shown.bytes, uploader->words.bytes);
}

static void describe_outcome(const struct uploader *uploader, struct buffer *out) {
    if (uploader->broken.length) {
        buffer_append(out, buffer_text(&uploader->broken));
    } else if (uploader->asks && uploader->cursor >= 0) {
        buffer_printf(out, "at %" PRId64, uploader->cursor);
    } else if (uploader->cut) {
        buffer_printf(out, "SIGKILL at %" PRId64 ", %" PRId64 " acknowledged", uploader->sent, uploader->acknowledged);
    } else if (uploader->words.length) {
        buffer_append(out, buffer_text(&uploader->words));
    } else {
        buffer_printf(out, "%d, %" PRId64 " acknowledged", uploader->status, uploader->acknowledged);
    }
}

static void tell_stranger(struct uploader *uploader) {
    const struct child *child = uploader->child;
    struct text words = text_trim(buffer_text(&child->outputs[1].kept));
    buffer_append_string(&uploader->broken, "its process ");
    if (child->signal) {
        buffer_append_string(&uploader->broken, "was ended by ");
        child_label(child->signal, &uploader->broken);
        buffer_append_string(&uploader->broken,
                             child->timed_out ? ", because it did not keep to its timeout" : ", and aot did not do it");
    } else {
        buffer_printf(&uploader->broken, "exited with code %d before it was done", child->code);
    }
    if (words.length) buffer_printf(&uploader->broken, ": %.*s", TEXT_ARGS(text_slice(words, 0, 500)));
}

static void finish(struct uploader *uploader) {
    struct run *run = uploader->run;
    struct ticket ticket = uploader->ticket;
    bool killed = uploader->cut && uploader->child->signal == SIGKILL;
    if (!uploader->broken.length && !killed && !uploader->told) tell_stranger(uploader);
    if (uploader->cuts && !killed) tell_missed(uploader);
    uploader->waited = false;
    struct buffer outcome = { 0 };
    describe_outcome(uploader, &outcome);
    run_effect(run, uploader->asks ? "upload.cursor" : "upload", buffer_text(&uploader->shown), uploader->start,
               run_now(run), buffer_text(&outcome));
    if (uploader->broken.length)
        native_wake_failed(run, ticket, "%s: %s", uploader->asks ? "upload_cursor" : "upload", uploader->broken.bytes);
    else
        native_wake(run, ticket, uploader->asks ? cursor_value(uploader) : upload_value(uploader));
    buffer_done(&outcome);
}

/* ---- its life ---- */

static void tell(void *data) {
    struct uploader *uploader = data;
    struct value handle = uploader->handle;
    uploader->telling = NULL;
    uploader->handle = value_none();
    if (uploader->waited) finish(uploader);
    value_release(handle); /* and the uploader with it */
}

static void on_event(void *data, struct child *child) {
    struct uploader *uploader = data;
    if (child->finished && !child->gone && !child->stop.wanted) child_end(child, 0);
    if (!child->finished || !child->gone || !uploader->waited || uploader->telling) return;
    uploader->telling = loop_timer_start(run_loop(uploader->run), run_now(uploader->run), tell, uploader);
}

static void uploader_free(void *state) {
    struct uploader *uploader = state;
    if (uploader->telling) loop_timer_stop(uploader->telling);
    if (uploader->child) child_free(uploader->child);
    value_release(uploader->interim);
    buffer_done(&uploader->shown);
    buffer_done(&uploader->words);
    buffer_done(&uploader->broken);
    buffer_done(&uploader->location);
    memory_release(uploader);
}

static bool lasting(void *state) {
    const struct uploader *uploader = state;
    return uploader->child && !uploader->child->gone;
}

static bool stop(void *state, int64_t deadline) {
    struct uploader *uploader = state;
    if (lasting(state)) child_end(uploader->child, 0);
    return !lasting(state) || run_now(uploader->run) >= deadline;
}

static void describe(void *state, struct buffer *out) {
    const struct uploader *uploader = state;
    buffer_append(out, buffer_text(&uploader->shown));
}

static const struct handle_class uploader_class = {
    .type = "upload", .release = uploader_free, .stop = stop, .describe = describe, .lasting = lasting
};

/* Nobody waits any more: the process ends at once, and the run keeps the handle until it has. */
static void cancel(void *state) {
    struct uploader *uploader = state;
    struct value handle = uploader->handle;
    uploader->waited = false;
    uploader->handle = value_none();
    run_effect(uploader->run, uploader->asks ? "upload.cursor" : "upload", buffer_text(&uploader->shown),
               uploader->start, run_now(uploader->run), TEXT("given up"));
    child_end(uploader->child, 0);
    value_release(handle);
}

/* ---- its start ---- */

/* The executable itself, also when its file was replaced meanwhile. */
static struct child *begin(struct uploader *uploader, const struct job *job, struct buffer *problem) {
    static const char *const words[] = { "/proc/self/exe", "upload-process" };
    struct heap *heap = run_heap(uploader->run);
    struct buffer text = { 0 };
    struct program_start program = { 0 };
    struct value parts[2] = { value_string(heap, words[0]), value_string(heap, words[1]) };
    struct value command = value_list(heap, parts, 2);
    job_write(job, &text);
    struct child_options options = { .timeout = job->timeout + job->settle + GRACE,
                                     .input = value_text(heap, buffer_text(&text)),
                                     .output_limit = OUTPUT_MOST };
    struct child_owner owner = { .data = uploader, .event = on_event, .line = on_line, .lines = value_none() };
    struct child *child = NULL;
    if (program_read(&program, command, value_none(), value_none(), problem)) {
        memory_release(program.shown);
        program.shown = memory_copy(uploader->shown.bytes, uploader->shown.length);
        child = child_own(uploader->run, handle_name(uploader->handle), &program, &options, &owner, problem);
    }
    program_done(&program);
    value_release(options.input);
    value_release(command);
    value_release(parts[0]);
    value_release(parts[1]);
    buffer_done(&text);
    return child;
}

static void show(const struct job *job, struct buffer *out) {
    if (job->asks)
        buffer_append_string(out, "cursor of ");
    else
        buffer_printf(out, "upload %s to ", job->path);
    url_show(text_of(job->url), out);
}

enum native_outcome uploader_start(struct native_call *call, const struct job *job, struct buffer *problem) {
    struct uploader *uploader = memory_allocate(sizeof *uploader);
    *uploader = (struct uploader){ .run = call->run,
                                   .waited = true,
                                   .asks = job->asks,
                                   .cuts = job->kill_at >= 0,
                                   .kill_at = job->kill_at,
                                   .sent = job->from,
                                   .acknowledged = job->from,
                                   .cursor = -1,
                                   .start = run_now(call->run),
                                   .interim = value_list(run_heap(call->run), NULL, 0) };
    show(job, &uploader->shown);
    uploader->handle = handle_new(call->run, &uploader_class, uploader);
    uploader->child = begin(uploader, job, problem);
    if (!uploader->child) {
        struct value handle = uploader->handle;
        uploader->handle = value_none();
        value_release(handle);
        return NATIVE_FAIL;
    }
    enum native_outcome outcome = native_wait(call, uploader->shown.bytes, cancel, uploader);
    uploader->ticket = native_ticket(call);
    return outcome;
}
