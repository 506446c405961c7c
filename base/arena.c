/* The bump allocator of one compilation: blocks that double up to 1 MiB, freed together.
 * A request too large for the current block's remainder gets a block of its own when it is big, so little is wasted. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 1024 * 1024 };

struct block {
    struct block *next;               /* the block that was filled before */
    _Alignas(ALIGNMENT) char bytes[]; /* the memory handed out */
};

struct arena {
    struct block *blocks; /* all blocks; the first one is being filled, unless it is a big one of its own */
    char *next_free;      /* first unused byte of the block being filled */
    char *end;            /* behind its last byte */
    size_t next_size;     /* bytes of the next ordinary block */
    size_t taken;         /* bytes taken from the system */
};

struct arena *arena_new(void) {
    struct arena *arena = memory_allocate(sizeof *arena);
    arena->next_size = FIRST_BLOCK;
    arena->taken = sizeof *arena;
    return arena;
}

void arena_free(struct arena *arena) {
    if (!arena) return;
    for (struct block *block = arena->blocks; block;) {
        struct block *next = block->next;
        memory_release(block);
        block = next;
    }
    memory_release(arena);
}

static char *add_block(struct arena *arena, size_t size) {
    struct block *block = memory_allocate(sizeof *block + size);
    block->next = arena->blocks;
    arena->blocks = block;
    arena->taken += sizeof *block + size;
    return block->bytes;
}

void *arena_allocate(struct arena *arena, size_t size) {
    /* A size near the end of the address space stays as it is: the block for it cannot be had, and that ends the process. */
    size_t wanted = size > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(arena->end - arena->next_free) < wanted || !arena->next_free) {
        if (wanted > arena->next_size / 4) return add_block(arena, wanted);
        arena->next_free = add_block(arena, arena->next_size);
        arena->end = arena->next_free + arena->next_size;
        if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
    }
    void *result = arena->next_free;
    arena->next_free += wanted;
    return result;
}

struct text arena_copy(struct arena *arena, struct text text) {
    char *bytes = arena_allocate(arena, text.length + 1);
    if (text.length) memcpy(bytes, text.bytes, text.length);
    return (struct text){ bytes, text.length };
}

struct text arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) abort(); /* only a broken format string comes here */
    char *bytes = arena_allocate(arena, (size_t)length + 1);
    vsnprintf(bytes, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){ bytes, (size_t)length };
}

size_t arena_size(const struct arena *arena) {
    return arena->taken;
}
