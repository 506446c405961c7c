/* Hides secrets in whatever leaves the process. Owns copies of the secrets.
 * A secret is looked for as it is, percent-encoded, JSON-escaped (up to three times over), and inside base64 at each of
 * the three alignments. The first two escaped forms are decoded while comparing, so any mix of escaped and plain characters is found. */
#include "base/mask.h"

#include "base/memory.h"
#include "base/vector.h"

#include <pthread.h>
#include <string.h>

enum {
    SHORTEST_SECRET = 4,
    SHORTEST_LINE = 8, /* of a secret of many lines; shorter ones say too little to be masked alone */
    JSON_LEVELS = 3    /* a record holds JSON of texts that may be JSON of texts that hold JSON */
};

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
    pthread_rwlock_t lock;                /* the workers of loads mask and add, too */
    struct VECTOR(struct secret) secrets; /* in no order */
    bool starts[256];                     /* bytes with which some form of some secret may begin */
};

/* A stretch of text to be replaced. */
struct match {
    size_t start; /* offset of its first byte */
    size_t end;   /* offset behind its last byte */
};

struct mask *mask_new(void) {
    struct mask *mask = memory_allocate(sizeof *mask);
    pthread_rwlock_init(&mask->lock, NULL);
    return mask;
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
    pthread_rwlock_destroy(&mask->lock);
    memory_release(mask);
}

/* Reading does not change what a mask is, but locking changes its lock. */
static void lock_to_read(const struct mask *mask) {
    pthread_rwlock_rdlock(&((struct mask *)mask)->lock);
}

static void unlock(const struct mask *mask) {
    pthread_rwlock_unlock(&((struct mask *)mask)->lock);
}

bool mask_is_empty(const struct mask *mask) {
    lock_to_read(mask);
    bool empty = mask->secrets.count == 0;
    unlock(mask);
    return empty;
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

static void add_one(struct mask *mask, struct text secret) {
    for (size_t i = 0; i < mask->secrets.count; i++) {
        struct secret *known = &mask->secrets.items[i];
        if (text_equal((struct text){ known->bytes, known->length }, secret)) return;
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
}

/* A key of many lines comes back line by line in a program's output, and on one line where ends of lines became blanks. */
static void add_lines(struct mask *mask, struct text secret) {
    char *joined = memory_copy(secret.bytes, secret.length);
    for (size_t i = 0; i < secret.length; i++)
        if (joined[i] == '\n' || joined[i] == '\r') joined[i] = ' ';
    add_one(mask, (struct text){ joined, secret.length });
    explicit_bzero(joined, secret.length);
    memory_release(joined);
    while (secret.length) {
        size_t end = text_find(secret, TEXT("\n"));
        struct text line = text_trim(text_slice(secret, 0, end));
        if (line.length >= SHORTEST_LINE) add_one(mask, line);
        secret = end == SIZE_MAX ? TEXT_NONE : text_slice(secret, end + 1, SIZE_MAX);
    }
}

bool mask_add(struct mask *mask, struct text secret) {
    if (secret.length < SHORTEST_SECRET) return false;
    pthread_rwlock_wrlock(&mask->lock);
    add_one(mask, secret);
    if (text_find(secret, TEXT("\n")) != SIZE_MAX) add_lines(mask, secret);
    unlock(mask);
    return true;
}

struct mask *mask_copy(const struct mask *mask) {
    struct mask *copy = mask_new();
    lock_to_read(mask);
    for (size_t i = 0; i < mask->secrets.count; i++) {
        const struct secret *secret = &mask->secrets.items[i];
        add_one(copy, (struct text){ secret->bytes, secret->length });
    }
    unlock(mask);
    return copy;
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

/* Reads JSON text whose escapes stand for JSON text whose escapes …: the bytes at a level come from the level below. */
struct json_reader {
    struct text text;
    size_t offset; /* of the next byte of the text itself */
    struct {
        char bytes[4]; /* of one character, some of it not handed out yet */
        uint8_t count, next;
    } pending[JSON_LEVELS + 1];
};

/* The next byte at a level, 0 being the text itself; -1 at its end or where an escape is none. */
static int json_byte(struct json_reader *reader, unsigned level);

static int32_t json_hex(struct json_reader *reader, unsigned level) {
    int32_t number = 0;
    for (size_t i = 0; i < 4; i++) {
        int byte = json_byte(reader, level), digit = byte < 0 ? -1 : hex_digit((char)byte);
        if (digit < 0) return -1;
        number = number * 16 + digit;
    }
    return number;
}

/* Behind \u: the code point, of a pair of surrogates too. */
static int32_t json_point(struct json_reader *reader, unsigned level) {
    int32_t point = json_hex(reader, level);
    if (point < 0xd800 || point >= 0xdc00) return point;
    struct json_reader ahead = *reader;
    if (json_byte(&ahead, level) != '\\') return point;
    if (json_byte(&ahead, level) != 'u') return point;
    int32_t low = json_hex(&ahead, level);
    if (low < 0xdc00 || low >= 0xe000) return point;
    *reader = ahead;
    return 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
}

static int json_byte(struct json_reader *reader, unsigned level) {
    if (level == 0)
        return reader->offset < reader->text.length ? (unsigned char)reader->text.bytes[reader->offset++] : -1;
    uint8_t next = reader->pending[level].next;
    if (next < reader->pending[level].count) {
        reader->pending[level].next++;
        return (unsigned char)reader->pending[level].bytes[next];
    }
    int byte = json_byte(reader, level - 1);
    if (byte != '\\') return byte;
    static const char names[] = "nrtbf\"\\/", values[] = "\n\r\t\b\f\"\\/";
    int letter = json_byte(reader, level - 1);
    const char *name = letter > 0 ? strchr(names, letter) : NULL;
    if (name) return values[name - names];
    int32_t point = letter == 'u' ? json_point(reader, level - 1) : -1;
    if (point < 0) return -1;
    reader->pending[level].count = (uint8_t)encode_utf8(point, reader->pending[level].bytes);
    reader->pending[level].next = 1;
    return (unsigned char)reader->pending[level].bytes[0];
}

static size_t match_json(struct text text, size_t offset, const struct secret *secret, unsigned level) {
    struct json_reader reader = { .text = text, .offset = offset };
    for (size_t i = 0; i < secret->length; i++)
        if (json_byte(&reader, level) != (unsigned char)secret->bytes[i]) return 0;
    return reader.offset;
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
        size_t ends[2 + JSON_LEVELS] = { 0, match_url(text, offset, secret) };
        for (unsigned level = 1; level <= JSON_LEVELS; level++)
            ends[1 + level] = match_json(text, offset, secret, level);
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

static void apply(const struct mask *mask, struct text text, struct buffer *out) {
    size_t copied = 0;
    for (size_t offset = 0; offset < text.length;) {
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

void mask_apply(const struct mask *mask, struct text text, struct buffer *out) {
    if (!mask) {
        buffer_append(out, text);
        return;
    }
    lock_to_read(mask);
    apply(mask, text, out);
    unlock(mask);
}
