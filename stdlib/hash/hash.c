/* The digests' rows: of texts at once, of files and spooled bodies on a thread. */
#include "stdlib/hash/digest.h"

#include "base/memory.h"
#include "stdlib/errand.h"
#include "stdlib/file/content.h"
#include "stdlib/functions.h"
#include "stdlib/http/body.h"

static const char *const names[] = { [DIGEST_SHA256] = "sha256", [DIGEST_SHA512] = "sha512", [DIGEST_MD5] = "md5" };

static enum native_outcome of_bytes(struct native_call *call, enum digest_kind kind, struct text bytes) {
    struct heap *heap = run_heap(call->run);
    struct buffer out = { 0 };
    struct value result = digest_bytes(kind, bytes, &out)
                              ? value_text(heap, buffer_text(&out))
                              : value_error(heap, "%s: OpenSSL does not offer it here", names[kind]);
    buffer_done(&out);
    return native_done(call, result);
}

/* A file's digest, while it is computed. */
struct file_digest {
    enum digest_kind kind;
    char *path;         /* owned */
    struct value owner; /* keeps a spooled body's file alive; owned */
    struct buffer out;  /* the digest */
    int problem;        /* of digest_file */
};

static void compute(void *state, const atomic_bool *given_up) {
    struct file_digest *digest = state;
    digest->problem = digest_file(digest->kind, digest->path, given_up, &digest->out);
}

static struct value computed(void *state, struct heap *heap, struct buffer *problem) {
    (void)problem;
    struct file_digest *digest = state;
    if (digest->problem == 0) return value_text(heap, buffer_text(&digest->out));
    return value_error(heap, "%s of %s: %s", names[digest->kind], digest->path,
                       digest->problem < 0 ? "OpenSSL does not offer it here" : content_problem(digest->problem));
}

static void release(void *state) {
    struct file_digest *digest = state;
    memory_release(digest->path);
    value_release(digest->owner);
    buffer_done(&digest->out);
    memory_release(digest);
}

static enum native_outcome of_file(struct native_call *call, enum digest_kind kind, struct text path,
                                   struct value owner) {
    static const struct errand_class errand_class = { compute, computed, release };
    struct file_digest *digest = memory_allocate(sizeof *digest);
    *digest = (struct file_digest){ .kind = kind,
                                    .path = memory_copy(path.bytes, path.length),
                                    .owner = value_retain(owner) };
    struct buffer what = { 0 };
    buffer_printf(&what, "%s of %s", names[kind], digest->path);
    enum native_outcome outcome = errand_start(call, what.bytes, &errand_class, digest);
    buffer_done(&what);
    return outcome;
}

static enum native_outcome of_argument(struct native_call *call, enum digest_kind kind) {
    return of_bytes(call, kind, value_text_of(argument(call, 0)));
}

static enum native_outcome of_path(struct native_call *call, enum digest_kind kind) {
    return of_file(call, kind, argument_text(call, 0), value_none());
}

enum native_outcome hash_sha256_text(struct native_call *call) {
    return of_argument(call, DIGEST_SHA256);
}

enum native_outcome hash_sha256_bytes(struct native_call *call) {
    return of_argument(call, DIGEST_SHA256);
}

enum native_outcome hash_sha256_file(struct native_call *call) {
    return of_path(call, DIGEST_SHA256);
}

enum native_outcome hash_sha256_response(struct native_call *call) {
    struct value body = body_of(argument(call, 0));
    const char *path = body_file(body);
    if (path) return of_file(call, DIGEST_SHA256, text_of(path), body);
    if (body.kind == VALUE_TEXT) return of_bytes(call, DIGEST_SHA256, value_text_of(body));
    return native_done(call, value_error(run_heap(call->run), "sha256: this answer's body was not kept"));
}

enum native_outcome hash_sha512_text(struct native_call *call) {
    return of_argument(call, DIGEST_SHA512);
}

enum native_outcome hash_sha512_file(struct native_call *call) {
    return of_path(call, DIGEST_SHA512);
}

enum native_outcome hash_md5_text(struct native_call *call) {
    return of_argument(call, DIGEST_MD5);
}

enum native_outcome hash_md5_file(struct native_call *call) {
    return of_path(call, DIGEST_MD5);
}
