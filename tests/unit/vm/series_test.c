/* Series and streams: lifting, meeting, cutting, fields of times, sharing. */
#include "vm/heap.h"
#include "vm/recorder.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct heap *heap;
static void begin(void) {
    heap = heap_new(0);
}
static void end(void) {
    cr_expect_eq(heap_bytes(heap), 0, "%zu bytes are still counted", heap_bytes(heap));
    cr_expect_eq(heap_free(heap), 0);
    cr_expect_eq(memory_live_blocks(), 0);
}
TestSuite(series, .init = begin, .fini = end);

/* A series of ints: start, end, value for each, up to a negative start. */
static struct value make(enum series_kind kind, const char *name, const int64_t *triples) {
    struct provenance origin = {
        .sampler = true, .name = text_of(name), .every = kind == SERIES_SAMPLES ? 10 : 0, .alive_to = 100
    };
    struct value stream = stream_new(heap, NULL, text_of(name), kind, origin);
    for (; triples[0] >= 0; triples += 3)
        stream_add(stream_of(stream), triples[0], triples[1], INT64_MIN, value_integer(triples[2]));
    stream_close(stream_of(stream), 100);
    struct value series = stream_series(stream);
    value_release(stream);
    return series;
}
#define EVENTS(...) make(SERIES_EVENTS, "events", (int64_t[]){ __VA_ARGS__, -1 })
#define SAMPLES(...) make(SERIES_SAMPLES, "samples", (int64_t[]){ __VA_ARGS__, -1 })

/* Takes over the series; compares "start-end:value …". */
static void expect_at(int line, struct value value, const char *wanted) {
    struct buffer text = { 0 };
    if (value.kind != VALUE_SERIES) {
        value_print(value, &text);
    } else {
        const struct series *series = series_of(value);
        for (size_t i = 0; i < series->timing->count; i++) {
            buffer_printf(&text, "%s%d-%d:", i ? " " : "", (int)series->timing->start[i], (int)series->timing->end[i]);
            value_print(series->values[i], &text);
        }
    }
    cr_expect_str_eq(text.bytes ? text.bytes : "", wanted, "line %d: %s, not %s", line, text.bytes ? text.bytes : "",
                     wanted);
    buffer_done(&text);
    value_release(value);
}
#define EXPECT(value, wanted) expect_at(__LINE__, (value), (wanted))

Test(series, a_plain_value_meets_every_element) {
    struct value events = EVENTS(1, 2, 5, 3, 4, 9);
    EXPECT(series_lift(heap, LIFT_GREATER, events, value_integer(6)), "1-2:false 3-4:true");
    EXPECT(value_subtract(heap, value_integer(10), events), "1-2:5 3-4:1");
    struct value bools = value_compare(heap, COMPARE_GREATER, events, value_integer(6));
    EXPECT(value_not(heap, bools), "1-2:true 3-4:false");
    cr_expect_eq(series_of(bools)->timing, series_of(events)->timing, "times are shared");
    value_release(bools);
    value_release(events);
}

Test(series, samples_meet_at_the_union) {
    struct value a = SAMPLES(0, 1, 10, 20, 21, 30), b = SAMPLES(10, 12, 1, 20, 21, 2);
    EXPECT(value_add(heap, a, b), "0-1:no data: samples has no sample yet 10-12:11 20-21:32");
    struct value sum = value_add(heap, a, b);
    cr_expect_eq(series_of(sum)->provenance.every, 10);
    value_release(sum);
    value_release(a);
    value_release(b);
}

Test(series, events_meet_the_latest_completed_sample) {
    struct value events = EVENTS(0, 1, 100, 5, 9, 200, 5, 15, 300), samples = SAMPLES(2, 3, 1, 8, 10, 2);
    EXPECT(value_add(heap, events, samples), "0-1:no data: samples has no sample yet 5-9:201 5-15:302");
    struct value edge = EVENTS(0, 3, 10); /* complete at the very moment of the event: it counts */
    EXPECT(value_add(heap, edge, samples), "0-3:11");
    value_release(edge);
    EXPECT(value_subtract(heap, samples, events), "0-1:no data: samples has no sample yet 5-9:-199 5-15:-298");
    value_release(events);
    value_release(samples);
}

Test(series, two_event_streams_do_not_combine) {
    struct value a = EVENTS(0, 1, 1), b = EVENTS(0, 1, 1);
    EXPECT(value_add(heap, a, b), "error: the events of events and events are not the same ones and do not combine");
    EXPECT(value_add(heap, a, a), "0-1:2");
    value_release(a);
    value_release(b);
}

Test(series, during_takes_what_touches_or_lies_inside) {
    struct value events = EVENTS(0, 4, 1, 4, 6, 2, 9, 11, 3, 12, 13, 4), samples = SAMPLES(0, 4, 1, 5, 6, 2, 9, 11, 3);
    struct value phase = value_interval(heap, TEXT("p"), 5, 10, true, false),
                 never = value_interval(heap, TEXT("q"), 0, 0, false, false);
    EXPECT(series_during(heap, events, phase), "4-6:2 9-11:3");
    EXPECT(series_during(heap, samples, phase), "5-6:2");
    EXPECT(series_during(heap, events, never), "no data: q never began");
    EXPECT(series_before(heap, events, 6), "0-4:1 4-6:2");
    EXPECT(series_between(heap, samples, 5, 11), "5-6:2 9-11:3");
    struct value window = series_window(heap, events, 5), cut = series_during(heap, window, phase);
    cr_assert_eq(cut.kind, VALUE_WINDOW);
    cr_expect_eq(window_of(cut).length, 5);
    EXPECT(value_retain(window_of(cut).series), "4-6:2 9-11:3");
    value_release(cut);
    value_release(window);
    value_release(events);
    value_release(samples);
    value_release(phase);
    value_release(never);
}

