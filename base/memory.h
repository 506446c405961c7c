/* Memory that is there or the process ends: the one place where malloc can fail.
 * Every allocation made here is counted, so a run can assert that it gave everything back. */
#ifndef AOT_BASE_MEMORY_H
#define AOT_BASE_MEMORY_H
#include <stddef.h>

/* Returns `size` zeroed bytes, owned by the caller; never NULL. On exhaustion prints one line and exits with status 5. */
void *memory_allocate(size_t size);
/* Resizes; the new part is not zeroed. `old` may be NULL. */
void *memory_resize(void *old, size_t size);
/* Frees; NULL is allowed. */
void memory_release(void *block);
/* A NUL-terminated copy of `length` bytes, owned by the caller. */
char *memory_copy(const char *bytes, size_t length);
/* Blocks handed out and not yet released, in this process. */
size_t memory_live_blocks(void);
#endif
