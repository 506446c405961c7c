/* One pass over the pieces with a stack of open brackets. A line stands two blanks deeper than the line that opened its bracket, and two
 * more when it goes on with a statement that began before. */
#include "grammar/format_lines.h"

#include "grammar/format_space.h"
#include "grammar/lexer.h"

#include <string.h>

enum { STEP = 2 };

struct frame {
    uint32_t closing;   /* indentation of the bracket that closes it, when that begins a line */
    uint32_t statement; /* of the statement that is being written inside */
    bool is_tight;
};

struct layout {
    struct format_lines *lines;
    struct text text;
    const uint8_t *marks;
    struct frame frames[BRACKET_LIMIT + 1]; /* [0] is the file */
    uint32_t depth;
    uint32_t line_depth; /* at the line's begin */
    int32_t shift;       /* how far the line moves: what a block of text in it follows */
    bool column_known;   /* the line's column was found */
    bool sign;           /* the last piece is a minus before its only operand */
};

static struct format_line *line_of(const struct layout *layout) {
    return &layout->lines->list.items[layout->lines->list.count - 1];
}

static uint32_t content(const struct layout *layout) {
    return layout->depth ? layout->frames[layout->depth].closing + STEP : 0;
}

static bool is_closing(uint32_t id) {
    return id == TOK_RIGHT_PAREN || id == TOK_RIGHT_BRACKET || id == TOK_RIGHT_BRACE;
}

static bool is_opening(uint32_t id) {
    return id == TOK_LEFT_PAREN || id == TOK_LEFT_BRACKET || id == TOK_LEFT_BRACE;
}

/* A statement, an element or a field begins here; otherwise one goes on. */
static bool begins(const struct layout *layout, const struct piece *before, const struct piece *piece) {
    if (!before || piece->starts_statement || is_opening(before->id) || before->id == TOK_NL) return true;
    return before->id == TOK_COMMA && layout->depth;
}

static uint32_t indentation_in_text(const struct layout *layout, uint32_t offset) {
    uint32_t start = offset, end;
    while (start > 0 && layout->text.bytes[start - 1] != '\n') start--;
    for (end = start; end < offset && layout->text.bytes[end] == ' ';) end++;
    return end - start;
}

/* `code` is the next piece that is no comment, NULL at the end: a comment stands where it would. */
static void begin_line(struct layout *layout, const struct piece *before, const struct piece *piece,
                       const struct piece *code) {
    struct frame *frame = &layout->frames[layout->depth];
    bool starts = code && begins(layout, before, code);
    uint32_t indentation = content(layout);
    if (code && is_closing(code->id)) {
        if (piece == code) indentation = frame->closing;
    } else if (code && !starts) {
        bool is_else = code->id == TOK_ELSE && before && before->id == TOK_RIGHT_BRACE;
        if (!is_else) indentation += STEP;
    } else {
        frame->statement = indentation;
    }
    bool blank =
        piece->after_blank_line && !(code == piece && is_closing(piece->id)) && !(before && is_opening(before->id));
    size_t at = layout->lines->code.length;
    VECTOR_PUSH(&layout->lines->list,
                (struct format_line){ .indentation = indentation, .start = at, .end = at, .after_blank_line = blank });
    layout->shift = (int32_t)indentation - (int32_t)indentation_in_text(layout, piece->start);
    layout->line_depth = layout->depth;
    layout->column_known = !starts;
}

/* A line of a text in quotes moves with the line on which the text begins; false if it has too few blanks for that. */
static bool can_move(struct text text, int32_t shift) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] != '\n') continue;
        int32_t blanks = 0;
        while (i + 1 < text.length && text.bytes[i + 1] == ' ') blanks++, i++;
        bool is_empty = i + 1 < text.length && (text.bytes[i + 1] == '\n' || text.bytes[i + 1] == '\r');
        if (!is_empty && (blanks + shift < 0 || (i + 1 < text.length && text.bytes[i + 1] == '\t'))) return false;
    }
    return true;
}

/* Carriage returns go: the value of a block has none. */
static void append_moved(struct buffer *out, struct text text, int32_t shift) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '\r' && i + 1 < text.length && text.bytes[i + 1] == '\n') continue;
        buffer_append_byte(out, text.bytes[i]);
        if (text.bytes[i] != '\n') continue;
        size_t blanks = 0;
        while (i + 1 + blanks < text.length && text.bytes[i + 1 + blanks] == ' ') blanks++;
        size_t behind = i + 1 + blanks;
        bool is_empty = behind < text.length && (text.bytes[behind] == '\n' || text.bytes[behind] == '\r');
        int64_t wanted = (int64_t)blanks + shift;
        buffer_append_repeat(out, ' ', is_empty && !blanks ? 0 : wanted > 0 ? (size_t)wanted : 0);
        i += blanks;
    }
}

