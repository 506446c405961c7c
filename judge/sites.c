/* Sites: from spans in the source to columns of the canonical line, and from registers to values at an element's time. */
#include "judge/sites.h"

#include "judge/difference.h"
#include "judge/listing.h"
#include "judge/role.h"
#include "judge/shown.h"

#define LISTED 3 /* entries of a list of records that a report shows */

static const struct site *first_site(const struct judgement *judgement) {
    return judgement->world->program->sites + judgement->claim->first_site;
}

/* ---- values ---- */

/* What triggered, if `whenever` did; NULL otherwise. */
static const struct trace *trigger_of(const struct judgement *judgement) {
    if (judgement->finding.trigger == NO_ELEMENT) return NULL;
    for (size_t i = 0; i < judgement->node_count; i++)
        if (judgement->nodes[i].kind == NODE_WHENEVER) return judgement->nodes[i].condition;
    return NULL;
}

static bool shares_times(const struct series *series, const struct trace *trace) {
    return trace && series->timing->end == trace->end;
}

/* The element of another series at the completion of this one: the same, if they share their times; of samples the latest.
 * What belongs to a trigger is shown as it triggered. */
static bool element_of(const struct judgement *judgement, const struct site *site, const struct series *series,
                       const struct trace *trace, size_t element, size_t *index) {
    if (!trace || element >= trace->count) return false;
    const struct trace *trigger = trigger_of(judgement), *role = trigger ? role_of(judgement, site) : NULL;
    bool of_trigger = trigger && role == trigger && trigger != trace;
    *index = element;
    if (shares_times(series, trace) && !of_trigger) return element < series->timing->count;
    *index = judgement->finding.trigger;
    if (shares_times(series, trigger)) return *index < series->timing->count;
    if (series->kind == SERIES_EVENTS) return false;
    struct trace times = { .end = series->timing->end, .count = series->timing->count };
    size_t behind = trace_ended_after(&times, trace->end[element]);
    *index = behind - 1;
    return behind > 0;
}

bool site_value(const struct judgement *judgement, const struct site *site, const struct trace *trace, size_t element,
                struct value *value) {
    *value = judgement->registers[site->register_index];
    if (value->kind == VALUE_NO_DATA && text_is(value_text_of(*value), "not evaluated")) return false;
    if (value->kind != VALUE_SERIES && value->kind != VALUE_STREAM) {
        /* What was polled has left the last sample's values in the registers: they explain an earlier one only if that came to the
         * same, never as "expected 4 but was 4". */
        bool is_earlier = judgement->root->live && trace && element < trace->count &&
                          trace->truth[element] != trace->truth[trace->count - 1];
        return value->kind != VALUE_WINDOW && !is_earlier;
    }
    struct value owned = value_as_series(*value); /* a stream keeps the series that it made */
    size_t index;
    bool found = owned.kind == VALUE_SERIES && element_of(judgement, site, series_of(owned), trace, element, &index);
    if (found) *value = series_of(owned)->values[index];
    value_release(owned);
    return found;
}

/* Does a site go on with the trace's own elements? What does not change stands above an element's line already. */
static bool varies_with(const struct judgement *judgement, const struct site *site, const struct trace *trace) {
    struct value value = value_as_series(judgement->registers[site->register_index]);
    bool varies = value.kind == VALUE_SERIES && shares_times(series_of(value), trace);
    value_release(value);
    if (!varies) return false;
    const struct trace *role = role_of(judgement, site);
    return !role || role == trace;
}

/* ---- places ---- */

