/* base/diagnostic: the list, and how it looks. */
#include "base/diagnostic.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

static struct source_set *sources;
static struct diagnostics *list;
static size_t blocks_before;

static void begin(void) {
    blocks_before = memory_live_blocks();
    sources = source_set_new();
    list = diagnostics_new();
}

static void finish(void) {
    diagnostics_free(list);
    source_set_free(sources);
    cr_assert_eq(memory_live_blocks(), blocks_before);
}

/* A file of this content, and the span of the first `marked` in it. */
static struct span span_in(const char *path, const char *content, const char *marked) {
    const char *found = strstr(content, marked);
    cr_assert_not_null(found);
    uint32_t index = 0;
    while (index < source_set_count(sources) && strcmp(source_set_get(sources, index)->path, path) != 0) index++;
    if (index == source_set_count(sources)) source_set_add(sources, path, text_of(content));
    return (struct span){ index, (uint32_t)(found - content), (uint32_t)strlen(marked) };
}

static void expect_printed(size_t limit, const char *wanted) {
    struct buffer out = { 0 };
    diagnostics_sort(list);
    diagnostics_print(list, sources, &out, false, limit);
    cr_expect_str_eq(out.bytes ? out.bytes : "", wanted, "printed:\n%s\nwanted:\n%s", out.bytes, wanted);
    buffer_done(&out);
}

Test(diagnostic, table) {
    for (int i = 0; i < DIAG_COUNT; i++) {
        const struct diagnostic_info *info = diagnostic_info((enum diagnostic_code)i);
        cr_expect_eq((int)diagnostic_find(text_of(info->code)), i, "%s stands twice", info->code);
        cr_expect_eq((int)diagnostic_find(text_of(info->slug)), i, "%s stands twice", info->slug);
        cr_expect_eq(info->code[0], info->severity == SEVERITY_ERROR ? 'E' : 'W', "%s", info->code);
        cr_expect_eq(strlen(info->code), 4, "%s", info->code);
        for (const char *byte = info->slug; *byte; byte++)
            cr_expect(islower((unsigned char)*byte) || isdigit((unsigned char)*byte) || *byte == '-', "%s", info->slug);
        cr_expect_null(strchr(info->title, '\n'), "%s", info->code);
        cr_expect_gt(strlen(info->explanation), 20, "%s is not explained", info->code);
    }
    cr_assert_eq(diagnostic_find(TEXT("e100")), DIAG_E100);
    cr_assert_eq(diagnostic_find(TEXT("E9")), DIAG_COUNT);
    cr_assert_eq(diagnostic_find(TEXT_NONE), DIAG_COUNT);
}

Test(diagnostic, one_finding, .init = begin, .fini = finish) {
    struct span span = span_in("t.aot", "run {\n    let r = http.gte(\"/\")\n}\n", "http.gte");
    struct diagnostic *finding = diagnostics_report(list, DIAG_E100, span, "no native `%s`", "http.gte");
    diagnostic_note(finding, (struct span){ 0, 0, 5 }, "the block opened here");
    diagnostic_note(finding, SPAN_NONE, "natives are listed by `aot docs`");
    diagnostic_help(finding, "did you mean `http.get`?\nor `http.put`?");
    cr_assert_eq(diagnostics_count(list, SEVERITY_ERROR), 1);
    cr_assert_eq(diagnostics_count(list, SEVERITY_WARNING), 0);
    expect_printed(20, "error[E100]: no native `http.gte`\n"
                       " --> t.aot:2:13\n"
                       "  |\n"
                       "2 |     let r = http.gte(\"/\")\n"
                       "  |             ^^^^^^^^\n"
                       "note: the block opened here\n"
                       " --> t.aot:1:1\n"
                       "  |\n"
                       "1 | run {\n"
                       "  | ^^^^^\n"
                       "  = note: natives are listed by `aot docs`\n"
                       "  = help: did you mean `http.get`?\n"
                       "          or `http.put`?\n");
}

