/* Reading and making files. The disk is touched on a thread; what comes back is a value, a file that cannot be read an error value. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/errand.h"
#include "stdlib/file/content.h"
#include "stdlib/functions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One file that is read or made. */
struct file_errand {
    char *path;         /* owned */
    struct buffer text; /* what was read, or what is to be written */
    int64_t size;       /* read: the limit; random: how many bytes */
    bool over;          /* the file is larger than the limit */
    uint64_t chance;    /* random: the generator's state */
    int problem;        /* an errno, or 0 */
    int descriptor;     /* of a file that is made; -1 */
};

static void release(void *state) {
    struct file_errand *file = state;
    if (file->descriptor >= 0) close(file->descriptor);
    memory_release(file->path);
    buffer_done(&file->text);
    memory_release(file);
}

static struct file_errand *file_errand(struct text path) {
    struct file_errand *file = memory_allocate(sizeof *file);
    file->path = memory_copy(path.bytes, path.length);
    file->descriptor = -1;
    return file;
}

static enum native_outcome start(struct native_call *call, const char *verb, const struct errand_class *errand_class,
                                 struct file_errand *file) {
    struct buffer what = { 0 };
    buffer_printf(&what, "%s %s", verb, file->path);
    enum native_outcome outcome = errand_start(call, what.bytes, errand_class, file);
    buffer_done(&what);
    return outcome;
}

/* ---- read ---- */

static bool keep_block(void *data, struct text bytes) {
    struct file_errand *file = data;
    file->over = (int64_t)(file->text.length + bytes.length) > file->size;
    if (!file->over) buffer_append(&file->text, bytes);
    return !file->over;
}

static void read_content(void *state, const atomic_bool *given_up) {
    struct file_errand *file = state;
    file->problem = content_read(file->path, given_up, keep_block, file);
}

static struct value content(void *state, struct heap *heap, struct buffer *problem) {
    (void)problem;
    struct file_errand *file = state;
    if (file->over) {
        struct buffer limit = { 0 };
        size_print(&limit, file->size);
        struct value error = value_error(heap, "read %s: it is over %s", file->path, limit.bytes);
        buffer_done(&limit);
        return error;
    }
    if (file->problem == ENOENT) return value_missing(heap, "read %s: no such file", file->path);
    if (file->problem) return value_error(heap, "read %s: %s", file->path, content_problem(file->problem));
    return value_text(heap, buffer_text(&file->text));
}

enum native_outcome file_read(struct native_call *call) {
    static const struct errand_class errand_class = { read_content, content, release };
    struct file_errand *file = file_errand(argument_text(call, 0));
    file->size = argument_integer(call, 1);
    return start(call, "reading", &errand_class, file);
}

enum native_outcome file_exists(struct native_call *call) {
    struct text path = argument_text(call, 0);
    char *terminated = memory_copy(path.bytes, path.length);
    bool exists = faccessat(AT_FDCWD, terminated, F_OK, AT_EACCESS) == 0;
    memory_release(terminated);
    return native_done(call, value_boolean(exists));
}

/* ---- making ---- */

/* The n-th name to try: "haproxy.cfg", "haproxy-2.cfg", … */
static char *scratch_path(const char *folder, struct text name, int n) {
    size_t stem = name.length;
    while (stem > 1 && name.bytes[stem - 1] != '.') stem--;
    stem = stem > 1 ? stem - 1 : name.length;
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/%.*s", folder, (int)stem, name.bytes);
    if (n > 1) buffer_printf(&path, "-%d", n);
    buffer_append(&path, text_slice(name, stem, name.length));
    return buffer_take(&path);
}

/* Makes an empty file of that name, or of the next one that is free. */
static struct file_errand *make(struct run *run, struct text name) {
    for (int n = 1;; n++) {
        struct file_errand *file = file_errand(TEXT_NONE);
        memory_release(file->path);
        file->path = scratch_path(run_folder(run), name, n);
        file->descriptor = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        file->problem = file->descriptor < 0 ? errno : 0;
        if (file->problem != EEXIST) return file;
        release(file);
    }
}

static enum native_outcome start_making(struct native_call *call, const struct errand_class *errand_class,
                                        struct file_errand *file) {
    if (!file->problem) return start(call, "writing", errand_class, file);
    enum native_outcome outcome = native_fail(call, "cannot write %s: %s", file->path, strerror(file->problem));
    release(file);
    return outcome;
}

/* On the thread: whether all is on the disk shows when the descriptor is closed. */
static void close_made(struct file_errand *file) {
    if (close(file->descriptor) != 0 && !file->problem) file->problem = errno;
    file->descriptor = -1;
    if (file->problem) unlink(file->path);
}

static struct value made(void *state, struct heap *heap, struct buffer *problem) {
    struct file_errand *file = state;
    if (!file->problem) return value_string(heap, file->path);
    buffer_printf(problem, "cannot write %s: %s", file->path, strerror(file->problem));
    return value_none();
}

static void write_text(void *state, const atomic_bool *given_up) {
    (void)given_up;
    struct file_errand *file = state;
    file->problem = content_append(file->descriptor, buffer_text(&file->text));
    close_made(file);
}

enum native_outcome file_temporary(struct native_call *call) {
    static const struct errand_class errand_class = { write_text, made, release };
    struct text name = argument_text(call, 0);
    if (!name.length || name.length > 200 || memchr(name.bytes, '/', name.length) ||
        memchr(name.bytes, 0, name.length) || text_is(name, ".") || text_is(name, ".."))
        return native_fail(call, "temp_file: \"%.*s\" is not the bare name of a file", TEXT_ARGS(name));
    struct file_errand *file = make(call->run, name);
    buffer_append(&file->text, argument_text(call, 1));
    return start_making(call, &errand_class, file);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void write_random(void *state, const atomic_bool *given_up) {
    enum { WORDS = 16384 };
    struct file_errand *file = state;
    uint64_t *words = memory_allocate(WORDS * sizeof *words);
    for (int64_t left = file->size; left > 0 && !file->problem; left -= (int64_t)(WORDS * sizeof *words)) {
        for (int i = 0; i < WORDS; i++) words[i] = next_random(&file->chance);
        size_t length = left < (int64_t)(WORDS * sizeof *words) ? (size_t)left : WORDS * sizeof *words;
        file->problem = atomic_load(given_up)
                            ? ECANCELED
                            : content_append(file->descriptor, (struct text){ (char *)words, length });
    }
    memory_release(words);
    close_made(file);
}

enum native_outcome file_random(struct native_call *call) {
    static const struct errand_class errand_class = { write_random, made, release };
    int64_t size = argument_integer(call, 0);
    if (size < 0) return native_fail(call, "random_file: a file cannot have a negative size");
    struct file_errand *file = make(call->run, TEXT("random.bin"));
    file->size = size;
    file->chance = run_random(call->run);
    return start_making(call, &errand_class, file);
}