Test(series, where_keeps_true_and_passes_errors_on) {
    struct value events = EVENTS(0, 1, 1, 2, 3, 0, 4, 5, 7);
    struct value quotient = value_divide(heap, value_integer(14), events); /* 14, an error, 2 */
    struct value mask = value_compare(heap, COMPARE_LESS, quotient, value_integer(10));
    EXPECT(series_filter(heap, events, mask), "2-3:error: 14 is divided by zero 4-5:7");
    EXPECT(series_filter(heap, events, value_boolean(false)), "");
    struct value all = series_filter(heap, events, value_boolean(true));
    cr_expect_eq(series_of(all)->timing, series_of(events)->timing);
    value_release(all);
    value_release(quotient);
    value_release(mask);
    value_release(events);
}

Test(series, times_are_fields) {
    struct provenance load = { .sampler = true, .rate = 50 }, log = { .observer = true };
    struct value record = value_from_json(heap, TEXT("{\"status\": 200, \"latency\": 1}"));
    struct value open = stream_new(heap, NULL, TEXT("open"), SERIES_EVENTS, load),
                 lines = stream_new(heap, NULL, TEXT("lines"), SERIES_EVENTS, log);
    stream_add(stream_of(open), 10, 30, 5, record);
    stream_add(stream_of(lines), 10, 30, INT64_MIN, record);
    struct value series = stream_series(open);
    EXPECT(series_field(heap, series, TEXT("latency")),
           "10-30:25ns"); /* from the intended start, whatever the answer says */
    EXPECT(series_field(heap, series, TEXT("late")), "10-30:5ns");
    EXPECT(series_field(heap, series, TEXT("request")), "10-30:20ns");
    EXPECT(series_field(heap, series, TEXT("status")), "10-30:200");
    EXPECT(series_field(heap, series, TEXT("absent")), "10-30:error: there is no field absent");
    EXPECT(series_field(heap, lines, TEXT("latency")), "10-30:1");
    EXPECT(series_field(heap, lines, TEXT("late")), "10-30:0s");
    struct value element = series_element(heap, series, 0);
    struct buffer text = { 0 };
    value_print(value_field(element, TEXT("intended"), NULL), &text);
    cr_expect_str_eq(text.bytes, "+0.000s");
    buffer_done(&text);
    value_release(element);
    value_release(series);
    value_release(open);
    value_release(lines);
    value_release(record);
}

Test(series, a_stream_shares_equal_values_and_sorts_late_ones) {
    struct value stream = stream_new(heap, NULL, TEXT("log"), SERIES_EVENTS, (struct provenance){ 0 });
    struct value a = value_string(heap, "same"), b = value_string(heap, "same");
    stream_add(stream_of(stream), 5, 5, INT64_MIN, a);
    stream_add(stream_of(stream), 6, 6, INT64_MIN, b);
    stream_add(stream_of(stream), 3, 4, INT64_MIN, value_integer(1));
    struct value before = stream_series(stream);
    cr_expect_eq(series_of(before)->provenance.alive_to, INT64_MAX);
    EXPECT(before, "3-4:1 5-5:\"same\" 6-6:\"same\"");
    cr_expect_eq(b.object->references, 1, "the second was not kept");
    stream_close(stream_of(stream), 9);
    stream_add(stream_of(stream), 9, 9, INT64_MIN, a);
    struct value after = stream_series(stream), again = stream_series(stream);
    cr_expect_eq(after.object, again.object, "no copy once closed");
    cr_expect_eq(series_of(after)->timing->count, 3);
    cr_expect_eq(series_of(after)->provenance.alive_to, 9);
    cr_expect_eq(stream_count(stream_of(stream)), 3);
    value_release(after);
    value_release(again);
    value_release(a);
    value_release(b);
    value_release(stream);
}

Test(series, memory_of_an_event_is_small) {
    struct value stream = stream_new(heap, NULL, TEXT("load"), SERIES_EVENTS, (struct provenance){ .rate = 1 });
    struct value record = value_from_json(heap, TEXT("{\"ok\": true, \"status\": 200}"));
    enum { COUNT = 1 << 16 };
    for (int i = 0; i < COUNT; i++) stream_add(stream_of(stream), i, i + 1, i, record);
    cr_expect_leq(heap_bytes(heap) / COUNT, 48);
    stream_close(stream_of(stream), COUNT);
    struct value series = stream_series(stream);
    cr_expect_leq(heap_bytes(heap) / COUNT, 48);
    value_release(series);
    value_release(stream);
    value_release(record);
}

Test(series, a_recorder_lists_and_ends_its_streams) {
    struct recorder recorder = { 0 };
    struct value a = stream_new(heap, &recorder, TEXT("a"), SERIES_EVENTS, (struct provenance){ 0 });
    struct value b = stream_new(heap, &recorder, TEXT("b"), SERIES_EVENTS, (struct provenance){ 0 });
    cr_expect_eq(recorder_find(&recorder, TEXT("a"), 0), stream_of(a));
    cr_expect_eq(recorder_find(&recorder, TEXT_NONE, stream_id(stream_of(b))), stream_of(b));
    cr_expect_null(recorder_find(&recorder, TEXT("c"), 0));
    value_release(a);
    cr_expect_null(recorder_find(&recorder, TEXT("a"), 0));
    recorder_close(&recorder, 50);
    struct value series = stream_series(b);
    cr_expect_eq(series_of(series)->provenance.alive_to, 50);
    value_release(series);
    value_release(b);
    cr_expect_null(recorder.newest);
}
