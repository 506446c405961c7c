/* Inside vm/ only: the pace of a load: when its bodies start, on the run that it is given (the recipe's own, or a
 * worker's). Every pass of the body that comes to its end is told to the sink, once. */
#ifndef AOT_VM_PACE_H
#define AOT_VM_PACE_H
#include "vm/run_state.h"

struct pace_plan {
    uint32_t unit;    /* the body */
    double rate;      /* bodies a second (open model); 0: workers */
    uint64_t workers; /* how many repeat the body (closed model) */
    int64_t start;
    int64_t until; /* when arrivals end by themselves; INT64_MAX: with the run */
};
/* What became of the arrivals. scheduled = sent + dropped; late = late_full + late_busy. */
struct pace_count {
    uint64_t scheduled; /* due before it stopped; of the closed model the same as sent */
    uint64_t sent;      /* bodies that were started */
    uint64_t dropped;   /* due and never sent: there was no room until the end */
    uint64_t late_full; /* sent over 10 ms late because as many as may be were under way: the service was slow */
    uint64_t late_busy; /* sent over 10 ms late although fewer were: this machine was slow, or the sink full */
    uint64_t held;      /* passes of workers that had to wait until the sink had room: this machine was slow */
    int64_t held_for;   /* how long some worker waited for that, in ns */
    uint64_t most;      /* bodies under way at once */
    uint64_t left_out;  /* failures that the record does not list, as there were too many; of a load's thread */
    uint64_t resent;    /* requests sent once more, because their kept connection was closed */
};
struct pace_sink {
    void *data;
    /* `intended` is INT64_MIN in the closed model; the value is borrowed. */
    void (*event)(void *data, int64_t start, int64_t end, int64_t intended, struct value value);
    /* It was stopped, or its time is over; bodies may be under way. Then: the last of those has ended. */
    void (*stopped)(void *data);
    void (*over)(void *data);
    bool (*full)(void *data); /* events are not taken as quickly as they come: nothing more may be sent; may be NULL */
};
struct pace;
/* Takes the captures over: as many as the unit has parameters. */
struct pace *pace_new(struct run *run, const struct pace_plan *plan, struct value *captures, struct pace_sink sink);
void pace_begin(struct pace *pace);
void pace_stop(struct pace *pace, int64_t at); /* nothing new is sent; idempotent */
/* What is under way is cancelled; `tell`: an event with an error for each, nothing otherwise. */
void pace_cancel(struct pace *pace, bool tell);
bool pace_is_over(const struct pace *pace);
int64_t pace_stopped_at(const struct pace *pace); /* INT64_MAX while it goes on */
bool pace_is_starved(const struct pace *pace);    /* it reached under 95% of its rate */
struct pace_count pace_count(const struct pace *pace);
void pace_free(struct pace *pace); /* nothing may be under way */
#endif
