/* Two trees, side by side. Members are sorted by name first, so that a huge object costs no more than its sorting. */
#include "stdlib/document/loss.h"

#include "base/memory.h"

#include <stdlib.h>

enum { SHOWN_MAXIMUM = 60 };

struct comparison {
    struct buffer path;
    struct buffer *out;
};

static void show(const struct document_node *node, struct buffer *out) {
    struct buffer written = { 0 };
    document_write(node, false, &written);
    size_t length = written.length;
    if (length > SHOWN_MAXIMUM) {
        length = SHOWN_MAXIMUM;
        while (((unsigned char)written.bytes[length] & 0xC0) == 0x80) length--;
    }
    buffer_append(out, text_slice(buffer_text(&written), 0, length));
    if (length < written.length) buffer_append_string(out, "…");
    buffer_done(&written);
}

static void tell_path(struct comparison *comparison) {
    buffer_append(comparison->out, comparison->path.length ? buffer_text(&comparison->path) : TEXT("the whole"));
}

static bool tell_change(struct comparison *comparison, const struct document_node *sent,
                        const struct document_node *got) {
    tell_path(comparison);
    buffer_append_string(comparison->out, ": ");
    show(sent, comparison->out);
    buffer_append_string(comparison->out, got ? " came back as " : " did not come back");
    if (got) show(got, comparison->out);
    return true;
}

static bool differ(struct comparison *comparison, const struct document_node *sent, const struct document_node *got);

static bool lists_differ(struct comparison *comparison, const struct document_node *sent,
                         const struct document_node *got) {
    size_t length = comparison->path.length, index = 0;
    const struct document_node *other = got->first;
    for (const struct document_node *item = sent->first; item; item = item->next, index++) {
        buffer_printf(&comparison->path, "[%zu]", index);
        if (other ? differ(comparison, item, other) : tell_change(comparison, item, NULL)) return true;
        other = other->next;
        comparison->path.length = length;
    }
    if (!other) return false;
    tell_path(comparison);
    buffer_printf(comparison->out, ": %zu elements came back as %zu", sent->count, got->count);
    return true;
}

struct member {
    const struct document_node *node;
    size_t place; /* among its siblings */
};

static int by_name(const void *a, const void *b) {
    const struct member *first = a, *second = b;
    int order = text_compare(first->node->name, second->node->name);
    return order ? order : (first->place > second->place) - (first->place < second->place);
}

static struct member *sorted(const struct document_node *object) {
    struct member *members = memory_resize(NULL, (object->count + 1) * sizeof *members);
    size_t count = 0;
    for (const struct document_node *member = object->first; member; member = member->next, count++)
        members[count] = (struct member){ member, count };
    qsort(members, count, sizeof *members, by_name);
    return members;
}

static size_t equal_names(const struct member *members, size_t count) {
    size_t equal = 0;
    while (equal < count && text_equal(members[equal].node->name, members[0].node->name)) equal++;
    return equal;
}

/* The members of one name, of which there may be several. */
static bool names_differ(struct comparison *comparison, const struct member *sent, size_t sent_count,
                         const struct member *got, size_t got_count) {
    size_t length = comparison->path.length;
    document_path_name(&comparison->path, sent->node->name);
    if (!got_count) return tell_change(comparison, sent->node, NULL);
    if (sent_count != got_count) {
        tell_path(comparison);
        buffer_printf(comparison->out, ": sent %zu times, came back %zu times", sent_count, got_count);
        return true;
    }
    size_t named = comparison->path.length;
    for (size_t i = 0; i < sent_count; i++) {
        if (sent_count > 1) buffer_printf(&comparison->path, " (%zu of %zu)", i + 1, sent_count);
        if (differ(comparison, sent[i].node, got[i].node)) return true;
        comparison->path.length = named;
    }
    comparison->path.length = length;
    return false;
}

static bool members_differ(struct comparison *comparison, const struct member *sent, size_t sent_count,
                           const struct member *got, size_t got_count) {
    for (size_t i = 0, k = 0; i < sent_count;) {
        size_t wanted = equal_names(sent + i, sent_count - i);
        while (k < got_count && text_compare(got[k].node->name, sent[i].node->name) < 0) k++;
        bool there = k < got_count && text_equal(got[k].node->name, sent[i].node->name);
        size_t found = there ? equal_names(got + k, got_count - k) : 0;
        if (names_differ(comparison, sent + i, wanted, got + k, found)) return true;
        i += wanted;
        k += found;
    }
    return false;
}

static bool objects_differ(struct comparison *comparison, const struct document_node *sent,
                           const struct document_node *got) {
    struct member *first = sorted(sent), *second = sorted(got);
    bool differs = members_differ(comparison, first, sent->count, second, got->count);
    memory_release(first);
    memory_release(second);
    return differs;
}

static bool differ(struct comparison *comparison, const struct document_node *sent, const struct document_node *got) {
    if (sent->kind != got->kind || !text_equal(sent->text, got->text)) return tell_change(comparison, sent, got);
    if (sent->kind == DOCUMENT_LIST) return lists_differ(comparison, sent, got);
    return sent->kind == DOCUMENT_OBJECT && objects_differ(comparison, sent, got);
}

bool document_loss(const struct document_node *sent, const struct document_node *got, struct buffer *out) {
    struct comparison comparison = { .out = out };
    bool lost = differ(&comparison, sent, got);
    buffer_done(&comparison.path);
    return lost;
}
