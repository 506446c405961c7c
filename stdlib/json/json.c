/* JSON text to values and back. The reader and the writer are the machine's own: they keep integers that no double holds. */
#include "stdlib/functions.h"

enum native_outcome json_parse(struct native_call *call) {
    return native_done(call, value_from_json(run_heap(call->run), argument_text(call, 0)));
}

enum native_outcome json_text_of(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct buffer out = { 0 };
    bool written = value_to_json(argument(call, 0), &out);
    struct value result =
        written ? value_text(heap, buffer_text(&out)) : value_error(heap, "json_text: this value has no JSON form");
    buffer_done(&out);
    return native_done(call, result);
}
