/* aot.yaml: its keys, where it is found, and what is said of mistakes. */
#include "tests/unit/config/read.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct reading reading;
static char *folder;
static struct config *config;

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
    reading_done(&reading);
}
TestSuite(config, .init = begin, .fini = end);

static void read_text(const char *text) {
    drop();
    reading_done(&reading);
    reading = reading_new();
    folder = folder_with("aot.yaml", text, NULL);
    char path[200], *error = NULL;
    snprintf(path, sizeof path, "%s/aot.yaml", folder);
    config = config_read(reading.sources, path, reading.diagnostics, &error);
    cr_assert(config, "%s", error);
}

static void expect_found_at(int line, const char *text, const char *wanted) {
    read_text(text);
    const char *found = reading_found(&reading);
    cr_expect_str_eq(found, wanted, "line %d:\n%s", line, found);
}
#define EXPECT_FOUND(text, wanted) expect_found_at(__LINE__, text, wanted)

Test(config, has_its_keys) {
    read_text("releases:\n  bin: b/{tag}\n  N: { tag: v2, image: \"i:{tag}\" }\n"
              "inputs:\n  rps: 5/s\n  T4:\n    length: 3s\n    component.window: [N]\n"
              "profiles:\n  quick:\n    limit: 2m\n    inputs: { length: 1s }\n"
              "backend: docker\njobs: 4\nkeep-runs: 7\nallow targets: [staging.example, \"10.0.0.1:5432\"]\n");
    cr_expect_str_eq(reading_found(&reading), "");
    cr_expect(text_is(config->base.releases.bin.text, "b/{tag}"));
    cr_assert_eq(config->base.releases.count, 1);
    cr_expect(text_is(config->base.releases.list[0].tag.text, "v2"));
    cr_assert_eq(config->base.input_count, 3);
    cr_expect(text_is(config->base.inputs[0].recipe, "") && text_is(config->base.inputs[0].name, "rps"));
    cr_expect(text_is(config->base.inputs[2].recipe, "T4") && text_is(config->base.inputs[2].name, "component.window"));
    cr_expect(text_is(config->base.settings[CONFIG_BACKEND].text, "docker"));
    cr_expect(text_is(config->base.settings[CONFIG_JOBS].text, "4"));
    const struct config_section *quick = config_profile(config, TEXT("quick"));
    cr_assert(quick);
    cr_expect(text_is(quick->settings[CONFIG_LIMIT].text, "2m"));
    cr_expect_eq(quick->input_count, 1);
    cr_expect_null(config_profile(config, TEXT("slow")));
    cr_assert_eq(config->allow_target_count, 2);
    cr_expect(text_is(config->allow_targets[1].text, "10.0.0.1:5432"));
}

Test(config, says_all_mistakes_of_a_file) {
    EXPECT_FOUND(
        "release:\n  N: {}\nprofiles:\n  quick:\n    input: {}\n    allow targets: [a]\ncolour: red\n",
        "E603 1:1 aot.yaml has no key `release`\n  did you mean `releases`?\n"
        "E603 5:5 a profile has no key `input`\n  did you mean `inputs`?\n"
        "E603 6:5 a profile has no key `allow targets`\n  there are releases, inputs, backend, jobs, limit, keep-runs\n"
        "E603 7:1 aot.yaml has no key `colour`\n"
        "  there are releases, inputs, profiles, backend, jobs, limit, keep-runs, allow targets\n");
    EXPECT_FOUND("releases:\n  N: v2\n  N-0: {}\n  N-1: { tga: v1, bin: [a] }\n  N-2:\n    tag: \"a\\nb\"\n",
                 "E604 2:6 a release is a mapping, and here stands a text\n"
                 "E603 3:3 `releases` has no key `N-0`\n  did you mean `N-1`?\n"
                 "E603 4:10 a release has no key `tga`\n  did you mean `tag`?\n"
                 "E604 4:24 `bin` is one value, and here stands a list\n"
                 "E604 6:10 `tag` holds a control character\n");
    EXPECT_FOUND(
        "releases:\n  bin: b/{version}\n  image: b/{}\n  N: { tag: v1 }\n  N-1: { tag: v1 }\n  from-tags: -d\n",
        "E605 2:8 `bin` holds a brace that is neither of {tag} nor of {name}\n"
        "  {tag} stands for the release's tag, {name} for N, N-1 …\n"
        "E605 3:10 `image` holds a brace that is neither of {tag} nor of {name}\n"
        "  {tag} stands for the release's tag, {name} for N, N-1 …\n"
        "E605 5:15 N and N-1 have the same tag\n"
        "E605 6:14 a pattern of tags does not begin with `-`\n");
    EXPECT_FOUND(
        "backend: podman\njobs: all\nlimit: 5\nkeep-runs: many\nallow targets: staging\ninputs:\n  T4: 5\nprofiles:\n",
        "E604 1:10 `backend` is process, docker or auto, not `podman`\n"
        "E604 2:7 `jobs` is a whole number from 0 to 1000, not `all`\n"
        "E604 3:8 `limit` is a length of time, such as 5m, not `5`\n"
        "E604 4:12 `keep-runs` is a whole number, not `many`\n"
        "E604 5:16 `allow targets` is a list of hosts, and here stands a text\n"
        "E604 7:7 what stands under the recipe `T4` is a mapping, and here stands a number\n"
        "E604 8:10 `profiles` is a mapping, and here stands nothing\n  leave the key out\n");
    EXPECT_FOUND("- a\n- b\n", "E604 1:3 aot.yaml is a mapping, and here stands a list\n");
}

Test(config, is_found_from_the_recipes_folder_upwards) {
    folder = folder_with("aot.yaml", "", "a/b/r.aot", "", "c/.git", "", "c/d/r.aot", "", "e/aot.yaml", "", "e/f/r.aot",
                         "", NULL);
    char real[200], path[300], wanted[300], *found;
    cr_assert(realpath(folder, real) != NULL);
    snprintf(path, sizeof path, "%s/a/b/r.aot", folder);
    snprintf(wanted, sizeof wanted, "%s/aot.yaml", real);
    cr_expect_str_eq(found = config_find(path), wanted);
    memory_release(found);
    snprintf(path, sizeof path, "%s/c/d/r.aot", folder); /* c is a repository of its own */
    cr_expect_null(config_find(path));
    snprintf(path, sizeof path, "%s/e/f/r.aot", folder);
    snprintf(wanted, sizeof wanted, "%s/e/aot.yaml", real);
    cr_expect_str_eq(found = config_find(path), wanted);
    memory_release(found);
    cr_assert_eq(chdir(folder), 0);
    cr_expect_str_eq(found = config_find("a/b/r.aot"), "aot.yaml");
    memory_release(found);
    cr_expect_str_eq(found = config_find("e/f/r.aot"), "e/aot.yaml");
    memory_release(found);
    cr_expect_str_eq(found = config_find("-"), "aot.yaml");
    memory_release(found);
    cr_expect_null(config_find("nowhere/r.aot"));
    cr_assert_eq(chdir("/"), 0);
}
