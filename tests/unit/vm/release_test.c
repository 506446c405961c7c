/* Releases: the fields of a version, its text, and how it compares, with and without somebody who says what it is. */
#include "vm/release.h"

#include "vm/field.h"
#include "vm/heap.h"
#include "vm/version.h"

#include "base/memory.h"

#include <criterion/criterion.h>

static struct heap *heap;
static const struct release releases[] = {
    { TEXT("N"), TEXT("v2.0.0"), TEXT("/bin/true"), TEXT("notes:2"), TEXT("aot.yaml:2") },
    { TEXT("N-1"), TEXT("v1.1"), TEXT("/bin/no-such-program"), TEXT_NONE, TEXT("aot.yaml:3") },
    { TEXT("N-2"), TEXT("old"), TEXT("/etc/passwd"), TEXT_NONE, TEXT("aot.yaml:4") },
    { TEXT("N-3"), TEXT_NONE, TEXT("/etc"), TEXT_NONE, TEXT("aot.yaml:5") },
};
static void begin(void) {
    heap = heap_new(0);
    heap->releases = releases;
    heap->release_count = sizeof releases / sizeof releases[0];
}
static void end(void) {
    cr_expect_eq(heap_free(heap), 0, "objects are left alive");
    cr_expect_eq(memory_live_blocks(), 0);
}
TestSuite(release, .init = begin, .fini = end);

static void expect_at(int line, struct value value, const char *printed) {
    struct buffer text = { 0 };
    value_print(value, &text);
    cr_expect_str_eq(text.bytes, printed, "line %d: %s, not %s", line, text.bytes, printed);
    buffer_done(&text);
    value_release(value);
}
static void expect_field_at(int line, const char *spelling, const char *key, const char *printed) {
    struct value version = value_version(heap, text_of(spelling));
    expect_at(line, field_of(heap, version, text_of(key)), printed);
    value_release(version);
}
#define EXPECT_FIELD(spelling, key, printed) expect_field_at(__LINE__, spelling, key, printed)

Test(release, has_fields) {
    EXPECT_FIELD("N", "tag", "\"v2.0.0\"");
    EXPECT_FIELD("N", "bin", "\"/bin/true\"");
    EXPECT_FIELD("N", "image", "\"notes:2\"");
    EXPECT_FIELD("v2.0.0", "image", "\"notes:2\"");
    EXPECT_FIELD("v7.0", "tag", "\"v7.0\"");
    EXPECT_FIELD("N", "tags", "error: a version has no field tags");
}

Test(release, says_what_is_missing_and_where_it_should_stand) {
    EXPECT_FIELD("N-1", "image", "error: release N-1 has no image: aot.yaml:3 gives tag and bin");
    EXPECT_FIELD("N-3", "tag", "error: release N-3 has no tag: aot.yaml:5 gives bin");
    EXPECT_FIELD("N-4", "bin", "error: there is no release N-4, so it has no bin: aot.yaml:2 has N, N-1, N-2, N-3");
    EXPECT_FIELD(
        "v7.0", "bin",
        "error: there is no release v7.0, so it has no bin: aot.yaml:2 has N (v2.0.0), N-1 (v1.1), N-2 (old), N-3");
    EXPECT_FIELD("N-1", "bin", "error: the program of release N-1 does not exist: /bin/no-such-program (aot.yaml:3)");
    EXPECT_FIELD("N-2", "bin", "error: the program of release N-2 cannot be executed: /etc/passwd (aot.yaml:4)");
    EXPECT_FIELD("N-3", "bin", "error: the program of release N-3 is no file: /etc (aot.yaml:5)");
    heap->releases_are_past = true; /* judged again on another machine */
    EXPECT_FIELD("N-1", "bin", "\"/bin/no-such-program\"");
    heap->release_count = 0;
    EXPECT_FIELD("N-1", "bin", "error: release N-1 has no bin: aot.yaml says what a release is");
}

static void expect_compared_at(int line, enum comparison comparison, const char *left, const char *right,
                               const char *printed) {
    struct value a = value_version(heap, text_of(left)), b = value_version(heap, text_of(right));
    expect_at(line, value_compare(heap, comparison, a, b), printed);
    value_release(a);
    value_release(b);
}
#define EXPECT_COMPARED(comparison, left, right, printed) expect_compared_at(__LINE__, comparison, left, right, printed)

Test(release, compares_with_a_number_by_its_tag) {
    EXPECT_COMPARED(COMPARE_EQUAL, "N-1", "v1.1.0", "true");
    EXPECT_COMPARED(COMPARE_LESS, "v1.10", "N", "true");
    EXPECT_COMPARED(COMPARE_GREATER_EQUAL, "N-1", "v1.2", "false");
    EXPECT_COMPARED(COMPARE_LESS, "N-2", "N-1", "true"); /* by age, whatever the tags are */
    EXPECT_COMPARED(COMPARE_LESS, "N-2", "v1.2",
                    "error: N-2 does not compare with v1.2: the tag of N-2, old, is not written like v1.4");
    EXPECT_COMPARED(COMPARE_EQUAL, "v1.2", "N-9",
                    "error: v1.2 does not compare with N-9: nothing says what release N-9 is");
}

Test(release, is_its_tag_in_texts_and_json) {
    struct value version = value_version(heap, TEXT("N-1"));
    expect_at(__LINE__, release_text(heap, version), "\"v1.1\"");
    expect_at(__LINE__, value_retain(version), "N-1 (v1.1)");
    struct buffer json = { 0 };
    cr_expect(value_to_json(version, &json));
    cr_expect_str_eq(json.bytes, "\"v1.1\"");
    buffer_done(&json);
    value_plain(version, &json); /* a cell's name */
    cr_expect_str_eq(json.bytes, "N-1");
    buffer_done(&json);
    struct value regex = value_regex(heap, TEXT("^v1"));
    expect_at(__LINE__, value_match(heap, version, regex), "true");
    value_release(regex);
    value_release(version);
}
