/* Texts that a program keeps of its source: claims as one canonical line, titles and reasons as they were written. */
#include "compiler/emit.h"

struct scan {
    struct text text; /* of the construct */
    size_t at;        /* the next byte */
    struct buffer out;
    bool blank; /* blanks or a comment came before what comes next */
};

static void copy_code(struct scan *scan, bool in_splice);

static bool looking_at(const struct scan *scan, const char *bytes, size_t length) {
    if (scan->text.length - scan->at < length) return false;
    return text_equal(text_slice(scan->text, scan->at, length), (struct text){ bytes, length });
}

static void copy(struct scan *scan, size_t count) {
    struct text slice = text_slice(scan->text, scan->at, count);
    buffer_append(&scan->out, slice);
    scan->at += slice.length;
}

/* A string as it is, blanks too; what stands in its `${}` is code again. */
static void copy_string(struct scan *scan) {
    char quote = scan->text.bytes[scan->at];
    const char closing[3] = { quote, quote, quote };
    size_t length = looking_at(scan, closing, 3) ? 3 : 1;
    copy(scan, length);
    while (scan->at < scan->text.length && !looking_at(scan, closing, length)) {
        if (quote == '"' && scan->text.bytes[scan->at] == '\\') {
            copy(scan, 2);
        } else if (quote == '"' && looking_at(scan, "${", 2)) {
            copy(scan, 2);
            copy_code(scan, true);
            copy(scan, 1);
        } else {
            copy(scan, 1);
        }
    }
    copy(scan, length);
}

static void skip_comment(struct scan *scan) {
    while (scan->at < scan->text.length && scan->text.bytes[scan->at] != '\n') scan->at++;
}

static void copy_code(struct scan *scan, bool in_splice) {
    uint32_t braces = 0;
    size_t begin = scan->out.length; /* no blank stands first */
    scan->blank = false;
    while (scan->at < scan->text.length) {
        char byte = scan->text.bytes[scan->at];
        if (in_splice && byte == '}' && braces == 0) break;
        if (byte == '#') {
            skip_comment(scan);
            scan->blank = true;
            continue;
        }
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            scan->blank = true;
            scan->at++;
            continue;
        }
        if (scan->blank && scan->out.length > begin) buffer_append_byte(&scan->out, ' ');
        scan->blank = false;
        if (byte == '"' || byte == '\'') {
            copy_string(scan);
            scan->blank = false;
            continue;
        }
        braces += byte == '{';
        braces -= byte == '}' && braces > 0;
        copy(scan, 1);
    }
    scan->blank = false;
}

struct text emit_canonical(struct emitter *emitter, struct span span) {
    struct scan scan = { .text = span_text(emitter->checked->sources, span) };
    copy_code(&scan, false);
    struct text text = builder_text(emitter->builder, buffer_text(&scan.out));
    buffer_done(&scan.out);
    return text;
}

struct text emit_static_text(struct emitter *emitter, const struct node *string) {
    if (!string) return TEXT_NONE;
    struct buffer out = { 0 };
    for (const struct node *part = string->list; part; part = part->next) {
        if (part->kind == NODE_TEXT) {
            buffer_append(&out, part->string);
        } else {
            struct text code = emit_canonical(emitter, part->span);
            buffer_printf(&out, "${%.*s}", TEXT_ARGS(code));
        }
    }
    struct text text = builder_text(emitter->builder, buffer_text(&out));
    buffer_done(&out);
    return text;
}
