/* What the trace sees of each statement of statements.sql, and whether the lint says the same of its text. */
#include "base/clock.h"
#include "tests/unit/stdlib/trial.h"

#include <stdio.h>
#include <string.h>

#define FILE_PATH "tests/unit/stdlib_sql/statements.sql"
#define CLONE "\n--- clone: "
#define ARROW "\n--> "
enum { CLONES_MAXIMUM = 12, FILE_MAXIMUM = 40000 };

/* One migration on a clone. */
struct clone {
    char *text;
    char path[200];
    uint32_t lint, trace, statements, guilty;
};

static void write_file(struct trial *trial, const char *name, const char *content, char *path, size_t size) {
    snprintf(path, size, "%s/%s", trial_logs(trial), name);
    FILE *out = fopen(path, "w");
    cr_assert(out && fputs(content, out) >= 0);
    fclose(out);
}

/* Cuts the file into its head, the schema, and the migrations. */
static size_t cut(char *text, struct clone *clones) {
    size_t count = 0;
    for (char *at = strstr(text, CLONE), *next; at; at = next) {
        cr_assert_lt(count, (size_t)CLONES_MAXIMUM);
        *at = 0;
        clones[count++].text = at + 1;
        next = strstr(at + 1, CLONE);
    }
    return count;
}

static int line_of(const char *text, const char *at) {
    int line = 1;
    for (; text < at; text++) line += *text == '\n';
    return line;
}

static struct value field(struct value record, const char *name) {
    bool found = false;
    struct value value = value_field(record, text_of(name), &found);
    cr_assert(found, "no field %s", name);
    return value;
}

/* The first record of the list that stands in these lines. */
static bool find(struct value list, int first, int end, struct value *record) {
    for (size_t i = 0; i < value_count(list); i++) {
        *record = value_at(list, i);
        int64_t line = field(*record, "line").integer;
        if (line >= first && line < end) return true;
    }
    return false;
}

/* `at` is behind the arrow. */
static void check(struct trial *trial, const struct clone *clone, const char *at) {
    size_t word = strcspn(at, ";\n");
    const char *statement = strchr(at, '\n') + 1, *end = strstr(statement, ARROW);
    bool excused = at[word] == ';', innocent = strncmp(at, "none", 4) == 0;
    if (!end) end = statement + strlen(statement);
    int first = line_of(clone->text, statement), last = line_of(clone->text, end);
    last += *end ? 1 : 0;
    struct value record;
    bool guilty = find(trial_value(trial, clone->guilty), first, last, &record);
    bool right = guilty ? text_equal(value_text_of(field(record, "work")), (struct text){ at, word }) : innocent;
    struct buffer shown = { 0 };
    if (guilty || find(trial_value(trial, clone->statements), first, last, &record)) value_encode(record, &shown);
    cr_expect(right, "%.*s\n  the trace should tell of %.*s: %s", (int)(end - statement), statement, (int)word, at,
              shown.bytes ? shown.bytes : "nothing");
    buffer_clear(&shown);
    bool found = find(trial_value(trial, clone->lint), first, last, &record);
    if (found) value_encode(record, &shown);
    cr_expect_neq(found, excused ? !innocent : innocent, "%.*s\n  the trace tells of %.*s, the lint%s: %s",
                  (int)(end - statement), statement, (int)word, at, excused ? " has no excuse any more" : "",
                  found ? shown.bytes : "nothing");
    buffer_done(&shown);
}

static size_t check_all(struct trial *trial, const struct clone *clone) {
    size_t count = 0;
    cr_expect_eq(field(trial_value(trial, clone->trace), "error").kind, VALUE_NONE, "%s: %s", clone->text,
                 trial_shown(trial, clone->trace));
    for (const char *at = clone->text; (at = strstr(at, ARROW)); count++) {
        at += strlen(ARROW);
        check(trial, clone, at);
    }
    return count;
}

static void run(struct trial *trial, const char *schema, struct clone *clones, size_t count) {
    char path[200];
    write_file(trial, "schema.sql", schema, path, sizeof path);
    uint32_t db = CALL(trial, "postgres", text(path), none(), duration(100 * MILLISECOND), json("{}"));
    for (size_t i = 0; i < count; i++) {
        char name[40];
        snprintf(name, sizeof name, "%zu.sql", i);
        write_file(trial, name, clones[i].text, clones[i].path, sizeof clones[i].path);
        struct trial_argument file = text(clones[i].path);
        clones[i].lint = CALL(trial, "db_lint", step(db), file, text("autocommit"));
        clones[i].trace = CALL(trial, "db_trace", step(db), file, text("autocommit"), duration(MINUTE));
        clones[i].statements = trial_field(trial, clones[i].trace, "statements");
        clones[i].guilty = trial_field(trial, clones[i].trace, "work_under_lock");
    }
    cr_expect_eq(trial_run(trial, 2 * MINUTE), RUN_COMPLETE, "%s", trial_message(trial));
}

Test(statements, lint_and_trace_agree) {
    static char whole[FILE_MAXIMUM];
    static struct clone clones[CLONES_MAXIMUM];
    FILE *in = fopen(FILE_PATH, "r");
    cr_assert(in);
    size_t length = fread(whole, 1, sizeof whole - 1, in), statements = 0;
    fclose(in);
    cr_assert_lt(length, sizeof whole - 1);
    size_t count = cut(whole, clones);
    struct trial *trial = trial_new();
    run(trial, whole, clones, count);
    for (size_t i = 0; i < count; i++) statements += check_all(trial, &clones[i]);
    cr_expect_geq(statements, (size_t)60);
    trial_free(trial);
}
