/* What the elements of an aggregate have in common: the kind that its result gets, and how two of them compare. */
#ifndef AOT_STDLIB_STATS_MEASURE_H
#define AOT_STDLIB_STATS_MEASURE_H
#include "vm/value.h"

enum measure_kind {
    MEASURE_EMPTY,   /* no element that is a value */
    MEASURE_WHOLE,   /* int64: integer, duration, size, instant */
    MEASURE_NUMBER,  /* double, perhaps with integers among them */
    MEASURE_ORDERED, /* of one kind, with an order but no arithmetic: texts, versions */
    MEASURE_MIXED    /* of several kinds or dimensions: cannot be aggregated */
};
struct measure {
    enum measure_kind kind; /* how the elements are held */
    struct value sample;    /* an element (borrowed, no owner): the result's kind and dimension */
};
/* Of the elements that are neither errors nor no data. */
struct measure measure_of(const struct value *values, size_t count);
int measure_compare(const struct measure *measure, struct value a, struct value b);
double measure_number(struct value value); /* of a NUMBER measure's element */
/* Values of the measure's kind and dimension. `whole` must be known to fit, else an error value comes out. */
struct value measure_whole_value(struct heap *heap, const struct measure *measure, __int128 whole);
struct value measure_number_value(const struct measure *measure, double number);
#endif
