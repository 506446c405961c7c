/* Units of time and size, with the other names that people give them. Sizes and durations are read by base/clock.h. */
#include "grammar/unit.h"

#include "base/clock.h"
#include "base/suggest.h"

#include <string.h>
#include <strings.h>

const char unit_list[] = "ns us ms s m h d, B KB MB GB TB KiB MiB GiB TiB, and rates like 50/s, 5MiB/s; % for ratios";

struct unit {
    const char *name;   /* as the language has it */
    int64_t length;     /* in nanoseconds; 0 for a size */
    const char *others; /* other names, a blank around each */
};
static const struct unit units[] = {
    { "ns", NANOSECOND, " nsec nsecs nano nanos nanosecond nanoseconds " },
    { "us", MICROSECOND, " usec usecs micro micros microsecond microseconds \xc2\xb5s \xce\xbcs " },
    { "ms", MILLISECOND, " msec msecs milli millis millisecond milliseconds " },
    { "s", SECOND, " sec secs second seconds " },
    { "m", MINUTE, " min mins minute minutes " },
    { "h", HOUR, " hr hrs hour hours " },
    { "d", DAY, " day days " },
    { "B", 0, " b byte bytes " },
    { "KB", 0, " kb k K kilobyte kilobytes " },
    { "MB", 0, " mb M megabyte megabytes " },
    { "GB", 0, " gb g G gigabyte gigabytes " },
    { "TB", 0, " tb t T terabyte terabytes " },
    { "KiB", 0, " kib Ki kibibyte kibibytes " },
    { "MiB", 0, " mib Mi mebibyte mebibytes " },
    { "GiB", 0, " gib Gi gibibyte gibibytes " },
    { "TiB", 0, " tib Ti tebibyte tebibytes " },
    { "/s", 0, " rps qps tps ps " },
    { "KB/s", 0, " KBs KBps kbps " },
    { "MB/s", 0, " MBs MBps mbps " },
    { "GB/s", 0, " GBs GBps gbps " },
    { "KiB/s", 0, " KiBs KiBps " },
    { "MiB/s", 0, " MiBs MiBps " },
    { "GiB/s", 0, " GiBs GiBps " },
    { "%", 0, " percent pct " },
};
enum { UNIT_COUNT = sizeof units / sizeof *units };

static const struct unit *find(struct text written) {
    char padded[32];
    if (written.length + 3 > sizeof padded) return NULL;
    padded[0] = padded[written.length + 1] = ' ';
    if (written.length) memcpy(padded + 1, written.bytes, written.length);
    padded[written.length + 2] = '\0';
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (text_is(written, units[i].name) || strstr(units[i].others, padded)) return &units[i];
    return NULL;
}

bool unit_is_known(struct text written) {
    return find(written) != NULL;
}

const char *unit_nearest(struct text written) {
    const struct unit *known = find(written);
    if (known) return known->name;
    for (size_t i = 0; i < UNIT_COUNT; i++) /* `mB`, `Ms`, `KIB` */
        if (strlen(units[i].name) == written.length && strncasecmp(units[i].name, written.bytes, written.length) == 0)
            return units[i].name;
    struct suggestion suggestion = suggestion_for(written);
    for (size_t i = 0; i < UNIT_COUNT; i++) suggestion_offer(&suggestion, text_of(units[i].name));
    return suggestion.best.bytes;
}

int64_t unit_nanoseconds(struct text written) {
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].length && text_is(written, units[i].name)) return units[i].length;
    return 0;
}
