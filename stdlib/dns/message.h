/* What a DNS answer says, read from its bytes (RFC 1035 section 4.1): the code, and the records of its answer section with their
 * TTLs, which c-ares keeps to itself. */
#ifndef AOT_STDLIB_DNS_MESSAGE_H
#define AOT_STDLIB_DNS_MESSAGE_H
#include "base/buffer.h"
#include "base/vector.h"
#include <stdint.h>

enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_AAAA = 28 };
enum dns_code { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED };

struct dns_record {
    char *name;   /* whose it is, without the last dot; owned */
    char *data;   /* "192.0.2.1", "www.test"; of other types "\# 4"; owned */
    int type;     /* dns_type, or another one */
    uint32_t ttl; /* seconds */
};
struct dns_message {
    int code;                                 /* dns_code, or another one */
    bool authoritative, truncated;            /* AA, TC */
    struct VECTOR(struct dns_record) records; /* of the answer section, class IN */
};
/* False with a reason when the bytes are no answer; dns_message_done either way. */
bool dns_message_read(struct text bytes, struct dns_message *message, struct buffer *problem);
void dns_message_done(struct dns_message *message);
const char *dns_code_name(int code);               /* "NXDOMAIN"; NULL: it has none here */
void dns_type_print(int type, struct buffer *out); /* "CNAME", "TYPE64" */

/* What of it answers the question: the names that CNAME records lead to, and the records of the last one. */
struct dns_path {
    struct VECTOR(const struct dns_record *) chain;     /* CNAMEs in their order; borrowed */
    struct VECTOR(const struct dns_record *) addresses; /* of the type that was asked for; borrowed */
    uint32_t ttl;                                       /* the smallest of them all; 0 when there is none */
};
/* False with a reason when it goes in a circle, or answers another question. */
bool dns_path_read(const struct dns_message *message, const char *name, int type, struct dns_path *path,
                   struct buffer *problem);
void dns_path_done(struct dns_path *path);
#endif
