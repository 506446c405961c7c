/* record/reader and record/file: what is no record, or no whole one, is refused with a sentence; nothing else is replaced. */
#include "base/memory.h"
#include "record/record.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/aot-record-XXXXXX";
static char path[64];

static void set_up(void) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.aotrec", folder);
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

static void write_file(const char *content, size_t length) {
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    cr_assert_eq(fwrite(content, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static void make_record(int samples) {
    char *error = NULL;
    struct record *record = record_create(path, NULL, &error);
    cr_assert(record, "%s", error);
    uint32_t stream = record_stream(record, TEXT("s"), "samples", false, true, 1, 0, 0);
    for (int i = 0; i < samples; i++) {
        char value[32];
        int length = snprintf(value, sizeof value, "%d", i * 7919);
        record_sample(record, stream, i, i + 1, INT64_MIN, (struct text){ value, (size_t)length });
    }
    cr_assert(record_close(record, &error));
}

static void expect_refused(const char *wanted) {
    char *error = NULL;
    struct record *record = record_open(path, &error);
    cr_assert_null(record);
    cr_assert(error);
    cr_expect(strstr(error, wanted), "'%s' does not say '%s'", error, wanted);
    memory_release(error);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(record_open, no_file, .init = set_up, .fini = tear_down) {
    expect_refused("no such file");
}

Test(record_open, folder_and_pipe, .init = set_up, .fini = tear_down) {
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused("is a folder");
    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused("is not an ordinary file");
}

Test(record_open, empty_and_other_files, .init = set_up, .fini = tear_down) {
    write_file("", 0);
    expect_refused("is empty");
    write_file("hello\n", 6);
    expect_refused("is not a record");
    write_file("SQLite format 3", 10);
    expect_refused("is truncated");
}

Test(record_open, another_database, .init = set_up, .fini = tear_down) {
    char command[256];
    snprintf(command, sizeof command, "sqlite3 '%s' 'create table t(a)'", path);
    cr_assert_eq(system(command), 0);
    expect_refused("is a SQLite database, but not a record of aot");
}

Test(record_open, newer, .init = set_up, .fini = tear_down) {
    make_record(1);
    char command[256];
    snprintf(command, sizeof command, "sqlite3 '%s' 'pragma user_version = 7'", path);
    cr_assert_eq(system(command), 0);
    expect_refused("written by a newer aot: format 7, and this one reads format 1");
}

Test(record_open, truncated, .init = set_up, .fini = tear_down) {
    make_record(20000);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(truncate(path, status.st_size / 2), 0);
    expect_refused("is truncated: ");
    cr_assert_eq(truncate(path, 50), 0);
    expect_refused("is truncated: only 50 bytes are left");
}

static bool count(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    (void)start, (void)end, (void)intended, (void)value;
    ++*(int *)data;
    return true;
}

/* Bytes in the middle changed: reading says so or reads on, but never crashes and never loops. */
Test(record_open, damaged, .init = set_up, .fini = tear_down) {
    make_record(20000);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    int refused = 0;
    for (int round = 0; round < 40; round++) {
        make_record(20000);
        int descriptor = open(path, O_RDWR);
        char bytes[300];
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(round * 31 + (int)i * 7);
        off_t at = 100 + (status.st_size - 500) / 40 * round;
        cr_assert_eq(pwrite(descriptor, bytes, sizeof bytes, at), (ssize_t)sizeof bytes);
        close(descriptor);
        char *error = NULL;
        struct record *record = record_open(path, &error);
        int read = 0;
        if (!record)
            refused++;
        else if (!record_each_sample(record, 1, count, &read)) {
            cr_expect(record_reading_error(record));
            refused++;
        }
        memory_release(error);
        if (record) cr_expect(record_close(record, &error));
    }
    cr_expect_geq(refused, 10);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* A table's first page overwritten: what stood in it must not seem never to have been. */
Test(record_open, damaged_tables, .init = set_up, .fini = tear_down) {
    char bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * i % 251);
    for (off_t page = 1; page <= 6; page++) {
        make_record(100);
        int descriptor = open(path, O_RDWR);
        cr_assert_eq(pwrite(descriptor, bytes, sizeof bytes, page * 4096), (ssize_t)sizeof bytes);
        close(descriptor);
        expect_refused("is damaged: ");
    }
}

Test(record_create, replaces_an_older_record_only, .init = set_up, .fini = tear_down) {
    make_record(5);
    make_record(5);
    write_file("", 0);
    make_record(5);
    write_file("my notes\n", 9);
    char *error = NULL;
    cr_expect_null(record_create(path, NULL, &error));
    cr_expect_str_eq(error, "exists and is not a record, so it is not replaced");
    memory_release(error);
    char content[16] = "";
    FILE *file = fopen(path, "rb");
    cr_expect_eq(fread(content, 1, 9, file), 9);
    fclose(file);
    cr_expect_str_eq(content, "my notes\n");
}

Test(record_close, needs_no_place_for_an_error_when_only_read, .init = set_up, .fini = tear_down) {
    make_record(5);
    char *error = NULL;
    cr_expect(record_close(record_open(path, &error), NULL));
    cr_expect(record_close(NULL, NULL));
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(record_create, no_folder, .init = set_up, .fini = tear_down) {
    strcat(path, "/deeper/run.aotrec");
    char *error = NULL;
    cr_expect_null(record_create(path, NULL, &error));
    cr_expect(strstr(error, "cannot be created: No such file or directory"), "%s", error);
    memory_release(error);
    cr_expect_eq(memory_live_blocks(), 0);
}
