/* Time in nanoseconds, and how it is written. */
#ifndef AOT_BASE_CLOCK_H
#define AOT_BASE_CLOCK_H
#include "base/buffer.h"
#include <stdint.h>

#define NANOSECOND INT64_C(1)
#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

int64_t clock_monotonic(void); /* CLOCK_MONOTONIC */
int64_t clock_wall(void);      /* CLOCK_REALTIME, since 1970 */
/* "412ms", "1.5s", "1m30s", "2h", "-3us", "0s": the shortest exact form up to three decimals, else rounded to three. */
void duration_print(struct buffer *out, int64_t nanoseconds);
/* "+18.240s": always seconds, three decimals, signed; for places on a run's time axis. */
void offset_print(struct buffer *out, int64_t nanoseconds);
/* Parses the language's DUR ("1m30s", "250ms", "1_000ms"); false on anything else or overflow. */
bool duration_parse(struct text text, int64_t *nanoseconds);
/* "64MiB", "5KB", "17B": the largest unit that is exact, else three decimals. */
void size_print(struct buffer *out, int64_t bytes);
bool size_parse(struct text text, int64_t *bytes);
/* "2026-11-22T10:02:14.123Z" */
void wall_print(struct buffer *out, int64_t nanoseconds_since_1970);
#endif