Test(diagnostic, colours_change_nothing_else, .init = begin, .fini = finish) {
    struct span span = span_in("t.aot", "let x = 5\n", "x");
    diagnostic_help(diagnostics_report(list, DIAG_E100, span, "message"), "help");
    struct buffer plain = { 0 }, coloured = { 0 }, stripped = { 0 };
    diagnostics_print(list, sources, &plain, false, 20);
    diagnostics_print(list, sources, &coloured, true, 20);
    cr_assert_not_null(strstr(coloured.bytes, "\33[1;31merror[E100]\33[0m"));
    for (const char *byte = coloured.bytes; *byte; byte++) {
        if (*byte == '\33')
            byte = strchr(byte, 'm');
        else
            buffer_append_byte(&stripped, *byte);
    }
    cr_assert_str_eq(stripped.bytes, plain.bytes);
    buffer_done(&plain);
    buffer_done(&coloured);
    buffer_done(&stripped);
}

Test(diagnostic, carets_stand_under_tabs_and_wide_characters, .init = begin, .fini = finish) {
    diagnostics_report(list, DIAG_E100, span_in("t.aot", "\ta\tb \xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 x", "\xe5\xad\x97"),
                       "wide");
    diagnostics_report(list, DIAG_E100, (struct span){ 0, 17, 1 }, "behind");
    expect_printed(20, "error[E100]: wide\n"
                       " --> t.aot:1:7\n"
                       "  |\n"
                       "1 |     a   b \xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 x\n"
                       "  |             ^^\n"
                       "\n"
                       "error[E100]: behind\n"
                       " --> t.aot:1:13\n"
                       "  |\n"
                       "1 |     a   b \xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 x\n"
                       "  |                   ^\n");
}

Test(diagnostic, ends_of_lines_and_files, .init = begin, .fini = finish) {
    struct span span = span_in("t.aot", "phase \"a\" {\r\n  x\r\n", "\r");
    diagnostics_report(list, DIAG_E100, (struct span){ span.source, span.start, 0 }, "at the end of a line");
    diagnostics_report(list, DIAG_E100, (struct span){ span.source, 18, 0 }, "at the end of the file");
    diagnostics_report(list, DIAG_E100, (struct span){ span.source, 6, 11 }, "over lines");
    diagnostics_report(list, DIAG_E100, (struct span){ span.source, 4000000000, 4000000000 }, "outside");
    expect_printed(20, "error[E100]: over lines\n"
                       " --> t.aot:1:7\n"
                       "  |\n"
                       "1 | phase \"a\" {\n"
                       "  |       ^^^^^ to line 2\n"
                       "\n"
                       "error[E100]: at the end of a line\n"
                       " --> t.aot:1:12\n"
                       "  |\n"
                       "1 | phase \"a\" {\n"
                       "  |            ^\n"
                       "\n"
                       "error[E100]: at the end of the file\n"
                       " --> t.aot:3:1\n"
                       "  |\n"
                       "3 | \n"
                       "  | ^\n"
                       "\n"
                       "error[E100]: outside\n"
                       " --> t.aot:3:1\n"
                       "  |\n"
                       "3 | \n"
                       "  | ^\n");
}

Test(diagnostic, nothing_disturbs_the_terminal, .init = begin, .fini = finish) {
    struct span span = span_in("t\33.aot", "a\33[2Jb\xff \xe2\x80\xae z\x01", "z");
    diagnostics_report(list, DIAG_E100, span, "`\33[2J` \xff\a is odd");
    expect_printed(20, "error[E100]: `\xef\xbf\xbd[2J` \xef\xbf\xbd\xef\xbf\xbd is odd\n"
                       " --> t\xef\xbf\xbd.aot:1:11\n"
                       "  |\n"
                       "1 | a\xef\xbf\xbd[2Jb\xef\xbf\xbd \xef\xbf\xbd z\xef\xbf\xbd\n"
                       "  |           ^\n");
}

