/* The sentence that every report of a narrowed run has: a pass of a part must not be read as a pass of all. */
#include "cli/narrowing.h"

static void add(struct buffer *out, const char *option, const char *value) {
    if (out->length) buffer_append_string(out, ", ");
    buffer_printf(out, "--%s %s", option, value);
}

void narrowing_describe(const struct course *course, size_t total, struct buffer *out) {
    static const char *const options[] = { "tag", "rule", "cell", "rerun" };
    const struct shard *shard = &course->choice.shard;
    const char *value;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        for (size_t k = 0; (value = option_value_at(course->options, options[i], k)); k++) add(out, options[i], value);
    if (shard->count) {
        struct buffer part = { 0 };
        buffer_printf(&part, "%zu/%zu", shard->index + 1, shard->count);
        add(out, "shard", part.bytes);
        buffer_done(&part);
    }
    if (course->selected == total) return;
    bool chosen = out->length > 0 || option_given(course->options, "matrix");
    buffer_printf(out, "%s%zu of %zu cells", chosen ? ": " : "without --matrix: ", course->selected, total);
}
