/* Hides secrets in whatever leaves the process. Owns copies of the secrets.
 * A secret is looked for as it is, percent-encoded, JSON-escaped, and inside base64 at each of the three alignments.
 * The first two escaped forms are decoded while comparing, so any mix of escaped and plain characters is found. */
#include "base/mask.h"

#include "base/memory.h"
#include "base/vector.h"

#include <string.h>

enum { SHORTEST_SECRET = 4 };

/* What a secret looks like inside base64, when `before` bytes of the same group of three stand in front of it. */
struct base64_form {
    char *letters;     /* those that depend on the secret alone; owned */
    size_t length;     /* of `letters` */
    bool shares_first; /* the letter before them holds bits of the secret too */
    bool shares_last;  /* so does the letter behind them */
};

struct secret {
    char *bytes;                  /* owned */
    size_t length;                /* at least SHORTEST_SECRET */
    struct base64_form base64[3]; /* by alignment */
};

struct mask {
    struct VECTOR(struct secret) secrets; /* in no order */
    bool starts[256];                     /* bytes with which some form of some secret may begin */
};

/* A stretch of text to be replaced. */
struct match {
    size_t start; /* offset of its first byte */
    size_t end;   /* offset behind its last byte */
};

struct mask *mask_new(void) {
    return memory_allocate(sizeof(struct mask));
}

void mask_free(struct mask *mask) {
    if (!mask) return;
    for (size_t i = 0; i < mask->secrets.count; i++) {
        struct secret *secret = &mask->secrets.items[i];
        /* Not left behind in freed memory, from where a core dump would carry it away. */
        explicit_bzero(secret->bytes, secret->length);
        memory_release(secret->bytes);
        for (size_t before = 0; before < 3; before++) {
            explicit_bzero(secret->base64[before].letters, secret->base64[before].length);
            memory_release(secret->base64[before].letters);
        }
    }
    VECTOR_DONE(&mask->secrets);
    memory_release(mask);
}

bool mask_is_empty(const struct mask *mask) {
    return mask->secrets.count == 0;
}

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct base64_form base64_form_of(struct text secret, size_t before) {
    size_t first = (before * 8 + 5) / 6, bits = (before + secret.length) * 8, end = bits / 6;
    struct base64_form form = { .length = end - first, .shares_first = before > 0, .shares_last = bits % 6 != 0 };
    form.letters = memory_allocate(form.length);
    for (size_t i = first; i < end; i++) {
        unsigned value = 0;
        for (size_t bit = i * 6; bit < i * 6 + 6; bit++) {
            size_t at = bit - before * 8;
            value = value << 1 | (((unsigned char)secret.bytes[at / 8] >> (7 - at % 8)) & 1);
        }
        form.letters[i - first] = base64_letters[value];
    }
    return form;
}

bool mask_add(struct mask *mask, struct text secret) {
    if (secret.length < SHORTEST_SECRET) return false;
    for (size_t i = 0; i < mask->secrets.count; i++) {
        struct secret *known = &mask->secrets.items[i];
        if (text_equal((struct text){ known->bytes, known->length }, secret)) return true;
    }
    struct secret added = { .bytes = memory_copy(secret.bytes, secret.length), .length = secret.length };
    mask->starts[(unsigned char)secret.bytes[0]] = true;
    mask->starts['%'] = mask->starts['\\'] = true;
    if (secret.bytes[0] == ' ') mask->starts['+'] = true;
    for (size_t before = 0; before < 3; before++) {
        added.base64[before] = base64_form_of(secret, before);
        char letter = added.base64[before].letters[0];
        mask->starts[(unsigned char)letter] = true;
        if (letter == '+') mask->starts['-'] = true;
        if (letter == '/') mask->starts['_'] = true;
    }
    VECTOR_PUSH(&mask->secrets, added);
    return true;
}

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* `digits` hex digits at `offset`, or -1. */
static int32_t hex_number(struct text text, size_t offset, size_t digits) {
    if (text.length - offset < digits) return -1;
    int32_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(text.bytes[offset + i]);
        if (digit < 0) return -1;
        number = number * 16 + digit;
    }
    return number;
}

/* Reads one byte of percent-encoded text (or of a form, where + is a blank) at *offset. */
static char url_byte(struct text text, size_t *offset) {
    char byte = text.bytes[(*offset)++];
    if (byte == '+') return ' ';
    int32_t number = byte == '%' ? hex_number(text, *offset, 2) : -1;
    if (number < 0) return byte;
    *offset += 2;
    return (char)number;
}

