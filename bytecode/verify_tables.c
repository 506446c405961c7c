/* The verifier's first half: constants, types, units and claims refer only to what exists, and no chain is without
 * an end. */
#include "bytecode/verify.h"
#include "base/memory.h"

#define SHAPE_DEPTH_MAXIMUM 64
#define FORMULA_DEPTH_MAXIMUM 16

static bool check_span(struct verifier *v, struct span span, const char *what, uint32_t index) {
    struct source_set *sources = v->program->sources;
    if (!sources || span.source == UINT32_MAX) return true; /* SPAN_NONE */
    const struct source *source = source_set_get(sources, span.source);
    if (source && (uint64_t)span.start + span.length <= source->content.length) return true;
    return verify_fail(v, "%s %u: its place lies outside the sources", what, index);
}

static bool check_present(struct verifier *v) {
    const struct program *p = v->program;
    const struct {
        const char *name;
        uint32_t count;
        const void *items;
    } tables[] = {
        { "code", p->code_count, p->code },
        { "spans", p->code_count, p->spans },
        { "constants", p->constant_count, p->constants },
        { "shapes", p->shape_count, p->shapes },
        { "shape fields", p->shape_field_count, p->shape_fields },
        { "units", p->unit_count, p->units },
        { "globals", p->global_count, p->globals },
        { "inputs", p->input_count, p->inputs },
        { "axes", p->axis_count, p->axes },
        { "exclusions", p->exclusion_count, p->exclusions },
        { "inclusions", p->inclusion_count, p->inclusions },
        { "phases", p->phase_count, p->phases },
        { "services", p->service_count, p->services },
        { "formulas", p->formula_count, p->formulas },
        { "sites", p->site_count, p->sites },
        { "claims", p->claim_count, p->claims },
        { "assertions", p->assertion_count, p->assertions },
        { "rule names", p->rule_name_count, p->rule_names },
        { "rules", p->rule_count, p->rules },
        { "tags", p->tag_count, p->tags },
        { "needs", p->need_count, p->needs },
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].count > 0 && !tables[i].items) return verify_fail(v, "%s: counted but absent", tables[i].name);
    return true;
}

static bool check_constants(struct verifier *v) {
    const struct program *p = v->program;
    v->key_counts = memory_allocate((p->constant_count + (size_t)1) * sizeof *v->key_counts);
    for (uint32_t i = 0; i < p->constant_count; i++) {
        const struct constant *constant = &p->constants[i];
        if ((unsigned)constant->kind > CONSTANT_KEYS) return verify_fail(v, "constant %u: no such kind", i);
        if (constant_is_text(constant->kind) && constant->text.length > 0 && !constant->text.bytes)
            return verify_fail(v, "constant %u: its text is absent", i);
        if (constant->kind != CONSTANT_KEYS) continue;
        if (constant->text.length > 0 && constant->text.bytes[constant->text.length - 1] != '\0')
            return verify_fail(v, "constant %u: its last key has no end", i);
        v->key_counts[i] = keys_count(constant->text);
    }
    return true;
}

/* A shape may refer only to those before it, so there is no circle; their depth is bounded for those who recurse. */
static bool check_shape(struct verifier *v, uint32_t index, uint8_t *depths) {
    const struct program *p = v->program;
    const struct shape *shape = &p->shapes[index];
    uint8_t depth = 0;
    switch (shape->kind) {
    case SHAPE_LIST:
    case SHAPE_MAP:
    case SHAPE_OPTIONAL:
    case SHAPE_STREAM:
        if (shape->element >= index) return verify_fail(v, "shape %u: its element does not stand before it", index);
        depth = depths[shape->element];
        break;
    case SHAPE_RECORD:
        if ((uint64_t)shape->first_field + shape->field_count > p->shape_field_count)
            return verify_fail(v, "shape %u: its fields are not all there", index);
        for (uint32_t i = 0; i < shape->field_count; i++) {
            uint32_t field = p->shape_fields[shape->first_field + i].shape;
            if (field >= index) return verify_fail(v, "shape %u: a field's type does not stand before it", index);
            if (depths[field] > depth) depth = depths[field];
        }
        break;
    case SHAPE_ANY:
    case SHAPE_BOOL:
    case SHAPE_INTEGER:
    case SHAPE_NUMBER:
    case SHAPE_DURATION:
    case SHAPE_SIZE:
    case SHAPE_RATE:
    case SHAPE_BANDWIDTH:
    case SHAPE_RATIO:
    case SHAPE_INSTANT:
    case SHAPE_VERSION:
    case SHAPE_STRING:
    case SHAPE_BYTES:
    case SHAPE_REGEX:
    case SHAPE_URL:
    case SHAPE_PATH:
    case SHAPE_LABEL:
    case SHAPE_JSON:
    case SHAPE_HANDLE: break;
    default: return verify_fail(v, "shape %u: no such kind", index);
    }
    depths[index] = (uint8_t)(depth + 1);
    return depth < SHAPE_DEPTH_MAXIMUM ? true : verify_fail(v, "shape %u: nested too deeply", index);
}

