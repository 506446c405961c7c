/* base/clock: how times and sizes are written and read. */
#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdint.h>

static void expect(void (*print)(struct buffer *, int64_t), int64_t number, const char *wanted) {
    struct buffer out = { 0 };
    print(&out, number);
    cr_expect_str_eq(out.bytes, wanted, "%lld is written %s, wanted %s", (long long)number, out.bytes, wanted);
    buffer_done(&out);
}

Test(clock, goes_forward) {
    int64_t first = clock_monotonic(), second = clock_monotonic();
    cr_assert_geq(second, first);
    cr_assert_gt(clock_wall(), INT64_C(1700000000) * SECOND);
}

Test(clock, writes_durations) {
    expect(duration_print, 0, "0s");
    expect(duration_print, 1, "1ns");
    expect(duration_print, 999, "999ns");
    expect(duration_print, 1500, "1.5us");
    expect(duration_print, -3 * MICROSECOND, "-3us");
    expect(duration_print, 412 * MILLISECOND, "412ms");
    expect(duration_print, 412345 * MICROSECOND, "412.345ms");
    expect(duration_print, 412345678, "412.346ms");
    expect(duration_print, 999999600, "1s");
    expect(duration_print, 1500 * MILLISECOND, "1.5s");
    expect(duration_print, 59999 * MILLISECOND, "59.999s");
    expect(duration_print, 59999999999, "1m");
    expect(duration_print, 90 * SECOND, "1m30s");
    expect(duration_print, 90 * SECOND + 250 * MILLISECOND, "1m30.25s");
    expect(duration_print, MINUTE + MILLISECOND / 2, "1m0.001s");
    expect(duration_print, 2 * HOUR, "2h");
    expect(duration_print, HOUR + 5 * SECOND, "1h5s");
    expect(duration_print, 3 * DAY + 4 * HOUR, "76h");
    expect(duration_print, INT64_MIN, "-2562047h47m16.855s");
    expect(duration_print, INT64_MAX, "2562047h47m16.855s");
}

Test(clock, writes_offsets) {
    expect(offset_print, 18240 * MILLISECOND, "+18.240s");
    expect(offset_print, 0, "+0.000s");
    expect(offset_print, -1500 * MILLISECOND, "-1.500s");
    expect(offset_print, -100, "+0.000s");
    expect(offset_print, 3 * HOUR, "+10800.000s");
}

Test(clock, writes_sizes) {
    expect(size_print, 0, "0B");
    expect(size_print, 17, "17B");
    expect(size_print, 5000, "5KB");
    expect(size_print, 1024, "1KiB");
    expect(size_print, 64 * 1024 * 1024, "64MiB");
    expect(size_print, INT64_C(3000000000000), "3TB");
    expect(size_print, 1536, "1.5KiB");
    expect(size_print, 1025 * 1024, "1025KiB");
    expect(size_print, 1234567890, "1.15GiB");
    expect(size_print, INT64_C(9999) << 10, "9999KiB");
    expect(size_print, INT64_C(10001) << 10, "9.767MiB");
    expect(size_print, -2000000, "-2MB");
    expect(size_print, 1001, "1001B");
    expect(size_print, INT64_MAX, "8388608TiB");
}

Test(clock, writes_wall_time) {
    expect(wall_print, 0, "1970-01-01T00:00:00.000Z");
    expect(wall_print, INT64_C(1795341734123456789), "2026-11-22T10:02:14.123Z");
    expect(wall_print, -1, "1969-12-31T23:59:59.999Z");
}

static void parses(bool (*parse)(struct text, int64_t *), const char *written, int64_t wanted) {
    int64_t got = -1;
    cr_expect(parse(text_of(written), &got), "%s is refused", written);
    cr_expect_eq(got, wanted, "%s is %lld, wanted %lld", written, (long long)got, (long long)wanted);
}

static void refuses(bool (*parse)(struct text, int64_t *), const char *const *written) {
    for (; *written; written++) {
        int64_t got = 77;
        cr_expect(!parse(text_of(*written), &got), "'%s' is taken for %lld", *written, (long long)got);
        cr_expect_eq(got, 77);
    }
}

Test(clock, reads_durations) {
    parses(duration_parse, "250ms", 250 * MILLISECOND);
    parses(duration_parse, "1.5s", 1500 * MILLISECOND);
    parses(duration_parse, "1m30s", 90 * SECOND);
    parses(duration_parse, "1_000ms", SECOND);
    parses(duration_parse, "2h", 2 * HOUR);
    parses(duration_parse, "1d", DAY);
    parses(duration_parse, "3us", 3000);
    parses(duration_parse, "0.5us", 500);
    parses(duration_parse, "0s", 0);
    parses(duration_parse, "1.333333333333333333333s", 1333333333);
    parses(duration_parse, "9223372036s", INT64_C(9223372036) * SECOND);
    parses(duration_parse, "9223372036s854775807ns", INT64_MAX);
    const char *const wrong[] = { "",
                                  "s",
                                  "5",
                                  "5min",
                                  "1.s",
                                  ".5s",
                                  "1s ",
                                  " 1s",
                                  "-1s",
                                  "_1s",
                                  "1S",
                                  "1m30",
                                  "1e3s",
                                  "9223372037s",
                                  "9223372036s854775808ns",
                                  "99999999999999999999s",
                                  "300000d",
                                  NULL };
    refuses(duration_parse, wrong);
    int64_t got;
    cr_assert(!duration_parse(TEXT_NONE, &got));
}

Test(clock, reads_sizes) {
    parses(size_parse, "64MiB", 64 * 1024 * 1024);
    parses(size_parse, "5KB", 5000);
    parses(size_parse, "17B", 17);
    parses(size_parse, "1.5KiB", 1536);
    parses(size_parse, "1_024B", 1024);
    parses(size_parse, "2TiB", INT64_C(2) << 40);
    const char *const wrong[] = { "", "64mb", "5M", "1KB2B", "10MiBs", "MiB", "9000000000TB", NULL };
    refuses(size_parse, wrong);
}

/* What is printed exactly reads back as the same number. */
Test(clock, printing_and_reading_agree) {
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t amount = (int64_t)(seed >> (1 + seed % 60)), got = -1;
        /* Three decimals hold microseconds below a second, milliseconds above. */
        amount -= amount >= SECOND ? amount % MILLISECOND : amount >= MILLISECOND ? amount % MICROSECOND : 0;
        struct buffer out = { 0 };
        duration_print(&out, amount);
        cr_assert(duration_parse(buffer_text(&out), &got), "%s", out.bytes);
        cr_assert_eq(got, amount, "%s", out.bytes);
        buffer_done(&out);
    }
}
