/* Streams: series in the making. They grow while the run goes on, are written to the record as they grow, and become
 * a series without a copy once closed. A stream is ended by its owner, at the latest by the end of the run. */
#include "vm/heap.h"
#include "vm/recorder.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct stream {
    struct object head;
    struct recorder *recorder;    /* NULL: nothing is written and nobody lists it */
    struct stream *older, *newer; /* the recorder's list */
    uint32_t id;                  /* in the record */
    enum series_kind kind;
    struct provenance provenance; /* its name points to `name` */
    char *name;                   /* owned */
    struct timing *timing;        /* NULL once all went to `made` */
    struct value *values;
    size_t capacity;
    bool sorted; /* by end, then start, so far */
    bool closed;
    struct value known;    /* what turned out equal to the last element, or none: compared by its address next time */
    struct value made;     /* the series made last, or none */
    size_t made_count;     /* of how many elements */
    struct record *replay; /* where the elements are still to be read from, or NULL */
};

struct stream *stream_of(struct value value) {
    return (struct stream *)value.object;
}

static struct stream *stream_make(struct heap *heap, struct recorder *recorder, struct text name, enum series_kind kind,
                                  struct provenance provenance) {
    struct stream *stream = heap_allocate(heap, VALUE_STREAM, sizeof *stream);
    stream->recorder = recorder;
    stream->kind = kind;
    stream->name = memory_copy(name.bytes, name.length);
    stream->provenance = provenance;
    stream->provenance.name = (struct text){ stream->name, name.length };
    stream->provenance.alive_to = INT64_MAX;
    stream->timing = timing_new(0, false);
    stream->sorted = true;
    if (!recorder) return stream;
    stream->older = recorder->newest;
    if (recorder->newest) recorder->newest->newer = stream;
    recorder->newest = stream;
    return stream;
}

struct value stream_new(struct heap *heap, struct recorder *recorder, struct text name, enum series_kind kind,
                        struct provenance provenance) {
    struct stream *stream = stream_make(heap, recorder, name, kind, provenance);
    if (recorder && recorder->record) {
        stream->id =
            record_stream(recorder->record, name, kind == SERIES_EVENTS ? "events" : "samples", provenance.observer,
                          provenance.sampler, provenance.every, provenance.rate, provenance.alive_from);
    } else if (recorder) {
        stream->id = ++recorder->last_id;
    }
    return value_of_object(stream);
}

static void stream_grow(struct stream *stream, bool with_intended) {
    struct timing *timing = stream->timing;
    if (timing->count == stream->capacity) {
        size_t capacity = stream->capacity ? stream->capacity * 2 : 16;
        timing->start = memory_resize(timing->start, capacity * sizeof *timing->start);
        timing->end = memory_resize(timing->end, capacity * sizeof *timing->end);
        if (timing->intended) timing->intended = memory_resize(timing->intended, capacity * sizeof *timing->intended);
        stream->values = memory_resize(stream->values, capacity * sizeof *stream->values);
        heap_charge(stream->head.heap, (capacity - stream->capacity) * (2 * sizeof(int64_t) + sizeof(struct value)));
        stream->capacity = capacity;
    }
    if (!with_intended || timing->intended) return;
    timing->intended = memory_resize(NULL, stream->capacity * sizeof *timing->intended);
    for (size_t i = 0; i < timing->count; i++) timing->intended[i] = INT64_MIN;
}

static bool comes_after(const struct timing *timing, int64_t start, int64_t end) {
    size_t last = timing->count - 1;
    return timing->end[last] < end || (timing->end[last] == end && timing->start[last] <= start);
}

/* What is told a little late (the kernel's times of a load's answers) goes where it belongs at once; what comes much later is sorted
 * when the series is made. */
