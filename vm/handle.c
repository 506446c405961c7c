/* Handles: things in the world behind a value. The run lists them by creation, to stop them in reverse; the last
 * owner's going releases one at once, unless it must last. Nobody else ever calls a class' functions. */
#include "vm/handle.h"

#include "vm/run_state.h"

#include "base/memory.h"

#include <string.h>

static uint32_t next_number(struct run *run, const char *type) {
    for (size_t i = 0; i < run->handle_counters.count; i++) {
        struct handle_counter *counter = &run->handle_counters.items[i];
        if (strcmp(counter->type, type) == 0) return ++counter->count;
    }
    VECTOR_PUSH(&run->handle_counters, (struct handle_counter){ type, 1 });
    return 1;
}

/* Takes the name over. */
static struct value make(struct run *run, const struct handle_class *handle_class, void *state, char *name) {
    struct handle_object *handle = heap_allocate(run->heap, VALUE_HANDLE, sizeof *handle);
    handle->name = name;
    handle->run = run;
    handle->handle_class = handle_class;
    handle->state = state;
    handle->older = run->newest_handle;
    if (handle->older) handle->older->newer = handle;
    run->newest_handle = handle;
    return value_of_object(handle);
}

struct value handle_new(struct run *run, const struct handle_class *handle_class, void *state) {
    struct buffer name = { 0 };
    buffer_printf(&name, "%s#%u", handle_class->type, next_number(run, handle_class->type));
    return make(run, handle_class, state, buffer_take(&name));
}

struct value handle_twin(struct run *worker, const struct handle_class *handle_class, void *state, const char *name) {
    return make(worker, handle_class, state, memory_copy(name, strlen(name)));
}

struct value handle_stub(struct heap *heap, struct text name) {
    struct handle_object *handle = heap_allocate(heap, VALUE_HANDLE, sizeof *handle);
    handle->head.flags |= OBJECT_STUB;
    handle->name = memory_copy(name.bytes, name.length);
    return value_of_object(handle);
}

void *handle_state(struct value value, const struct handle_class *handle_class) {
    if (value.kind != VALUE_HANDLE || handle_object(value)->handle_class != handle_class) return NULL;
    return handle_object(value)->state;
}

const struct handle_class *handle_class_of(struct value value, void **state) {
    if (value.kind != VALUE_HANDLE || !handle_object(value)->state) return NULL;
    *state = handle_object(value)->state;
    return handle_object(value)->handle_class;
}

const char *handle_name(struct value value) {
    return value.kind == VALUE_HANDLE ? handle_object(value)->name : "";
}

void handle_print(struct value value, struct buffer *out) {
    const struct handle_object *handle = handle_object(value);
    buffer_append_string(out, handle->name);
    if (!handle->state || !handle->handle_class || !handle->handle_class->describe) return;
    buffer_append_string(out, " (");
    handle->handle_class->describe(handle->state, out);
    buffer_append_byte(out, ')');
}

struct handle_object *handle_newest(struct run *run) {
    return run->newest_handle;
}

/* Once: the thing is given back, and the run does not know it any more. */
static void let_go(struct handle_object *handle) {
    if (!handle->run) return;
    if (handle->newer)
        handle->newer->older = handle->older;
    else
        handle->run->newest_handle = handle->older;
    if (handle->older) handle->older->newer = handle->newer;
    handle->run = NULL;
    void *state = handle->state;
    handle->state = NULL;
    if (handle->handle_class->release) handle->handle_class->release(state);
}

void handle_destroy(struct object *object) {
    struct handle_object *handle = (struct handle_object *)object;
    if (handle->run && handle->handle_class->lasting && handle->handle_class->lasting(handle->state)) {
        object->references = 1; /* the run's, until handle_end */
        handle->kept = true;
        return;
    }
    let_go(handle);
    memory_release(handle->name);
    heap_return(handle, sizeof *handle);
}

void handle_end(struct handle_object *handle) {
    bool kept = handle->kept;
    handle->kept = false;
    handle->head.references++; /* releasing the thing may drop other owners */
    let_go(handle);
    if (kept) value_release(value_of_object(handle));
    value_release(value_of_object(handle));
}
