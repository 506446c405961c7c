#include "story.h"

#include <stdlib.h>
#include <string.h>

const struct trace *story(struct story *story, const char *text, int64_t gap) {
    memset(story, 0, sizeof *story);
    size_t count = 0;
    for (char *at = (char *)text; *at; count++) {
        story->start[count] = strtoll(at, &at, 10);
        story->end[count] = strtoll(at + 1, &at, 10);
        story->truth[count] = *at == 'T'   ? TRUTH_TRUE
                              : *at == 'F' ? TRUTH_FALSE
                              : *at == 'E' ? TRUTH_ERROR
                                           : TRUTH_NO_DATA;
        at++;
        while (*at == ' ') at++;
    }
    story->trace = (struct trace){ .start = story->start,
                                   .end = story->end,
                                   .truth = story->truth,
                                   .count = count,
                                   .events = gap<0, .observer = gap == OBSERVED, .gap_limit = gap> 0 ? gap : 0,
                                   .alive_to = TIME_END };
    trace_prepare(&story->trace);
    return &story->trace;
}

const char *shown(struct finding finding) {
    static const char *const reasons[] = { [REASON_UNREACHED] = "unreached", [REASON_CUT] = "cut",
                                           [REASON_SHORT] = "short",         [REASON_NO_SAMPLES] = "no samples",
                                           [REASON_NO_DATA] = "no data",     [REASON_GAP] = "gap",
                                           [REASON_STALLED] = "stalled",     [REASON_ALREADY_TRUE] = "already true",
                                           [REASON_VACUOUS] = "vacuous",     [REASON_IDLE_FAULT] = "idle fault",
                                           [REASON_STARVED] = "starved" };
    switch (finding.state) {
    case STATE_FAIL: return "fail";
    case STATE_PASS: return "pass";
    case STATE_HOLDING: return "holding";
    case STATE_PENDING: return "pending";
    case STATE_INCONCLUSIVE: return reasons[finding.reason];
    }
    return "";
}
