/* What a cell is called: its axes' values, files by their last part where that tells them apart. */
#include "cli/cell_label.h"

/* What stands behind the last slash that something stands behind. */
static struct text last_part(struct text text) {
    for (size_t byte = text.length; byte-- > 0;)
        if (text.bytes[byte] == '/' && byte + 1 < text.length) return text_slice(text, byte + 1, SIZE_MAX);
    return text;
}

/* Whether another cell's value of the axis has the same last part, though it is another value. */
static bool is_ambiguous(const struct cell_list *cells, uint32_t axis, struct text text) {
    bool ambiguous = false;
    for (size_t i = 0; i < cells->count && !ambiguous; i++) {
        struct buffer other = { 0 };
        value_plain(cells->cells[i].values[axis], &other);
        struct text whole = buffer_text(&other);
        ambiguous = text_equal(last_part(whole), last_part(text)) && !text_equal(whole, text);
        buffer_done(&other);
    }
    return ambiguous;
}

void cell_axis_value(const struct cell_list *cells, const struct cell *cell, uint32_t axis, struct buffer *out) {
    struct buffer value = { 0 };
    value_plain(cell->values[axis], &value);
    struct text shown = buffer_text(&value);
    bool is_path = cell->values[axis].kind == VALUE_TEXT && text_find(shown, TEXT("/")) != SIZE_MAX;
    if (is_path && !is_ambiguous(cells, axis, shown)) shown = last_part(shown);
    buffer_append(out, shown);
    buffer_done(&value);
}

void cell_label(const struct program *program, const struct cell_list *cells, const struct cell *cell,
                struct buffer *out) {
    for (uint32_t i = 0; cell && i < program->axis_count; i++) {
        buffer_printf(out, "%s%.*s=", i ? ", " : "", TEXT_ARGS(program->axes[i].name));
        size_t before = out->length;
        cell_axis_value(cells, cell, i, out);
        if (out->length == before) buffer_append_string(out, "\"\"");
    }
}