static struct text source_of(const struct judgement *judgement, struct span span) {
    return span_text(judgement->world->program->sources, span);
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static size_t skip_comment(struct text source, size_t offset) {
    while (offset < source.length && source.bytes[offset] != '\n') offset++;
    return offset;
}

/* Follows source and canonical line side by side up to an offset of the source: they differ in blanks and comments alone. */
static bool canonical_offset(struct text source, struct text line, size_t target, size_t *offset) {
    size_t at = 0, in_line = 0;
    while (at < target) {
        if (at >= source.length) return false;
        if (in_line < line.length && source.bytes[at] == line.bytes[in_line])
            at++, in_line++;
        else if (is_blank(source.bytes[at]))
            at++;
        else if (source.bytes[at] == '#')
            at = skip_comment(source, at);
        else if (in_line < line.length && line.bytes[in_line] == ' ')
            in_line++;
        else
            return false;
    }
    while (in_line < line.length && line.bytes[in_line] == ' ') in_line++;
    *offset = in_line;
    return true;
}

/* The column of a site in the claim's line; a site of elsewhere (in a function) stands at the beginning. */
static size_t column_of(const struct judgement *judgement, const struct site *site) {
    struct span whole = judgement->claim->span;
    size_t offset;
    bool is_inside = site->span.source == whole.source && site->span.start >= whole.start &&
                     site->span.start + site->span.length <= whole.start + whole.length;
    if (!is_inside) return 0;
    if (!canonical_offset(source_of(judgement, whole), judgement->claim->text, site->span.start - whole.start, &offset))
        return 0;
    return text_columns(text_slice(judgement->claim->text, 0, offset));
}

void site_text(const struct judgement *judgement, const struct site *site, struct buffer *out) {
    struct text text = source_of(judgement, site->span);
    bool blank = false;
    for (size_t i = 0; i < text.length; i++) {
        bool is_space = is_blank(text.bytes[i]);
        if (!is_space && blank) buffer_append_byte(out, ' ');
        if (!is_space) buffer_append_byte(out, text.bytes[i]);
        blank = is_space;
    }
}

/* What stands between two places of the source. */
static struct text between(const struct judgement *judgement, const struct site *left, const struct site *right) {
    uint32_t end = left->span.start + left->span.length;
    if (left->span.source != right->span.source || right->span.start < end) return TEXT_NONE;
    return text_trim(source_of(judgement, (struct span){ left->span.source, end, right->span.start - end }));
}

/* ---- printing ---- */

/* The claim's own value, beside operands that say more. */
static bool is_result(const struct judgement *judgement, uint32_t index) {
    const struct site *sites = first_site(judgement);
    uint16_t result = judgement->claim->result;
    if (result == NO_REGISTER || sites[index].register_index != result) return false;
    for (uint32_t i = 0; i < judgement->claim->site_count; i++)
        if (!sites[i].is_literal && sites[i].register_index != result) return true;
    return false;
}

/* A site that says something: not a constant, and not one that was shown already. */
bool site_is_shown(const struct judgement *judgement, uint32_t index) {
    const struct site *sites = first_site(judgement);
    if (sites[index].is_literal || is_result(judgement, index)) return false;
    for (uint32_t i = 0; i < index; i++) {
        bool same_place = sites[i].span.start == sites[index].span.start &&
                          sites[i].span.length == sites[index].span.length &&
                          sites[i].span.source == sites[index].span.source;
        if (same_place && !sites[i].is_literal) return false;
    }
    return true;
}

/* With every digit if another operand that is not the same would read alike: never `0.3 == 0.3` that fails. */
static void print_distinctly(const struct judgement *judgement, uint32_t index, struct value value,
                             const struct trace *trace, size_t element, struct buffer *out) {
    const struct site *sites = first_site(judgement);
    struct buffer text = { 0 };
    shown_print(judgement->world, value, &text);
    bool alike = false;
    for (uint32_t i = 0; i < judgement->claim->site_count && !alike; i++) {
        struct value other;
        if (i == index || !site_value(judgement, &sites[i], trace, element, &other)) continue;
        if (other.kind != value.kind || value_equal(other, value)) continue;
        struct buffer another = { 0 };
        shown_print(judgement->world, other, &another);
        alike = text_equal(buffer_text(&text), buffer_text(&another));
        buffer_done(&another);
    }
    if (alike)
        shown_exactly(judgement->world, value, out);
    else
        buffer_append(out, buffer_text(&text));
    buffer_done(&text);
}

void sites_print(const struct judgement *judgement, const struct trace *trace, size_t element, struct buffer *out) {
    const struct site *sites = first_site(judgement);
    for (uint32_t i = 0; i < judgement->claim->site_count; i++) {
        struct value value;
        if (!site_is_shown(judgement, i) || !site_value(judgement, &sites[i], trace, element, &value)) continue;
        buffer_append_byte(out, '\n');
        buffer_append_repeat(out, ' ', column_of(judgement, &sites[i]));
        site_text(judgement, &sites[i], out);
        if (listing_fits(value)) {
            buffer_printf(out, " holds %zu:", value_count(value));
            listing_print(value, 2, LISTED, out);
            continue;
        }
        buffer_append_string(out, " = ");
        print_distinctly(judgement, i, value, trace, element, out);
    }
}

void sites_values(const struct judgement *judgement, const struct trace *trace, size_t element, size_t limit,
                  struct buffer *out) {
    const struct site *sites = first_site(judgement);
    size_t shown = 0;
    for (uint32_t i = 0; i < judgement->claim->site_count && shown < limit; i++) {
        struct value value;
        if (trace && !judgement->root->live && !varies_with(judgement, &sites[i], trace)) continue;
        if (!site_is_shown(judgement, i) || !site_value(judgement, &sites[i], trace, element, &value)) continue;
        if (shown++) buffer_append_string(out, ", ");
        shown_print(judgement->world, value, out);
    }
}

static struct span end_of(struct span span) {
    return (struct span){ span.source, span.start + span.length, 0 };
}

/* The left side of a `??` that stands at another operand's beginning. */
static bool is_spared(const struct judgement *judgement, const struct site *site, const struct site *other) {
    struct span outer = other->span, start = { outer.source, outer.start, 0 };
    if (outer.source != site->span.source || outer.length <= site->span.length) return false;
    struct text ahead = between(judgement, &(struct site){ .span = start }, site);
    for (size_t i = 0; i < ahead.length; i++)
        if (ahead.bytes[i] != '(' && !is_blank(ahead.bytes[i])) return false;
    struct text behind_it = between(judgement, site, &(struct site){ .span = end_of(outer) });
    return site->span.start >= outer.start && text_starts(behind_it, TEXT("??"));
}

/* What a pass rests on need not be said of parts: of `a ?? b` only what it came to, and not the claim itself once more. */
static bool is_part(const struct judgement *judgement, uint32_t index) {
    const struct site *sites = first_site(judgement), *site = &sites[index];
    struct span whole = judgement->claim->span;
    if (site->span.source == whole.source && site->span.start == whole.start && site->span.length == whole.length)
        return true;
    for (uint32_t i = 0; i < judgement->claim->site_count; i++)
        if (is_spared(judgement, site, &sites[i])) return true;
    return false;
}

void sites_named(const struct judgement *judgement, size_t limit, struct buffer *out) {
    const struct site *sites = first_site(judgement);
    size_t shown = 0;
    for (uint32_t i = 0; i < judgement->claim->site_count && shown < limit; i++) {
        struct value value;
        if (!site_is_shown(judgement, i) || !site_value(judgement, &sites[i], AT_NO_ELEMENT, &value)) continue;
        if (value_is_bad(value) || is_part(judgement, i)) continue;
        if (shown++) buffer_append_string(out, ", ");
        site_text(judgement, &sites[i], out);
        buffer_append_string(out, " = ");
        shown_print(judgement->world, value, out);
    }
}

bool sites_say(const struct judgement *judgement, struct text message) {
    const struct site *sites = first_site(judgement);
    for (uint32_t i = 0; i < judgement->claim->site_count; i++) {
        struct value value;
        if (!site_is_shown(judgement, i) || !site_value(judgement, &sites[i], AT_NO_ELEMENT, &value)) continue;
        if (value_is_bad(value) && text_equal(value_text_of(value), message)) return true;
    }
    return false;
}

/* ---- comparisons ---- */

static bool has_parts(struct value value) {
    if (value.kind == VALUE_TEXT) return value_text_of(value).length > 0;
    return (value.kind == VALUE_LIST || value.kind == VALUE_RECORD) && value_count(value) > 0;
}

bool sites_difference(const struct judgement *judgement, const struct trace *trace, size_t element,
                      struct buffer *out) {
    const struct site *sites = first_site(judgement);
    for (uint32_t i = 0; i + 1 < judgement->claim->site_count; i++) {
        struct value left, right;
        if (!text_is(between(judgement, &sites[i], &sites[i + 1]), "==")) continue;
        if (!site_value(judgement, &sites[i], trace, element, &left) || !has_parts(left)) continue;
        if (!site_value(judgement, &sites[i + 1], trace, element, &right) || !has_parts(right)) continue;
        size_t length = out->length;
        if (difference_print(judgement->world, left, right, out)) return true;
        out->length = length;
    }
    return false;
}

static bool quantity_of(struct value value, double *quantity) {
    switch (value.kind) {
    case VALUE_INTEGER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_INSTANT: *quantity = (double)value.integer; return true;
    case VALUE_NUMBER:
    case VALUE_RATIO: *quantity = value.number; return true;
    default: return false;
    }
}

/* What stands directly behind a site, and before it, in its claim's source. */
static struct text behind(const struct judgement *judgement, const struct site *site) {
    struct span whole = judgement->claim->span;
    uint32_t end = site->span.start + site->span.length;
    if (site->span.source != whole.source || end > whole.start + whole.length) return TEXT_NONE;
    return text_trim(source_of(judgement, (struct span){ whole.source, end, whole.start + whole.length - end }));
}

static struct text before(const struct judgement *judgement, const struct site *site) {
    struct span whole = judgement->claim->span;
    if (site->span.source != whole.source || site->span.start < whole.start) return TEXT_NONE;
    return text_trim(source_of(judgement, (struct span){ whole.source, whole.start, site->span.start - whole.start }));
}

/* 1: the claim wants this operand small; -1: large; 0: it is no operand of an order. */
static int wanted_small(const struct judgement *judgement, const struct site *site) {
    struct text after = behind(judgement, site), ahead = before(judgement, site);
    if (text_starts(after, TEXT("<"))) return 1;
    if (text_starts(after, TEXT(">"))) return -1;
    if (text_ends(ahead, TEXT("<")) || text_ends(ahead, TEXT("<="))) return -1;
    if (text_ends(ahead, TEXT(">")) || text_ends(ahead, TEXT(">="))) return 1;
    return 0;
}

bool sites_excess(const struct judgement *judgement, const struct trace *trace, size_t element, bool never,
                  double *excess) {
    const struct site *sites = first_site(judgement);
    for (uint32_t i = 0; i < judgement->claim->site_count; i++) {
        struct value value = judgement->registers[sites[i].register_index], limit;
        if (!varies_with(judgement, &sites[i], trace)) continue;
        int small = wanted_small(judgement, &sites[i]);
        double quantity, bound = 0;
        if (small == 0 || !site_value(judgement, &sites[i], trace, element, &value) || !quantity_of(value, &quantity))
            continue;
        struct text after = behind(judgement, &sites[i]);
        bool is_left = text_starts(after, TEXT("<")) || text_starts(after, TEXT(">"));
        if (is_left && i + 1 < judgement->claim->site_count &&
            site_value(judgement, &sites[i + 1], trace, element, &limit))
            quantity_of(limit, &bound);
        *excess = (never ? -small : small) * (quantity - bound);
        return true;
    }
    return false;
}
