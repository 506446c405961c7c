/* Rules on the command line against the rules that assertions carry. */
#include "cli/rule_filter.h"

#include "base/memory.h"

/* R3 stands for R3.1, R3.2 … */
static bool is_rule(struct text rule, struct text wanted) {
    return text_equal(rule, wanted) || (wanted.length && text_starts(rule, wanted) && rule.length > wanted.length &&
                                        rule.bytes[wanted.length] == '.');
}

static bool carries(const struct program *program, const struct assertion *assertion, struct text rules) {
    while (rules.length) {
        size_t comma = text_find(rules, TEXT(","));
        struct text wanted = text_trim(text_slice(rules, 0, comma));
        for (uint32_t k = 0; k < assertion->rule_count; k++)
            if (is_rule(program->rule_names[assertion->first_rule + k], wanted)) return true;
        rules = comma == SIZE_MAX ? TEXT_NONE : text_slice(rules, comma + 1, SIZE_MAX);
    }
    return false;
}

bool *rule_filter_make(const struct program *program, struct text rules, bool *any) {
    bool *passed_over = memory_allocate((program->assertion_count + 1) * sizeof *passed_over);
    *any = false;
    for (uint32_t i = 0; i < program->assertion_count; i++) {
        const struct assertion *assertion = &program->assertions[i];
        passed_over[i] = !assertion->is_assume && !carries(program, assertion, rules);
        *any |= !assertion->is_assume && !passed_over[i];
    }
    return passed_over;
}
