/* Versions as values: their order and their neighbours. N-3 goes by age, v1.4.2 by its numbers; between the two, the
 * tag of N-3 is looked at. What else a release is stands in release.c. */
#include "vm/version.h"

#include "vm/heap.h"
#include "vm/release.h"

#include <stdio.h>

static bool read_number(struct text text, size_t *at, int64_t *number) {
    size_t start = *at;
    int64_t result = 0;
    while (*at < text.length && text.bytes[*at] >= '0' && text.bytes[*at] <= '9') {
        if (result > (INT32_MAX - 9) / 10) return false;
        result = result * 10 + (text.bytes[(*at)++] - '0');
    }
    *number = result;
    return *at > start;
}

/* Reads "N" and "N-3". */
static bool version_age(struct text spelling, int64_t *age) {
    *age = 0;
    if (spelling.length == 0 || spelling.bytes[0] != 'N') return false;
    if (spelling.length == 1) return true;
    size_t at = 2;
    return spelling.bytes[1] == '-' && read_number(spelling, &at, age) && at == spelling.length;
}

/* Reads "v1.4.2": the next number behind `at`; false at its end or when it is none. */
static bool version_part(struct text spelling, size_t *at, int64_t *part) {
    if (*at >= spelling.length || spelling.bytes[*at] != (*at ? '.' : 'v')) return false;
    ++*at;
    return read_number(spelling, at, part);
}

static bool version_is_numbered(struct text spelling) {
    size_t at = 0, parts = 0;
    int64_t part;
    while (version_part(spelling, &at, &part)) parts++;
    return at == spelling.length && parts >= 2;
}

struct value value_version(struct heap *heap, struct text spelling) {
    int64_t age;
    if (version_age(spelling, &age) || version_is_numbered(spelling))
        return value_spelled(heap, VALUE_VERSION, spelling);
    return value_error(heap, "\"%.*s\" is no version: N, N-1 or v1.4", TEXT_ARGS(spelling));
}

bool version_is_aged(struct text spelling) {
    int64_t age;
    return version_age(spelling, &age);
}

void version_print(struct value version, struct buffer *out) {
    struct text spelling = value_text_of(version);
    struct text tag = version_is_aged(spelling) ? release_tag(version.object->heap, spelling) : TEXT_NONE;
    buffer_append(out, spelling);
    if (tag.length) buffer_printf(out, " (%.*s)", TEXT_ARGS(tag));
}

static int order_numbers(struct text left, struct text right) {
    size_t i = 0, j = 0;
    for (;;) {
        int64_t x = 0, y = 0; /* v1.4 and v1.4.0 are one release */
        bool more_left = version_part(left, &i, &x), more_right = version_part(right, &j, &y);
        int order = (x > y) - (x < y);
        if (order || (!more_left && !more_right)) return order;
    }
}

bool version_order(struct value a, struct value b, int *order) {
    struct text left = value_text_of(a), right = value_text_of(b);
    int64_t left_age, right_age;
    bool left_aged = version_age(left, &left_age), right_aged = version_age(right, &right_age);
    if (left_aged && right_aged) {
        *order = (left_age < right_age) - (left_age > right_age); /* the greater age is the older release */
        return true;
    }
    left = release_tag(a.object->heap, left);
    right = release_tag(b.object->heap, right);
    if (!version_is_numbered(left) || !version_is_numbered(right)) return false;
    *order = order_numbers(left, right);
    return true;
}

struct value version_incomparable(struct heap *heap, struct value a, struct value b) {
    struct text aged = value_text_of(version_is_aged(value_text_of(a)) ? a : b);
    struct text tag = release_tag(heap, aged);
    struct text left = value_text_of(a), right = value_text_of(b);
    if (!tag.length) {
        return value_error(heap, "%.*s does not compare with %.*s: nothing says what release %.*s is", TEXT_ARGS(left),
                           TEXT_ARGS(right), TEXT_ARGS(aged));
    }
    return value_error(heap, "%.*s does not compare with %.*s: the tag of %.*s, %.*s, is not written like v1.4",
                       TEXT_ARGS(left), TEXT_ARGS(right), TEXT_ARGS(aged), TEXT_ARGS(tag));
}

struct value version_older(struct heap *heap, struct value version, int64_t releases) {
    struct text spelling = value_text_of(version);
    int64_t age;
    if (!version_age(spelling, &age)) {
        return value_error(heap, "only N has releases before it that can be counted, not %.*s", TEXT_ARGS(spelling));
    }
    if (__builtin_add_overflow(age, releases, &age) || age < 0 || age > INT32_MAX) {
        return value_error(heap, "there is no release %.*s - %lld", TEXT_ARGS(spelling), (long long)releases);
    }
    char text[32];
    snprintf(text, sizeof text, age ? "N-%lld" : "N", (long long)age);
    return value_spelled(heap, VALUE_VERSION, text_of(text));
}