static bool check_shapes(struct verifier *v) {
    const struct program *p = v->program;
    uint8_t *depths = memory_allocate(p->shape_count + (size_t)1);
    bool good = true;
    uint64_t fields = 0; /* each field belongs to one shape, so the pass is linear */
    for (uint32_t i = 0; good && i < p->shape_count; i++) {
        if (p->shapes[i].kind == SHAPE_RECORD) fields += p->shapes[i].field_count;
        good = fields <= p->shape_field_count ? check_shape(v, i, depths)
                                              : verify_fail(v, "shape %u: more fields than there are", i);
    }
    memory_release(depths);
    return good;
}

static bool check_unit(struct verifier *v, uint32_t index, bool *taken) {
    const struct program *p = v->program;
    const struct unit *unit = &p->units[index];
    if ((unsigned)unit->kind > UNIT_SERVICE) return verify_fail(v, "unit %u: no such kind", index);
    if (unit->length == 0) return verify_fail(v, "unit %u: it has no code", index);
    if ((uint64_t)unit->entry + unit->length > p->code_count)
        return verify_fail(v, "unit %u: its code lies outside the program's", index);
    if (unit->parameter_count > unit->register_count)
        return verify_fail(v, "unit %u: more parameters than registers", index);
    for (uint32_t i = 0; i < unit->length; i++) {
        if (taken[unit->entry + i]) return verify_fail(v, "unit %u: its code is another's too", index);
        taken[unit->entry + i] = true;
    }
    return check_span(v, unit->span, "unit", index);
}

static bool check_units(struct verifier *v) {
    const struct program *p = v->program;
    bool *taken = memory_allocate((p->code_count + (size_t)1) * sizeof *taken);
    bool good = true;
    for (uint32_t i = 0; good && i < p->unit_count; i++) good = check_unit(v, i, taken);
    memory_release(taken);
    for (uint32_t i = 0; good && i < p->code_count; i++) good = check_span(v, p->spans[i], "instruction", i);
    return good;
}

/* A unit that the run itself starts: of its kind, and without parameters. */
static bool check_role(struct verifier *v, const char *role, uint32_t index, enum unit_kind kind, bool optional) {
    const struct program *p = v->program;
    if (index == UINT32_MAX && optional) return true;
    if (index >= p->unit_count) return verify_fail(v, "%s: there is no unit %u", role, index);
    if (p->units[index].kind != kind)
        return verify_fail(v, "%s: unit %u is a unit of kind %s", role, index, unit_kind_name(p->units[index].kind));
    if (p->units[index].parameter_count != 0) return verify_fail(v, "%s: unit %u wants parameters", role, index);
    return true;
}

static bool check_roles(struct verifier *v) {
    const struct program *p = v->program;
    if (!check_role(v, "limit", p->limit_unit, UNIT_LIMIT, true)) return false;
    if (!check_role(v, "inputs", p->inputs_unit, UNIT_INPUTS, true)) return false;
    if (!check_role(v, "world", p->world_unit, UNIT_WORLD, true)) return false;
    if (!check_role(v, "setup", p->setup_unit, UNIT_SETUP, true)) return false;
    if (!check_role(v, "run", p->run_unit, UNIT_RUN, true)) return false;
    if (!check_role(v, "teardown", p->teardown_unit, UNIT_TEARDOWN, true)) return false;
    for (uint32_t i = 0; i < p->exclusion_count; i++)
        if (!check_role(v, "exclude", p->exclusions[i].unit, UNIT_EXCLUDE, false)) return false;
    for (uint32_t i = 0; i < p->inclusion_count; i++)
        if (!check_role(v, "include", p->inclusions[i].unit, UNIT_INCLUDE, false)) return false;
    for (uint32_t i = 0; i < p->axis_count; i++)
        if (!check_role(v, "axis", p->axes[i].unit, UNIT_AXIS, false)) return false;
    for (uint32_t i = 0; i < p->assertion_count; i++)
        if (!check_role(v, "assertion", p->assertions[i].unit, UNIT_ASSERT, false)) return false;
    return (unsigned)p->cover.kind <= COVER_PAIRWISE ? true : verify_fail(v, "cover: no such kind");
}

