/* The time words over plain traces: always, never, eventually, settles, until, and the value at a moment. Exact definitions:
 * docs/language.md 5. What is unknown (no data) is read both ways; where the readings differ the finding is inconclusive. */
#ifndef AOT_JUDGE_MONITOR_H
#define AOT_JUDGE_MONITOR_H
#include "judge/trace.h"

/* What a formula shows. The first four while the run goes on; in the end only pass, fail and inconclusive. */
enum state { STATE_FAIL, STATE_INCONCLUSIVE, STATE_PENDING, STATE_HOLDING, STATE_PASS };

/* Why nothing can be said. The order is the order in which they are looked for. */
enum reason {
    REASON_NONE,
    REASON_UNREACHED,    /* the scope's phase never began */
    REASON_CUT,          /* it was ended before its time */
    REASON_SHORT,        /* the scope ended inside a window */
    REASON_NO_SAMPLES,   /* nothing was looked at in the scope */
    REASON_NO_DATA,      /* a value that cannot be judged */
    REASON_GAP,          /* looked at too seldom */
    REASON_STALLED,      /* because aot itself was frozen */
    REASON_ALREADY_TRUE, /* before the scope, and never false since */
    REASON_VACUOUS,      /* `whenever` never triggered */
    REASON_IDLE_FAULT,   /* nothing met the fault */
    REASON_STARVED       /* the load did not reach its rate */
};

#define NO_ELEMENT SIZE_MAX
struct finding {
    enum state state;
    enum reason reason;         /* of INCONCLUSIVE */
    bool by_absence;            /* a FAIL because something never came: needs evidence like a pass */
    const struct trace *trace;  /* that it was read from; NULL: none */
    struct stretch window;      /* that was looked at */
    enum membership membership; /* of its elements */
    size_t element;             /* that decides: the first violation, the witness, what has no data; or NO_ELEMENT */
    struct idle gap;            /* of REASON_GAP and STALLED */
    int64_t moment; /* under `whenever` or a nested formula: what it is relative to; else the scope's start */
    size_t trigger; /* under `whenever`: index of the trigger's element; else NO_ELEMENT */
};

/* The time in which a formula is judged. */
struct scope {
    int64_t from, to;
    bool closed;                /* false: `to` is only how far we have come, or where it was cut */
    enum membership membership; /* of events; samples are always INSIDE */
};

struct finding monitor_always(const struct trace *trace, bool never, struct scope scope,
                              int64_t length); /* TIME_END: all of it */
/* `already`: look whether it was true before; only for an outermost one over a recording. */
struct finding monitor_eventually(const struct trace *trace, struct scope scope, int64_t within, bool already);
struct finding monitor_settles(const struct trace *trace, struct scope scope, int64_t within, int64_t hold);
struct finding monitor_until(const struct trace *holds, const struct trace *comes, struct scope scope, int64_t within);
/* The value at a moment: that of the latest completed element. */
struct finding monitor_at(const struct trace *trace, int64_t moment);
/* How an element counts: TRUTH_TRUE as it is, or turned around for `never`. */
enum truth truth_under(bool never, uint8_t truth);
#endif
