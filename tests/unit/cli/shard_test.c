/* --shard: what is written, what a CI's environment says, and that the parts are a partition. */
#include "base/buffer.h"
#include "cli/shard.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void forget_environment(void) {
    static const char *const names[] = { "CI_NODE_INDEX",
                                         "CI_NODE_TOTAL",
                                         "CIRCLE_NODE_INDEX",
                                         "CIRCLE_NODE_TOTAL",
                                         "BUILDKITE_PARALLEL_JOB",
                                         "BUILDKITE_PARALLEL_JOB_COUNT",
                                         "SYSTEM_JOBPOSITIONINPHASE",
                                         "SYSTEM_TOTALJOBSINPHASE",
                                         "SLURM_ARRAY_TASK_ID",
                                         "SLURM_ARRAY_TASK_COUNT",
                                         "SLURM_ARRAY_TASK_MIN",
                                         "AWS_BATCH_JOB_ARRAY_INDEX",
                                         "AWS_BATCH_JOB_ARRAY_SIZE",
                                         "JOB_COMPLETION_INDEX",
                                         "AOT_SHARD_TOTAL" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unsetenv(names[i]);
}

TestSuite(shard, .init = forget_environment);

static struct shard good(const char *text) {
    struct shard shard;
    cr_assert(shard_read(text, &shard), "%s", text);
    return shard;
}

static bool is_bad(const char *text) {
    struct shard shard;
    return !shard_read(text, &shard);
}

Test(shard, is_read_from_one_to_n) {
    struct shard shard = good("2/8");
    cr_expect_eq(shard.index, 1);
    cr_expect_eq(shard.count, 8);
    cr_expect_eq(good("8/8").index, 7);
    cr_expect_eq(good(NULL).count, 0);
}

Test(shard, anything_else_is_refused) {
    static const char *const texts[] = { "",      "0/4", "5/4",           "1",   "1/", "/4", "1/0", "1/4x", "-1/4",
                                         "1 / 4", "a/b", "1/99999999999", "auto" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) cr_expect(is_bad(texts[i]), "%s", texts[i]);
}

Test(shard, each_cell_is_in_one_shard_of_all) {
    for (size_t count = 1; count < 12; count++) {
        for (size_t number = 0; number < 100; number++) {
            size_t holders = 0;
            struct buffer cell = { 0 };
            buffer_printf(&cell, "app=N, page=%zu", number);
            for (size_t index = 0; index < count; index++)
                holders += shard_has(&(struct shard){ index, count }, TEXT("T4"), buffer_text(&cell));
            buffer_done(&cell);
            cr_assert_eq(holders, 1);
        }
    }
    cr_expect(shard_has(&(struct shard){ 0, 0 }, TEXT("T4"), TEXT_NONE), "without shards every cell runs");
}

Test(shard, parts_are_about_alike) {
    size_t held[4] = { 0 };
    for (size_t number = 0; number < 400; number++) {
        struct buffer cell = { 0 };
        buffer_printf(&cell, "old=N-%zu, new=N-%zu", number / 20, number % 20);
        for (size_t index = 0; index < 4; index++)
            held[index] += shard_has(&(struct shard){ index, 4 }, TEXT("T1"), buffer_text(&cell));
        buffer_done(&cell);
    }
    for (size_t index = 0; index < 4; index++) cr_expect(held[index] > 60 && held[index] < 140, "%zu", held[index]);
}

static void expect(const char *index_name, const char *index, const char *count_name, const char *count) {
    forget_environment();
    setenv(index_name, index, 1);
    setenv(count_name, count, 1);
    struct shard shard = good("auto");
    cr_expect_eq(shard.index, 2, "%s", index_name);
    cr_expect_eq(shard.count, 5, "%s", index_name);
}

Test(shard, what_every_ci_says) {
    expect("CI_NODE_INDEX", "3", "CI_NODE_TOTAL", "5");
    expect("CIRCLE_NODE_INDEX", "2", "CIRCLE_NODE_TOTAL", "5");
    expect("BUILDKITE_PARALLEL_JOB", "2", "BUILDKITE_PARALLEL_JOB_COUNT", "5");
    expect("SYSTEM_JOBPOSITIONINPHASE", "3", "SYSTEM_TOTALJOBSINPHASE", "5");
    expect("AWS_BATCH_JOB_ARRAY_INDEX", "2", "AWS_BATCH_JOB_ARRAY_SIZE", "5");
    expect("JOB_COMPLETION_INDEX", "2", "AOT_SHARD_TOTAL", "5");
    forget_environment();
    setenv("SLURM_ARRAY_TASK_MIN", "10", 1);
    setenv("SLURM_ARRAY_TASK_ID", "12", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "5", 1);
    cr_expect_eq(good("auto").index, 2);
}

Test(shard, what_a_ci_says_wrongly_is_refused) {
    setenv("CI_NODE_INDEX", "6", 1);
    cr_expect(is_bad("auto"), "of how many is not said");
    setenv("CI_NODE_TOTAL", "5", 1);
    cr_expect(is_bad("auto"), "the sixth of five");
    setenv("CI_NODE_INDEX", "0", 1);
    cr_expect(is_bad("auto"), "GitLab counts from 1");
    setenv("CI_NODE_INDEX", "two", 1);
    cr_expect(is_bad("auto"));
}
