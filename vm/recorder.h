/* Inside vm/ only: where a run's streams are written to, and the list of those that are still open. */
#ifndef AOT_VM_RECORDER_H
#define AOT_VM_RECORDER_H
#include "record/record.h"
#include "vm/series.h"

struct recorder {
    struct record *record; /* borrowed; NULL: streams live in memory only */
    struct stream *newest; /* of all streams that are alive */
    uint32_t last_id;      /* numbers streams when there is no record */
};
/* Ends every stream that is still open. */
void recorder_close(struct recorder *recorder, int64_t at);
/* A stream of a record that is judged again, with all its elements still to be read. */
struct value stream_from_record(struct heap *heap, struct recorder *recorder, struct record *replay,
                                const struct stream_row *row);
struct text stream_name(const struct stream *stream);
/* The stream of a record by its number, or its name; NULL when there is none. Borrowed. */
struct stream *recorder_find(struct recorder *recorder, struct text name, uint32_t id);
#endif
