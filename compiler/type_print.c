/* Types as the author writes them, for messages and `aot dump types`. */
#include "compiler/type.h"

enum { FIELDS_SHOWN = 4, DEPTH_SHOWN = 6 };

static void print(const struct type *type, struct buffer *out, int depth);

static const char *simple_name(enum type_kind kind) {
    static const char *const names[] = {
        [TYPE_POISON] = "?",        [TYPE_ANY] = "any",       [TYPE_NOTHING] = "none",    [TYPE_BOOL] = "bool",
        [TYPE_INT] = "int",         [TYPE_RATIO] = "ratio",   [TYPE_INSTANT] = "instant", [TYPE_VERSION] = "version",
        [TYPE_STRING] = "string",   [TYPE_BYTES] = "bytes",   [TYPE_REGEX] = "regex",     [TYPE_URL] = "url",
        [TYPE_PATH] = "path",       [TYPE_LABEL] = "label",   [TYPE_SQL] = "sql",         [TYPE_SHELL] = "shell",
        [TYPE_COMMAND] = "command", [TYPE_JSON] = "json",     [TYPE_INTERVAL] = "phase",  [TYPE_MODULE] = "module",
        [TYPE_STREAM] = "stream",   [TYPE_SIGNAL] = "signal", [TYPE_WINDOW] = "window",   [TYPE_SERIES] = "series",
        [TYPE_EACH] = "each",
    };
    return names[kind];
}

static void print_quantity(const struct type *type, struct buffer *out) {
    int8_t time = type->time_power, bytes = type->byte_power;
    const char *known = time == 0 && bytes == 0    ? "number"
                        : time == 1 && bytes == 0  ? "duration"
                        : time == 0 && bytes == 1  ? "size"
                        : time == -1 && bytes == 0 ? "rate"
                        : time == -1 && bytes == 1 ? "bandwidth"
                                                   : NULL;
    if (known) {
        buffer_append_string(out, known);
        return;
    }
    buffer_append_string(out, "quantity of");
    if (bytes) buffer_printf(out, " bytes^%d", bytes);
    if (time) buffer_printf(out, " time^%d", time);
}

static void print_fields(const struct type *type, struct buffer *out, int depth) {
    if (type->name.length) {
        buffer_append(out, type->name);
        return;
    }
    buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < type->count; i++) {
        buffer_append_string(out, i ? ", " : "");
        if (i == FIELDS_SHOWN) {
            buffer_append_string(out, "…");
            break;
        }
        buffer_append(out, type->fields[i].name);
        buffer_append_string(out, ": ");
        print(type->fields[i].type, out, depth + 1);
    }
    buffer_append_byte(out, '}');
}

static void print_around(const char *before, const struct type *element, const char *after, struct buffer *out,
                         int depth) {
    buffer_append_string(out, before);
    print(element, out, depth + 1);
    buffer_append_string(out, after);
}

static void print(const struct type *type, struct buffer *out, int depth) {
    if (depth > DEPTH_SHOWN) {
        buffer_append_string(out, "…");
        return;
    }
    switch (type->kind) {
    case TYPE_QUANTITY: print_quantity(type, out); return;
    case TYPE_LIST: print_around("[", type->element, "]", out, depth); return;
    case TYPE_MAP: print_around("{string: ", type->element, "}", out, depth); return;
    case TYPE_OPTIONAL: print_around("", type->element, "?", out, depth); return;
    case TYPE_RECORD: print_fields(type, out, depth); return;
    case TYPE_HANDLE: buffer_append(out, type->name); return;
    case TYPE_VARIABLE:
        buffer_append_string(out, type->name.bytes[0] == 'Q'   ? "quantity"
                                  : type->name.bytes[0] == 'O' ? "ordered"
                                                               : "any");
        return;
    case TYPE_STREAM:
    case TYPE_SIGNAL:
    case TYPE_WINDOW:
    case TYPE_SERIES:
    case TYPE_EACH:
        buffer_append_string(out, simple_name(type->kind));
        print_around("<", type->element, ">", out, depth);
        return;
    case TYPE_WORDS:
        for (uint32_t i = 0; i < type->count; i++)
            buffer_printf(out, "%s\"%.*s\"", i ? " | " : "", TEXT_ARGS(type->words[i]));
        return;
    case TYPE_POISON:
    case TYPE_ANY:
    case TYPE_NOTHING:
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_RATIO:
    case TYPE_INSTANT:
    case TYPE_VERSION:
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_REGEX:
    case TYPE_URL:
    case TYPE_PATH:
    case TYPE_LABEL:
    case TYPE_SQL:
    case TYPE_SHELL:
    case TYPE_COMMAND:
    case TYPE_JSON:
    case TYPE_INTERVAL:
    case TYPE_MODULE: buffer_append_string(out, simple_name(type->kind)); return;
    }
}

void type_print(const struct type *type, struct buffer *out) {
    print(type, out, 0);
}
