/* A listing of a program for people: each unit's instructions under the source lines that they come from.
 * It trusts no index, so that what the verifier refused can be looked at too. */
#include "bytecode/disasm.h"
#include "base/clock.h"
#include "base/json.h"
#include <inttypes.h>

#define CLIPPED 60

static void quote_clipped(struct buffer *out, struct text text) {
    json_quote(out, text_slice(text, 0, CLIPPED));
    if (text.length > CLIPPED) buffer_append_string(out, "…");
}

static void print_keys(struct buffer *out, struct text keys) {
    struct text key;
    bool first = true;
    buffer_append_byte(out, '{');
    for (size_t offset = 0; keys_next(keys, &offset, &key); first = false) {
        if (!first) buffer_append_string(out, ", ");
        buffer_append(out, key);
    }
    buffer_append_byte(out, '}');
}

static void print_number(struct buffer *out, double number) {
    buffer_printf(out, "%.17g", number);
}

void listing_constant(struct listing *listing, uint32_t index) {
    struct buffer *out = listing->out;
    if (index >= listing->program->constant_count) {
        buffer_printf(out, "constant %u?", index);
        return;
    }
    const struct constant *constant = &listing->program->constants[index];
    switch (constant->kind) {
    case CONSTANT_INTEGER: buffer_printf(out, "%" PRId64, constant->integer); return;
    case CONSTANT_NUMBER: print_number(out, constant->number); return;
    case CONSTANT_DURATION: duration_print(out, constant->integer); return;
    case CONSTANT_SIZE: size_print(out, constant->integer); return;
    case CONSTANT_QUANTITY:
        print_number(out, constant->number);
        buffer_printf(out, " s^%d B^%d", constant->time_power, constant->byte_power);
        return;
    case CONSTANT_RATIO: buffer_printf(out, "%.15g%%", constant->number * 100); return;
    case CONSTANT_TEXT: break;
    case CONSTANT_LABEL:
    case CONSTANT_VERSION:
    case CONSTANT_PATH: buffer_append(out, text_slice(constant->text, 0, CLIPPED)); return;
    case CONSTANT_REGEX: buffer_append_string(out, "re"); break;
    case CONSTANT_JSON: buffer_append_string(out, "json"); break;
    case CONSTANT_KEYS: print_keys(out, constant->text); return;
    }
    quote_clipped(out, constant->text);
}

void listing_global(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    if (index < p->global_count) {
        buffer_append(listing->out, p->globals[index].name);
    } else {
        buffer_printf(listing->out, "global %u?", index);
    }
}

void listing_shape(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    if (index < p->shape_count) {
        buffer_append(listing->out, p->shapes[index].name);
    } else {
        buffer_printf(listing->out, "type %u?", index);
    }
}

void listing_place(struct listing *listing, struct span span) {
    struct source_set *sources = listing->program->sources;
    struct source *source = sources ? source_set_get(sources, span.source) : NULL;
    if (source) buffer_printf(listing->out, "%s:%u", source->path, source_place(source, span.start).line);
}

static void print_unit_name(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    if (index >= p->unit_count) {
        buffer_printf(listing->out, "unit %u?", index);
    } else {
        buffer_printf(listing->out, "u%u(%.*s)", index, TEXT_ARGS(p->units[index].name));
    }
}

static void print_native(struct listing *listing, uint32_t index) {
    if (listing->natives && index < listing->natives->row_count) {
        buffer_append_string(listing->out, listing->natives->rows[index].name);
    } else {
        buffer_printf(listing->out, "native %u?", index);
    }
}

static void print_input(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    if (index >= p->input_count) {
        buffer_printf(listing->out, "input %u?", index);
        return;
    }
    const struct input *input = &p->inputs[index];
    if (input->alias.length > 0) buffer_printf(listing->out, "%.*s.", TEXT_ARGS(input->alias));
    buffer_append(listing->out, input->name);
}

static void print_phase(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    if (index < p->phase_count) {
        buffer_append(listing->out, p->phases[index].name);
    } else {
        buffer_printf(listing->out, "phase %u?", index);
    }
}

