/* Releases: named, from the repository's tags, from --versions. */
#include "tests/unit/config/read.h"

#include "base/memory.h"
#include "config/tags.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct reading reading;
static char *folder;
static struct config *config;
static struct buffer shown;

static void drop(void) {
    if (folder) folder_remove(folder);
    config_free(config);
    folder = NULL;
    config = NULL;
}
static void begin(void) {
    reading = reading_new();
}
static void end(void) {
    drop();
    buffer_done(&shown);
    reading_done(&reading);
}
TestSuite(releases, .init = begin, .fini = end);

static void show(struct text text) {
    size_t at = text_find(text, text_of(folder)); /* the folder's name is another each time */
    if (at != SIZE_MAX) text = text_slice(text, at + strlen(folder) + 1, SIZE_MAX);
    buffer_printf(&shown, " %.*s", TEXT_ARGS(text));
}

/* "N v2 bin image place;" of each release, or the error. */
static const char *resolve(const char *yaml, const char *versions, bool git) {
    drop();
    folder = folder_with("aot.yaml", yaml, NULL);
    char path[300], *error = NULL;
    if (git) {
        snprintf(path, sizeof path,
                 "cd %s && git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && "
                 "for tag in v1.0.0 v1.9.0 v1.10.0 v2.0.0-rc1 v2.0.0 other; do git tag $tag; done",
                 folder);
        cr_assert_eq(system(path), 0);
    }
    snprintf(path, sizeof path, "%s/aot.yaml", folder);
    config = config_read(reading.sources, path, reading.diagnostics, &error);
    cr_assert(config, "%s", error);
    struct release_rows rows = { 0 };
    const struct config_section *profile = config_profile(config, TEXT("p"));
    releases_resolve(config, profile, versions, "--versions", reading.arena, reading.sources, reading.diagnostics,
                     &rows, &error);
    buffer_clear(&shown);
    buffer_append_string(&shown, error ? error : reading_found(&reading));
    memory_release(error);
    for (size_t i = 0; i < rows.count; i++) {
        buffer_printf(&shown, "%.*s", TEXT_ARGS(rows.rows[i].name));
        show(rows.rows[i].tag);
        show(rows.rows[i].bin);
        show(rows.rows[i].image);
        show(rows.rows[i].place);
        buffer_append_byte(&shown, ';');
    }
    return shown.bytes;
}
#define EXPECT(yaml, versions, git, wanted) \
    do { \
        const char *got = resolve(yaml, versions, git); \
        cr_expect_str_eq(got, wanted, "line %d: %s", __LINE__, got); \
    } while (0)

Test(releases, are_named) {
    EXPECT("releases:\n  N-1: { tag: v1, bin: ./old/x, image: i1 }\n  N: { tag: v2, bin: /opt/x }\n", NULL, false,
           "N v2 /opt/x  aot.yaml:3;N-1 v1 old/x i1 aot.yaml:2;");
    EXPECT("releases:\n  bin: b/{name}/{tag}\n  image: \"i:{tag}\"\n  N: { tag: v2 }\n  N-1: { tag: v1, bin: own }\n  "
           "N-2: {}\n",
           NULL, false, "N v2 b/N/v2 i:v2 aot.yaml:4;N-1 v1 own i:v1 aot.yaml:5;N-2    aot.yaml:6;");
    EXPECT("", NULL, false, "");
}

Test(releases, are_given_on_the_command_line) {
    const char *yaml = "releases:\n  N: { tag: v2, bin: new }\n  N-1: { tag: v1, bin: old }\n";
    EXPECT(yaml, "N=v1", false, "N v1 old  --versions;");
    EXPECT(yaml, "N=v3, N-2=v0", false, "N v3   --versions;N-1 v1 old  aot.yaml:3;N-2 v0   --versions;");
    EXPECT("releases: { bin: \"b/{tag}\" }", "N=v3", false, "N v3 b/v3  --versions;");
    EXPECT(yaml, "N", false, "--versions N: write --versions N=v2.0.0,N-1=v1.1.0");
    EXPECT(yaml, "N=", false, "--versions N=: write --versions N=v2.0.0,N-1=v1.1.0");
    EXPECT(yaml, "N=v1,,", false, "--versions : write --versions N=v2.0.0,N-1=v1.1.0");
    EXPECT(yaml, "M=v1", false, "--versions M=v1: write --versions N=v2.0.0,N-1=v1.1.0");
}

