/* The rows of documents. A document whose text is none is an error value, for it may be what a component answered. */
#include "stdlib/document/document.h"

#include "base/memory.h"
#include "stdlib/document/future.h"
#include "stdlib/document/loss.h"
#include "stdlib/functions.h"

#include <stdlib.h>

enum { COUNT_MAXIMUM = 100000, TOTAL_MAXIMUM = 64 << 20, TOLD_MAXIMUM = 50 };

static bool format_of(struct text word, enum document_format *format, struct buffer *problem) {
    *format = text_is(word, "yaml") ? DOCUMENT_YAML : DOCUMENT_JSON;
    if (*format == DOCUMENT_YAML || text_is(word, "json")) return true;
    buffer_printf(problem, "no document of a format that is built (json, yaml): %.*s", TEXT_ARGS(word));
    return false;
}

bool document_of(struct value value, struct document *document, struct buffer *problem) {
    bool has_format = false, has_text = false;
    struct text format = { 0 };
    if (value.kind == VALUE_RECORD) {
        format = value_text_of(value_field(value, TEXT("format"), &has_format));
        document->text = value_text_of(value_field(value, TEXT("text"), &has_text));
    }
    if (has_format && has_text) return format_of(format, &document->format, problem);
    buffer_append_string(problem, "no document");
    return false;
}

struct document_node *document_tree(struct arena *arena, struct document document, struct buffer *problem) {
    return document.format == DOCUMENT_YAML ? document_read_yaml(arena, document.text, problem)
                                            : document_read(arena, document.text, problem);
}

void document_print(const struct document_node *node, enum document_format format, bool escaped, struct buffer *out) {
    if (format == DOCUMENT_YAML)
        document_write_yaml(node, escaped, out);
    else
        document_write(node, escaped, out);
}

struct value document_value(struct heap *heap, struct document document) {
    struct value format = value_string(heap, document.format == DOCUMENT_YAML ? "yaml" : "json");
    struct value text = value_text(heap, document.text), record = value_record(heap);
    record = value_record_with(record, TEXT("format"), format);
    record = value_record_with(record, TEXT("text"), text);
    value_release(format);
    value_release(text);
    return record;
}

/* ---- what all rows begin and end with ---- */

struct work {
    struct native_call *call;
    struct heap *heap;
    struct arena *arena;
    enum document_format format; /* of the document that was read last */
    struct buffer problem;
};

static struct work begin(struct native_call *call) {
    return (struct work){ .call = call, .heap = run_heap(call->run), .arena = arena_new() };
}

/* The owned result, or an error value where there is a problem. */
static enum native_outcome finish(struct work *work, struct value result) {
    if (work->problem.length) {
        value_release(result);
        result = value_error(work->heap, "%s: %s", work->call->row->name, work->problem.bytes);
    }
    buffer_done(&work->problem);
    arena_free(work->arena);
    return native_done(work->call, result);
}

static struct document_node *read(struct work *work, struct value value) {
    struct document document;
    if (!document_of(value, &document, &work->problem)) return NULL;
    work->format = document.format;
    return document_tree(work->arena, document, &work->problem);
}

/* A value of the language as a tree. */
static struct document_node *tree_of(struct work *work, struct value value) {
    struct buffer json = { 0 };
    struct document_node *tree = NULL;
    if (value_to_json(value, &json))
        tree = document_read(work->arena, buffer_text(&json), &work->problem);
    else
        buffer_append_string(&work->problem, "this value has no JSON form");
    buffer_done(&json);
    return tree;
}

static struct value written(struct work *work, const struct document_node *tree, bool escaped) {
    struct buffer text = { 0 };
    document_print(tree, work->format, escaped, &text);
    struct value result = document_value(work->heap, (struct document){ work->format, buffer_text(&text) });
    buffer_done(&text);
    return result;
}

/* What the recipe asked wrongly: the run ends with the problem. */
static enum native_outcome refuse(struct work *work, struct value result) {
    native_fail(work->call, "%s: %s", work->call->row->name, work->problem.bytes);
    value_release(result);
    buffer_done(&work->problem);
    arena_free(work->arena);
    return NATIVE_FAIL;
}

/* ---- rows ---- */

enum native_outcome document_make(struct native_call *call) {
    struct work work = begin(call);
    if (!format_of(argument_text(call, 1), &work.format, &work.problem)) return refuse(&work, value_none());
    struct document_node *tree = tree_of(&work, argument(call, 0));
    return finish(&work, tree ? written(&work, tree, false) : value_none());
}

enum native_outcome document_field(struct native_call *call) {
    struct work work = begin(call);
    struct text path = argument_text(call, 1), rest = path;
    struct document_step step;
    struct document_node *node = read(&work, argument(call, 0));
    bool there = node != NULL;
    while (node && document_step_next(work.arena, &rest, &step, &work.problem)) node = document_step_into(node, &step);
    if (work.problem.length || !there) return finish(&work, value_none());
    if (!node) return finish(&work, value_missing(work.heap, "the document has no %.*s", TEXT_ARGS(path)));
    struct buffer json = { 0 };
    document_write(node, false, &json);
    struct value result = value_from_json(work.heap, buffer_text(&json));
    buffer_done(&json);
    return finish(&work, result);
}

