/* The listing's tables: what a program names (globals, axes, phases) and what it claims. */
#include "bytecode/disasm.h"
#include "base/json.h"

static void print_texts(struct listing *listing, const char *word, const struct text *texts, uint32_t count) {
    if (count == 0) return;
    buffer_printf(listing->out, "%s", word);
    for (uint32_t i = 0; i < count; i++) buffer_printf(listing->out, "%s%.*s", i ? ", " : " ", TEXT_ARGS(texts[i]));
    buffer_append_byte(listing->out, '\n');
}

static void print_header(struct listing *listing) {
    const struct program *p = listing->program;
    buffer_printf(listing->out, "recipe %.*s ", TEXT_ARGS(p->id));
    json_quote(listing->out, p->title);
    buffer_printf(listing->out, " of %.*s\n", TEXT_ARGS(p->path));
    print_texts(listing, "rules", p->rules, p->rule_count);
    print_texts(listing, "tags", p->tags, p->tag_count);
    print_texts(listing, "needs", p->needs, p->need_count);
    if (p->uses_load_or_watch) buffer_append_string(listing->out, "cells run alone\n");
}

static void print_globals(struct listing *listing) {
    const struct program *p = listing->program;
    for (uint32_t i = 0; i < p->global_count; i++) {
        buffer_printf(listing->out, "global %u %s %.*s: ", i, global_kind_name(p->globals[i].kind),
                      TEXT_ARGS(p->globals[i].name));
        listing_shape(listing, p->globals[i].shape);
        buffer_append_byte(listing->out, '\n');
    }
}

static void print_inputs(struct listing *listing) {
    const struct program *p = listing->program;
    for (uint32_t i = 0; i < p->input_count; i++) {
        const struct input *input = &p->inputs[i];
        buffer_printf(listing->out, "input %u %.*s = global %u%s%s", i, TEXT_ARGS(input->name), input->global,
                      input->has_default ? "" : ", no default", input->is_secret ? ", secret" : "");
        if (input->library_path.length > 0)
            buffer_printf(listing->out, " of %.*s as %.*s", TEXT_ARGS(input->library_path), TEXT_ARGS(input->alias));
        buffer_append_byte(listing->out, '\n');
    }
}

static void print_matrix(struct listing *listing) {
    const struct program *p = listing->program;
    for (uint32_t i = 0; i < p->axis_count; i++)
        buffer_printf(listing->out, "axis %u %.*s = global %u by unit %u\n", i, TEXT_ARGS(p->axes[i].name),
                      p->axes[i].global, p->axes[i].unit);
    for (uint32_t i = 0; i < p->exclusion_count; i++) {
        const struct exclusion *exclusion = &p->exclusions[i];
        buffer_printf(listing->out, "exclude %u by unit %u", i, exclusion->unit);
        if (exclusion->because.length > 0) buffer_printf(listing->out, " because %.*s", TEXT_ARGS(exclusion->because));
        if (exclusion->until.length > 0) buffer_printf(listing->out, " until %.*s", TEXT_ARGS(exclusion->until));
        buffer_append_byte(listing->out, '\n');
    }
    for (uint32_t i = 0; i < p->inclusion_count; i++)
        buffer_printf(listing->out, "include %u by unit %u\n", i, p->inclusions[i].unit);
    if (p->cover.kind == COVER_PAIRWISE || p->cover.has_minimum) {
        buffer_printf(listing->out, "cover %s", p->cover.kind == COVER_PAIRWISE ? "pairwise" : "all");
        double minimum = p->cover.minimum;
        if (p->cover.has_minimum)
            buffer_printf(listing->out, p->cover.minimum_is_ratio ? " min %g%%" : " min %g",
                          p->cover.minimum_is_ratio ? minimum * 100 : minimum);
        buffer_append_byte(listing->out, '\n');
    }
}

static void print_phases(struct listing *listing) {
    const struct program *p = listing->program;
    for (uint32_t i = 0; i < p->phase_count; i++) {
        const struct phase_entry *phase = &p->phases[i];
        buffer_printf(listing->out, "phase %u %.*s = global %u%s", i, TEXT_ARGS(phase->name), phase->global,
                      phase->has_fault ? ", with a fault" : "");
        if (phase->outer < p->phase_count)
            buffer_printf(listing->out, ", inside %.*s", TEXT_ARGS(p->phases[phase->outer].name));
        buffer_append_byte(listing->out, '\n');
    }
}