Test(diagnostic, what_is_shown_as_it_is_and_what_is_not, .init = begin, .fini = finish) {
    /* U+0085 U+00A0 U+200E U+200F U+202A U+202E U+2066 U+2069, and a combining accent at the line's start */
    struct span span = span_in("t",
                               "\xcc\x81\xc2\x85\xc2\xa0\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6"
                               "\xe2\x81\xa9!",
                               "!");
    diagnostics_report(list, DIAG_E100, span, "m");
    expect_printed(
        20, "error[E100]: m\n"
            " --> t:1:10\n"
            "  |\n"
            "1 | \xcc\x81\xef\xbf\xbd\xc2\xa0\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "!\n"
            "  |         ^\n");
}

Test(diagnostic, a_note_about_no_file_and_findings_about_none, .init = begin, .fini = finish) {
    struct diagnostic *finding = diagnostics_report(list, DIAG_E100, (struct span){ 7, 1, 2 }, "first");
    diagnostic_note(finding, (struct span){ 8, 1, 2 }, "nowhere");
    diagnostics_report(list, DIAG_E100, (struct span){ 7, 3, 2 }, "second");
    expect_printed(1, "error[E100]: first\n"
                      "  = note: nowhere\n"
                      "\n"
                      "and 1 more error in the command line\n");
}

/* A line of `length` bytes, all `fill` but for !!! at `mark`: what is printed fits, and the carets stand under the mark. */
static void check_clipping(const char *fill, size_t length, size_t mark) {
    begin();
    struct buffer content = { 0 };
    while (content.length < length) buffer_append_string(&content, fill);
    memcpy(content.bytes + mark / strlen(fill) * strlen(fill), "!!!", 3);
    uint32_t index = source_set_add(sources, "t", buffer_text(&content));
    size_t at = mark / strlen(fill) * strlen(fill);
    diagnostics_report(list, DIAG_E100, (struct span){ index, (uint32_t)at, 3 }, "m");
    struct buffer out = { 0 };
    diagnostics_print(list, sources, &out, false, 20);
    char *line = strstr(out.bytes, "1 | "), *carets = strchr(line, '\n') + 1;
    *strchr(line, '\n') = '\0';
    *strchr(carets, '\n') = '\0';
    cr_assert_leq(text_columns(text_of(line)), 140, "%s", line);
    cr_assert_leq(text_columns(text_of(carets)), 140);
    char *shown = strstr(line, "!!!");
    cr_assert_not_null(shown, "the mark is not seen: %s", line);
    size_t column = text_columns((struct text){ line, (size_t)(shown - line) });
    cr_assert_eq(strspn(carets + 3, " "), column - 3, "%s %zu %zu\n%s\n%s", fill, length, mark, line, carets);
    cr_assert_str_eq(carets + column, "^^^");
    cr_assert_eq(strstr(line, "\xe2\x80\xa6") == line + 4, at > 100, "cut at the left");
    buffer_done(&out);
    buffer_done(&content);
    finish();
}

Test(diagnostic, long_lines_are_cut_around_the_mark) {
    static const size_t marks[] = { 3, 30, 300, 301, 302, 303, 305, 2990, 2994, 2997 };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        check_clipping("x", 3000, marks[i]);
        check_clipping("xyz", 3000, marks[i]);
        check_clipping("\xe6\xbc\xa2", 3000, marks[i] / 3 * 3);
    }
    check_clipping("(", 1000000, 999000);
}

Test(diagnostic, a_mark_longer_than_the_window, .init = begin, .fini = finish) {
    struct buffer content = { 0 }, out = { 0 };
    buffer_append_repeat(&content, '(', 5000);
    uint32_t index = source_set_add(sources, "t", buffer_text(&content));
    diagnostics_report(list, DIAG_E100, (struct span){ index, 10, 4000 }, "m");
    diagnostics_print(list, sources, &out, false, 20);
    for (char *line = strtok(out.bytes, "\n"); line; line = strtok(NULL, "\n"))
        cr_assert_leq(text_columns(text_of(line)), 140);
    buffer_done(&out);
    buffer_done(&content);
}

