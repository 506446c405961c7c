/* E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986): the greedy form, with the furthest points of
 * each round kept so that the way back can be read off them. */
#include "base/line_diff.h"

#include "base/memory.h"
#include "base/vector.h"

#include <string.h>

enum { MOST_ROUNDS = 2000, CONTEXT = 3 };

struct lines {
    struct VECTOR(struct text) list; /* each with its newline, if it has one */
};

/* One line that stays (both), goes (before) or comes (after). */
struct edit {
    char sign;
    struct text line;
};
struct edits {
    struct VECTOR(struct edit) list;
};

static void split(struct text text, struct lines *lines) {
    while (text.length) {
        const char *newline = memchr(text.bytes, '\n', text.length);
        size_t length = newline ? (size_t)(newline - text.bytes) + 1 : text.length;
        VECTOR_PUSH(&lines->list, text_slice(text, 0, length));
        text = text_slice(text, length, SIZE_MAX);
    }
}

/* What lies between the equal begin and the equal end of both. */
struct middle {
    const struct text *before, *after;
    ptrdiff_t before_count, after_count;
};

/* Round `d` knows diagonals -d … d; its row begins at d * d, d + 1 rounds take (d + 1)^2 places. */
static ptrdiff_t *row_of(ptrdiff_t *rows, ptrdiff_t round) {
    return rows + round * round + round;
}

static ptrdiff_t slide(const struct middle *middle, ptrdiff_t x, ptrdiff_t y) {
    while (x < middle->before_count && y < middle->after_count && text_equal(middle->before[x], middle->after[y]))
        x++, y++;
    return x;
}

/* Whether the round reaches diagonal `k` from above (a line comes) rather than from the left (one goes). */
static bool comes(const ptrdiff_t *last, ptrdiff_t round, ptrdiff_t k) {
    return k == -round || (k != round && last[k - 1] < last[k + 1]);
}

/* The number of edits, or -1 when there are too many. Fills `rows`. */
static ptrdiff_t search(const struct middle *middle, ptrdiff_t **rows, size_t *capacity) {
    for (ptrdiff_t round = 0; round <= MOST_ROUNDS; round++) {
        size_t needed = (size_t)((round + 1) * (round + 1));
        if (needed > *capacity) {
            *capacity = needed * 2;
            *rows = memory_resize(*rows, *capacity * sizeof **rows);
        }
        ptrdiff_t *row = row_of(*rows, round), *last = round ? row_of(*rows, round - 1) : NULL;
        for (ptrdiff_t k = -round; k <= round; k += 2) {
            ptrdiff_t x = 0;
            if (round) x = comes(last, round, k) ? last[k + 1] : last[k - 1] + 1;
            row[k] = x = slide(middle, x, x - k);
            if (x >= middle->before_count && x - k >= middle->after_count) return round;
        }
    }
    return -1;
}

static void add(struct edits *edits, char sign, struct text line) {
    VECTOR_PUSH(&edits->list, (struct edit){ sign, line });
}

static void reverse(struct edits *edits, size_t first) {
    for (size_t i = first, j = edits->list.count; i + 1 < j; i++) {
        struct edit edit = edits->list.items[i];
        edits->list.items[i] = edits->list.items[--j];
        edits->list.items[j] = edit;
    }
}

/* From the end back to the begin. */
static void read_back(const struct middle *middle, ptrdiff_t *rows, ptrdiff_t round, struct edits *edits) {
    size_t first = edits->list.count;
    ptrdiff_t x = middle->before_count, y = middle->after_count;
    for (; round > 0; round--) {
        const ptrdiff_t *last = row_of(rows, round - 1);
        ptrdiff_t k = x - y;
        bool is_coming = comes(last, round, k);
        ptrdiff_t from_x = is_coming ? last[k + 1] : last[k - 1], from_y = from_x - (is_coming ? k + 1 : k - 1);
        while (x > from_x + !is_coming && y > from_y + is_coming) add(edits, ' ', middle->before[--x]), y--;
        if (is_coming)
            add(edits, '+', middle->after[--y]);
        else
            add(edits, '-', middle->before[--x]);
    }
    while (x > 0) add(edits, ' ', middle->before[--x]);
    reverse(edits, first);
}

