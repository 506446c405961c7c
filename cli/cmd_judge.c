/* aot judge: judges a stored record again, without running anything; with --recipe by the edited text of its assertions. */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/natives.h"
#include "cli/rule_filter.h"
#include "judge/judge.h"
#include "report/report_text.h"
#include "stdlib/catalogue.h"
#include "vm/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "recipe", 0, "FILE", "judge by this recipe; only its assert and assume text may differ from what ran" },
    { "quiet", 'q', NULL, "print only what did not pass" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct stored {
    struct source_set *sources;
    uint32_t recipe; /* index of the recipe, or UINT32_MAX */
};

static bool take_source(void *data, struct text path, struct text content, struct text role) {
    struct stored *stored = data;
    char *name = memory_copy(path.bytes, path.length);
    uint32_t index = source_set_add(stored->sources, name, content);
    if (text_is(role, "recipe")) stored->recipe = index;
    memory_release(name);
    return true;
}

/* The recipe's text without its assertions and blanks: what may not differ. Ends after `limit` bytes of it; gives the
 * offset of the next one in the recipe. */
static uint32_t frame_of(const struct program *program, uint32_t source, size_t limit, struct buffer *out) {
    struct text text = source_set_get(program->sources, source)->content;
    size_t at = 0;
    for (uint32_t i = 0; i <= program->assertion_count; i++) {
        struct span span = { source, (uint32_t)text.length, 0 };
        if (i < program->assertion_count) span = program->assertions[i].span;
        for (; at < span.start && at < text.length; at++) {
            if (text.bytes[at] == ' ' || text.bytes[at] == '\n' || text.bytes[at] == '\t' || text.bytes[at] == '\r')
                continue;
            if (out->length == limit) return (uint32_t)at;
            buffer_append_byte(out, text.bytes[at]);
        }
        at = (size_t)span.start + span.length;
    }
    return (uint32_t)text.length;
}

/* Whether the two recipes differ in assertions only; if not, says where the edited one begins to. */
static bool frames_agree(const struct program *ran, uint32_t ran_source, const struct program *edited,
                         uint32_t edited_source, const char *path) {
    struct buffer before = { 0 }, after = { 0 }, again = { 0 };
    frame_of(ran, ran_source, SIZE_MAX, &before);
    frame_of(edited, edited_source, SIZE_MAX, &after);
    bool same = text_equal(buffer_text(&before), buffer_text(&after));
    if (!same) {
        size_t first = 0;
        while (first < before.length && first < after.length && before.bytes[first] == after.bytes[first]) first++;
        uint32_t offset = frame_of(edited, edited_source, first, &again);
        struct place place = source_place(source_set_get(edited->sources, edited_source), offset);
        fprintf(stderr,
                "aot: %s:%u:%u: from here on it is not the recipe that ran; only assert and assume texts may differ: "
                "run it anew\n",
                path, place.line, place.column);
    }
    buffer_done(&before);
    buffer_done(&after);
    buffer_done(&again);
    return same;
}

static struct program *compile_stored(struct stored *stored, struct diagnostics *diagnostics) {
    struct compile_options options = { .natives = catalogue(), .from_record = true, .check_regex = regex_compiles };
    struct compilation compilation = compile(stored->sources, stored->recipe, &options, diagnostics);
    struct buffer reason = { 0 };
    if (compilation.program && !program_verify(compilation.program, catalogue(), &reason)) {
        fprintf(stderr, "aot: internal error: the compiled program does not verify: %s\n", reason.bytes);
        program_free(compilation.program);
        compilation.program = NULL;
    }
    buffer_done(&reason);
    return compilation.program;
}

static void print_findings(struct diagnostics *diagnostics, struct source_set *sources) {
    struct buffer out = { 0 };
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, wants_colour(STDERR_FILENO), 20);
    if (out.length) fwrite(out.bytes, 1, out.length, stderr);
    buffer_done(&out);
}

/* The edited recipe, if its frame is the stored one's; its sources replace the stored recipe's text. */
static struct program *compile_edited(const char *path, const struct program *ran, struct stored *stored,
                                      struct stored *edited, struct diagnostics *diagnostics) {
    char *error = NULL;
    struct source_set *reader = source_set_new();
    int64_t read = source_set_read(reader, path, &error);
    if (read < 0) {
        fprintf(stderr, "aot: %s: %s\n", path, error);
        memory_release(error);
        source_set_free(reader);
        return NULL;
    }
    for (uint32_t i = 0; i < source_set_count(stored->sources); i++) {
        struct source *source = source_set_get(stored->sources, i);
        if (source->path[0] == '<' && strcmp(source->path, "<stdin>") != 0) continue;
        struct text text = i == stored->recipe ? source_set_get(reader, (uint32_t)read)->content : source->content;
        uint32_t index = source_set_add(edited->sources, source->path, text);
        if (i == stored->recipe) edited->recipe = index;
    }
    source_set_free(reader);
    struct program *program = compile_stored(edited, diagnostics);
    print_findings(diagnostics, edited->sources);
    if (!program) return NULL;
    if (frames_agree(ran, stored->recipe, program, edited->recipe, path)) return program;
    program_free(program);
    return NULL;
}

static bool keep_note(void *data, int64_t at, struct text text) {
    record_note(data, at, text);
    return true;
}

static bool keep_effect(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                        struct text outcome) {
    record_effect(data, text_is(kind, "note") ? "note" : "service.died", subject, start, end, outcome);
    return true;
}

