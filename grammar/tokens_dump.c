/* Tokens as the parser gets them, and the comments between, for `aot dump tokens` and golden tests: kind, line:column,
 * spelling. Newlines that do not count are not there. */
#include "base/json.h"
#include "base/memory.h"
#include "grammar/lexer.h"

static void print_line(struct buffer *out, struct source *source, const char *kind, struct span span) {
    struct place place = source_place(source, span.start);
    struct text text = text_slice(source->content, span.start, span.length);
    size_t start = out->length;
    buffer_append_string(out, kind);
    buffer_append_repeat(out, ' ', out->length - start < 15 ? 15 - (out->length - start) : 1);
    size_t position = out->length;
    buffer_printf(out, "%u:%u", place.line, place.column);
    if (text.length && text.bytes[0] != '\n') {
        buffer_append_repeat(out, ' ', out->length - position < 8 ? 8 - (out->length - position) : 1);
        /* As it stands, unless it would disturb the listing. */
        bool plain = text_invalid_utf8(text) == SIZE_MAX;
        for (size_t i = 0; i < text.length; i++) plain &= (unsigned char)text.bytes[i] >= ' ' && text.bytes[i] != 0x7f;
        if (plain)
            buffer_append(out, text);
        else
            json_quote(out, text);
    }
    buffer_append_byte(out, '\n');
}

void tokens_dump(struct source_set *sources, uint32_t index, struct buffer *out) {
    struct source *source = source_set_get(sources, index);
    struct parse parse = { .bytes = source->content.bytes, .source = index };
    struct lexer *lexer = memory_allocate(sizeof *lexer);
    lexer_init(lexer, &parse, source->content);
    lexer->keeps_bad = true;
    size_t printed = 0;
    struct token token;
    do {
        token = lexer_next(lexer);
        for (; printed < lexer->comments.count; printed++) {
            struct comment comment = lexer->comments.items[printed];
            if (comment.span.start > token.offset) break;
            print_line(out, source, comment.is_doc ? "# DOC" : "# COMMENT", comment.span);
        }
        struct span span = { index, token.offset, token.length };
        print_line(out, source, token_table[token.id].id, span);
    } while (token.id != 0);
    lexer_done(lexer);
    memory_release(lexer);
}