Test(releases, come_from_the_repositorys_tags) {
    EXPECT("releases:\n  from-tags: \"v*\"\n  bin: b/{tag}\n", NULL, true,
           "N v2.0.0 b/v2.0.0  aot.yaml:2;N-1 v2.0.0-rc1 b/v2.0.0-rc1  aot.yaml:2;N-2 v1.10.0 b/v1.10.0  aot.yaml:2;"
           "N-3 v1.9.0 b/v1.9.0  aot.yaml:2;N-4 v1.0.0 b/v1.0.0  aot.yaml:2;");
    EXPECT("releases:\n  from-tags: \"v1.*\"\n  N: { tag: head, bin: now }\n  N-2: { tag: v1.10.0 }\n", NULL, true,
           "N head now  aot.yaml:3;N-1 v1.9.0   aot.yaml:2;N-2 v1.10.0   aot.yaml:4;N-3 v1.0.0   aot.yaml:2;");
    EXPECT("releases: from-tags\n", "N-5=v9", true,
           "N v2.0.0   aot.yaml:1;N-1 v2.0.0-rc1   aot.yaml:1;N-2 v1.10.0   aot.yaml:1;N-3 v1.9.0   aot.yaml:1;"
           "N-4 v1.0.0   aot.yaml:1;N-5 v9   --versions;");
    EXPECT("releases:\n  from-tags: \"w*\"\n", NULL, true, "E605 2:14 the repository has no tag like w*\n");
}

Test(releases, without_a_repository_say_so) {
    const char *got = resolve("releases: from-tags\n", NULL, false);
    cr_expect(strstr(got, "E605 1:11 git says: fatal: not a git repository"), "%s", got);
}

Test(releases, have_ages) {
    int64_t age;
    cr_expect(release_age(TEXT("N"), &age) && age == 0);
    cr_expect(release_age(TEXT("N-12"), &age) && age == 12);
    cr_expect_not(release_age(TEXT("N-"), &age));
    cr_expect_not(release_age(TEXT("N1"), &age));
    cr_expect_not(release_age(TEXT("M"), &age));
    cr_expect_not(release_age(TEXT("N-999999999999"), &age));
}

Test(releases, a_profile_goes_before_the_file) {
    static const char file[] =
        "releases:\n  bin: b/{tag}\n  N: { tag: v2, bin: own }\n  N-1: { tag: v1 }\n  N-2: { tag: v0 }\n"
        "profiles:\n  p:\n    releases:\n";
    static const struct {
        const char *profile, *versions, *wanted;
    } rows[] = {
        { "      N: { bin: debug/notes }\n", NULL,
          "N v2 debug/notes  aot.yaml:9 profile p;N-1 v1 b/v1  aot.yaml:4;N-2 v0 b/v0  aot.yaml:5;" },
        { "      N: { tag: v3 }\n", NULL, /* `own` is v2's */
          "N v3 b/v3  aot.yaml:9 profile p;N-1 v1 b/v1  aot.yaml:4;N-2 v0 b/v0  aot.yaml:5;" },
        { "      N: { image: i }\n", NULL,
          "N v2 own i aot.yaml:9 profile p;N-1 v1 b/v1  aot.yaml:4;N-2 v0 b/v0  aot.yaml:5;" },
        { "      N: { tag: v1 }\n", NULL, "N v1 b/v1  aot.yaml:9 profile p;N-2 v0 b/v0  aot.yaml:5;" },
        { "      bin: d/{tag}\n", NULL, "N v2 own  aot.yaml:3;N-1 v1 d/v1  aot.yaml:4;N-2 v0 d/v0  aot.yaml:5;" },
        { "      N-1: { tag: v9, bin: nine }\n", "N=v9,N-1=v2",
          "N v9 nine  --versions;N-1 v2 own  --versions;N-2 v0 b/v0  aot.yaml:5;" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer yaml = { 0 };
        buffer_printf(&yaml, "%s%s", file, rows[i].profile);
        const char *got = resolve(yaml.bytes, rows[i].versions, false);
        cr_expect_str_eq(got, rows[i].wanted, "%zu: %s", i, got);
        buffer_done(&yaml);
    }
}
