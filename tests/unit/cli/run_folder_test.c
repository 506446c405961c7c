/* Folders of runs: names that are safe, retention that spares the living, removal that follows no link. */
#include "base/memory.h"
#include "cli/run_folder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static void enter(void) {
    strcpy(root, "/tmp/aot-run-folder-XXXXXX");
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
}
static void leave(void) {
    cr_assert(run_folder_remove(root));
}
TestSuite(run_folder, .init = enter, .fini = leave);

Test(run_folder, a_cell_name_is_safe_for_a_file_system) {
    struct buffer name = { 0 };
    run_folder_cell(7, TEXT("page=/../x y, fresh=true"), &name);
    cr_expect_str_eq(name.bytes, "007-page=_.._x_y,fresh=true");
    buffer_clear(&name);
    run_folder_cell(1, TEXT_NONE, &name);
    cr_expect_str_eq(name.bytes, "001");
    buffer_clear(&name);
    char longer[400];
    memset(longer, 'x', sizeof longer);
    run_folder_cell(1, (struct text){ longer, sizeof longer }, &name);
    cr_expect_leq(name.length, 100);
    buffer_done(&name);
}

static void make_run(const char *name) {
    struct buffer path = { 0 };
    buffer_printf(&path, RUN_FOLDER_ROOT "/%s/001", name);
    cr_assert(run_folder_make(path.bytes));
    buffer_done(&path);
}

Test(run_folder, the_newest_stay_and_a_living_process_keeps_its_own) {
    char mine[64];
    snprintf(mine, sizeof mine, "20200101-000000-T4-%ld", (long)getpid());
    make_run(mine);
    make_run("20200102-000000-T4-999999999");
    make_run("20200103-000000-T4-999999999");
    make_run("20200104-000000-T4-999999999");
    cr_expect_eq(run_folder_retain(1), 2);
    cr_expect_eq(access(RUN_FOLDER_ROOT "/20200104-000000-T4-999999999", F_OK), 0);
    cr_expect_neq(access(RUN_FOLDER_ROOT "/20200103-000000-T4-999999999", F_OK), 0);
    struct buffer kept = { 0 };
    buffer_printf(&kept, RUN_FOLDER_ROOT "/%s", mine);
    cr_expect_eq(access(kept.bytes, F_OK), 0);
    buffer_done(&kept);
}

Test(run_folder, removal_does_not_follow_links) {
    cr_assert(run_folder_make("precious/inner"));
    cr_assert(run_folder_make("gone"));
    cr_assert_eq(symlink("../precious", "gone/link"), 0);
    cr_expect(run_folder_remove("gone"));
    cr_expect_eq(access("precious/inner", F_OK), 0);
    cr_expect_neq(access("gone", F_OK), 0);
}

Test(run_folder, a_run_of_another_container_holds_its_folder) {
    make_run("20200102-000000-T4-999999999qmzt");
    make_run("20200103-000000-T4-999999999qmzt");
    pid_t other = fork();
    if (other == 0) _exit(run_folder_hold(RUN_FOLDER_ROOT "/20200102-000000-T4-999999999qmzt") ? (int)pause() : 1);
    while (run_folder_hold(RUN_FOLDER_ROOT "/20200102-000000-T4-999999999qmzt")) usleep(1000);
    cr_expect_eq(run_folder_retain(0), 1);
    cr_expect_eq(access(RUN_FOLDER_ROOT "/20200102-000000-T4-999999999qmzt", F_OK), 0);
    kill(other, SIGKILL);
}

Test(run_folder, ids_of_one_process_differ_and_begin_with_its_number) {
    struct buffer first = { 0 }, second = { 0 }, part = { 0 };
    run_folder_id(TEXT("T4"), &first);
    run_folder_id(TEXT("T4"), &second);
    buffer_printf(&part, "-T4-%ld", (long)getpid());
    cr_expect(strstr(first.bytes, part.bytes));
    cr_expect_str_neq(first.bytes, second.bytes);
    buffer_done(&first);
    buffer_done(&second);
    buffer_done(&part);
}

Test(run_folder, scratch_is_short_and_never_somebody_elses) {
    setenv("TMPDIR", root, 1);
    struct buffer path = { 0 }, inner = { 0 }, notices = { 0 };
    run_folder_scratch(TEXT("20200101-000000-T4-4711qmzt"), 3, &path);
    cr_assert(run_folder_make_scratch(path.bytes, &notices));
    cr_expect(text_ends(buffer_text(&path), TEXT("/aot-4711-qmzt3")));
    buffer_printf(&inner, "%s/old", path.bytes);
    cr_assert_eq(mkdir(inner.bytes, 0755), 0);
    cr_expect_not(run_folder_make_scratch(path.bytes, &notices));
    cr_expect(strstr(notices.bytes, "cannot make the scratch folder"));
    cr_expect_eq(access(inner.bytes, F_OK), 0);
    buffer_done(&path);
    buffer_done(&inner);
    buffer_done(&notices);
}