Test(diagnostic, sorted_by_file_and_place_and_limited_by_file, .init = begin, .fini = finish) {
    struct span b = span_in("b", "1234567890", "5"), c = span_in("c", "xyz", "y");
    for (uint32_t i = 0; i < 5; i++) diagnostics_report(list, DIAG_E100, (struct span){ b.source, 8 - i, 1 }, "b%u", i);
    diagnostics_report(list, DIAG_E100, c, "c");
    diagnostics_report(list, DIAG_E100, SPAN_NONE, "no place");
    diagnostics_sort(list);
    const char *order[] = { "no place", "b4", "b3", "b2", "b1", "b0", "c" };
    cr_assert_eq(diagnostics_size(list), 7);
    for (size_t i = 0; i < 7; i++) cr_assert_str_eq(diagnostics_at(list, i)->message, order[i]);
    cr_assert_null(diagnostics_at(list, 7));
    expect_printed(1, "error[E100]: no place\n"
                      "\n"
                      "error[E100]: b4\n"
                      " --> b:1:5\n"
                      "  |\n"
                      "1 | 1234567890\n"
                      "  |     ^\n"
                      "\n"
                      "error[E100]: c\n"
                      " --> c:1:2\n"
                      "  |\n"
                      "1 | xyz\n"
                      "  |  ^\n"
                      "\n"
                      "and 4 more errors in b\n");
}

Test(diagnostic, equal_findings_are_kept_once, .init = begin, .fini = finish) {
    struct span span = span_in("t", "abcdefgh", "c");
    diagnostic_help(diagnostics_report(list, DIAG_E100, span, "first"), "one");
    diagnostic_help(diagnostics_report(list, DIAG_E100, span, "second"), "two");
    diagnostic_help(diagnostics_report(list, DIAG_E100, span, "third"), "three");
    diagnostics_report(list, DIAG_E100, (struct span){ span.source, span.start, 2 }, "longer");
    cr_assert_eq(diagnostics_size(list), 2);
    cr_assert_str_eq(diagnostics_at(list, 0)->message, "first");
    cr_assert_eq(diagnostics_at(list, 0)->note_count, 1);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 1000; i++) diagnostics_report(list, DIAG_E100, (struct span){ 0, i, 7 }, "many");
    cr_assert_eq(diagnostics_size(list), 1002);
}

Test(diagnostic, json_lines, .init = begin, .fini = finish) {
    struct span span = span_in("t.aot", "run {\n  \"\xc3\xa9\" x\n}\n", "x\n}");
    struct diagnostic *finding = diagnostics_report(list, DIAG_E100, span, "say \"x\"");
    diagnostic_note(finding, (struct span){ 0, 0, 3 }, "opened");
    diagnostic_note(finding, SPAN_NONE, "bare");
    diagnostic_help(finding, "help");
    diagnostics_report(list, DIAG_E100, SPAN_NONE, "no place");
    struct buffer out = { 0 };
    diagnostics_print_json(list, sources, &out);
    cr_assert_str_eq(out.bytes,
                     "{\"file\":\"t.aot\",\"line\":2,\"column\":7,\"endLine\":3,\"endColumn\":2,\"code\":\"E100\","
                     "\"slug\":\"syntax\",\"severity\":\"error\",\"message\":\"say \\\"x\\\"\","
                     "\"notes\":[{\"file\":\"t.aot\",\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":4,"
                     "\"message\":\"opened\"},{\"message\":\"bare\"}],\"help\":[\"help\"]}\n"
                     "{\"code\":\"E100\",\"slug\":\"syntax\",\"severity\":\"error\",\"message\":\"no place\","
                     "\"notes\":[],\"help\":[]}\n");
    buffer_done(&out);
}
