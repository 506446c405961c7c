/* A bump allocator: what one compilation makes, it frees at once. Nothing in an arena is freed alone. */
#ifndef AOT_BASE_ARENA_H
#define AOT_BASE_ARENA_H
#include "base/text.h"
#include <stddef.h>

struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Zeroed, aligned for any type, alive until arena_free. */
void *arena_allocate(struct arena *arena, size_t size);
/* A copy with a NUL behind it (not counted in the length). */
struct text arena_copy(struct arena *arena, struct text text);
struct text arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes taken from the system so far. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_allocate((arena), sizeof(type) * (count)))
#endif
