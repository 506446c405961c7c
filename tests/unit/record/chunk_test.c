/* record/chunk: what goes into the columns comes out again, and damaged columns are refused, never followed. */
#include "base/memory.h"
#include "record/chunk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sample {
    int64_t start, end, intended;
    char value[24];
};
struct samples VECTOR(struct sample);

static bool collect(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    struct samples *samples = data;
    struct sample sample = { start, end, intended, "" };
    snprintf(sample.value, sizeof sample.value, "%.*s", TEXT_ARGS(value));
    VECTOR_PUSH(samples, sample);
    return true;
}

static struct chunk_columns columns_of(const struct chunk *chunk, struct buffer *picks) {
    chunk_picks(chunk, picks);
    return (struct chunk_columns){ chunk->count,
                                   chunk->has_intended,
                                   buffer_text(&chunk->ends),
                                   buffer_text(&chunk->lives),
                                   buffer_text(&chunk->delays),
                                   buffer_text(&chunk->dictionary),
                                   buffer_text(picks) };
}

static void expect_back(const struct chunk *chunk, const struct sample *wanted, size_t count) {
    struct buffer picks = { 0 };
    struct chunk_columns columns = columns_of(chunk, &picks);
    struct samples read = { 0 };
    cr_assert_eq(chunk_each(&columns, collect, &read), CHUNK_READ);
    cr_assert_eq(read.count, count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(read.items[i].start, wanted[i].start, "start of %zu", i);
        cr_expect_eq(read.items[i].end, wanted[i].end, "end of %zu", i);
        cr_expect_eq(read.items[i].intended, wanted[i].intended, "intended of %zu", i);
        cr_expect_str_eq(read.items[i].value, wanted[i].value);
    }
    VECTOR_DONE(&read);
    buffer_done(&picks);
}