static size_t make_place(struct stream *stream, int64_t start, int64_t end) {
    enum { NEAR = 256 };
    struct timing *timing = stream->timing;
    size_t count = timing->count, at = count, nearest = count > NEAR ? count - NEAR : 0;
    if (!stream->sorted) return count;
    while (at > nearest && (timing->end[at - 1] > end || (timing->end[at - 1] == end && timing->start[at - 1] > start)))
        at--;
    if (at == nearest && at > 0) {
        stream->sorted = false;
        return count;
    }
    size_t moved = (count - at) * sizeof(int64_t);
    memmove(timing->start + at + 1, timing->start + at, moved);
    memmove(timing->end + at + 1, timing->end + at, moved);
    if (timing->intended) memmove(timing->intended + at + 1, timing->intended + at, moved);
    memmove(stream->values + at + 1, stream->values + at, (count - at) * sizeof *stream->values);
    return at;
}

static void stream_push(struct stream *stream, int64_t start, int64_t end, int64_t intended, struct value owned) {
    stream_grow(stream, intended != INT64_MIN);
    struct timing *timing = stream->timing;
    size_t at = timing->count;
    if (at && !comes_after(timing, start, end)) at = make_place(stream, start, end);
    timing->count++;
    timing->start[at] = start;
    timing->end[at] = end;
    if (timing->intended) timing->intended[at] = intended;
    stream->values[at] = owned;
}

static bool is_same(struct value a, struct value b) {
    return value_is_counted(a) && a.kind == b.kind && a.object == b.object;
}

static void know(struct stream *stream, struct value value) {
    if (is_same(stream->known, value)) return;
    value_release(stream->known);
    stream->known = value_retain(value);
}

static void add(struct stream *stream, int64_t start, int64_t end, int64_t intended, struct value value) {
    struct timing *timing = stream->timing;
    struct value last = timing->count ? stream->values[timing->count - 1] : value_none();
    bool again = timing->count && (is_same(last, value) || is_same(stream->known, value) || value_equal(last, value));
    know(stream, again ? value : value_none());
    stream_push(stream, start, end, intended, value_retain(again ? last : value));
    struct record *record = stream->recorder ? stream->recorder->record : NULL;
    if (!record) return;
    if (again) {
        record_sample_again(record, stream->id, start, end, intended);
        return;
    }
    struct buffer json = { 0 };
    value_encode(value, &json);
    record_sample(record, stream->id, start, end, intended, buffer_text(&json));
    buffer_done(&json);
}

void stream_add(struct stream *stream, int64_t start, int64_t end, int64_t intended, struct value value) {
    if (stream->closed) return; /* what came after the end of recording is not evidence */
    if (!value_holds_time(value)) {
        add(stream, start, end, intended, value);
        return;
    }
    /* It might be this very stream: elements that lead back to it would never end. */
    struct value error = value_error(stream->head.heap, "a stream cannot be an element of %s", stream->name);
    add(stream, start, end, intended, error);
    value_release(error);
}

/* What was made of it says that the stream goes on, or does not. */
static void forget_made(struct stream *stream) {
    value_release(stream->made);
    stream->made = value_none();
}

void stream_close(struct stream *stream, int64_t at) {
    if (stream->closed) return;
    stream->closed = true;
    if (stream->provenance.alive_to > at) stream->provenance.alive_to = at; /* unless it paused before */
    at = stream->provenance.alive_to;
    know(stream, value_none());
    forget_made(stream);
    struct record *record = stream->recorder ? stream->recorder->record : NULL;
    if (record) record_stream_end(record, stream->id, at, stream->provenance.starved);
}

void stream_pause(struct stream *stream, int64_t at) {
    if (stream->closed || stream->provenance.alive_to != INT64_MAX) return;
    stream->provenance.alive_to = at;
    forget_made(stream);
}

