/* Encodes and decodes the columns of a chunk of samples. Arithmetic on times wraps, so any int64 survives the round trip. */
#include "record/chunk.h"

#include <string.h>

static void put_varint(struct buffer *out, uint64_t number) {
    char bytes[10];
    size_t length = 0;
    while (number >= 0x80) {
        bytes[length++] = (char)(number | 0x80);
        number >>= 7;
    }
    bytes[length++] = (char)number;
    buffer_append(out, (struct text){ bytes, length });
}

/* Small numbers of either sign become small ones without a sign. */
static uint64_t zigzag(uint64_t difference) {
    return (difference << 1) ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t number) {
    return (number >> 1) ^ (0 - (number & 1));
}

static bool take_varint(struct text *column, uint64_t *number) {
    *number = 0;
    for (unsigned shift = 0; shift < 64 && column->length; shift += 7) {
        unsigned char byte = (unsigned char)*column->bytes++;
        column->length--;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

/* ---- writing ---- */

bool chunk_is_full(const struct chunk *chunk, bool with_intended) {
    if (chunk->count == 0) return false;
    if (chunk->count >= CHUNK_SAMPLES || chunk->has_intended != with_intended) return true;
    return chunk->ends.length + chunk->lives.length + chunk->delays.length + chunk->dictionary.length +
               chunk->picks.length >=
           CHUNK_BYTES;
}

static void add_times(struct chunk *chunk, int64_t start, int64_t end, int64_t intended) {
    if (chunk->count == 0) {
        chunk->has_intended = intended != CHUNK_NOT_INTENDED;
        chunk->first_start = start;
        chunk->first_end = end;
        chunk->last_end = 0;
    }
    if (start < chunk->first_start) chunk->first_start = start;
    put_varint(&chunk->ends, zigzag((uint64_t)end - (uint64_t)chunk->last_end));
    put_varint(&chunk->lives, zigzag((uint64_t)end - (uint64_t)start));
    if (chunk->has_intended) put_varint(&chunk->delays, zigzag((uint64_t)start - (uint64_t)intended));
    chunk->last_end = end;
    chunk->count++;
}

static struct text entry_text(const struct chunk *chunk, const struct chunk_entry *entry) {
    return (struct text){ chunk->dictionary.bytes + entry->offset, entry->length };
}

static void place(struct chunk *chunk, uint64_t hash, uint32_t index) {
    uint32_t slot = (uint32_t)hash & (chunk->slot_count - 1);
    while (chunk->slots[slot]) slot = (slot + 1) & (chunk->slot_count - 1);
    chunk->slots[slot] = index + 1;
}

static void grow_slots(struct chunk *chunk) {
    memory_release(chunk->slots);
    chunk->slot_count = chunk->slot_count ? chunk->slot_count * 2 : 64;
    chunk->slots = memory_allocate(chunk->slot_count * sizeof *chunk->slots);
    for (uint32_t i = 0; i < chunk->entries.count; i++) place(chunk, chunk->entries.items[i].hash, i);
}

/* A newline inside JSON can only be blank space between tokens, so a space says the same. */
static void append_line(struct buffer *out, struct text value) {
    size_t start = out->length;
    buffer_append(out, value);
    for (char *byte = out->bytes + start; (byte = memchr(byte, '\n', (size_t)(out->bytes + out->length - byte)));)
        *byte = ' ';
    buffer_append_byte(out, '\n');
}

/* The line of the dictionary that holds `value`. */
static uint32_t look_up(struct chunk *chunk, struct text value) {
    uint64_t hash = text_hash(value);
    if (chunk->slot_count) {
        uint32_t slot = (uint32_t)hash & (chunk->slot_count - 1);
        for (; chunk->slots[slot]; slot = (slot + 1) & (chunk->slot_count - 1)) {
            const struct chunk_entry *entry = &chunk->entries.items[chunk->slots[slot] - 1];
            if (entry->hash == hash && text_equal(entry_text(chunk, entry), value)) return chunk->slots[slot] - 1;
        }
    }
    if (chunk->entries.count * 2 >= chunk->slot_count) grow_slots(chunk);
    uint32_t index = (uint32_t)chunk->entries.count;
    VECTOR_PUSH(&chunk->entries, (struct chunk_entry){ hash, chunk->dictionary.length, value.length });
    append_line(&chunk->dictionary, value);
    place(chunk, hash, index);
    return index;
}

static void put_run(struct buffer *out, uint32_t pick, uint32_t run) {
    put_varint(out, pick);
    put_varint(out, run);
}

void chunk_add(struct chunk *chunk, int64_t start, int64_t end, int64_t intended, struct text value) {
    uint32_t pick = look_up(chunk, value);
    if (chunk->count && pick != chunk->pick) {
        put_run(&chunk->picks, chunk->pick, chunk->pick_run);
        chunk->pick_run = 0;
    }
    chunk->pick = pick;
    chunk->pick_run++;
    add_times(chunk, start, end, intended);
}

void chunk_add_again(struct chunk *chunk, int64_t start, int64_t end, int64_t intended) {
    chunk->pick_run++;
    add_times(chunk, start, end, intended);
}

struct text chunk_last_value(const struct chunk *chunk) {
    return entry_text(chunk, &chunk->entries.items[chunk->pick]);
}

void chunk_picks(const struct chunk *chunk, struct buffer *out) {
    buffer_append(out, buffer_text(&chunk->picks));
    if (chunk->count) put_run(out, chunk->pick, chunk->pick_run);
}

void chunk_clear(struct chunk *chunk) {
    buffer_clear(&chunk->ends);
    buffer_clear(&chunk->lives);
    buffer_clear(&chunk->delays);
    buffer_clear(&chunk->dictionary);
    buffer_clear(&chunk->picks);
    chunk->entries.count = 0;
    if (chunk->slots) memset(chunk->slots, 0, chunk->slot_count * sizeof *chunk->slots);
    chunk->count = chunk->pick_run = 0;
}

void chunk_done(struct chunk *chunk) {
    buffer_done(&chunk->ends);
    buffer_done(&chunk->lives);
    buffer_done(&chunk->delays);
    buffer_done(&chunk->dictionary);
    buffer_done(&chunk->picks);
    VECTOR_DONE(&chunk->entries);
    memory_release(chunk->slots);
    *chunk = (struct chunk){ 0 };
}

/* ---- reading ---- */

/* Where the lines of a dictionary begin. */
struct lines VECTOR(struct text);

static bool split_lines(struct text dictionary, struct lines *lines) {
    while (dictionary.length) {
        const char *newline = memchr(dictionary.bytes, '\n', dictionary.length);
        if (!newline) return false;
        size_t length = (size_t)(newline - dictionary.bytes);
        VECTOR_PUSH(lines, (struct text){ dictionary.bytes, length });
        dictionary = text_slice(dictionary, length + 1, SIZE_MAX);
    }
    return true;
}

static enum chunk_reading
read_samples(struct chunk_columns columns, const struct lines *lines,
             bool (*each)(void *data, int64_t start, int64_t end, int64_t intended, struct text value), void *data) {
    uint64_t end = 0, run = 0, pick = 0, number;
    for (uint32_t i = 0; i < columns.count; i++, run--) {
        if (run == 0 && (!take_varint(&columns.picks, &pick) || !take_varint(&columns.picks, &run) || run == 0 ||
                         pick >= lines->count))
            return CHUNK_CORRUPT;
        if (!take_varint(&columns.ends, &number)) return CHUNK_CORRUPT;
        end += unzigzag(number);
        if (!take_varint(&columns.lives, &number)) return CHUNK_CORRUPT;
        uint64_t start = end - unzigzag(number);
        int64_t intended = CHUNK_NOT_INTENDED;
        if (columns.has_intended) {
            if (!take_varint(&columns.delays, &number)) return CHUNK_CORRUPT;
            intended = (int64_t)(start - unzigzag(number));
        }
        if (!each(data, (int64_t)start, (int64_t)end, intended, lines->items[pick])) return CHUNK_STOPPED;
    }
    return run == 0 && columns.ends.length + columns.lives.length + columns.picks.length == 0 ? CHUNK_READ
                                                                                              : CHUNK_CORRUPT;
}

enum chunk_reading chunk_each(const struct chunk_columns *columns,
                              bool (*each)(void *data, int64_t start, int64_t end, int64_t intended, struct text value),
                              void *data) {
    struct lines lines = { 0 };
    enum chunk_reading reading = CHUNK_CORRUPT;
    if (split_lines(columns->dictionary, &lines)) reading = read_samples(*columns, &lines, each, data);
    VECTOR_DONE(&lines);
    return reading;
}
