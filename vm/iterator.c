/* Iterators: what `for x in xs` walks. One owner each; only NEXT moves them.
 * A map is walked by its keys; a series by its elements, records among them with their times as fields. */
#include "vm/heap.h"

struct value value_iterator(struct heap *heap, struct value over) {
    struct iterator_object *iterator = heap_allocate(heap, VALUE_ITERATOR, sizeof *iterator);
    iterator->over = over.kind == VALUE_STREAM ? value_as_series(over) : value_retain(over);
    return value_of_object(iterator);
}

bool iterator_next(struct heap *heap, struct value value, struct value *element) {
    struct iterator_object *iterator = iterator_object(value);
    struct value over = iterator->over;
    size_t count = over.kind == VALUE_SERIES ? series_of(over)->timing->count : value_count(over);
    if (iterator->next >= count) return false;
    size_t index = iterator->next++;
    if (over.kind == VALUE_SERIES)
        *element = series_element(heap, over, index);
    else if (over.kind == VALUE_RECORD)
        *element = value_text(heap, value_key_at(over, index));
    else
        *element = value_retain(value_at(over, index));
    return true;
}

void iterator_destroy(struct object *object) {
    struct iterator_object *iterator = (struct iterator_object *)object;
    value_release(iterator->over);
    heap_return(iterator, sizeof *iterator);
}
