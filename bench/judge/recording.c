/* What recording costs the run: nanoseconds a sample on the run's own thread, on the writer's, and bytes in the file.
 * Prints "name figure" lines; run.py compares them with the goals. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1000 * 1000, STREAMS = 8 };

static int64_t processor_time(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void write_samples(struct record *record) {
    uint32_t streams[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        streams[i] = record_stream(record, TEXT("stream"), "events", false, true, 0, 50, 0);
    for (int i = 0; i < SAMPLES; i++) {
        int64_t start = (int64_t)i * 250 * MICROSECOND, end = start + (int64_t)(i * 2654435761u % 9000) * MICROSECOND;
        char json[64];
        int length =
            snprintf(json, sizeof json, "{\"status\":200,\"latency\":{\"$duration\":%lld}}", (long long)(end - start));
        if (i % 3)
            record_sample_again(record, streams[i % STREAMS], start, end, start - 1000);
        else
            record_sample(record, streams[i % STREAMS], start, end, start - 1000,
                          (struct text){ json, (size_t)length });
    }
}

int main(void) {
    char path[64], *error = NULL;
    snprintf(path, sizeof path, "/tmp/aot-recording-%d.aotrec", (int)getpid());
    struct record *record = record_create(path, NULL, &error);
    if (!record) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    int64_t all = processor_time(CLOCK_PROCESS_CPUTIME_ID), own = processor_time(CLOCK_THREAD_CPUTIME_ID);
    write_samples(record);
    own = processor_time(CLOCK_THREAD_CPUTIME_ID) - own;
    if (!record_close(record, &error)) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    all = processor_time(CLOCK_PROCESS_CPUTIME_ID) - all;
    struct stat status;
    stat(path, &status);
    unlink(path);
    printf("run-thread-ns %.0f\n", (double)own / SAMPLES);
    printf("all-threads-ns %.0f\n", (double)all / SAMPLES);
    printf("bytes-a-sample %.1f\n", (double)status.st_size / SAMPLES);
    return 0;
}