static void replace(const struct middle *middle, struct edits *edits) {
    for (ptrdiff_t i = 0; i < middle->before_count; i++) add(edits, '-', middle->before[i]);
    for (ptrdiff_t i = 0; i < middle->after_count; i++) add(edits, '+', middle->after[i]);
}

/* An empty list has no items to point at. */
static const struct text *items_from(const struct lines *lines, size_t first) {
    static const struct text nothing[1];
    return lines->list.items ? lines->list.items + first : nothing;
}

static void compare(const struct lines *before, const struct lines *after, struct edits *edits) {
    size_t head = 0, tail = 0, fewer = before->list.count < after->list.count ? before->list.count : after->list.count;
    while (head < fewer && text_equal(before->list.items[head], after->list.items[head])) head++;
    while (tail < fewer - head && text_equal(before->list.items[before->list.count - 1 - tail],
                                             after->list.items[after->list.count - 1 - tail]))
        tail++;
    for (size_t i = 0; i < head; i++) add(edits, ' ', before->list.items[i]);
    struct middle middle = { items_from(before, head), items_from(after, head),
                             (ptrdiff_t)(before->list.count - head - tail),
                             (ptrdiff_t)(after->list.count - head - tail) };
    ptrdiff_t *rows = NULL;
    size_t capacity = 0;
    ptrdiff_t rounds = search(&middle, &rows, &capacity);
    if (rounds < 0)
        replace(&middle, edits);
    else
        read_back(&middle, rows, rounds, edits);
    memory_release(rows);
    for (size_t i = before->list.count - tail; i < before->list.count; i++) add(edits, ' ', before->list.items[i]);
}

struct place {
    size_t before, after; /* lines so far */
};

static void print_range(struct buffer *out, char sign, size_t before, size_t count) {
    buffer_printf(out, " %c%zu", sign, count ? before + 1 : before);
    if (count != 1) buffer_printf(out, ",%zu", count);
}

static void step(struct place *place, char sign) {
    place->before += sign != '+';
    place->after += sign != '-';
}

static void print_part(const struct edits *edits, size_t start, size_t end, struct place *place, struct buffer *out) {
    struct place behind = *place;
    for (size_t i = start; i < end; i++) step(&behind, edits->list.items[i].sign);
    buffer_append_string(out, "@@");
    print_range(out, '-', place->before, behind.before - place->before);
    print_range(out, '+', place->after, behind.after - place->after);
    buffer_append_string(out, " @@\n");
    for (size_t i = start; i < end; i++) {
        struct edit edit = edits->list.items[i];
        buffer_append_byte(out, edit.sign);
        buffer_append(out, edit.line);
        if (!text_ends(edit.line, TEXT("\n"))) buffer_append_string(out, "\n\\ No newline at end of file\n");
    }
    *place = behind;
}

/* The first edit at or after `from` that changes something; the count when there is none. */
static size_t next_change(const struct edits *edits, size_t from) {
    while (from < edits->list.count && edits->list.items[from].sign == ' ') from++;
    return from;
}

static void print(const struct edits *edits, struct buffer *out) {
    struct place place = { 0 };
    size_t at = 0, change = next_change(edits, 0);
    while (change < edits->list.count) {
        size_t start = change - at > CONTEXT ? change - CONTEXT : at, end = change;
        for (size_t next = change; next < edits->list.count && next - end <= 2 * CONTEXT;
             next = next_change(edits, end))
            end = next + 1;
        change = next_change(edits, end);
        size_t limit = edits->list.count - end > CONTEXT ? end + CONTEXT : edits->list.count;
        for (; at < start; at++) step(&place, edits->list.items[at].sign);
        print_part(edits, start, limit, &place, out);
        at = limit;
    }
}

void line_diff_unified(struct text before, struct text after, const char *path, struct buffer *out) {
    if (text_equal(before, after)) return;
    struct lines old = { 0 }, new = { 0 };
    struct edits edits = { 0 };
    split(before, &old);
    split(after, &new);
    compare(&old, &new, &edits);
    buffer_printf(out, "--- %s\n+++ %s\n", path, path);
    print(&edits, out);
    VECTOR_DONE(&edits.list);
    VECTOR_DONE(&old.list);
    VECTOR_DONE(&new.list);
}
