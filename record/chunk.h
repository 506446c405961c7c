/* Samples in columns: some thousands of one stream as four blobs (docs/record.md). Pure memory, no database.
 * Reading trusts nothing: whatever the blobs hold, it neither crashes nor reads outside them. */
#ifndef AOT_RECORD_CHUNK_H
#define AOT_RECORD_CHUNK_H
#include "base/buffer.h"
#include "base/vector.h"

enum {
    CHUNK_SAMPLES = 4096,   /* a chunk is closed when it holds so many */
    CHUNK_BYTES = 96 * 1024 /* or when its columns take so much */
};
#define CHUNK_NOT_INTENDED INT64_MIN /* `intended` of a sample that has none */

/* A value in the dictionary of a chunk. */
struct chunk_entry {
    uint64_t hash; /* of its text */
    size_t offset; /* in `dictionary` */
    size_t length; /* without the newline */
};

struct chunk {
    uint32_t count;           /* samples */
    bool has_intended;        /* all of them have an intended start, or none has */
    int64_t first_start;      /* the least start */
    int64_t first_end;        /* of the first sample */
    int64_t last_end;         /* of the latest added */
    struct buffer ends;       /* zigzag varints: each end less the one before */
    struct buffer lives;      /* zigzag varints: end - start */
    struct buffer delays;     /* zigzag varints: start - intended; empty without */
    struct buffer dictionary; /* each distinct value once, a line of JSON */
    struct buffer
        picks;         /* pairs of varints: line of the dictionary, how often in a row; the last pair is not here yet */
    uint32_t pick;     /* line of the last sample's value */
    uint32_t pick_run; /* how many samples in a row have it */
    struct VECTOR(struct chunk_entry) entries; /* the dictionary's lines */
    uint32_t *slots;                           /* hash table over entries: index + 1, 0 is free; owned */
    uint32_t slot_count;                       /* a power of two, or 0 */
};

/* True if one more sample of this kind must go to a new chunk. */
bool chunk_is_full(const struct chunk *chunk, bool with_intended);
void chunk_add(struct chunk *chunk, int64_t start, int64_t end, int64_t intended, struct text value);
/* As before with the value of the sample added last; the chunk must not be empty. */
void chunk_add_again(struct chunk *chunk, int64_t start, int64_t end, int64_t intended);
/* The last value, to begin the next chunk with; borrowed. */
struct text chunk_last_value(const struct chunk *chunk);
/* Appends the finished picks column. */
void chunk_picks(const struct chunk *chunk, struct buffer *out);
void chunk_clear(struct chunk *chunk); /* empty again; keeps the memory */
void chunk_done(struct chunk *chunk);

/* The columns of a stored chunk. */
struct chunk_columns {
    uint32_t count;
    bool has_intended;
    struct text ends, lives, delays, dictionary, picks;
};
enum chunk_reading { CHUNK_READ, CHUNK_STOPPED, CHUNK_CORRUPT };
enum chunk_reading chunk_each(const struct chunk_columns *columns,
                              bool (*each)(void *data, int64_t start, int64_t end, int64_t intended, struct text value),
                              void *data);
#endif
