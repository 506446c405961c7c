/* A program that is asked: what it says, how it ends, and that one which never answers is not waited for. */
#include "base/child.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#define ASK(limit, ...) \
    const char *arguments[] = { __VA_ARGS__, NULL }; \
    struct buffer out = { 0 }, said = { 0 }; \
    int status = -1, error = child_ask(arguments, limit, &out, &said, &status)
#define DONE() (buffer_done(&out), buffer_done(&said))

Test(child, says_and_complains) {
    ASK(20 * SECOND, "sh", "-c", "echo well; echo ill >&2; cat; exit 3");
    cr_expect_eq(error, 0);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    cr_expect_str_eq(out.bytes, "well\n");
    cr_expect_str_eq(said.bytes, "ill\n");
    DONE();
}

Test(child, is_not_there) {
    ASK(SECOND, "no-such-program-here");
    cr_expect_eq(error, ENOENT);
    cr_expect_str_eq(child_trouble(error), "PATH has no such program");
    DONE();
}

Test(child, that_never_answers_is_killed, .timeout = 20) {
    int64_t began = clock_monotonic();
    ASK(100 * MILLISECOND, "sleep", "1000");
    cr_expect_eq(error, ETIME);
    cr_expect(WIFSIGNALED(status));
    cr_expect(clock_monotonic() - began < 10 * SECOND);
    DONE();
}

Test(child, that_says_too_much_is_cut, .timeout = 30) {
    ASK(20 * SECOND, "head", "-c", "5000000", "/dev/zero");
    cr_expect_eq(error, 0);
    cr_expect(out.length >= 1 << 20 && out.length < (1 << 20) + 8192);
    DONE();
}
