/* Uploads as far as no process is needed: the job that goes to it, and what is refused before it starts. What it does there is the suite
 * `uploads`. */
#include "base/clock.h"
#include "stdlib/upload/job.h"
#include "tests/unit/stdlib/trial.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(upload, .timeout = 20);

static char *copy(const char *text) {
    return memory_copy(text, strlen(text));
}

Test(upload, a_job_comes_back_as_it_went) {
    size_t before = memory_live_blocks();
    struct job job = { .protocol = UPLOAD_IETF,
                       .path = copy("/tmp/a file\nof two lines"),
                       .url = copy("http://u:p@127.0.0.1/x"),
                       .key = copy(""),
                       .size = INT64_MAX,
                       .changed = 7,
                       .chunk = 8,
                       .from = 0,
                       .kill_at = -1,
                       .settle = 9,
                       .timeout = 10,
                       .every = 11,
                       .create = true,
                       .insecure = true };
    VECTOR_PUSH(&job.headers, copy("A: b"));
    VECTOR_PUSH(&job.headers, copy("C;"));
    struct buffer text = { 0 };
    struct job back = { 0 };
    job_write(&job, &text);
    cr_assert(job_read(buffer_text(&text), &back));
    cr_assert_str_eq(back.path, job.path);
    cr_assert_str_eq(back.url, job.url);
    cr_assert_str_eq(back.key, "");
    cr_assert_null(back.ca);
    cr_assert(back.protocol == UPLOAD_IETF && back.create && back.insecure && !back.asks);
    cr_assert(back.size == INT64_MAX && back.changed == 7 && back.chunk == 8 && back.from == 0 && back.kill_at == -1);
    cr_assert(back.settle == 9 && back.timeout == 10 && back.every == 11);
    cr_assert(back.headers.count == 2 && strcmp(back.headers.items[1], "C;") == 0);
    job_done(&back);
    job_done(&job);
    buffer_done(&text);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(upload, a_job_that_is_none_is_refused) {
    const struct text texts[] = { TEXT_NONE,
                                  TEXT("nonsense"),
                                  TEXT("url\0http://a"),             /* no end of the content */
                                  TEXT("url\0http://a\0"),           /* cut off */
                                  TEXT("end\0\0"),                   /* no URL */
                                  TEXT("url\0u\0chunk\0 \0end\0\0"), /* no number */
                                  TEXT("url\0u\0chunk\0one\0end\0\0"),
                                  TEXT("url\0u\0protocol\0"
                                       "9\0end\0\0"),
                                  TEXT("url\0u\0what\0"
                                       "1\0end\0\0") };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct job job = { 0 };
        cr_assert_not(job_read(texts[i], &job), "text %zu", i);
        job_done(&job);
    }
}

/* source, target, key, chunk, from, kill_at, protocol, create, headers, settle, timeout, ca, insecure */
static void refused(const struct trial_argument *arguments, const char *why) {
    struct trial *trial = trial_new();
    trial_call(trial, "upload_send", 13, arguments);
    cr_assert(trial_run(trial, 0) != RUN_COMPLETE, "%s", why);
    cr_assert(strstr(trial_message(trial), why), "%s, not %s", trial_message(trial), why);
    trial_free(trial);
}

Test(upload, what_cannot_be_is_refused_before_anything_starts) {
    char path[] = "/tmp/aot-upload-test-XXXXXX";
    int file = mkstemp(path);
    cr_assert(file >= 0 && write(file, "0123456789", 10) == 10);
    close(file);
    const struct trial_argument good[13] = { text(path),       text("http://127.0.0.1:1/"),
                                             none(),           size(4),
                                             size(0),          none(),
                                             text("session"),  boolean(false),
                                             json("{}"),       duration(0),
                                             duration(SECOND), none(),
                                             boolean(false) };
    const struct {
        size_t at;
        struct trial_argument instead;
        const char *why;
    } rows[] = {
        { 0, text("/nowhere/at/all"), "no such file" },
        { 1, text("file:///etc/passwd"), "http" },
        { 2, text("a\nb"), "the key has a control character" },
        { 3, size(0), "the chunk must be above 0B" },
        { 4, size(-1), "from: cannot be negative" },
        { 4, size(11), "from: 11B is beyond the end" },
        { 5, size(10), "kill_at: 10B is not before the end" },
        { 5, size(0), "kill_at: 0B is not behind from:" },
        { 5, size(-1), "kill_at: cannot be negative" },
        { 7, boolean(true), "create: is of tus and ietf" },
        { 8, json("{\"tus-resumable\": \"0.2\"}"), "headers: tus-resumable is set by the protocol" },
        { 8, json("{\"X\": \"a\\nb\"}"), "has a line break" },
        { 9, duration(-1), "settle: 0s to 1m" },
        { 10, duration(0), "the timeout must be above 0s" },
        { 11, text("/nowhere/at/all"), "no such file" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial_argument arguments[13];
        memcpy(arguments, good, sizeof arguments);
        arguments[rows[i].at] = rows[i].instead;
        refused(arguments, rows[i].why);
    }
    unlink(path);
}
