/* Headers. The lists of names that carry credentials, or addresses, stand here and nowhere else. */
#include "stdlib/proxy/header.h"

#include <string.h>
#include <strings.h>

/* Whole names. */
static const char *const secret_names[] = { "authorization", "proxy-authorization", "cookie",
                                            "set-cookie",    "authentication-info", "proxy-authentication-info",
                                            "x-api-key" };
/* And whatever has one of these in its name. */
static const char *const secret_parts[] = {
    "token", "secret", "password", "api-key", "apikey", "credential", "session"
};

/* Addresses: their queries and fragments carry codes of sign-ins and signatures. */
static const char *const address_names[] = { "location", "content-location", "refresh", "referer", "link" };

struct header header_of(struct text name, struct text value) {
    return (struct header){ text_trim(name), value };
}

bool header_is(const struct header *header, const char *name) {
    return header->name.length == strlen(name) && strncasecmp(header->name.bytes, name, header->name.length) == 0;
}

bool header_ends_with_word(const struct header *header, const char *word) {
    struct text value = header->value;
    for (size_t i = value.length; i-- > 0;) {
        if (value.bytes[i] != ',') continue;
        value = text_trim(text_slice(value, i + 1, value.length));
        break;
    }
    return value.length == strlen(word) && strncasecmp(value.bytes, word, value.length) == 0;
}

static bool has_part(struct text name, const char *part) {
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= name.length; i++)
        if (strncasecmp(name.bytes + i, part, length) == 0) return true;
    return false;
}

bool header_is_secret(const struct header *header) {
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++)
        if (header_is(header, secret_names[i])) return true;
    for (size_t i = 0; i < sizeof secret_parts / sizeof secret_parts[0]; i++)
        if (has_part(header->name, secret_parts[i])) return true;
    return false;
}

static bool is_address(const struct header *header) {
    for (size_t i = 0; i < sizeof address_names / sizeof address_names[0]; i++)
        if (header_is(header, address_names[i])) return true;
    return false;
}

/* Without queries and fragments. Only a Link goes on behind an address: its end is the one of the brackets or quotes round it. */
static void put_address(const struct header *header, struct buffer *out) {
    struct text value = header->value;
    bool goes_on = header_is(header, "link"), is_cut = false;
    char until = 0;
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.bytes[i];
        if (until && byte == until)
            until = 0, is_cut = false;
        else if (goes_on && !until && (byte == '<' || byte == '"'))
            until = byte == '<' ? '>' : '"';
        if (byte == '?' || byte == '#') is_cut = true;
        if (!is_cut) buffer_append_byte(out, byte ? byte : '?');
    }
    buffer_append_byte(out, '\0');
}

/* NUL ends a name and a value here: one inside becomes a question mark. */
static void put(struct text text, bool small, struct buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i] ? text.bytes[i] : '?';
        buffer_append_byte(out, small && byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
    }
    buffer_append_byte(out, '\0');
}

void header_keep(const struct header *header, struct buffer *out) {
    put(header->name, true, out);
    if (header_is_secret(header))
        put(TEXT("***"), false, out);
    else if (is_address(header))
        put_address(header, out);
    else
        put(header->value, false, out);
}