/* Of a run with --rule again only those assertions count. NULL: all do. */
static bool *counted_rules(struct record *record, const struct program *program) {
    struct buffer rules = { 0 };
    bool any, *passed_over = NULL;
    if (record_read_meta(record, "rules_counted", &rules))
        passed_over = rule_filter_make(program, buffer_text(&rules), &any);
    buffer_done(&rules);
    return passed_over;
}

static int judge_again(struct record *record, const struct program *program, const char *path, bool quiet,
                       const char *copy) {
    struct native_functions functions;
    if (!natives_open(&functions)) return EXIT_STATUS_ENVIRONMENT;
    char *error = NULL;
    struct mask *mask = mask_new();
    struct record *verdicts = record_create(copy, mask, &error);
    if (!verdicts) {
        fprintf(stderr, "aot: %s: %s\n", copy, error);
        memory_release(error);
        mask_free(mask);
        return EXIT_STATUS_ENVIRONMENT;
    }
    static const char *const kept[] = {
        "recipe", "title", "path",    "cell",          "run",          "seed",          "duration",
        "zero",   "end",   "message", "message_place", "message_line", "rules_counted", "assertions_counted"
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        struct buffer value = { 0 };
        if (record_read_meta(record, kept[i], &value)) record_meta(verdicts, kept[i], buffer_text(&value));
        buffer_done(&value);
    }
    record_each_effect_of(record, "service.died", keep_effect, verdicts);
    record_each_effect_of(record, "note", keep_effect, verdicts);
    record_each_note(record, keep_note, verdicts);
    struct judge *judge = judge_new(program, verdicts);
    judge_set_history(judge, record);
    judge_set_natives(judge, catalogue());
    bool *passed_over = counted_rules(record, program);
    judge_set_passed_over(judge, passed_over);
    struct run_options options = { .program = program,
                                   .natives = catalogue(),
                                   .functions = functions,
                                   .replay = record,
                                   .mask = mask,
                                   .judge = judge_hooks(judge),
                                   .clock = LOOP_VIRTUAL,
                                   .passed_over = passed_over };
    struct run *run = run_new(&options);
    enum run_end end = run_execute(run);
    struct buffer message = { 0 };
    enum outcome outcome = judge_outcome(judge, run, end, &message);
    struct buffer known = { 0 };
    if (!record_read_meta(record, "end", &known)) { /* its run was killed before it could say how it ended */
        record_meta(verdicts, "end", TEXT("error"));
        record_meta(verdicts, "message", text_of(run_message(run)));
    }
    buffer_done(&known);
    judge_free(judge);
    run_free(run);
    memory_release(passed_over);
    record_close(verdicts, NULL);
    mask_free(mask);
    buffer_done(&message);

    struct record *reading = record_open(copy, &error);
    struct report_style style = { .colour = wants_colour(STDOUT_FILENO), .quiet = quiet, .width = 110 };
    struct buffer out = { 0 };
    if (reading) {
        report_text_cell(reading, &style, &out);
        report_text_outcome(reading, text_of(path), &style, &out);
        fwrite(out.bytes, 1, out.length, stdout);
        record_close(reading, NULL);
    }
    buffer_done(&out);
    memory_release(error);
    static const int status[] = { EXIT_STATUS_PASS, EXIT_STATUS_INCONCLUSIVE, EXIT_STATUS_ENVIRONMENT,
                                  EXIT_STATUS_FAIL };
    return status[outcome];
}

static int judge_record(struct record *record, const char *path, const char *recipe, bool quiet) {
    struct stored stored = { source_set_new(), UINT32_MAX }, edited = { source_set_new(), UINT32_MAX };
    struct diagnostics *diagnostics = diagnostics_new();
    record_each_source(record, take_source, &stored);
    struct program *ran = stored.recipe == UINT32_MAX ? NULL : compile_stored(&stored, diagnostics);
    int status = EXIT_STATUS_USAGE;
    if (!ran) {
        print_findings(diagnostics, stored.sources);
        fprintf(stderr, "aot: %s: the recipe in the record does not compile with this version\n", path);
    } else {
        struct program *other = recipe ? compile_edited(recipe, ran, &stored, &edited, diagnostics) : NULL;
        if (!recipe || other) {
            char copy[] = "/tmp/aot-judge-XXXXXX";
            int descriptor = mkstemp(copy);
            if (descriptor >= 0) {
                close(descriptor);
                status = judge_again(record, other ? other : ran, path, quiet, copy);
                unlink(copy);
            } else {
                fputs("aot: no temporary file could be made in /tmp\n", stderr);
                status = EXIT_STATUS_ENVIRONMENT;
            }
        }
        if (other) program_free(other);
        program_free(ran);
    }
    diagnostics_free(diagnostics);
    source_set_free(edited.sources);
    source_set_free(stored.sources);
    return status;
}

static int judge(const struct options *options) {
    if (options->operands.count != 1) {
        fputs("aot: judge wants one record: aot judge run.aotrec\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    const char *path = options->operands.items[0];
    char *error = NULL;
    struct record *record = record_open(path, &error);
    if (!record) {
        fprintf(stderr, "aot: %s: %s\n", path, error);
        memory_release(error);
        return EXIT_STATUS_USAGE;
    }
    int status = judge_record(record, path, option_value(options, "recipe"), option_given(options, "quiet"));
    record_close(record, NULL);
    return status;
}

const struct command command_judge = { "judge",       "RECORD", "judge a stored record again, without running anything",
                                       options_table, judge,    "exit status: as for aot run" };
