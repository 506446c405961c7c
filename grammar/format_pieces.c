/* The lexer's tokens and comments in one list. A `${ }` that goes over several lines or holds a comment makes its text one piece. */
#include "grammar/format_pieces.h"

#include "grammar/lexer.h"

#include <string.h>

struct reading {
    struct pieces *pieces;
    struct text text;
    struct lexer *lexer;
    size_t comments;      /* taken so far */
    uint32_t end;         /* behind the last piece */
    bool statement_ended; /* since then */
    uint32_t semicolon;   /* the `;` that ended it, or UINT32_MAX */
};

static uint32_t newlines(struct text text, uint32_t start, uint32_t end) {
    uint32_t count = 0;
    for (uint32_t i = start; i < end && count < 2; i++) count += text.bytes[i] == '\n';
    return count;
}

static void add(struct reading *reading, struct piece piece) {
    uint32_t lines = newlines(reading->text, reading->end, piece.start);
    bool is_first = reading->pieces->list.count == 0;
    piece.starts_line = lines > 0 || is_first;
    piece.after_blank_line = lines > 1 && !is_first;
    reading->end = piece.end;
    VECTOR_PUSH(&reading->pieces->list, piece);
}

static void add_comments(struct reading *reading, uint32_t before) {
    for (; reading->comments < reading->lexer->comments.count; reading->comments++) {
        struct span span = reading->lexer->comments.items[reading->comments].span;
        if (span.start >= before) return;
        uint32_t end = span.start + span.length;
        while (end > span.start && (reading->text.bytes[end - 1] == ' ' || reading->text.bytes[end - 1] == '\t')) end--;
        add(reading, (struct piece){ .start = span.start, .end = end });
    }
}

/* A `;` is needed where more follows on its line, and where the end of the line would not end the statement. */
static void add_semicolon(struct reading *reading, struct token next) {
    const struct piece *last =
        reading->pieces->list.count ? &reading->pieces->list.items[reading->pieces->list.count - 1] : NULL;
    bool same_line = !newlines(reading->text, reading->semicolon, next.offset);
    if (!last || (!same_line && !token_has(last->id, CANT_END) && !token_has(next.id, CANT_START))) return;
    add(reading, (struct piece){ .start = reading->semicolon, .end = reading->semicolon + 1, .id = TOK_NL });
}

static struct piece piece_of(struct token token) {
    return (struct piece){ .start = (uint32_t)token.offset, .end = token_end(token), .id = (uint8_t)token.id };
}

/* A part of a text that stands in another's `${ }`: as a block it would be moved with that one, and once more by itself. */
static bool is_inside(uint32_t id, size_t depth) {
    return depth > (id == TOK_STRING_HEAD || id == TOK_STRING_MIDDLE ? 1u : 0u) &&
           (id == TOK_STRING || id == TOK_STRING_HEAD || id == TOK_STRING_MIDDLE || id == TOK_STRING_TAIL);
}

/* From a text's head to its tail, other texts inside included. */
static void add_text(struct reading *reading, struct token head) {
    size_t first = reading->pieces->list.count, depth = 1;
    add(reading, piece_of(head));
    bool is_verbatim = false;
    while (depth) {
        struct token token = lexer_next(reading->lexer);
        if (token.id == 0) break; /* not in a text that parses */
        depth += token.id == TOK_STRING_HEAD;
        depth -= token.id == TOK_STRING_TAIL;
        is_verbatim |= newlines(reading->text, reading->end, (uint32_t)token.offset) > 0;
        is_verbatim |=
            is_inside(token.id, depth) && newlines(reading->text, (uint32_t)token.offset, token_end(token)) > 0;
        add(reading, piece_of(token));
    }
    struct piece *head_piece = &reading->pieces->list.items[first];
    head_piece->string_end = reading->end;
    is_verbatim |= reading->comments < reading->lexer->comments.count &&
                   reading->lexer->comments.items[reading->comments].span.start < reading->end;
    if (!is_verbatim) return;
    head_piece->is_verbatim = true;
    head_piece->end = reading->end;
    reading->pieces->list.count = first + 1;
    while (reading->comments < reading->lexer->comments.count &&
           reading->lexer->comments.items[reading->comments].span.start < reading->end)
        reading->comments++;
}

void pieces_read(struct pieces *pieces, struct text text) {
    struct parse parse = { .bytes = text.bytes };
    struct reading reading = { .pieces = pieces, .text = text, .semicolon = UINT32_MAX };
    reading.lexer = memory_allocate(sizeof *reading.lexer);
    lexer_init(reading.lexer, &parse, text);
    for (;;) {
        struct token token = lexer_next(reading.lexer);
        if (token.id == TOK_NL) {
            reading.statement_ended = true;
            if (text.bytes[token.offset] == ';') reading.semicolon = (uint32_t)token.offset;
            continue;
        }
        if (reading.semicolon != UINT32_MAX && token.id != 0) {
            add_comments(&reading, reading.semicolon);
            add_semicolon(&reading, token);
        }
        reading.semicolon = UINT32_MAX;
        add_comments(&reading, token.id == 0 ? UINT32_MAX : (uint32_t)token.offset);
        if (token.id == 0) break;
        size_t at = pieces->list.count;
        if (token.id == TOK_STRING_HEAD)
            add_text(&reading, token);
        else
            add(&reading, piece_of(token));
        if (token.id == TOK_STRING) pieces->list.items[at].string_end = token_end(token);
        pieces->list.items[at].starts_statement = reading.statement_ended;
        reading.statement_ended = false;
    }
    lexer_done(reading.lexer);
    memory_release(reading.lexer);
}

void pieces_done(struct pieces *pieces) {
    VECTOR_DONE(&pieces->list);
}
