/* Codes, beginnings of codes and slugs, with commas between. */
#include "cli/check_choice.h"

#include "base/suggest.h"

#include <stdio.h>

static bool is_meant(const struct diagnostic_info *info, struct text word) {
    return text_starts(text_of(info->code), word) || text_is(word, info->slug);
}

static bool complain(const char *option, struct text word, bool is_error) {
    if (is_error) {
        fprintf(stderr, "aot: --%s %.*s: that is an error; warnings alone can be chosen\n", option, TEXT_ARGS(word));
        return false;
    }
    struct suggestion suggestion = suggestion_for(word);
    for (int code = 0; code < DIAG_COUNT; code++) {
        suggestion_offer(&suggestion, text_of(diagnostic_info((enum diagnostic_code)code)->code));
        suggestion_offer(&suggestion, text_of(diagnostic_info((enum diagnostic_code)code)->slug));
    }
    fprintf(stderr, "aot: --%s %.*s: there is no such finding", option, TEXT_ARGS(word));
    if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
    fputs("; `aot docs diagnostics` lists them\n", stderr);
    return false;
}

static bool mark(struct check_choice *choice, const char *option, struct text word, bool chosen) {
    size_t warnings = 0, errors = 0;
    for (int code = 0; code < DIAG_COUNT && word.length; code++) {
        const struct diagnostic_info *info = diagnostic_info((enum diagnostic_code)code);
        if (!is_meant(info, word)) continue;
        bool is_warning = info->severity == SEVERITY_WARNING;
        warnings += is_warning;
        errors += !is_warning;
        if (is_warning) choice->is_chosen[code] = chosen;
    }
    return warnings || complain(option, word, errors > 0);
}

static bool read_lists(struct check_choice *choice, const struct options *options, const char *option, bool chosen) {
    const char *given;
    bool good = true;
    for (size_t i = 0; (given = option_value_at(options, option, i)); i++) {
        struct text rest = text_of(given);
        if (!text_trim(rest).length) {
            fprintf(stderr, "aot: --%s wants a list of codes, and this one is empty\n", option);
            return false;
        }
        while (rest.length && good) {
            size_t comma = text_find(rest, TEXT(","));
            good = mark(choice, option, text_trim(text_slice(rest, 0, comma)), chosen);
            rest = comma == SIZE_MAX ? TEXT_NONE : text_slice(rest, comma + 1, SIZE_MAX);
        }
    }
    return good;
}

bool check_choice_read(struct check_choice *choice, const struct options *options) {
    bool all = !option_given(options, "select");
    for (int code = 0; code < DIAG_COUNT; code++)
        choice->is_chosen[code] = all || diagnostic_info((enum diagnostic_code)code)->severity == SEVERITY_ERROR;
    return read_lists(choice, options, "select", true) && read_lists(choice, options, "ignore", false);
}

static bool keeps(enum diagnostic_code code, const void *data) {
    const struct check_choice *choice = data;
    return choice->is_chosen[code];
}

void check_choice_apply(const struct check_choice *choice, struct diagnostics *diagnostics) {
    diagnostics_keep(diagnostics, keeps, choice);
}