static size_t match_url(struct text text, size_t offset, const struct secret *secret) {
    for (size_t i = 0; i < secret->length; i++) {
        if (offset == text.length) return 0;
        size_t plain = offset;
        char byte = url_byte(text, &offset);
        /* A + that was not meant as a blank stands for itself. */
        if (byte != secret->bytes[i] && text.bytes[plain] != secret->bytes[i]) return 0;
        if (byte != secret->bytes[i]) offset = plain + 1;
    }
    return offset;
}

static size_t encode_utf8(int32_t point, char bytes[4]) {
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6) bytes[i] = (char)(0x80 | (point & 0x3f));
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    bytes[0] = (char)(lead[length] | point);
    return length;
}

/* Behind a backslash in JSON text: the bytes that the escape stands for. Moves *offset behind it; 0 if it is no escape. */
static size_t json_escape(struct text text, size_t *offset, char bytes[4]) {
    if (*offset == text.length) return 0;
    static const char names[] = "nrtbf\"\\/", values[] = "\n\r\t\b\f\"\\/";
    char letter = text.bytes[(*offset)++];
    const char *name = letter ? strchr(names, letter) : NULL;
    if (name) {
        bytes[0] = values[name - names];
        return 1;
    }
    int32_t point = letter == 'u' ? hex_number(text, *offset, 4) : -1;
    if (point < 0) return 0;
    *offset += 4;
    struct text rest = text_slice(text, *offset, 6);
    if (point >= 0xd800 && point < 0xdc00 && text_starts(rest, TEXT("\\u"))) {
        int32_t low = hex_number(rest, 2, 4);
        if (low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            *offset += 6;
        }
    }
    return encode_utf8(point, bytes);
}

static size_t match_json(struct text text, size_t offset, const struct secret *secret) {
    for (size_t i = 0; i < secret->length;) {
        if (offset == text.length) return 0;
        char bytes[4] = { text.bytes[offset++] };
        size_t count = bytes[0] == '\\' ? json_escape(text, &offset, bytes) : 1;
        if (count == 0 || count > secret->length - i || memcmp(bytes, secret->bytes + i, count) != 0) return 0;
        i += count;
    }
    return offset;
}

/* A letter of base64 in its ordinary spelling (URLs write - and _); 0 for any other byte. */
static char base64_letter(char byte) {
    if (byte == '-') return '+';
    if (byte == '_') return '/';
    return byte && strchr(base64_letters, byte) ? byte : 0;
}

/* `from` is where replacing may begin. The letters beside the form go too: they hold some bits of the secret. */
static struct match match_base64(struct text text, size_t from, size_t offset, const struct base64_form *form) {
    struct match none = { 0, 0 };
    if (text.length - offset < form->length) return none;
    for (size_t i = 0; i < form->length; i++)
        if (base64_letter(text.bytes[offset + i]) != form->letters[i]) return none;
    struct match match = { offset, offset + form->length };
    if (form->shares_first && offset > from && base64_letter(text.bytes[offset - 1])) match.start--;
    if (form->shares_last && match.end < text.length && base64_letter(text.bytes[match.end])) match.end++;
    while (match.end < text.length && text.bytes[match.end] == '=') match.end++;
    return match;
}

/* The longest match that begins at `offset`; its end is 0 if there is none. */
static struct match match_at(const struct mask *mask, struct text text, size_t from, size_t offset) {
    struct match best = { offset, 0 };
    for (size_t i = 0; i < mask->secrets.count; i++) {
        const struct secret *secret = &mask->secrets.items[i];
        size_t ends[] = { 0, match_url(text, offset, secret), match_json(text, offset, secret) };
        if (text_starts(text_slice(text, offset, secret->length), (struct text){ secret->bytes, secret->length }))
            ends[0] = offset + secret->length;
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
            if (ends[k] > best.end) best = (struct match){ offset, ends[k] };
        for (size_t before = 0; before < 3; before++) {
            struct match match = match_base64(text, from, offset, &secret->base64[before]);
            if (match.end > best.end) best = match;
        }
    }
    return best;
}

void mask_apply(const struct mask *mask, struct text text, struct buffer *out) {
    size_t copied = 0;
    for (size_t offset = 0; mask && offset < text.length;) {
        if (!mask->starts[(unsigned char)text.bytes[offset]]) {
            offset++;
            continue;
        }
        struct match match = match_at(mask, text, copied, offset);
        if (match.end == 0) {
            offset++;
            continue;
        }
        buffer_append(out, text_slice(text, copied, match.start - copied));
        buffer_append_string(out, "***");
        copied = offset = match.end;
    }
    buffer_append(out, text_slice(text, copied, text.length - copied));
}
