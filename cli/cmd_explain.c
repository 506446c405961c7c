/* aot explain: the long text of a diagnostic code. */
#include "base/diagnostic.h"
#include "base/suggest.h"
#include "cli/command.h"

#include <stdio.h>

static const struct option options_table[] = {
    { "list", 'l', NULL, "every code with its title" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static int list(void) {
    for (unsigned code = 0; code < DIAG_COUNT; code++) {
        const struct diagnostic_info *info = diagnostic_info((enum diagnostic_code)code);
        printf("%s  %-28s %s\n", info->code, info->slug, info->title);
    }
    return EXIT_STATUS_PASS;
}

static int explain(const struct options *options) {
    if (option_given(options, "list")) return list();
    if (options->operands.count != 1) {
        fputs("aot: explain wants one code: aot explain E460 (aot explain --list shows all)\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    struct text name = text_of(options->operands.items[0]);
    enum diagnostic_code code = diagnostic_find(name);
    if (code == DIAG_COUNT) {
        struct suggestion suggestion = suggestion_for(name);
        for (unsigned i = 0; i < DIAG_COUNT; i++) {
            suggestion_offer(&suggestion, text_of(diagnostic_info((enum diagnostic_code)i)->code));
            suggestion_offer(&suggestion, text_of(diagnostic_info((enum diagnostic_code)i)->slug));
        }
        fprintf(stderr, "aot: there is no code %s", options->operands.items[0]);
        if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
        fputs("; `aot explain --list` shows all\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    const struct diagnostic_info *info = diagnostic_info(code);
    printf("%s (%s): %s\n%s\n\n%s\n", info->code, info->slug, info->title,
           info->severity == SEVERITY_ERROR ? "error" : "warning", info->explanation);
    return EXIT_STATUS_PASS;
}

const struct command command_explain = {
    "explain", "CODE", "explain a code such as E460, with a bad and a good example", options_table, explain, NULL
};