static void print_services(struct listing *listing) {
    const struct program *p = listing->program;
    for (uint32_t i = 0; i < p->service_count; i++) {
        const struct service *service = &p->services[i];
        buffer_printf(listing->out, "service %u %.*s by unit %u", i, TEXT_ARGS(service->name), service->unit);
        if (service->ready_unit != UINT32_MAX) buffer_printf(listing->out, ", ready by unit %u", service->ready_unit);
        if (service->version_unit != UINT32_MAX)
            buffer_printf(listing->out, ", version by unit %u", service->version_unit);
        if (service->app != UINT32_MAX) buffer_printf(listing->out, ", rolls parameter %u", service->app);
        buffer_append_byte(listing->out, '\n');
    }
}

void listing_tables(struct listing *listing) {
    print_header(listing);
    print_globals(listing);
    print_inputs(listing);
    print_matrix(listing);
    print_phases(listing);
    print_services(listing);
}

static void print_register(struct buffer *out, const char *word, uint16_t index) {
    if (index != NO_REGISTER) buffer_printf(out, " %s r%u", word, index);
}

static void print_formula(struct listing *listing, uint32_t index) {
    struct buffer *out = listing->out;
    for (int depth = 0; index < listing->program->formula_count && depth < 16; depth++) {
        const struct formula *f = &listing->program->formulas[index];
        buffer_printf(out, "    %s%s", f->live ? "live " : "", formula_kind_name(f->kind));
        print_register(out, "condition", f->condition);
        print_register(out, "ending", f->ending);
        print_register(out, "within", f->within);
        print_register(out, "of", f->within_of);
        print_register(out, "for", f->hold);
        print_register(out, "during", f->during);
        print_register(out, "from", f->from);
        print_register(out, "to", f->to);
        print_register(out, "before", f->before);
        print_register(out, "every", f->every);
        buffer_append_byte(out, '\n');
        index = f->body;
    }
}

static void print_site(struct listing *listing, const struct site *site) {
    struct source_set *sources = listing->program->sources;
    struct text text = sources ? span_text(sources, site->span) : TEXT_NONE;
    buffer_printf(listing->out, "    site r%u %s`%.*s`\n", site->register_index, site->is_literal ? "literal " : "",
                  TEXT_ARGS(text));
}

static void print_claim(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    const struct claim *claim = &p->claims[index];
    buffer_printf(listing->out, "  claim %u%s ", index, claim->live ? " live" : "");
    json_quote(listing->out, claim->text);
    if (claim->result != NO_REGISTER && claim->formula != NO_FORMULA)
        buffer_printf(listing->out, " = r%u", claim->result);
    buffer_append_byte(listing->out, '\n');
    print_formula(listing, claim->formula);
    if ((uint64_t)claim->first_site + claim->site_count > p->site_count) return;
    for (uint32_t i = 0; i < claim->site_count; i++) print_site(listing, &p->sites[claim->first_site + i]);
}

static void print_assertion(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    const struct assertion *assertion = &p->assertions[index];
    buffer_printf(listing->out, "\n%s %u by unit %u ", assertion->is_assume ? "assume" : "assert", index,
                  assertion->unit);
    json_quote(listing->out, assertion->title);
    if ((uint64_t)assertion->first_rule + assertion->rule_count <= p->rule_name_count) {
        for (uint32_t i = 0; i < assertion->rule_count; i++)
            buffer_printf(listing->out, "%s%.*s", i ? ", " : " rule ",
                          TEXT_ARGS(p->rule_names[assertion->first_rule + i]));
    }
    if (assertion->allow_empty) buffer_append_string(listing->out, " allow empty");
    if (assertion->because.length > 0) {
        buffer_append_string(listing->out, " because ");
        json_quote(listing->out, assertion->because);
    }
    buffer_append_byte(listing->out, '\n');
}

void listing_claims(struct listing *listing) {
    const struct program *p = listing->program;
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < p->claim_count; i++) {
        uint32_t assertion = p->claims[i].assertion;
        if (assertion == UINT32_MAX && (i == 0 || last != assertion))
            buffer_append_string(listing->out, "\nexpectations\n");
        if (assertion != last && assertion < p->assertion_count) print_assertion(listing, assertion);
        last = assertion;
        print_claim(listing, i);
    }
}