static bool check_global_is(struct verifier *v, const char *what, uint32_t index, uint32_t global,
                            enum global_kind kind) {
    const struct program *p = v->program;
    if (global >= p->global_count) return verify_fail(v, "%s %u: there is no global %u", what, index, global);
    if (p->globals[global].kind == kind) return true;
    return verify_fail(v, "%s %u: global %u is of kind %s", what, index, global,
                       global_kind_name(p->globals[global].kind));
}

static bool check_globals(struct verifier *v) {
    const struct program *p = v->program;
    for (uint32_t i = 0; i < p->global_count; i++) {
        if ((unsigned)p->globals[i].kind > GLOBAL_TASK) return verify_fail(v, "global %u: no such kind", i);
        if (p->globals[i].shape >= p->shape_count) return verify_fail(v, "global %u: it has no type", i);
        if (!check_span(v, p->globals[i].span, "global", i)) return false;
    }
    for (uint32_t i = 0; i < p->input_count; i++) {
        const struct input *input = &p->inputs[i];
        if (!check_global_is(v, "input", i, input->global, input->is_secret ? GLOBAL_SECRET : GLOBAL_INPUT))
            return false;
        if (input->shape >= p->shape_count) return verify_fail(v, "input %u: it has no type", i);
        if (!check_span(v, input->span, "input", i)) return false;
    }
    for (uint32_t i = 0; i < p->axis_count; i++)
        if (!check_global_is(v, "axis", i, p->axes[i].global, GLOBAL_AXIS)) return false;
    for (uint32_t i = 0; i < p->phase_count; i++) {
        const struct phase_entry *phase = &p->phases[i];
        if (!check_global_is(v, "phase", i, phase->global, GLOBAL_PHASE)) return false;
        if (phase->outer != UINT32_MAX && phase->outer >= i)
            return verify_fail(v, "phase %u: its outer one does not stand before it", i);
    }
    return true;
}

/* One of a template's units: a service's own, of the right kind and with the same parameters, self being one of
 * them. */
static bool check_service_unit(struct verifier *v, uint32_t service, uint32_t index, enum unit_kind kind,
                               bool optional) {
    const struct program *p = v->program;
    if (index == UINT32_MAX && optional) return true;
    if (index >= p->unit_count || p->units[index].kind != kind)
        return verify_fail(v, "service %u: unit %u is none of it", service, index);
    if (p->units[index].parameter_count == 0) return verify_fail(v, "service %u: unit %u has no self", service, index);
    if (p->units[index].parameter_count == p->units[p->services[service].unit].parameter_count) return true;
    return verify_fail(v, "service %u: unit %u has other parameters", service, index);
}

static bool check_services(struct verifier *v) {
    const struct program *p = v->program;
    for (uint32_t i = 0; i < p->service_count; i++) {
        if (p->services[i].unit >= p->unit_count) return verify_fail(v, "service %u: it has no unit", i);
        if (!check_service_unit(v, i, p->services[i].unit, UNIT_SERVICE, false)) return false;
        if (!check_service_unit(v, i, p->services[i].ready_unit, UNIT_FUNCTION, true)) return false;
        if (!check_service_unit(v, i, p->services[i].version_unit, UNIT_FUNCTION, true)) return false;
        uint32_t parameters = p->units[p->services[i].unit].parameter_count - 1u;
        if (p->services[i].app != UINT32_MAX && p->services[i].app >= parameters)
            return verify_fail(v, "service %u: it has no parameter %u", i, p->services[i].app);
    }
    return true;
}

static bool formula_shape_is_right(const struct formula *formula) {
    bool has_body = formula->body != NO_FORMULA, has_condition = formula->condition != NO_REGISTER;
    switch (formula->kind) {
    case FORMULA_PLAIN: return !has_body && has_condition;
    case FORMULA_UNTIL: return !has_body && has_condition && formula->ending != NO_REGISTER;
    case FORMULA_WHENEVER: return has_body && has_condition;
    case FORMULA_ALWAYS:
    case FORMULA_NEVER:
    case FORMULA_EVENTUALLY:
    case FORMULA_SETTLES: return has_body;
    default: return false;
    }
}

