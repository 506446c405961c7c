/* Clocks, and how times and sizes are written and read, the same in sources and reports. No floating point: what is
 * printed parses back to the same number whenever three decimals hold it. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static int64_t now(clockid_t id) {
    struct timespec time;
    clock_gettime(id, &time); /* cannot fail for these two clocks */
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

int64_t clock_monotonic(void) {
    return now(CLOCK_MONOTONIC);
}

int64_t clock_wall(void) {
    return now(CLOCK_REALTIME);
}

struct unit {
    const char *name; /* as written in a recipe */
    uint64_t factor;  /* nanoseconds or bytes */
};

static const struct unit time_units[] = {
    { "ns", NANOSECOND }, { "us", MICROSECOND }, { "ms", MILLISECOND }, { "s", SECOND },
    { "m", MINUTE },      { "h", HOUR },         { "d", DAY },          { NULL, 0 },
};
static const struct unit size_units[] = {
    { "TiB", UINT64_C(1) << 40 },
    { "TB", UINT64_C(1000000000000) },
    { "GiB", UINT64_C(1) << 30 },
    { "GB", UINT64_C(1000000000) },
    { "MiB", UINT64_C(1) << 20 },
    { "MB", UINT64_C(1000000) },
    { "KiB", UINT64_C(1) << 10 },
    { "KB", UINT64_C(1000) },
    { "B", 1 },
    { NULL, 0 },
};

/* The absolute value; of INT64_MIN too. */
static uint64_t magnitude(int64_t number) {
    return number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;
}

/* amount / factor, rounded to thousandths. */
static uint64_t thousandths(uint64_t amount, uint64_t factor) {
    uint64_t whole = amount / factor, rest = amount % factor;
    /* rest < 2^40, so the product holds. */
    return whole * 1000 + (rest * 1000 + factor / 2) / factor;
}

