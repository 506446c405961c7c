/* base/source: places, and files that cannot be read. */
#include "base/memory.h"
#include "base/source.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_place(struct source *source, uint32_t offset, uint32_t line, uint32_t column, const char *text) {
    struct place place = source_place(source, offset);
    cr_expect_eq(place.line, line, "offset %u is in line %u", offset, place.line);
    cr_expect_eq(place.column, column, "offset %u is in column %u", offset, place.column);
    cr_expect(text_is(place.line_text, text), "offset %u: line '%.*s'", offset, TEXT_ARGS(place.line_text));
}

Test(source, places) {
    size_t before = memory_live_blocks();
    struct source_set *set = source_set_new();
    uint32_t index = source_set_add(set, "a.aot", TEXT("one\ntw\xc3\xb6 x\r\n\nlast"));
    struct source *source = source_set_get(set, index);
    expect_place(source, 0, 1, 1, "one");
    expect_place(source, 3, 1, 4, "one");
    expect_place(source, 4, 2, 1, "tw\xc3\xb6 x");
    expect_place(source, 6, 2, 3, "tw\xc3\xb6 x");
    expect_place(source, 7, 2, 3, "tw\xc3\xb6 x"); /* inside a character */
    expect_place(source, 8, 2, 4, "tw\xc3\xb6 x");
    expect_place(source, 12, 3, 1, "");
    expect_place(source, 13, 4, 1, "last");
    expect_place(source, 17, 4, 5, "last");
    expect_place(source, 4000, 4, 5, "last");
    source = source_set_get(set, source_set_add(set, "b", TEXT("x\n")));
    expect_place(source, 2, 2, 1, "");
    source = source_set_get(set, source_set_add(set, "d", TEXT("\r\nx\r")));
    expect_place(source, 0, 1, 1, "");
    expect_place(source, 2, 2, 1, "x");
    source = source_set_get(set, source_set_add(set, "c", TEXT_NONE));
    expect_place(source, 0, 1, 1, "");
    cr_assert_eq(source_set_count(set), 4);
    cr_assert_null(source_set_get(set, 4));
    cr_assert_null(source_set_get(set, UINT32_MAX));
    source_set_free(set);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(source, spans) {
    struct source_set *set = source_set_new();
    uint32_t index = source_set_add(set, "a.aot", TEXT("let x = 5"));
    struct span let = { index, 0, 3 }, five = { index, 8, 1 };
    cr_assert(text_is(span_text(set, five), "5"));
    cr_assert(text_is(span_text(set, span_join(let, five)), "let x = 5"));
    cr_assert_eq(span_join(five, let).length, 0);
    cr_assert(text_is(span_text(set, (struct span){ index, 5, 400 }), " = 5"), "clamped");
    cr_assert(text_is(span_text(set, SPAN_NONE), ""));
    source_set_free(set);
}

Test(source, contents_and_paths_are_copies_and_pointers_stay) {
    struct source_set *set = source_set_new();
    char path[] = "p", content[] = "text";
    struct source *first = source_set_get(set, source_set_add(set, path, text_of(content)));
    path[0] = content[0] = '!';
    for (int i = 0; i < 100; i++) source_set_add(set, "more", TEXT("x"));
    cr_assert_eq(first, source_set_get(set, 0));
    cr_assert_str_eq(first->path, "p");
    cr_assert_str_eq(first->content.bytes, "text");
    source_set_free(set);
}

static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/aot-source-%d", (int)getpid());
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void) {
    unlink("file");
    unlink("pipe");
    unlink("large");
    cr_assert_eq(rmdir(folder), 0);
}

static void expect_refused(struct source_set *set, const char *path, const char *reason) {
    char *error = NULL;
    cr_expect_eq(source_set_read(set, path, &error), -1);
    cr_expect_str_eq(error, reason);
    memory_release(error);
}

Test(source, reads_files_and_refuses_the_rest, .init = make_folder, .fini = remove_folder) {
    size_t before = memory_live_blocks();
    struct source_set *set = source_set_new();
    int file = open("file", O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(file, "a\0b\n", 4), 4);
    close(file);
    char *error = NULL;
    cr_assert_eq(source_set_read(set, "file", &error), 0);
    cr_assert_null(error);
    cr_assert(text_equal(source_set_get(set, 0)->content, (struct text){ "a\0b\n", 4 }));
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    expect_refused(set, "pipe", "it is not a regular file");
    expect_refused(set, "/dev/zero", "it is not a regular file");
    expect_refused(set, folder, "it is a directory");
    expect_refused(set, "absent", "no such file");
    expect_refused(set, "", "no such file");
    expect_refused(set, "file/below", "Not a directory");
    file = open("large", O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(ftruncate(file, 64 * 1024 * 1024 + 1), 0);
    expect_refused(set, "large", "it is larger than 64 MiB");
    cr_assert_eq(ftruncate(file, 64 * 1024 * 1024), 0);
    close(file);
    cr_assert_eq(source_set_read(set, "large", &error), 1);
    source_set_free(set);
    cr_assert_eq(memory_live_blocks(), before);
}
