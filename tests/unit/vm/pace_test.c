/* A load that makes more than the run takes: the mailbox is full, by number or by bytes; both models wait until there is room,
 * and say so. Over the virtual clock, on one thread. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"
#include "vm/heap.h"
#include "vm/mailbox.h"

#include <criterion/criterion.h>
#include <string.h>

/* A run that reads slowly: full between two instants. */
struct reader {
    struct run *run;
    struct pace *pace;
    int64_t full_from, full_to;
    size_t events, events_while_full;
    bool over;
};

static bool is_full(void *data) {
    struct reader *reader = data;
    int64_t now = run_now(reader->run);
    return now >= reader->full_from && now < reader->full_to;
}

static void on_event(void *data, int64_t start, int64_t end, int64_t intended, struct value value) {
    struct reader *reader = data;
    (void)end, (void)intended, (void)value;
    reader->events++;
    reader->events_while_full += start > reader->full_from && start < reader->full_to;
}

static void on_stopped(void *data) {
    (void)data;
}

static void on_over(void *data) {
    ((struct reader *)data)->over = true;
}

static bool is_over(struct run *run, void *data) {
    (void)run;
    return ((struct reader *)data)->over;
}

/* 10 s of a body that takes 10 ms; the reader is full from 2 s to 5 s. */
static struct pace_count paced(double rate, uint64_t workers, int64_t full_to, struct reader *reader) {
    struct hand hand = hand_new();
    uint32_t unit = hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_duration(&hand, 0, 10 * MILLISECOND);
    hand_emit(&hand, OP_CALL_NATIVE, 1, FAKE_PAUSE, 0);
    hand_emit(&hand, OP_RETURN, 1, 0, 0);
    hand_end(&hand, 2);
    struct run_options options = fake_options(hand_program(&hand));
    struct run *run = run_new(&options);
    int64_t start = run_now(run);
    *reader = (struct reader){ .run = run, .full_from = start + 2 * SECOND, .full_to = start + full_to };
    struct pace_plan plan = {
        .unit = unit, .rate = rate, .workers = workers, .start = start, .until = start + 10 * SECOND
    };
    reader->pace = pace_new(run, &plan, NULL, (struct pace_sink){ reader, on_event, on_stopped, on_over, is_full });
    pace_begin(reader->pace);
    scheduler_run(run, is_over, reader);
    cr_expect(reader->over);
    struct pace_count count = pace_count(reader->pace);
    pace_free(reader->pace);
    run_free(run);
    hand_done(&hand);
    cr_expect_eq(memory_live_blocks(), 0);
    return count;
}

Test(pace, workers_wait_while_the_reader_is_full) {
    struct reader reader;
    struct pace_count count = paced(0, 4, 5 * SECOND, &reader);
    cr_expect_eq(reader.events_while_full, 0, "%zu", reader.events_while_full);
    cr_expect_eq(count.held, 4, "each of the four, once: %zu", (size_t)count.held);
    cr_expect(count.held_for > 2900 * MILLISECOND && count.held_for < 3100 * MILLISECOND, "%lld",
              (long long)count.held_for);
    cr_expect(reader.events > 2700 && reader.events <= 2804, "7 of 10 s were left to four workers: %zu", reader.events);
}

Test(pace, workers_that_wait_at_the_end_are_let_go) {
    struct reader reader;
    struct pace_count count = paced(0, 4, MINUTE, &reader);
    cr_expect_eq(count.held, 4);
    cr_expect(count.held_for > 7900 * MILLISECOND && count.held_for <= 8 * SECOND, "%lld", (long long)count.held_for);
    cr_expect_eq(count.dropped, 0);
}

Test(pace, arrivals_that_waited_for_the_reader_are_late_for_want_of_this_machine) {
    struct reader reader;
    struct pace_count count = paced(100, 0, 5 * SECOND, &reader);
    cr_expect_eq(reader.events_while_full, 0, "%zu", reader.events_while_full);
    cr_expect_eq(count.sent, 1000);
    cr_expect(count.late_busy >= 290 && count.late_busy <= 300, "%zu", (size_t)count.late_busy);
    cr_expect_eq(count.late_full, 0, "the service answered at once");
    cr_expect_eq(count.held, 0);
}

/* ---- the mailbox ---- */
static void arrived(void *data) {
    (void)data;
}

static struct value body_of(struct heap *heap, size_t length, char first) {
    char *bytes = memory_allocate(length);
    memset(bytes, 'x', length);
    bytes[0] = first; /* no two alike, so that each is copied */
    struct value value = value_text(heap, (struct text){ bytes, length });
    memory_release(bytes);
    return value;
}

Test(mailbox, large_answers_fill_it_by_their_bytes) {
    struct hand hand = hand_new();
    struct run_options options = fake_options(hand_program(&hand));
    struct run *run = run_new(&options), *worker = run_new(&options);
    struct mailbox *mailbox = mailbox_new(run, arrived, NULL);
    mailbox_attach(mailbox, worker);
    size_t sent = 0;
    while (!mailbox_is_full(mailbox) && sent < 100) {
        struct value body = body_of(worker->heap, 1 << 20, (char)('a' + sent % 26));
        mailbox_event(mailbox, 1, 2, INT64_MIN, body);
        value_release(body);
        sent++;
    }
    cr_expect(sent >= 60 && sent <= 68, "64 MiB, some of them in the batch that is being filled: %zu", sent);
    struct batch *batch = mailbox_take(mailbox);
    cr_expect(mailbox_is_full(mailbox), "what was taken and not read yet still counts");
    while (batch) {
        struct batch *next = batch->next;
        mailbox_done(mailbox, batch);
        batch = next;
    }
    cr_expect_not(mailbox_is_full(mailbox));
    mailbox_detach(mailbox);
    mailbox_free(mailbox);
    scheduler_turn(run, 0);
    run_free(worker);
    run_free(run);
    hand_done(&hand);
    cr_expect_eq(memory_live_blocks(), 0);
}
