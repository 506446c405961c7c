/* Trees as S-expressions, for `aot dump tree` and golden tests. A node that fits on a line stands on one; else its
 * children stand below it. Slots a, b and c are named, the children of a list are not. */
#include "base/clock.h"
#include "base/json.h"
#include "grammar/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LENGTH = 110, INDENTATION = 2 };

/* The fewest digits that read back as the same number, without an exponent if it is of common size. */
static void print_number(struct buffer *out, double number) {
    char written[32];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(written, sizeof written, "%.*g", digits, number);
        bool has_exponent = strchr(written, 'e') != NULL;
        if (strtod(written, NULL) == number && !(has_exponent && number >= 1 && number < 1e15)) break;
    }
    buffer_append_string(out, written);
}

static void print_value(struct buffer *out, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_INTEGER: buffer_printf(out, " %lld", (long long)node->integer); break;
    case NODE_DURATION:
        buffer_append_byte(out, ' ');
        duration_print(out, node->integer);
        break;
    case NODE_SIZE: buffer_printf(out, " %lldB", (long long)node->integer); break;
    case NODE_NUMBER:
    case NODE_RATE:
    case NODE_BANDWIDTH:
    case NODE_RATIO:
        buffer_append_byte(out, ' ');
        print_number(out, node->number);
        break;
    case NODE_VERSION:
    case NODE_PATH:
        buffer_append_byte(out, ' ');
        buffer_append(out, node->string);
        break;
    case NODE_TEXT:
        buffer_append_byte(out, ' ');
        json_quote(out, node->string);
        break;
    default: break;
    }
}

static void print_head(struct buffer *out, const struct node *node) {
    static const char *const tags[] = { "", " sql", " sh", " json", " re" };
    static const struct {
        unsigned flag;
        const char *word;
    } flags[] = { { NODE_SINGLE, " single" },
                  { NODE_QUOTED, " quoted" },
                  { NODE_PARENTHESISED, " parenthesised" },
                  { NODE_RAW_STRING, " raw" },
                  { NODE_BLOCK_STRING, " block" } };
    buffer_printf(out, "(%s%s", node_kind_name((enum node_kind)node->kind), tags[node->tag]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (node->flags & flags[i].flag) buffer_append_string(out, flags[i].word);
    if (node->operator) buffer_printf(out, " %s", operator_spelling((enum tree_operator)node->operator));
    if (node->name) {
        buffer_append_byte(out, ' ');
        if (node->flags & NODE_QUOTED)
            json_quote(out, node->name->text);
        else
            buffer_append(out, node->name->text);
    }
    print_value(out, node);
}

/* Where a node's children are printed: with their labels, in this order. */
struct child {
    const char *label;
    const struct node *node;
};
static struct child child_at(const struct node *node, unsigned slot) {
    static const char *const labels[] = { ":a ", ":b ", ":c " };
    const struct node *const slots[] = { node->a, node->b, node->c };
    return (struct child){ labels[slot], slots[slot] };
}

/* False if the node does not fit into `room` bytes; what was printed then stays to be taken back. */
static bool print_flat(struct buffer *out, const struct node *node, size_t room) {
    size_t start = out->length;
    print_head(out, node);
    for (unsigned slot = 0; slot < 3; slot++) {
        struct child child = child_at(node, slot);
        if (!child.node) continue;
        buffer_printf(out, " %s", child.label);
        if (out->length - start >= room || !print_flat(out, child.node, room - (out->length - start))) return false;
    }
    for (const struct node *child = node->list; child; child = child->next) {
        buffer_append_byte(out, ' ');
        if (out->length - start >= room || !print_flat(out, child, room - (out->length - start))) return false;
    }
    buffer_append_byte(out, ')');
    return out->length - start <= room;
}

static void print_node(struct buffer *out, const struct node *node, size_t indentation);

static void print_child(struct buffer *out, const char *label, const struct node *child, size_t indentation) {
    buffer_append_byte(out, '\n');
    buffer_append_repeat(out, ' ', indentation);
    buffer_append_string(out, label);
    print_node(out, child, indentation);
}

static void print_node(struct buffer *out, const struct node *node, size_t indentation) {
    size_t start = out->length, used = indentation + INDENTATION;
    bool children = node->a || node->b || node->c || node->list;
    if (node->kind != NODE_FILE && print_flat(out, node, used < LINE_LENGTH / 2 ? LINE_LENGTH - used : LINE_LENGTH / 2))
        return;
    out->length = start;
    if (out->bytes) out->bytes[start] = '\0';
    print_head(out, node);
    if (!children) {
        buffer_append_byte(out, ')');
        return;
    }
    for (unsigned slot = 0; slot < 3; slot++) {
        struct child child = child_at(node, slot);
        if (child.node) print_child(out, child.label, child.node, indentation + INDENTATION);
    }
    for (const struct node *child = node->list; child; child = child->next)
        print_child(out, "", child, indentation + INDENTATION);
    buffer_append_byte(out, ')');
}

void tree_dump(const struct tree *tree, struct source_set *sources, struct buffer *out) {
    (void)sources; /* the tree has copies of all texts */
    print_node(out, tree->file, 0);
    buffer_append_byte(out, '\n');
}
