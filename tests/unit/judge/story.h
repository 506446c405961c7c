/* Traces written as text, for tests: "1-2T 5-6F" are two elements with start, end and truth (T F E N), in milliseconds. */
#ifndef STORY_H
#define STORY_H
#include "judge/formula.h"

enum { STORY_MOST = 64 };
struct story {
    int64_t start[STORY_MOST], end[STORY_MOST];
    uint8_t truth[STORY_MOST];
    struct trace trace;
};
/* Samples with gaps over `gap` (0: no such rule), or events when `gap` is EVENTS. */
enum { EVENTS = -1, OBSERVED = -2 };
const struct trace *story(struct story *story, const char *text, int64_t gap);
/* "pass", "fail", "holding", "pending", or the reason of an inconclusive one. */
const char *shown(struct finding finding);
#endif
