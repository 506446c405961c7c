/* Parsing of command-line options by table. Knows no command; prints to standard error what it cannot read. */
#include "cli/options.h"

#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

static const struct option *find_long(const struct option *table, struct text name) {
    for (const struct option *option = table; option->name; option++)
        if (text_is(name, option->name)) return option;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter) {
    for (const struct option *option = table; option->name; option++)
        if (option->letter == letter) return option;
    return NULL;
}

static bool unknown(const struct option *table, struct text written, struct text name) {
    struct suggestion suggestion = suggestion_for(name);
    for (const struct option *option = table; option->name; option++)
        suggestion_offer(&suggestion, text_of(option->name));
    fprintf(stderr, "aot: unknown option %.*s", TEXT_ARGS(written));
    if (suggestion.best.length) fprintf(stderr, "; did you mean --%.*s?", TEXT_ARGS(suggestion.best));
    fputc('\n', stderr);
    return false;
}

/* Takes the option at argv[*index]; its value may be the next argument. */
static bool take(struct options *options, int count, char **argv, int *index) {
    const char *word = argv[*index];
    struct text written = text_of(word);
    const struct option *option;
    const char *value = NULL;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        struct text name = { word + 2, equals ? (size_t)(equals - word) - 2 : written.length - 2 };
        option = find_long(options->table, name);
        if (!option) return unknown(options->table, written, name);
        if (equals) value = equals + 1;
    } else {
        option = find_letter(options->table, word[1]);
        if (!option || (word[2] && !option->value)) return unknown(options->table, written, text_of(word + 1));
        if (word[2]) value = word + 2;
    }
    if (value && !option->value) {
        fprintf(stderr, "aot: --%s takes no value\n", option->name);
        return false;
    }
    if (!value && option->value) {
        if (*index + 1 >= count) {
            fprintf(stderr, "aot: --%s wants a value: --%s %s\n", option->name, option->name, option->value);
            return false;
        }
        value = argv[++*index];
    }
    VECTOR_PUSH(&options->uses, (struct option_use){ option, value, false });
    return true;
}

bool options_parse(struct options *options, const struct option *table, int count, char **argv) {
    *options = (struct options){ .table = table };
    bool open = true;
    for (int i = 0; i < count; i++) {
        if (open && strcmp(argv[i], "--") == 0) {
            open = false;
        } else if (open && argv[i][0] == '-' && argv[i][1]) {
            if (!take(options, count, argv, &i)) {
                options_done(options);
                return false;
            }
        } else {
            VECTOR_PUSH(&options->operands, argv[i]);
        }
    }
    return true;
}

void options_begin(struct options *options, const struct option *table) {
    *options = (struct options){ .table = table };
}

void options_add(struct options *options, const char *name, const char *value, bool is_earlier) {
    const struct option *option = find_long(options->table, text_of(name));
    if (option) VECTOR_PUSH(&options->uses, (struct option_use){ option, value, is_earlier });
}

void options_add_all(struct options *options, const struct options *others) {
    for (size_t i = 0; i < others->uses.count; i++) VECTOR_PUSH(&options->uses, others->uses.items[i]);
    for (size_t i = 0; i < others->operands.count; i++) VECTOR_PUSH(&options->operands, others->operands.items[i]);
}

void options_done(struct options *options) {
    VECTOR_DONE(&options->uses);
    VECTOR_DONE(&options->operands);
}

bool option_given(const struct options *options, const char *name) {
    for (size_t i = 0; i < options->uses.count; i++)
        if (strcmp(options->uses.items[i].option->name, name) == 0) return true;
    return false;
}

const char *option_value(const struct options *options, const char *name) {
    for (size_t i = options->uses.count; i-- > 0;)
        if (strcmp(options->uses.items[i].option->name, name) == 0) return options->uses.items[i].value;
    return NULL;
}

static const struct option_use *use_at(const struct options *options, const char *name, size_t index) {
    for (size_t i = 0; i < options->uses.count; i++) {
        if (strcmp(options->uses.items[i].option->name, name) != 0) continue;
        if (index-- == 0) return &options->uses.items[i];
    }
    return NULL;
}

const char *option_value_at(const struct options *options, const char *name, size_t index) {
    const struct option_use *use = use_at(options, name, index);
    return use ? use->value : NULL;
}

bool option_is_earlier(const struct options *options, const char *name, size_t index) {
    const struct option_use *use = use_at(options, name, index);
    return use && use->is_earlier;
}

void options_print(const struct option *table, struct buffer *out) {
    for (const struct option *option = table; option->name; option++) {
        struct buffer left = { 0 };
        if (option->letter)
            buffer_printf(&left, "  -%c, --%s", option->letter, option->name);
        else
            buffer_printf(&left, "      --%s", option->name);
        if (option->value) buffer_printf(&left, " %s", option->value);
        buffer_printf(out, "%-32s%s%s\n", left.bytes, left.length >= 32 ? "\n                                " : "",
                      option->help);
        buffer_done(&left);
    }
}