static void print_operand(struct listing *listing, char kind, uint16_t value, uint32_t wide, uint32_t at) {
    struct buffer *out = listing->out;
    switch (kind) {
    case 'w':
    case 'r': buffer_printf(out, "r%u", value); return;
    case 's': buffer_printf(out, "r%u..", value); return;
    case 'i': buffer_printf(out, "%d", (int16_t)value); return;
    case 'I': buffer_printf(out, "%" PRId32, (int32_t)wide); return;
    case 'n': buffer_printf(out, "%u", value); return;
    case 'k': listing_constant(listing, value); return;
    case 'K': listing_constant(listing, wide); return;
    case 'f': print_native(listing, value); return;
    case 'u': print_unit_name(listing, value); return;
    case 'U': print_unit_name(listing, wide); return;
    case 'g': listing_global(listing, value); return;
    case 'G': listing_global(listing, wide); return;
    case 't': listing_shape(listing, value); return;
    case 'x': print_input(listing, value); return;
    case 'p': print_phase(listing, value); return;
    case 'q':
        if (value == UINT16_MAX)
            buffer_append_byte(out, '-');
        else
            buffer_printf(out, "q%u", value);
        return;
    case 'j': buffer_printf(out, "-> %" PRId64, (int64_t)at + 1 + (int16_t)value); return;
    case 'J': buffer_printf(out, "-> %" PRId64, (int64_t)at + 1 + (int32_t)wide); return;
    default: return;
    }
}

static void print_instruction(struct listing *listing, uint32_t at, struct instruction instruction) {
    const struct op_info *info = op_info((enum op)instruction.op);
    const uint16_t values[3] = { instruction.a, instruction.b, instruction.c };
    buffer_printf(listing->out, "%6u  %s", at, info->name);
    size_t start = listing->out->length, name_width = 16;
    for (int i = 0; i < 3; i++) {
        if (info->kinds[i] == '_' || info->kinds[i] == 'H') continue;
        if (listing->out->length == start) {
            size_t length = text_of(info->name).length;
            buffer_append_repeat(listing->out, ' ', length < name_width ? name_width - length : 1);
        } else {
            buffer_append_string(listing->out, ", ");
        }
        print_operand(listing, info->kinds[i], values[i], instruction_wide(instruction), at);
    }
    buffer_append_byte(listing->out, '\n');
}

/* The source line, when it is another than the last one shown. */
static void print_line(struct listing *listing, struct span span, struct span *shown, uint32_t *shown_line) {
    struct source_set *sources = listing->program->sources;
    struct source *source = sources ? source_set_get(sources, span.source) : NULL;
    if (!source) return;
    struct place place = source_place(source, span.start);
    if (shown->source == span.source && *shown_line == place.line) return;
    *shown = span;
    *shown_line = place.line;
    buffer_append_string(listing->out, "  ");
    listing_place(listing, span);
    struct text line = text_trim(place.line_text);
    buffer_printf(listing->out, "  %.*s\n", TEXT_ARGS(line));
}

static void print_unit(struct listing *listing, uint32_t index) {
    const struct program *p = listing->program;
    const struct unit *unit = &p->units[index];
    buffer_printf(listing->out, "\nunit %u %s %.*s: %u registers, %u parameters\n", index, unit_kind_name(unit->kind),
                  TEXT_ARGS(unit->name), unit->register_count, unit->parameter_count);
    if ((uint64_t)unit->entry + unit->length > p->code_count) {
        buffer_append_string(listing->out, "  its code lies outside the program's\n");
        return;
    }
    struct span shown = SPAN_NONE;
    uint32_t line = 0;
    for (uint32_t at = 0; at < unit->length; at++) {
        print_line(listing, p->spans[unit->entry + at], &shown, &line);
        print_instruction(listing, at, p->code[unit->entry + at]);
    }
}

void program_dump(const struct program *program, const struct native_catalogue *natives, struct buffer *out) {
    struct listing listing = { program, natives, out };
    listing_tables(&listing);
    for (uint32_t i = 0; i < program->unit_count; i++) print_unit(&listing, i);
    listing_claims(&listing);
}