Test(chunk, round_trip_of_any_times) {
    const struct sample wanted[] = {
        { 10, 20, 5, "1" },
        { 15, 25, 15, "1" },
        { -100, 3, INT64_MAX, "\"a\"" },
        { INT64_MIN, INT64_MAX, 0, "1" },
        { INT64_MAX, INT64_MIN, -1, "\"a\"" },
        { 0, 0, 0, "" },
        { 0, 0, 0, "" },
    };
    struct chunk chunk = { 0 };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        chunk_add(&chunk, wanted[i].start, wanted[i].end, wanted[i].intended, text_of(wanted[i].value));
    expect_back(&chunk, wanted, sizeof wanted / sizeof wanted[0]);
    cr_expect_eq(chunk.entries.count, 3, "each value stands once in the dictionary");
    cr_expect_eq(chunk.first_start, INT64_MIN);
    chunk_clear(&chunk);
    chunk_add(&chunk, 1, 2, CHUNK_NOT_INTENDED, TEXT("true"));
    chunk_add_again(&chunk, 3, 4, CHUNK_NOT_INTENDED);
    expect_back(&chunk, (struct sample[]){ { 1, 2, CHUNK_NOT_INTENDED, "true" }, { 3, 4, CHUNK_NOT_INTENDED, "true" } },
                2);
    chunk_done(&chunk);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(chunk, many_distinct_values) {
    struct chunk chunk = { 0 };
    static struct sample wanted[3000];
    for (int i = 0; i < 3000; i++) {
        wanted[i] = (struct sample){ i * 7, i * 7 + i % 5, CHUNK_NOT_INTENDED, "" };
        snprintf(wanted[i].value, sizeof wanted[i].value, "%d", i % 2500);
        chunk_add(&chunk, wanted[i].start, wanted[i].end, CHUNK_NOT_INTENDED, text_of(wanted[i].value));
    }
    cr_expect_eq(chunk.entries.count, 2500);
    expect_back(&chunk, wanted, 3000);
    chunk_done(&chunk);
}

Test(chunk, is_full_by_count_by_bytes_and_by_kind) {
    struct chunk chunk = { 0 };
    cr_expect(!chunk_is_full(&chunk, true));
    for (int i = 0; i < CHUNK_SAMPLES; i++) {
        cr_assert(!chunk_is_full(&chunk, false));
        chunk_add(&chunk, i, i, CHUNK_NOT_INTENDED, TEXT("true"));
    }
    cr_expect(chunk_is_full(&chunk, false));
    cr_expect_lt(chunk.ends.length + chunk.lives.length + chunk.dictionary.length, 3 * CHUNK_SAMPLES);
    chunk_clear(&chunk);
    chunk_add(&chunk, 1, 1, CHUNK_NOT_INTENDED, TEXT("1"));
    cr_expect(chunk_is_full(&chunk, true), "a sample with an intended start does not go beside one without");
    struct buffer large = { 0 };
    buffer_append_repeat(&large, '7', CHUNK_BYTES);
    chunk_add(&chunk, 1, 1, CHUNK_NOT_INTENDED, buffer_text(&large));
    cr_expect(chunk_is_full(&chunk, false));
    buffer_done(&large);
    chunk_done(&chunk);
}

Test(chunk, a_newline_in_json_becomes_a_space) {
    struct chunk chunk = { 0 };
    chunk_add(&chunk, 1, 2, CHUNK_NOT_INTENDED, TEXT("{\n\n\"a\":\n1}"));
    chunk_add(&chunk, 3, 4, CHUNK_NOT_INTENDED, TEXT("2"));
    expect_back(&chunk,
                (struct sample[]){ { 1, 2, CHUNK_NOT_INTENDED, "{  \"a\": 1}" }, { 3, 4, CHUNK_NOT_INTENDED, "2" } },
                2);
    chunk_done(&chunk);
}

static bool stop_at_once(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    (void)data, (void)start, (void)end, (void)intended, (void)value;
    return false;
}

Test(chunk, stops_when_asked) {
    struct chunk chunk = { 0 };
    chunk_add(&chunk, 1, 2, CHUNK_NOT_INTENDED, TEXT("1"));
    struct buffer picks = { 0 };
    struct chunk_columns columns = columns_of(&chunk, &picks);
    cr_expect_eq(chunk_each(&columns, stop_at_once, NULL), CHUNK_STOPPED);
    buffer_done(&picks);
    chunk_done(&chunk);
}

/* Each column cut by one byte, each with a byte more, and a wrong count: never read as if all were well. */
Test(chunk, damage_is_noticed) {
    struct chunk chunk = { 0 };
    for (int i = 0; i < 20; i++)
        chunk_add(&chunk, i * 1000, i * 1000 + 300, i * 1000, i % 3 ? TEXT("true") : TEXT("false"));
    struct buffer picks = { 0 };
    struct chunk_columns good = columns_of(&chunk, &picks);
    struct samples read = { 0 };
    cr_assert_eq(chunk_each(&good, collect, &read), CHUNK_READ);
    struct text *columns[] = { &good.ends, &good.lives, &good.delays, &good.dictionary, &good.picks };
    for (size_t i = 0; i < 5; i++) {
        columns[i]->length--;
        cr_expect_eq(chunk_each(&good, collect, &read), CHUNK_CORRUPT, "column %zu cut", i);
        columns[i]->length++;
    }
    good.count++;
    cr_expect_eq(chunk_each(&good, collect, &read), CHUNK_CORRUPT);
    good.count -= 2;
    cr_expect_eq(chunk_each(&good, collect, &read), CHUNK_CORRUPT);
    VECTOR_DONE(&read);
    buffer_done(&picks);
    chunk_done(&chunk);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* Random bytes in all columns: the sanitizers see any step outside. */
Test(chunk, random_columns_are_read_safely) {
    uint64_t state = 0x5eed5eed;
    for (int round = 0; round < 20000; round++) {
        char bytes[5][24];
        struct text texts[5];
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 24; k++)
                bytes[i][k] = (char)(next_random(&state) % 3 ? next_random(&state) % 4 : next_random(&state));
            texts[i] = (struct text){ bytes[i], next_random(&state) % 25 };
        }
        for (int k = 0; k < 24; k++)
            if (next_random(&state) % 3 == 0) bytes[3][k] = '\n';
        struct chunk_columns columns = {
            (uint32_t)(next_random(&state) % 30), round % 2, texts[0], texts[1], texts[2], texts[3], texts[4]
        };
        struct samples read = { 0 };
        chunk_each(&columns, collect, &read);
        VECTOR_DONE(&read);
    }
}
