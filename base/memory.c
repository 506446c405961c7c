/* Memory for every stage. Ends the process when there is none left, so no caller checks for NULL. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NO_MEMORY = 5 };

/* Workers of a load allocate too; only the sum matters, so relaxed order is enough. */
static atomic_size_t live_blocks;

static _Noreturn void exhausted(void) {
    static const char line[] = "aot: out of memory\n";
    /* Nothing can be done if even this fails: the process ends either way. */
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    _exit(EXIT_NO_MEMORY);
}

void *memory_allocate(size_t size) {
    void *block = calloc(1, size ? size : 1);
    if (!block) exhausted();
    atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return block;
}

void *memory_resize(void *old, size_t size) {
    void *block = realloc(old, size ? size : 1);
    if (!block) exhausted();
    if (!old) atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return block;
}

void memory_release(void *block) {
    if (!block) return;
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    free(block);
}

char *memory_copy(const char *bytes, size_t length) {
    if (length == SIZE_MAX) exhausted();
    char *copy = memory_resize(NULL, length + 1);
    if (length) memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

size_t memory_live_blocks(void) {
    return atomic_load_explicit(&live_blocks, memory_order_relaxed);
}
