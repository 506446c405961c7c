/* URLs, checked before libcurl sees them: whole, of http or https, and without bytes that would start a second header. */
#include "stdlib/http/url.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static bool check_scheme(struct text url, struct text shown, struct buffer *problem) {
    size_t end = text_find(url, TEXT("://"));
    if (end == SIZE_MAX || end == 0) {
        buffer_printf(problem, "the URL \"%.*s\" has no scheme: write \"http://%.*s\"", TEXT_ARGS(shown),
                      TEXT_ARGS(shown));
        return false;
    }
    struct text scheme = text_slice(url, 0, end);
    if ((scheme.length == 4 && strncasecmp(scheme.bytes, "http", 4) == 0) ||
        (scheme.length == 5 && strncasecmp(scheme.bytes, "https", 5) == 0))
        return true;
    buffer_printf(problem, "the URL \"%.*s\" is not one of http or https", TEXT_ARGS(shown));
    return false;
}

static bool check_parts(struct text url, struct text shown, struct buffer *problem) {
    CURLU *parsed = curl_url();
    char *terminated = memory_copy(url.bytes, url.length);
    CURLUcode code = parsed ? curl_url_set(parsed, CURLUPART_URL, terminated, 0) : CURLUE_OUT_OF_MEMORY;
    curl_url_cleanup(parsed);
    memory_release(terminated);
    if (code != CURLUE_OK) buffer_printf(problem, "\"%.*s\" is no URL: %s", TEXT_ARGS(shown), curl_url_strerror(code));
    return code == CURLUE_OK;
}

bool url_check(struct text url, struct buffer *problem) {
    if (!url.length) {
        buffer_append_string(problem, "the URL is empty");
        return false;
    }
    for (size_t i = 0; i < url.length; i++) {
        unsigned char byte = (unsigned char)url.bytes[i];
        if (byte > ' ' && byte != 127) continue;
        buffer_printf(problem, "the URL has %s at byte %zu%s", byte == ' ' ? "a space" : "a control character", i + 1,
                      byte == ' ' ? ": write %20" : "");
        return false;
    }
    struct buffer shown = { 0 };
    url_show(url, &shown);
    bool good = check_scheme(url, buffer_text(&shown), problem) && check_parts(url, buffer_text(&shown), problem);
    buffer_done(&shown);
    return good;
}

bool url_name(const char *url, char **host, char **port, struct buffer *problem) {
    CURLU *parsed = curl_url();
    char *name = NULL, *number = NULL;
    unsigned char address[sizeof(struct in6_addr)];
    CURLUcode code = parsed ? curl_url_set(parsed, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK) code = curl_url_get(parsed, CURLUPART_HOST, &name, CURLU_PUNYCODE);
    if (code == CURLUE_OK) code = curl_url_get(parsed, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT);
    if (code != CURLUE_OK) {
        buffer_printf(problem, "dns: no name to ask for in the URL: %s", curl_url_strerror(code));
    } else if (name[0] != '[' && inet_pton(AF_INET, name, address) != 1) {
        *host = memory_copy(name, strlen(name));
        *port = memory_copy(number, strlen(number));
    }
    curl_free(name);
    curl_free(number);
    curl_url_cleanup(parsed);
    return code == CURLUE_OK;
}

bool url_target(const char *url, struct buffer *target) {
    return url_target_of(url, TEXT_NONE, target);
}

bool url_target_of(const char *base, struct text location, struct buffer *target) {
    CURLU *parsed = curl_url();
    char *host = NULL, *port = NULL, *relative = location.length ? memory_copy(location.bytes, location.length) : NULL;
    bool good = parsed && curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK &&
                (!relative || curl_url_set(parsed, CURLUPART_URL, relative, CURLU_URLENCODE) == CURLUE_OK) &&
                curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (good) buffer_printf(target, "%s:%s", host, port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
    memory_release(relative);
    return good;
}

void url_show(struct text url, struct buffer *out) {
    static const char ends[] = { '/', '?', '#' };
    size_t scheme = text_find(url, TEXT("://"));
    size_t start = scheme == SIZE_MAX ? 0 : scheme + 3, end = start;
    while (end < url.length && !memchr(ends, url.bytes[end], sizeof ends)) end++;
    size_t at = end;
    while (at > start && url.bytes[at - 1] != '@') at--;
    buffer_append(out, text_slice(url, 0, start));
    if (at > start) buffer_append_string(out, "***@");
    buffer_append(out, text_slice(url, at, url.length));
}
