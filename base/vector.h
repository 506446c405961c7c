/* The one growable array: struct VECTOR(int) numbers = {0}; VECTOR_PUSH(&numbers, 3); VECTOR_DONE(&numbers); */
#ifndef AOT_BASE_VECTOR_H
#define AOT_BASE_VECTOR_H
#include "base/memory.h"

#define VECTOR(type) \
    { \
        type *items; \
        size_t count; \
        size_t capacity; \
    }
#define VECTOR_RESERVE(vector, wanted) \
    do { \
        if ((vector)->capacity < (size_t)(wanted)) { \
            size_t vector_capacity = (vector)->capacity ? (vector)->capacity : 8; \
            while (vector_capacity < (size_t)(wanted)) vector_capacity *= 2; \
            (vector)->items = memory_resize((vector)->items, vector_capacity * sizeof *(vector)->items); \
            (vector)->capacity = vector_capacity; \
        } \
    } while (0)
#define VECTOR_PUSH(vector, ...) \
    do { \
        VECTOR_RESERVE((vector), (vector)->count + 1); \
        (vector)->items[(vector)->count++] = (__VA_ARGS__); \
    } while (0)
#define VECTOR_DONE(vector) \
    do { \
        memory_release((vector)->items); \
        (vector)->items = NULL; \
        (vector)->count = (vector)->capacity = 0; \
    } while (0)
#endif
