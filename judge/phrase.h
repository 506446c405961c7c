/* Numbers, times and elements as the lines of an explanation write them. */
#ifndef AOT_JUDGE_PHRASE_H
#define AOT_JUDGE_PHRASE_H
#include "judge/claim.h"

void phrase_count(struct buffer *out, size_t count, const char *one, const char *many); /* "1,514 events" */
void phrase_length(struct buffer *out, int64_t nanoseconds);                            /* "560 ms" */
/* "run +18.240s   migrate +3.117s" */
void phrase_time(struct buffer *out, const struct judgement *judgement, int64_t time);
/* A line "first   sample 912   run +18.240s   migrate +3.117s   412ms", with a newline before it. */
void phrase_element(struct buffer *out, const struct judgement *judgement, const char *label, const struct trace *trace,
                    size_t element);
/* "   412ms": what the first operand was then; nothing if that is not known. */
void phrase_operand(struct buffer *out, const struct judgement *judgement, const struct trace *trace, size_t element);
const char *phrase_unit(const struct trace *trace, bool many); /* sample, samples, event, events */
int64_t phrase_interval(const struct judgement *judgement, const struct trace *trace); /* 0: none */
#endif
