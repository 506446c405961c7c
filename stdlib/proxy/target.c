/* Addresses of services, from texts. */
#include "stdlib/proxy/target.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool read_port(struct text text, in_port_t *port) {
    long number = 0;
    if (!text.length || text.length > 5) return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        number = number * 10 + text.bytes[i] - '0';
    }
    *port = htons((uint16_t)number);
    return number > 0 && number <= 65535;
}

static bool read_host(struct text host, in_port_t port, struct target *target) {
    char name[INET6_ADDRSTRLEN + 2];
    if (text_is(host, "localhost")) host = TEXT("127.0.0.1");
    bool is_six = host.length > 2 && host.bytes[0] == '[' && host.bytes[host.length - 1] == ']';
    if (is_six) host = text_slice(host, 1, host.length - 2);
    if (!host.length || host.length >= sizeof name) return false;
    memcpy(name, host.bytes, host.length);
    name[host.length] = '\0';
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port };
    if (is_six ? inet_pton(AF_INET6, name, &six.sin6_addr) != 1 : inet_pton(AF_INET, name, &four.sin_addr) != 1)
        return false;
    target->length = is_six ? sizeof six : sizeof four;
    memcpy(&target->address, is_six ? (void *)&six : (void *)&four, target->length);
    snprintf(target->shown, sizeof target->shown, is_six ? "[%s]:%d" : "%s:%d", name, ntohs(port));
    return true;
}

bool target_read(struct text address, struct target *target, struct buffer *problem) {
    size_t colon = address.length;
    while (colon && address.bytes[colon - 1] != ':') colon--;
    in_port_t port = 0;
    *target = (struct target){ 0 };
    if (!colon || !read_port(text_slice(address, colon, address.length), &port)) {
        buffer_printf(problem, "\"%.*s\" has no port: write host:port", TEXT_ARGS(address));
        return false;
    }
    struct text host = text_slice(address, 0, colon - 1);
    if (read_host(host, port, target)) return true;
    buffer_printf(problem, "\"%.*s\" is no IP address: a proxy asks for no names, write 127.0.0.1 or localhost",
                  TEXT_ARGS(host));
    return false;
}

static const char *port_of_scheme(struct text scheme) {
    if (text_is(scheme, "http")) return "80";
    if (text_is(scheme, "https")) return "443";
    return text_is(scheme, "postgres") || text_is(scheme, "postgresql") ? "5432" : NULL;
}

static bool has_port(struct text authority) {
    for (size_t i = authority.length; i-- > 0 && authority.bytes[i] != ']';)
        if (authority.bytes[i] == ':') return true;
    return false;
}

bool target_of_url(struct text url, struct target *target, struct text *authority, struct buffer *problem) {
    size_t scheme = text_find(url, TEXT("://"));
    if (scheme == SIZE_MAX) {
        buffer_append_string(problem, "the URL has no scheme: write http://host:port");
        return false;
    }
    static const char ends[] = { '/', '?', '#' };
    size_t start = scheme + 3, end = start;
    while (end < url.length && !memchr(ends, url.bytes[end], sizeof ends)) end++;
    for (size_t i = start; i < end; i++)
        if (url.bytes[i] == '@') start = i + 1;
    *authority = text_slice(url, start, end - start);
    struct buffer address = { 0 };
    buffer_append(&address, *authority);
    const char *port = port_of_scheme(text_slice(url, 0, scheme));
    if (!has_port(*authority) && port) buffer_printf(&address, ":%s", port);
    bool good = target_read(buffer_text(&address), target, problem);
    buffer_done(&address);
    return good;
}

bool target_list_equal(const struct target_list *a, const struct target_list *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].shown, b->items[i].shown) != 0) return false;
    return true;
}

struct target_list target_list_copy(const struct target_list *list) {
    struct target_list copy = { memory_allocate((list->count + 1) * sizeof *list->items), list->count };
    if (list->count) memcpy(copy.items, list->items, list->count * sizeof *list->items);
    return copy;
}

void target_list_done(struct target_list *list) {
    memory_release(list->items);
    *list = (struct target_list){ 0 };
}