static bool formula_registers_fit(const struct formula *f, uint16_t count) {
    const uint16_t registers[] = { f->condition, f->ending, f->within, f->within_of, f->hold,
                                   f->during,    f->from,   f->to,     f->before,    f->every };
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++)
        if (registers[i] != NO_REGISTER && registers[i] >= count) return false;
    return true;
}

/* The formulas of a claim are a short chain, each the body of the one before. */
static bool check_formulas(struct verifier *v, uint32_t claim, uint16_t register_count) {
    const struct program *p = v->program;
    uint32_t index = p->claims[claim].formula;
    for (int depth = 0; index != NO_FORMULA; depth++) {
        if (index >= p->formula_count) return verify_fail(v, "claim %u: there is no formula %u", claim, index);
        if (depth == FORMULA_DEPTH_MAXIMUM)
            return verify_fail(v, "claim %u: its formulas are nested too deeply", claim);
        const struct formula *formula = &p->formulas[index];
        if (!formula_shape_is_right(formula)) return verify_fail(v, "formula %u: its parts do not fit its kind", index);
        if (!formula_registers_fit(formula, register_count))
            return verify_fail(v, "formula %u: a register is outside the unit of claim %u", index, claim);
        if (!check_span(v, formula->span, "formula", index)) return false;
        index = formula->body;
    }
    return true;
}

static bool check_claim(struct verifier *v, uint32_t index, uint64_t *sites) {
    const struct program *p = v->program;
    const struct claim *claim = &p->claims[index];
    if (claim->site_count > 0 && claim->first_site < *sites)
        return verify_fail(v, "claim %u: its sites are another's too", index);
    if ((uint64_t)claim->first_site + claim->site_count > p->site_count)
        return verify_fail(v, "claim %u: its sites are not all there", index);
    if (claim->site_count > 0) *sites = (uint64_t)claim->first_site + claim->site_count;
    for (uint32_t i = 0; i < claim->site_count; i++) {
        const struct site *site = &p->sites[claim->first_site + i];
        if (v->claim_tops[index] <= site->register_index) v->claim_tops[index] = site->register_index + (uint32_t)1;
        if (!check_span(v, site->span, "site", claim->first_site + i)) return false;
    }
    if (!check_span(v, claim->span, "claim", index)) return false;
    if (claim->assertion == UINT32_MAX)
        return claim->formula == NO_FORMULA ? true : verify_fail(v, "claim %u: it belongs to no assertion", index);
    if (claim->assertion >= p->assertion_count)
        return verify_fail(v, "claim %u: there is no assertion %u", index, claim->assertion);
    uint16_t register_count = p->units[p->assertions[claim->assertion].unit].register_count;
    if (v->claim_tops[index] > register_count)
        return verify_fail(v, "claim %u: a site's register is outside its unit", index);
    bool plain = claim->formula < p->formula_count && p->formulas[claim->formula].kind == FORMULA_PLAIN;
    if (claim->result >= register_count && (plain || claim->result != NO_REGISTER))
        return verify_fail(v, "claim %u: its result is outside its unit", index);
    return check_formulas(v, index, register_count);
}

static bool check_claims(struct verifier *v) {
    const struct program *p = v->program;
    for (uint32_t i = 0; i < p->assertion_count; i++) {
        const struct assertion *assertion = &p->assertions[i];
        if ((uint64_t)assertion->first_rule + assertion->rule_count > p->rule_name_count)
            return verify_fail(v, "assertion %u: its rules are not all there", i);
        if (!check_span(v, assertion->span, "assertion", i)) return false;
    }
    v->claim_tops = memory_allocate((p->claim_count + (size_t)1) * sizeof *v->claim_tops);
    uint64_t sites = 0;
    for (uint32_t i = 0; i < p->claim_count; i++)
        if (!check_claim(v, i, &sites)) return false;
    return true;
}

bool verify_tables(struct verifier *verifier) {
    return check_present(verifier) && check_constants(verifier) && check_shapes(verifier) && check_units(verifier) &&
           check_roles(verifier) && check_globals(verifier) && check_services(verifier) && check_claims(verifier);
}
