/* The tables and views of a record (docs/record.md says what each column means), and how its file is known. */
#ifndef AOT_RECORD_SCHEMA_H
#define AOT_RECORD_SCHEMA_H

enum {
    RECORD_APPLICATION = 0x616f7452, /* "aotR": PRAGMA application_id */
    RECORD_VERSION = 1               /* PRAGMA user_version: rises when an older reader would misread */
};
extern const char record_schema[];

/* meta keys that record/ itself writes */
#define META_COMPLETE "complete" /* "true" once record_close has written everything */
#define META_OUTCOME "outcome"   /* of the cell */
#define META_OUTCOME_MESSAGE "outcome_message"
#define META_QUEUE_MAXIMUM "queue_maximum" /* bytes that waited for the disk at the worst moment */
#endif
