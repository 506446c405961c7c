/* Findings, traced statements and the like, laid out so that a report stays readable. */
#include "judge/listing.h"

#define SHORT_FIELD 32 /* columns; longer ones get a line of their own */

bool listing_fits(struct value value) {
    if (value.kind != VALUE_LIST || value_count(value) == 0) return false;
    for (size_t i = 0; i < value_count(value); i++)
        if (value_at(value, i).kind != VALUE_RECORD) return false;
    return true;
}

/* A field's value; texts without their quotes, and with line ends as blanks. */
static void print_field(struct value field, struct buffer *out) {
    struct buffer text = { 0 };
    if (field.kind == VALUE_TEXT)
        value_plain(field, &text);
    else
        value_print(field, &text);
    for (size_t i = 0; i < text.length; i++) buffer_append_byte(out, text.bytes[i] == '\n' ? ' ' : text.bytes[i]);
    buffer_done(&text);
}

static void print_record(struct value record, size_t number, size_t indentation, struct buffer *out) {
    struct buffer longer = { 0 };
    size_t widest = 0, shown = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < value_count(record); i++) {
            struct text key = value_key_at(record, i);
            bool found;
            struct buffer field = { 0 };
            print_field(value_field(record, key, &found), &field);
            bool is_short = text_columns(buffer_text(&field)) <= SHORT_FIELD;
            if (!is_short && key.length > widest) widest = key.length;
            if (pass == 0 && is_short) {
                if (shown++)
                    buffer_append_string(out, ", ");
                else
                    buffer_printf(out, "\n%*s%zu. ", (int)indentation, "", number);
                buffer_printf(out, "%.*s %s", TEXT_ARGS(key), field.length ? field.bytes : "\"\"");
            } else if (pass == 1 && !is_short) {
                buffer_printf(&longer, "\n%*s   %-*.*s  %s", (int)indentation, "", (int)widest, TEXT_ARGS(key),
                              field.bytes);
            }
            buffer_done(&field);
        }
    }
    if (!shown) buffer_printf(out, "\n%*s%zu.", (int)indentation, "", number);
    buffer_append(out, buffer_text(&longer));
    buffer_done(&longer);
}

void listing_print(struct value list, size_t indentation, size_t limit, struct buffer *out) {
    size_t count = value_count(list);
    for (size_t i = 0; i < count && i < limit; i++) print_record(value_at(list, i), i + 1, indentation, out);
    if (count > limit) buffer_printf(out, "\n%*sand %zu more", (int)indentation, "", count - limit);
}
