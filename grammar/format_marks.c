/* Walks the tree once and leaves marks where the tokens alone would not tell. */
#include "grammar/format_marks.h"

#include "base/memory.h"

struct marking {
    uint8_t *marks;
    struct text text;
};

static uint32_t end_of(struct span span) {
    return span.start + span.length;
}

static void set_column(struct marking *marking, uint32_t offset, enum format_column column) {
    marking->marks[offset] = (uint8_t)((marking->marks[offset] & ~MARK_COLUMN_ALL) | column * MARK_COLUMN);
}

/* A record in parentheses spans those too: its brace is behind them. */
static void mark_brace(struct marking *marking, const struct node *node, uint8_t mark) {
    uint32_t at = node->span.start, end = end_of(node->span);
    while (at < end && marking->text.bytes[at] != '{') at++;
    if (at < end) marking->marks[at] |= mark;
}

static void mark_name_or_type(struct marking *marking, const struct node *node, enum format_column column) {
    set_column(marking, end_of(node->a ? node->a->span : node->name_span), column);
}

static void mark(struct marking *marking, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_CALL:
    case NODE_INDEX:
    case NODE_EACH:
    case NODE_FIELD: marking->marks[end_of(node->a->span)] |= MARK_POSTFIX; break;
    case NODE_FUNCTION: marking->marks[end_of(node->name_span)] |= MARK_POSTFIX; break;
    case NODE_SERVICE:
        if (node->a) marking->marks[end_of(node->name_span)] |= MARK_POSTFIX;
        break;
    case NODE_BINARY: marking->marks[end_of(node->a->span)] |= MARK_LEFT; break;
    case NODE_RECORD:
    case NODE_TYPE_RECORD: mark_brace(marking, node, MARK_VALUE); break;
    case NODE_TYPE_MAP: mark_brace(marking, node, MARK_VALUE | MARK_TIGHT); break;
    case NODE_LET: mark_name_or_type(marking, node, COLUMN_LET); break;
    case NODE_INPUT:
    case NODE_SECRET:
        if (node->b) mark_name_or_type(marking, node, COLUMN_INPUT);
        break;
    case NODE_AXIS: set_column(marking, end_of(node->name_span), COLUMN_AXIS); break;
    case NODE_WATCH:
        if (node->a) set_column(marking, end_of(node->name_span), COLUMN_WATCH);
        break;
    case NODE_SERVICE_FIELD:
    case NODE_RECORD_FIELD: set_column(marking, end_of(node->name_span), COLUMN_FIELD); break;
    case NODE_PHASE:
        if (!node->a) set_column(marking, end_of(node->name_span), COLUMN_PHASE);
        break;
    default: break;
    }
}

/* The tree's height is bounded, so this may recurse. */
static void walk(struct marking *marking, const struct node *node) {
    mark(marking, node);
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i]) walk(marking, slots[i]);
    for (const struct node *child = node->list; child; child = child->next) walk(marking, child);
}

uint8_t *format_marks(const struct tree *tree, struct text text) {
    struct marking marking = { memory_allocate(text.length + 2), text };
    walk(&marking, tree->file);
    return marking.marks;
}
