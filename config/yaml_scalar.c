/* The core schema of YAML 1.2, chapter 10.3.2: which plain scalars are null, bool, int and float. Nothing else is. */
#include "config/yaml.h"

static bool is_one_of(struct text text, const char *const *words) {
    for (; *words; words++)
        if (text_is(text, *words)) return true;
    return false;
}

static size_t digits_at(struct text text, size_t at, int base) {
    size_t count = 0;
    for (; at + count < text.length; count++) {
        char byte = text.bytes[at + count];
        bool digit = byte >= '0' && byte <= (base == 8 ? '7' : '9');
        bool letter = base == 16 && ((byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'));
        if (!digit && !letter) break;
    }
    return count;
}

static bool is_integer(struct text text) {
    if (text_starts(text, TEXT("0o"))) return text.length > 2 && digits_at(text, 2, 8) == text.length - 2;
    if (text_starts(text, TEXT("0x"))) return text.length > 2 && digits_at(text, 2, 16) == text.length - 2;
    size_t sign = text.length && (text.bytes[0] == '-' || text.bytes[0] == '+');
    return text.length > sign && digits_at(text, sign, 10) == text.length - sign;
}

static bool is_number(struct text text) {
    static const char *const words[] = { ".nan", ".NaN", ".NAN", NULL };
    static const char *const infinite[] = { ".inf", ".Inf", ".INF", NULL };
    if (is_one_of(text, words)) return true;
    size_t at = text.length && (text.bytes[0] == '-' || text.bytes[0] == '+');
    if (is_one_of(text_slice(text, at, SIZE_MAX), infinite)) return true;
    size_t whole = digits_at(text, at, 10), part = 0;
    at += whole;
    if (at < text.length && text.bytes[at] == '.') {
        part = digits_at(text, at + 1, 10);
        at += 1 + part;
    }
    if (whole + part == 0) return false;
    if (at < text.length && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        at += at < text.length && (text.bytes[at] == '-' || text.bytes[at] == '+');
        size_t exponent = digits_at(text, at, 10);
        if (exponent == 0) return false;
        at += exponent;
    }
    return at == text.length;
}

enum yaml_scalar yaml_scalar(const struct yaml_value *value) {
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const truths[] = { "true", "True", "TRUE", "false", "False", "FALSE", NULL };
    if (value->shape != YAML_TEXT || !value->plain) return YAML_STRING;
    if (is_one_of(value->text, nulls)) return YAML_NULL;
    if (is_one_of(value->text, truths)) return YAML_BOOL;
    if (is_integer(value->text)) return YAML_INTEGER;
    return is_number(value->text) ? YAML_NUMBER : YAML_STRING;
}

const char *yaml_kind_name(const struct yaml_value *value) {
    if (value->shape == YAML_LIST) return "a list";
    if (value->shape == YAML_MAP) return "a mapping";
    switch (yaml_scalar(value)) {
    case YAML_NULL: return "nothing";
    case YAML_BOOL: return "true or false";
    case YAML_INTEGER:
    case YAML_NUMBER: return "a number";
    case YAML_STRING: break;
    }
    return "a text";
}