/* 1500 -> "1.5" */
static void print_thousandths(struct buffer *out, uint64_t number) {
    buffer_printf(out, "%llu", (unsigned long long)(number / 1000));
    unsigned fraction = (unsigned)(number % 1000);
    if (!fraction) return;
    int digits = 3;
    while (fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    buffer_printf(out, ".%0*u", digits, fraction);
}

/* A minute and more: hours, minutes and seconds, each only when not zero. */
static void print_long_duration(struct buffer *out, uint64_t amount) {
    uint64_t milliseconds = amount / MILLISECOND + (amount % MILLISECOND >= MILLISECOND / 2);
    uint64_t hours = milliseconds / (HOUR / MILLISECOND), minutes = milliseconds / (MINUTE / MILLISECOND) % 60;
    uint64_t rest = milliseconds % (MINUTE / MILLISECOND);
    if (hours) buffer_printf(out, "%lluh", (unsigned long long)hours);
    if (minutes) buffer_printf(out, "%llum", (unsigned long long)minutes);
    if (rest) {
        print_thousandths(out, rest);
        buffer_append_byte(out, 's');
    }
}

void duration_print(struct buffer *out, int64_t nanoseconds) {
    uint64_t amount = magnitude(nanoseconds);
    if (nanoseconds < 0) buffer_append_byte(out, '-');
    if (amount == 0) {
        buffer_append_string(out, "0s");
        return;
    }
    /* Rounding may carry into the next unit: 999.9996ms is 1s, not 1000ms. */
    for (const struct unit *unit = time_units; unit[0].factor < (uint64_t)MINUTE; unit++) {
        uint64_t number = amount < unit[1].factor ? thousandths(amount, unit->factor) : UINT64_MAX;
        if (number >= unit[1].factor / unit->factor * 1000) continue;
        print_thousandths(out, number);
        buffer_append_string(out, unit->name);
        return;
    }
    print_long_duration(out, amount);
}

void offset_print(struct buffer *out, int64_t nanoseconds) {
    uint64_t milliseconds = thousandths(magnitude(nanoseconds), SECOND);
    buffer_printf(out, "%c%llu.%03us", nanoseconds < 0 && milliseconds ? '-' : '+',
                  (unsigned long long)(milliseconds / 1000), (unsigned)(milliseconds % 1000));
}

void size_print(struct buffer *out, int64_t bytes) {
    enum { MOST_UNITS = 10000 }; /* 5000KiB is readable, 123456789KB is not */
    uint64_t amount = magnitude(bytes);
    if (bytes < 0) buffer_append_byte(out, '-');
    for (const struct unit *unit = size_units; unit->name; unit++) {
        bool exact = amount % unit->factor == 0 && amount >= unit->factor && amount / unit->factor < MOST_UNITS;
        if (!exact || (unit->factor == 1 && amount >= 1000)) continue;
        buffer_printf(out, "%llu%s", (unsigned long long)(amount / unit->factor), unit->name);
        return;
    }
    static const char *const binary[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    int power = 4;
    while (power > 0 && amount >> (10 * power) == 0) power--;
    print_thousandths(out, thousandths(amount, UINT64_C(1) << (10 * power)));
    buffer_append_string(out, binary[power]);
}

struct reader {
    const char *at;  /* next byte */
    const char *end; /* behind the last byte */
};

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* A decimal number with `_` between digits and an optional fraction: the whole part, and the fraction's digits. */
static bool read_number(struct reader *reader, uint64_t *whole, struct text *fraction) {
    if (reader->at == reader->end || !is_digit(*reader->at)) return false;
    *whole = 0;
    for (; reader->at < reader->end && (is_digit(*reader->at) || *reader->at == '_'); reader->at++) {
        if (*reader->at == '_') continue;
        if (__builtin_mul_overflow(*whole, 10, whole)) return false;
        if (__builtin_add_overflow(*whole, (uint64_t)(*reader->at - '0'), whole)) return false;
    }
    *fraction = TEXT_NONE;
    if (reader->end - reader->at < 2 || reader->at[0] != '.' || !is_digit(reader->at[1])) return true;
    const char *start = ++reader->at;
    while (reader->at < reader->end && is_digit(*reader->at)) reader->at++;
    *fraction = (struct text){ start, (size_t)(reader->at - start) };
    return true;
}

/* The longest unit name at the reader's place; 0 if there is none. */
static uint64_t read_unit(struct reader *reader, const struct unit *units) {
    const struct unit *best = NULL;
    size_t best_length = 0;
    for (const struct unit *unit = units; unit->name; unit++) {
        size_t length = strlen(unit->name);
        if (length <= best_length || (size_t)(reader->end - reader->at) < length) continue;
        if (memcmp(reader->at, unit->name, length) != 0) continue;
        best = unit;
        best_length = length;
    }
    reader->at += best_length;
    return best ? best->factor : 0;
}

/* factor * 0.fraction, rounded to the nearest whole; digits beyond the 18th do not matter. */
static uint64_t scale_fraction(struct text fraction, uint64_t factor) {
    uint64_t digits = 0, scale = 1;
    for (size_t i = 0; i < fraction.length && i < 18; i++) {
        digits = digits * 10 + (uint64_t)(fraction.bytes[i] - '0');
        scale *= 10;
    }
    /* The product is under 2^107, the result under `factor`. */
    return (uint64_t)(((unsigned __int128)digits * factor + scale / 2) / scale);
}

static bool read_quantity(struct reader *reader, const struct unit *units, int64_t *total) {
    uint64_t whole;
    struct text fraction;
    if (!read_number(reader, &whole, &fraction)) return false;
    uint64_t factor = read_unit(reader, units), amount;
    if (factor == 0 || __builtin_mul_overflow(whole, factor, &amount)) return false;
    if (__builtin_add_overflow(amount, scale_fraction(fraction, factor), &amount)) return false;
    return !__builtin_add_overflow(*total, amount, total);
}

bool duration_parse(struct text text, int64_t *nanoseconds) {
    struct reader reader = { text.bytes, text.bytes + text.length };
    int64_t total = 0;
    do {
        if (!read_quantity(&reader, time_units, &total)) return false;
    } while (reader.at < reader.end);
    *nanoseconds = total;
    return true;
}

bool size_parse(struct text text, int64_t *bytes) {
    struct reader reader = { text.bytes, text.bytes + text.length };
    int64_t total = 0;
    if (!read_quantity(&reader, size_units, &total) || reader.at < reader.end) return false;
    *bytes = total;
    return true;
}

void wall_print(struct buffer *out, int64_t nanoseconds_since_1970) {
    int64_t seconds = nanoseconds_since_1970 / SECOND, rest = nanoseconds_since_1970 % SECOND;
    if (rest < 0) {
        rest += SECOND;
        seconds--;
    }
    time_t time = (time_t)seconds;
    struct tm parts;
    gmtime_r(&time, &parts); /* 64-bit nanoseconds reach the years 1677 to 2262: it cannot fail */
    buffer_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                  parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(rest / MILLISECOND));
}