static void append_code(struct layout *layout, const struct piece *piece) {
    struct text code = text_slice(layout->text, piece->start, piece->end - piece->start);
    if (piece->string_end) {
        struct text all = text_slice(layout->text, piece->start, piece->string_end - piece->start);
        if (piece->is_verbatim || !can_move(all, layout->shift)) layout->shift = 0;
    }
    if (memchr(code.bytes, '\n', code.length))
        append_moved(&layout->lines->code, code, piece->is_verbatim ? 0 : layout->shift);
    else
        buffer_append(&layout->lines->code, code);
}

/* The first place on a line at which a column may begin, if that is of the line's own statement. */
static void look_for_column(struct layout *layout, const struct piece *piece, const struct piece *next) {
    enum format_column column = (layout->marks[piece->end] & MARK_COLUMN_ALL) / MARK_COLUMN;
    bool is_key = column == COLUMN_FIELD && next && next->id == TOK_COLON;
    if (layout->column_known || column == COLUMN_NONE || layout->depth != layout->line_depth || is_key) return;
    layout->column_known = true;
    struct format_line *line = line_of(layout);
    line->column = (uint8_t)column;
    line->column_at = layout->lines->code.length;
}

static void look_for_key(struct layout *layout, const struct piece *before, const struct piece *piece) {
    if (layout->column_known || piece->id != TOK_COLON || !before || layout->depth != layout->line_depth) return;
    if ((layout->marks[before->end] & MARK_COLUMN_ALL) != COLUMN_FIELD * MARK_COLUMN) return;
    layout->column_known = true;
    struct format_line *line = line_of(layout);
    line->column = COLUMN_FIELD;
    line->column_at = layout->lines->code.length;
}

static void open_frame(struct layout *layout, const struct piece *piece) {
    struct frame *outer = &layout->frames[layout->depth];
    uint8_t marks = layout->marks[piece->start];
    bool is_block = piece->id == TOK_LEFT_BRACE && !(marks & MARK_VALUE);
    uint32_t closing = is_block ? outer->statement : line_of(layout)->indentation;
    layout->frames[++layout->depth] =
        (struct frame){ closing, closing, piece->id == TOK_LEFT_BRACE && (marks & MARK_TIGHT) };
}

static void add_code(struct layout *layout, const struct piece *before, const struct piece *piece,
                     const struct piece *next) {
    struct format_line *line = line_of(layout);
    struct frame *frame = &layout->frames[layout->depth];
    bool is_first = line->end == line->start;
    if (!is_first && before && format_has_blank(before, piece, layout->marks, layout->sign, frame->is_tight))
        buffer_append_byte(&layout->lines->code, ' ');
    if (!is_first && before && begins(layout, before, piece)) frame->statement = line->indentation;
    layout->sign = format_is_sign(before, piece, layout->marks);
    append_code(layout, piece);
    if (is_closing(piece->id)) layout->depth--;
    look_for_key(layout, before, piece);
    look_for_column(layout, piece, next);
    if (is_opening(piece->id)) open_frame(layout, piece);
    line_of(layout)->end = layout->lines->code.length;
}

/* The statement goes on: what stands in a column would be torn apart. */
static void end_line(struct layout *layout, const struct piece *before, const struct piece *next) {
    struct format_line *line = line_of(layout);
    bool is_whole =
        layout->depth == layout->line_depth && (!next || is_closing(next->id) || begins(layout, before, next));
    bool is_one = !memchr(layout->lines->code.bytes ? layout->lines->code.bytes + line->start : "", '\n',
                          line->end - line->start);
    if (!is_whole || !is_one) line->column = COLUMN_NONE;
}

void format_lines_make(struct format_lines *lines, const struct pieces *pieces, const uint8_t *marks,
                       struct text text) {
    struct layout *layout = memory_allocate(sizeof *layout);
    layout->lines = lines;
    layout->text = text;
    layout->marks = marks;
    const struct piece *before = NULL; /* the last that is no comment */
    size_t code = 0;
    for (size_t i = 0; i < pieces->list.count; i++) {
        const struct piece *piece = &pieces->list.items[i];
        for (code = code < i ? i : code; code < pieces->list.count && pieces->list.items[code].id == 0;) code++;
        const struct piece *next_code = code < pieces->list.count ? &pieces->list.items[code] : NULL;
        if (piece->starts_line) {
            if (lines->list.count) end_line(layout, before, next_code);
            begin_line(layout, before, piece, next_code);
        }
        if (piece->id == 0) {
            line_of(layout)->comment = text_slice(text, piece->start, piece->end - piece->start);
            continue;
        }
        const struct piece *next = i + 1 < pieces->list.count ? &pieces->list.items[i + 1] : NULL;
        add_code(layout, before, piece, next);
        before = piece;
        code = i + 1;
    }
    if (lines->list.count) end_line(layout, before, NULL);
    memory_release(layout);
}

void format_lines_done(struct format_lines *lines) {
    VECTOR_DONE(&lines->list);
    buffer_done(&lines->code);
}