/* A new list each time: series hold the old one. */
static void add_unwatched(struct provenance *provenance, int64_t from, int64_t to) {
    struct timing *old = provenance->unwatched;
    size_t count = old ? old->count : 0;
    struct timing *timing = timing_new(count + 1, false);
    for (size_t i = 0; i < count; i++) timing->start[i] = old->start[i];
    for (size_t i = 0; i < count; i++) timing->end[i] = old->end[i];
    timing->start[count] = from;
    timing->end[count] = to;
    timing_release(old);
    provenance->unwatched = timing;
}

static void unwatched_key(const struct stream *stream, struct buffer *key) {
    buffer_printf(key, "unwatched.%u", stream->id);
}

void stream_resume(struct stream *stream, int64_t at) {
    struct provenance *provenance = &stream->provenance;
    if (stream->closed || provenance->alive_to == INT64_MAX) return;
    add_unwatched(provenance, provenance->alive_to, at);
    provenance->alive_to = INT64_MAX;
    forget_made(stream);
    struct record *record = stream->recorder ? stream->recorder->record : NULL;
    if (!record) return;
    struct buffer key = { 0 }, times = { 0 };
    unwatched_key(stream, &key);
    for (size_t i = 0; i < provenance->unwatched->count; i++)
        buffer_printf(&times, "%s%" PRId64 " %" PRId64, i ? " " : "", provenance->unwatched->start[i],
                      provenance->unwatched->end[i]);
    record_meta(record, key.bytes, buffer_text(&times));
    buffer_done(&key);
    buffer_done(&times);
}

static void read_unwatched(struct stream *stream, struct record *replay) {
    struct buffer key = { 0 }, times = { 0 };
    unwatched_key(stream, &key);
    if (record_read_meta(replay, key.bytes, &times)) {
        char *at = times.bytes, *end = at;
        for (int64_t from = strtoll(at, &end, 10); end != at; from = strtoll(at, &end, 10)) {
            add_unwatched(&stream->provenance, from, strtoll(end, &at, 10));
            end = at;
        }
    }
    buffer_done(&key);
    buffer_done(&times);
}

void stream_set_starved(struct stream *stream) {
    stream->provenance.starved = true;
}

uint32_t stream_id(const struct stream *stream) {
    return stream->id;
}

struct text stream_name(const struct stream *stream) {
    return stream->provenance.name;
}

