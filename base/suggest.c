/* "Did you mean", for every stage that looks up a name. Keeps the nearest candidate; owns nothing. */
#include "base/suggest.h"

#include <string.h>

enum { LONGEST_WORD = 128, MOST_EDITS = 3 };

struct suggestion suggestion_for(struct text wanted) {
    return (struct suggestion){ .wanted = wanted, .best = TEXT_NONE, .distance = SIZE_MAX };
}

static size_t smallest(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits (insert, delete, replace, swap two neighbours) between two words, each at most LONGEST_WORD + MOST_EDITS long. */
static size_t distance_between(struct text a, struct text b) {
    size_t rows[3][LONGEST_WORD + MOST_EDITS + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.length; j++) above[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.bytes[i - 1] == b.bytes[j - 1];
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
            bool swapped = i > 1 && j > 1 && a.bytes[i - 1] == b.bytes[j - 2] && a.bytes[i - 2] == b.bytes[j - 1];
            if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.length];
}

void suggestion_offer(struct suggestion *suggestion, struct text candidate) {
    struct text wanted = suggestion->wanted;
    if (wanted.length == 0 || wanted.length > LONGEST_WORD) return;
    size_t limit = wanted.length / 3;
    limit = limit < 1 ? 1 : limit > MOST_EDITS ? MOST_EDITS : limit;
    size_t longer = candidate.length > wanted.length ? candidate.length : wanted.length;
    if (longer - (candidate.length + wanted.length - longer) > limit) return;
    size_t distance = distance_between(wanted, candidate);
    /* Words that share no letter are not near, however short they are. */
    if (distance > limit || distance >= longer || distance >= suggestion->distance) return;
    suggestion->best = candidate;
    suggestion->distance = distance;
}