/* Puts `item` where the step leads; false: there is no such place. */
static bool put(struct document_node *parent, const struct document_step *step, struct document_node *item) {
    struct document_node *old = document_step_into(parent, step);
    if (old) {
        old->kind = item->kind;
        old->text = item->text;
        old->first = item->first;
        old->last = item->last;
        old->count = item->count;
    } else if (parent->kind == DOCUMENT_OBJECT && !step->is_index) {
        item->name = step->name;
        document_append(parent, item);
    }
    return old || (parent->kind == DOCUMENT_OBJECT && !step->is_index);
}

enum native_outcome document_with(struct native_call *call) {
    struct work work = begin(call);
    struct text path = argument_text(call, 1), rest = path;
    struct document_step step;
    struct document_node *root = read(&work, argument(call, 0)), *parent = root;
    struct document_node *item = root ? tree_of(&work, argument(call, 2)) : NULL;
    bool more = item && document_step_next(work.arena, &rest, &step, &work.problem);
    while (more && rest.length && parent) {
        parent = document_step_into(parent, &step);
        more = document_step_next(work.arena, &rest, &step, &work.problem);
    }
    if (!work.problem.length && !(more && parent && put(parent, &step, item)))
        buffer_printf(&work.problem, "the document has no place for %.*s", TEXT_ARGS(path));
    return finish(&work, work.problem.length ? value_none() : written(&work, root, false));
}

enum native_outcome document_future(struct native_call *call) {
    int64_t count = argument_integer(call, 1);
    if (count < 1 || count > COUNT_MAXIMUM)
        return native_fail(call, "future_fields: the count must be from 1 to %d", COUNT_MAXIMUM);
    struct work work = begin(call);
    struct value documents = value_list(work.heap, NULL, 0);
    struct document_node *sample = read(&work, argument(call, 0));
    if (sample && !document_has_object(sample))
        buffer_append_string(&work.problem, "the sample has no object that could take a field");
    size_t total = 0;
    for (int64_t i = 0; i < count && !work.problem.length; i++) {
        struct arena *arena = work.arena;
        work.arena = arena_new();
        sample = read(&work, argument(call, 0));
        bool escaped = document_add_future(work.arena, sample, work.format == DOCUMENT_JSON,
                                           (uint64_t)argument_integer(call, 2), (size_t)i);
        struct value document = written(&work, sample, escaped);
        total += value_text_of(value_at(document, 1)).length;
        documents = value_list_append(documents, document);
        value_release(document);
        arena_free(work.arena);
        work.arena = arena;
        if (total > TOTAL_MAXIMUM) buffer_append_string(&work.problem, "the documents are more than 64 MiB");
    }
    return work.problem.length ? refuse(&work, documents) : finish(&work, documents);
}

/* ---- what was lost ---- */

struct lost {
    struct value message; /* owned */
    size_t size;          /* of the document that was sent */
    size_t index;
};

static int smallest_first(const void *a, const void *b) {
    const struct lost *first = a, *second = b;
    if (first->size != second->size) return first->size < second->size ? -1 : 1;
    return (first->index > second->index) - (first->index < second->index);
}

/* One pair; false when nothing was lost. An answer that is no document has lost everything. */
static bool compare(struct work *work, size_t index, struct lost *lost) {
    struct value sent = value_at(argument(work->call, 0), index), got = value_at(argument(work->call, 1), index);
    struct document document = { 0 };
    struct arena *arena = work->arena;
    struct buffer out = { 0 };
    work->arena = arena_new();
    struct document_node *first = read(work, sent), *second = NULL;
    if (first && document_of(got, &document, &out)) second = document_tree(work->arena, document, &out);
    bool differs = first && (!second || document_loss(first, second, &out));
    if (differs && document_of(sent, &document, &work->problem)) {
        struct value message = value_printf(work->heap, "document %zu (%zu bytes): %s%.*s", index, document.text.length,
                                            second ? "" : "what came back is ", TEXT_ARGS(buffer_text(&out)));
        *lost = (struct lost){ message, document.text.length, index };
    }
    buffer_done(&out);
    arena_free(work->arena);
    work->arena = arena;
    return differs;
}

enum native_outcome document_lost(struct native_call *call) {
    struct work work = begin(call);
    size_t sent = value_count(argument(call, 0)), got = value_count(argument(call, 1));
    size_t pairs = sent < got ? sent : got, count = 0;
    struct lost *lost = memory_resize(NULL, (pairs + 1) * sizeof *lost);
    for (size_t i = 0; i < pairs && !work.problem.length; i++) count += compare(&work, i, &lost[count]);
    qsort(lost, count, sizeof *lost, smallest_first);
    struct value messages = value_list(work.heap, NULL, 0);
    struct value note;
    if (sent != got) {
        note = value_printf(work.heap, "%zu documents were sent, %zu came back", sent, got);
        messages = value_list_append(messages, note);
        value_release(note);
    }
    for (size_t i = 0; i < count; i++) {
        if (i < TOLD_MAXIMUM) messages = value_list_append(messages, lost[i].message);
        value_release(lost[i].message);
    }
    if (count > TOLD_MAXIMUM) {
        note = value_printf(work.heap, "and %zu documents more", count - TOLD_MAXIMUM);
        messages = value_list_append(messages, note);
        value_release(note);
    }
    memory_release(lost);
    return finish(&work, messages);
}
