/* aot sql: which statements of a migration stop readers or writers, from its text alone: for pull requests. */
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/natives.h"
#include "cli/sql_notes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MAXIMUM = 64 << 20 };

static const struct option options_table[] = {
    { "format", 'f', "human|json|sarif|github", "how findings are written (human)" },
    { "transaction", 't', NULL, "the runner puts each file into one transaction" },
    { "autocommit", 'a', NULL, "the runner commits each statement, as psql -f does (this is the default)" },
    { "allow", 0, "RULE", "leave this rule out (may be repeated); cannot-judge stays" },
    { "strict", 0, NULL, "warnings count as errors" },
    { "rules", 0, NULL, "print the rules with lock, work and safe form, as Markdown" },
    { "quiet", 'q', NULL, "only the exit status" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

/* One call. */
struct sql_call {
    const struct options *options;       /* of the command line */
    const struct sql_reviewer *reviewer; /* of the natives' module */
    const struct sql_form *form;         /* how it is written */
    struct report_style style;           /* for people */
    struct sql_notes notes;              /* what was found */
    bool unreadable;                     /* some file could not be read */
};

/* ---- how the file will be run ---- */
/* A line "-- mode: transaction" among the comments at the head of the file. */
static enum sql_runner head_mode(struct text content, enum sql_runner otherwise) {
    while (content.length) {
        size_t end = text_find(content, TEXT("\n"));
        struct text line = text_trim(text_slice(content, 0, end));
        if (line.length && !text_starts(line, TEXT("--"))) return otherwise;
        struct text word = line.length ? text_trim(text_slice(line, 2, line.length)) : TEXT_NONE;
        if (text_starts(word, TEXT("mode:"))) {
            word = text_trim(text_slice(word, 5, word.length));
            for (int runner = SQL_AUTOCOMMIT; runner <= SQL_SIMPLE; runner++)
                if (text_is(word, sql_runner_word((enum sql_runner)runner))) return (enum sql_runner)runner;
        }
        if (end == SIZE_MAX) return otherwise;
        content = text_slice(content, end + 1, content.length);
    }
    return otherwise;
}

static enum sql_runner runner_of(const struct sql_call *call, struct text content) {
    if (option_given(call->options, "transaction")) return SQL_TRANSACTION;
    if (option_given(call->options, "autocommit")) return SQL_AUTOCOMMIT;
    return head_mode(content, SQL_AUTOCOMMIT);
}

/* ---- files ---- */
static void write_out(struct buffer *out) {
    if (out->length) fwrite(out->bytes, 1, out->length, stdout);
    buffer_done(out);
}

static void read_file(struct sql_call *call, const char *path) {
    struct source_set *sources = source_set_new();
    uint32_t index = source_open(sources, path);
    struct source *source = index == UINT32_MAX ? NULL : source_set_get(sources, index);
    if (source && source->content.length >= INPUT_MAXIMUM) {
        fprintf(stderr, "aot: %s: it is larger than 64 MiB\n", path);
        source = NULL;
    }
    call->unreadable |= !source;
    if (source) {
        struct buffer out = { 0 };
        bool quiet = option_given(call->options, "quiet");
        sql_notes_read(&call->notes, call->reviewer, source, runner_of(call, source->content), !quiet);
        if (!quiet) call->form->file(&call->notes, &call->style, &out);
        write_out(&out);
    }
    source_set_free(sources);
}

static int is_migration(const struct dirent *entry) {
    return entry->d_name[0] != '.' && text_ends(text_of(entry->d_name), TEXT(".sql"));
}

/* A folder stands for the *.sql in it. */
static void read_path(struct sql_call *call, const char *path) {
    struct stat status;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        read_file(call, path);
        return;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_migration, alphasort);
    if (count <= 0) {
        fprintf(stderr, "aot: %s: there is no *.sql in it\n", path);
        call->unreadable = true;
    }
    for (int i = 0; i < count; i++) {
        struct buffer name = { 0 };
        buffer_printf(&name, "%s%s%s", path, text_ends(text_of(path), TEXT("/")) ? "" : "/", entries[i]->d_name);
        read_file(call, name.bytes);
        buffer_done(&name);
        free(entries[i]);
    }
    free(entries);
}

static int review_all(struct sql_call *call) {
    struct buffer out = { 0 };
    bool quiet = option_given(call->options, "quiet");
    if (call->form->begin && !quiet) call->form->begin(call->reviewer, &out);
    write_out(&out);
    for (size_t i = 0; i < call->options->operands.count; i++) read_path(call, call->options->operands.items[i]);
    if (call->form->end && !quiet) call->form->end(&call->notes, !call->unreadable, &out);
    write_out(&out);
    sql_notes_done(&call->notes);
    if (call->unreadable || call->notes.unjudged) return EXIT_STATUS_USAGE;
    bool strict = option_given(call->options, "strict");
    return call->notes.errors || (strict && call->notes.warnings) ? EXIT_STATUS_FAIL : EXIT_STATUS_PASS;
}

/* ---- rules ---- */
static void print_rules(const struct sql_reviewer *reviewer) {
    puts("| rule | level | lock | work | who waits | what is wrong | the safe form |\n|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < reviewer->rule_count; i++) {
        const struct sql_rule *rule = reviewer->rule(i);
        printf("| `%s` | %s | %s | %s | %s | %s%s%s | %s |\n", rule->slug,
               rule->level == SQL_ERROR ? "error" : "warning", rule->lock, rule->work, rule->blocks, rule->message,
               *rule->fact ? "; " : "", rule->fact, rule->advice);
    }
}

/* False, and said, when a rule is unknown or may not be left out. */
static bool read_allowed(struct sql_call *call) {
    const char *name;
    for (size_t i = 0; (name = option_value_at(call->options, "allow", i)); i++) {
        struct suggestion suggestion = suggestion_for(text_of(name));
        bool known = false;
        for (size_t k = 0; k < call->reviewer->rule_count; k++) {
            const char *slug = call->reviewer->rule(k)->slug;
            known |= strcmp(slug, name) == 0;
            suggestion_offer(&suggestion, text_of(slug));
        }
        bool fixed = strcmp(name, "cannot-judge") == 0;
        if (known && !fixed) {
            VECTOR_PUSH(&call->notes.allowed, name);
            continue;
        }
        fprintf(stderr, "aot: --allow %s: %s", name,
                fixed ? "what cannot be judged is never a pass" : "there is no such rule");
        if (!known && suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
        fputs("; `aot sql --rules` shows all\n", stderr);
        return false;
    }
    return true;
}

static const struct sql_form *find_form(const char *name) {
    for (const struct sql_form *form = sql_forms; form->name; form++)
        if (strcmp(form->name, name ? name : "human") == 0) return form;
    fprintf(stderr, "aot: --format %s is unknown: human, json, sarif or github\n", name);
    return NULL;
}

static int sql(const struct options *options) {
    struct sql_call call = { .options = options, .form = find_form(option_value(options, "format")) };
    if (!call.form) return EXIT_STATUS_USAGE;
    bool rules = option_given(options, "rules");
    if (option_given(options, "transaction") && option_given(options, "autocommit")) {
        fputs("aot: --transaction and --autocommit exclude each other\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    if (options->operands.count == 0 && !rules) {
        fputs("aot: sql wants a file or a folder: aot sql migrations\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    struct native_functions functions = { 0 };
    if (!natives_open(&functions)) return EXIT_STATUS_ENVIRONMENT;
    call.reviewer = functions.sql;
    call.style = (struct report_style){ .colour = wants_colour(STDOUT_FILENO), .width = 100 };
    if (rules) {
        print_rules(call.reviewer);
        return EXIT_STATUS_PASS;
    }
    if (!read_allowed(&call)) {
        sql_notes_done(&call.notes);
        return EXIT_STATUS_USAGE;
    }
    return review_all(&call);
}

const struct command command_sql = {
    "sql",
    "FILE…",
    "find which statements of a migration stop readers or writers, without a database",
    options_table,
    sql,
    "A folder stands for the *.sql in it; - is standard input. A comment \"-- mode: transaction\" (or autocommit, "
    "simple) at the\n"
    "head of a file says how it will be run, if no option does. The grammar and the locks are PostgreSQL 15's.\n"
    "exit status: 0 clean or warnings only, 1 errors (with --strict also warnings), 2 usage, unreadable, or cannot be "
    "judged"
};
