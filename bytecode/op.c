/* What is known of each opcode, derived from opcodes.def, and the same as a page of documentation. */
#include "bytecode/op.h"

static const struct op_info infos[] = {
#define OP(name, a, b, c, flags, effect) { #name, #a #b #c, flags, effect },
#include "bytecode/opcodes.def"
#undef OP
};

const struct op_info *op_info(enum op op) {
    static const struct op_info unknown = { "UNKNOWN", "___", 0, "no such instruction" };
    return (unsigned)op < OP_COUNT ? &infos[op] : &unknown;
}

static const char *kind_words(char kind) {
    switch (kind) {
    case 'w': return "register written";
    case 'r': return "register";
    case 's': return "first register";
    case 'i': return "integer";
    case 'k':
    case 'K': return "constant";
    case 'f': return "native";
    case 'u':
    case 'U': return "unit";
    case 'g':
    case 'G': return "global";
    case 't': return "type";
    case 'q': return "claim";
    case 'p': return "phase";
    case 'x': return "input";
    case 'n': return "count";
    case 'j':
    case 'J': return "jump";
    case 'I': return "integer";
    default: return "";
    }
}

static void print_operand(struct buffer *out, char name, char kind) {
    if (kind == '_') return;
    if (kind == 'H') {
        buffer_append_string(out, ", c: its upper half");
        return;
    }
    buffer_printf(out, "%s%c: %s", name == 'a' ? "" : ", ", name, kind_words(kind));
}

/* Markdown would read a bar in a table as a column. */
static void print_escaped(struct buffer *out, const char *effect) {
    for (const char *at = effect; *at; at++) {
        if (*at == '|') buffer_append_byte(out, '\\');
        buffer_append_byte(out, *at);
    }
}

void opcodes_print(struct buffer *out) {
    buffer_append_string(
        out, "# Instructions\n\n"
             "Generated from `bytecode/opcodes.def`; do not edit. An instruction is 8 bytes: `op`, `a`, `b` and "
             "`c` of 16 bits each.\nR is the frame's registers, K the program's constants, G its globals, T its "
             "types. Jumps count from the next instruction.\n\n"
             "| instruction | operands | effect | fails | waits |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < OP_COUNT; i++) {
        const struct op_info *info = &infos[i];
        struct buffer operands = { 0 };
        for (int k = 0; k < 3; k++) print_operand(&operands, (char)('a' + k), info->kinds[k]);
        struct text text = buffer_text(&operands);
        if (text_starts(text, TEXT(", "))) text = text_slice(text, 2, text.length - 2);
        buffer_printf(out, "| `%s` | %.*s | ", info->name, TEXT_ARGS(text));
        print_escaped(out, info->effect);
        buffer_printf(out, " | %s | %s |\n", info->flags & CAN_FAIL ? "yes" : "", info->flags & CAN_WAIT ? "yes" : "");
        buffer_done(&operands);
    }
}