/* ---- becoming a series ---- */
static int compare_indices(const void *left, const void *right, void *data) {
    const struct timing *timing = data;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    if (timing->end[a] != timing->end[b]) return timing->end[a] < timing->end[b] ? -1 : 1;
    if (timing->start[a] != timing->start[b]) return timing->start[a] < timing->start[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Elements that came late (a log that is read behind the facts) go where they belong. */
static void stream_sort(struct stream *stream) {
    struct timing *old = stream->timing;
    size_t count = old->count;
    size_t *indices = memory_resize(NULL, count * sizeof *indices);
    for (size_t i = 0; i < count; i++) indices[i] = i;
    qsort_r(indices, count, sizeof *indices, compare_indices, old);
    struct timing *timing = timing_new(stream->capacity, old->intended != NULL);
    struct value *values = memory_resize(NULL, stream->capacity * sizeof *values);
    timing->count = count;
    for (size_t i = 0; i < count; i++) {
        timing->start[i] = old->start[indices[i]];
        timing->end[i] = old->end[indices[i]];
        if (old->intended) timing->intended[i] = old->intended[indices[i]];
        values[i] = stream->values[indices[i]];
    }
    memory_release(indices);
    memory_release(stream->values);
    timing_release(old);
    stream->timing = timing;
    stream->values = values;
    stream->sorted = true;
}

static struct timing *timing_copy(const struct timing *timing) {
    struct timing *copy = timing_new(timing->count, timing->intended != NULL);
    size_t bytes = timing->count * sizeof(int64_t);
    if (!bytes) return copy;
    memcpy(copy->start, timing->start, bytes);
    memcpy(copy->end, timing->end, bytes);
    if (timing->intended) memcpy(copy->intended, timing->intended, bytes);
    return copy;
}

static bool replay_sample(void *data, int64_t start, int64_t end, int64_t intended, struct text json) {
    struct stream *stream = data;
    struct timing *timing = stream->timing;
    struct value value = value_decode(stream->head.heap, json);
    bool again = timing->count && value_equal(stream->values[timing->count - 1], value);
    struct value kept = value_retain(again ? stream->values[timing->count - 1] : value);
    stream_push(stream, start, end, intended, kept);
    value_release(value);
    return true;
}

static void stream_read(struct stream *stream) {
    struct record *replay = stream->replay;
    stream->replay = NULL;
    if (replay) record_each_sample(replay, stream->id, replay_sample, stream);
}

size_t stream_count(const struct stream *stream) {
    return stream->timing ? stream->timing->count : stream->made_count;
}

struct value stream_series(struct value value) {
    struct stream *stream = stream_of(value);
    stream_read(stream);
    if (stream->made.kind == VALUE_SERIES && stream->made_count == stream_count(stream))
        return value_retain(stream->made);
    value_release(stream->made);
    if (!stream->sorted) stream_sort(stream);
    struct timing *timing = stream->timing;
    struct value *values = stream->values;
    stream->made_count = timing->count;
    if (stream->closed) {
        stream->timing = NULL;
        stream->values = NULL;
        heap_discharge(stream->head.heap, stream->capacity * sizeof *values); /* the series counts them */
        if (!values) values = memory_resize(NULL, 0);
    } else {
        values = memory_resize(NULL, timing->count * sizeof *values);
        for (size_t i = 0; i < timing->count; i++) values[i] = value_retain(stream->values[i]);
        timing = timing_copy(timing);
    }
    stream->made = series_make(stream->head.heap, stream->kind, timing, values, stream->provenance);
    return value_retain(stream->made);
}

void stream_destroy(struct object *object) {
    struct stream *stream = (struct stream *)object;
    if (stream->recorder) {
        if (stream->newer)
            stream->newer->older = stream->older;
        else
            stream->recorder->newest = stream->older;
        if (stream->older) stream->older->newer = stream->newer;
    }
    bool moved = !stream->timing;
    value_release(stream->known);
    value_release(stream->made);
    for (size_t i = 0; stream->timing && i < stream->timing->count; i++) value_release(stream->values[i]);
    timing_release(stream->timing);
    timing_release(stream->provenance.unwatched);
    memory_release(stream->values);
    memory_release(stream->name);
    size_t each = 2 * sizeof(int64_t) + (moved ? 0 : sizeof(struct value));
    heap_discharge(object->heap, stream->capacity * each);
    heap_return(stream, sizeof *stream);
}

/* ---- the recorder's list ---- */
void recorder_close(struct recorder *recorder, int64_t at) {
    for (struct stream *stream = recorder->newest; stream; stream = stream->older) stream_close(stream, at);
}

struct stream *recorder_find(struct recorder *recorder, struct text name, uint32_t id) {
    for (struct stream *stream = recorder->newest; stream; stream = stream->older) {
        if (id ? stream->id == id : text_equal(stream_name(stream), name)) return stream;
    }
    return NULL;
}

struct value stream_from_record(struct heap *heap, struct recorder *recorder, struct record *replay,
                                const struct stream_row *row) {
    struct provenance provenance = { .observer = row->observer,
                                     .sampler = row->sampler,
                                     .starved = row->starved,
                                     .every = row->every,
                                     .rate = row->rate,
                                     .alive_from = row->alive_from };
    enum series_kind kind = text_is(row->kind, "events") ? SERIES_EVENTS : SERIES_SAMPLES;
    struct stream *stream = stream_make(heap, recorder, row->name, kind, provenance);
    stream->id = row->id;
    stream->closed = true;
    stream->provenance.alive_to = row->alive_to;
    stream->replay = replay;
    if (row->observer) read_unwatched(stream, replay);
    return value_of_object(stream);
}
