/* The evidence of a verdict for machines: the numbers that the explanation speaks of. Times are nanoseconds since `run` began. */
#include "judge/explain.h"

#include "base/json.h"
#include "judge/phrase.h"
#include "judge/shown.h"
#include "judge/sites.h"

static void put_text(struct json_writer *writer, const char *key, struct text text) {
    json_key(writer, key);
    json_text(writer, text);
}

static void put_number(struct json_writer *writer, const char *key, int64_t number) {
    json_key(writer, key);
    json_integer(writer, number);
}

static void put_count(struct json_writer *writer, const char *key, size_t count) {
    put_number(writer, key, (int64_t)count);
}

static void put_operands(struct json_writer *writer, const struct judgement *judgement, const struct trace *trace,
                         size_t element) {
    const struct site *sites = judgement->world->program->sites + judgement->claim->first_site;
    json_key(writer, "operands");
    json_array_begin(writer);
    for (uint32_t i = 0; i < judgement->claim->site_count; i++) {
        struct value value;
        if (!site_is_shown(judgement, i) || !site_value(judgement, &sites[i], trace, element, &value)) continue;
        struct buffer name = { 0 }, text = { 0 };
        site_text(judgement, &sites[i], &name);
        shown_plain(judgement->world, value, &text);
        json_object_begin(writer);
        put_text(writer, "of", buffer_text(&name));
        put_text(writer, "value", buffer_text(&text));
        json_object_end(writer);
        buffer_done(&name);
        buffer_done(&text);
    }
    json_array_end(writer);
}

static void put_element(struct json_writer *writer, const struct judgement *judgement, const char *key,
                        const struct trace *trace, size_t element) {
    if (!trace || element == NO_ELEMENT) return;
    json_key(writer, key);
    json_object_begin(writer);
    put_count(writer, "number", element + 1);
    put_number(writer, "start", trace->start[element] - judgement->world->started);
    put_number(writer, "end", trace->end[element] - judgement->world->started);
    put_operands(writer, judgement, trace, element);
    json_object_end(writer);
}

static void put_scope(struct json_writer *writer, const struct judgement *judgement) {
    const struct extent *extent = &judgement->extent;
    if (extent->is_unreached) return;
    json_key(writer, "scope");
    json_object_begin(writer);
    put_text(writer, "name", extent->name.length ? extent->name : TEXT("run"));
    put_number(writer, "from", extent->scope.from - judgement->world->started);
    put_number(writer, "to", extent->scope.to - judgement->world->started);
    json_object_end(writer);
}

static void put_tally(struct json_writer *writer, const struct judgement *judgement, const struct tally *tally) {
    const struct trace *trace = tally->trace;
    const struct node *node = tally_node(judgement, trace);
    bool is_universal = node && (node->kind == NODE_ALWAYS || node->kind == NODE_NEVER || node->kind == NODE_UNTIL);
    put_count(writer, phrase_unit(trace, true), tally->elements);
    /* Where not every element must be true, one that is not is no violation. */
    put_count(writer, is_universal ? "violations" : "untrue", tally->violations);
    put_count(writer, "errors", tally->errors);
    if (is_universal) put_element(writer, judgement, "first", trace, tally->first);
    if (is_universal) put_element(writer, judgement, "worst", trace, tally->worst);
    put_element(writer, judgement, "decisive", trace, judgement->finding.element);
    put_element(writer, judgement, "latest", trace, tally->latest);
    int64_t interval = phrase_interval(judgement, trace);
    if (interval > 0) {
        put_number(writer, "interval", interval);
        put_number(writer, "largest_gap", tally->idle.to - tally->idle.from);
    }
    put_count(writer, "stalls", tally->stalls);
    if (judgement->root->kind == FORMULA_WHENEVER)
        put_count(writer, "triggers", formula_triggers(&judgement->nodes[0], judgement->extent.scope));
    if (judgement->finding.moment != judgement->extent.scope.from)
        put_number(writer, "moment", judgement->finding.moment - judgement->world->started);
}

void explain_evidence(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    struct json_writer writer = json_writer_on(out);
    json_object_begin(&writer);
    bool is_plain = judgement->root->kind == FORMULA_PLAIN;
    if (is_plain)
        put_operands(&writer, judgement, AT_NO_ELEMENT);
    else
        put_scope(&writer, judgement);
    if (tally->trace) put_tally(&writer, judgement, tally);
    if (judgement->problem.length) put_text(&writer, "message", judgement->problem);
    if (judgement->ruling.reason != REASON_NONE) {
        struct buffer reason = { 0 };
        explain_reason(judgement, &reason);
        put_text(&writer, "reason", buffer_text(&reason));
        buffer_done(&reason);
    }
    json_object_end(&writer);
}
