/* Reading a DNS answer. Every length is checked before it is used; compressed names are left to c-ares, which stops at circles. */
#include "stdlib/dns/message.h"

#include "base/memory.h"

#include <ares.h>
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HEADER = 12, CLASS_IN = 1, CHAIN_MAXIMUM = 16 };

/* What is left of the bytes. */
struct reader {
    const unsigned char *bytes;
    size_t length, at;
};

static uint32_t read_number(struct reader *reader, size_t octets) {
    uint32_t number = 0;
    while (octets--) number = number << 8 | reader->bytes[reader->at++];
    return number;
}

static bool has(const struct reader *reader, size_t octets) {
    return reader->length - reader->at >= octets;
}

/* A name at `at`; NULL when it is none. `used` is how many bytes it takes there. Owned. */
static char *read_name(const struct reader *reader, size_t at, size_t *used) {
    char *name = NULL;
    long taken = 0;
    if (at >= reader->length ||
        ares_expand_name(reader->bytes + at, reader->bytes, (int)reader->length, &name, &taken) != ARES_SUCCESS)
        return NULL;
    *used = (size_t)taken;
    char *copy = memory_copy(name, strlen(name));
    ares_free_string(name);
    return copy;
}

static char *read_address(const struct reader *reader, int family, size_t length) {
    char shown[INET6_ADDRSTRLEN];
    size_t wanted = family == AF_INET ? 4 : 16;
    if (length != wanted || !inet_ntop(family, reader->bytes + reader->at, shown, sizeof shown)) return NULL;
    return memory_copy(shown, strlen(shown));
}

static char *read_data(const struct reader *reader, int type, size_t length) {
    size_t used = 0;
    struct buffer other = { 0 };
    switch (type) {
    case DNS_A: return read_address(reader, AF_INET, length);
    case DNS_AAAA: return read_address(reader, AF_INET6, length);
    case DNS_CNAME:
    case DNS_NS: return read_name(reader, reader->at, &used);
    default: buffer_printf(&other, "\\# %zu", length); return buffer_take(&other); /* RFC 3597 */
    }
}

static bool read_record(struct reader *reader, struct dns_message *message) {
    size_t used = 0;
    char *name = read_name(reader, reader->at, &used);
    reader->at += used;
    bool good = name && has(reader, 10);
    if (good) {
        int type = (int)read_number(reader, 2), class = (int)read_number(reader, 2);
        uint32_t ttl = read_number(reader, 4);
        size_t length = read_number(reader, 2);
        char *data = has(reader, length) ? read_data(reader, type, length) : NULL;
        good = data != NULL;
        if (good) reader->at += length;
        if (good && class == CLASS_IN) {
            struct dns_record record = { name, data, type, ttl > INT32_MAX ? 0 : ttl /* RFC 2181 section 8 */ };
            VECTOR_PUSH(&message->records, record);
            return true;
        }
        memory_release(data);
    }
    memory_release(name);
    return good;
}

static bool skip_question(struct reader *reader) {
    size_t used = 0;
    char *name = read_name(reader, reader->at, &used);
    reader->at += used;
    bool good = name && has(reader, 4);
    if (good) reader->at += 4;
    memory_release(name);
    return good;
}

bool dns_message_read(struct text bytes, struct dns_message *message, struct buffer *problem) {
    struct reader reader = { (const unsigned char *)bytes.bytes, bytes.length, 2 };
    *message = (struct dns_message){ 0 };
    bool good = bytes.length >= HEADER;
    if (good) {
        uint32_t flags = read_number(&reader, 2), questions = read_number(&reader, 2),
                 answers = read_number(&reader, 2);
        reader.at = HEADER;
        good = flags >> 15;
        message->authoritative = flags >> 10 & 1;
        message->truncated = flags >> 9 & 1;
        message->code = flags & 15;
        while (good && questions--) good = skip_question(&reader);
        /* What was cut off is told by the flag; the records before it are whole. */
        while (good && answers-- && !(message->truncated && reader.at == reader.length))
            good = read_record(&reader, message);
    }
    if (!good) buffer_append_string(problem, "what came is no whole DNS answer");
    return good;
}

void dns_message_done(struct dns_message *message) {
    for (size_t i = 0; i < message->records.count; i++) {
        memory_release(message->records.items[i].name);
        memory_release(message->records.items[i].data);
    }
    VECTOR_DONE(&message->records);
}

const char *dns_code_name(int code) {
    static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
    return code >= 0 && code < (int)(sizeof names / sizeof names[0]) ? names[code] : NULL;
}

void dns_type_print(int type, struct buffer *out) {
    switch (type) {
    case DNS_A: buffer_append_string(out, "A"); return;
    case DNS_NS: buffer_append_string(out, "NS"); return;
    case DNS_CNAME: buffer_append_string(out, "CNAME"); return;
    case DNS_AAAA: buffer_append_string(out, "AAAA"); return;
    default: buffer_printf(out, "TYPE%d", type); return;
    }
}

/* ---- the path ---- */

static bool is_same(const char *a, const char *b) {
    size_t length = strlen(a), other = strlen(b);
    if (length && a[length - 1] == '.') length--;
    if (other && b[other - 1] == '.') other--;
    return length == other && strncasecmp(a, b, length) == 0;
}

static const struct dns_record *find(const struct dns_message *message, const char *name, int type) {
    for (size_t i = 0; i < message->records.count; i++) {
        const struct dns_record *record = &message->records.items[i];
        if (record->type == type && is_same(record->name, name)) return record;
    }
    return NULL;
}

static void take_ttl(struct dns_path *path, const struct dns_record *record) {
    bool first = path->chain.count + path->addresses.count == 1;
    if (first || record->ttl < path->ttl) path->ttl = record->ttl;
}

bool dns_path_read(const struct dns_message *message, const char *name, int type, struct dns_path *path,
                   struct buffer *problem) {
    *path = (struct dns_path){ 0 };
    const char *asked = name;
    for (const struct dns_record *alias; (alias = find(message, name, DNS_CNAME)); name = alias->data) {
        if (path->chain.count == CHAIN_MAXIMUM) {
            buffer_printf(problem, "the CNAME records of %s lead on and on, or in a circle", asked);
            return false;
        }
        VECTOR_PUSH(&path->chain, alias);
        take_ttl(path, alias);
    }
    for (size_t i = 0; i < message->records.count; i++) {
        const struct dns_record *record = &message->records.items[i];
        if (record->type != type || !is_same(record->name, name)) continue;
        VECTOR_PUSH(&path->addresses, record);
        take_ttl(path, record);
    }
    if (path->chain.count || path->addresses.count || !message->records.count) return true;
    for (size_t i = 0; i < message->records.count; i++)
        if (is_same(message->records.items[i].name, asked)) return true; /* of another type: no data */
    buffer_printf(problem, "the answer speaks of %s, and %s was asked for", message->records.items[0].name, asked);
    return false;
}

void dns_path_done(struct dns_path *path) {
    VECTOR_DONE(&path->chain);
    VECTOR_DONE(&path->addresses);
}
