/* One request after the other. A connection that broke is not tried twice: the smoke test must see what happens. */
#include "client.h"

#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>

bool client_open(struct client *client, const char *url) {
    *client = (struct client){ .descriptor = -1 };
    if (strncmp(url, "http://", 7) != 0) return false;
    size_t length = strcspn(url + 7, "/");
    if (length >= sizeof client->host || (url[7 + length] && strcmp(url + 7 + length, "/") != 0)) return false;
    snprintf(client->host, sizeof client->host, "%.*s", (int)length, url + 7);
    return address_read(client->host, &client->address);
}

void client_close(struct client *client) {
    if (client->descriptor >= 0) close(client->descriptor);
    client->descriptor = -1;
}

static bool connected(struct client *client) {
    if (client->descriptor >= 0) return true;
    struct timeval limit = { .tv_sec = 5 }; /* of connect, too */
    if (client->patience) limit = (struct timeval){ client->patience / 1000, client->patience % 1000 * 1000 };
    client->descriptor = socket(client->address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    client->stream = (struct http_stream){ .descriptor = client->descriptor };
    if (client->descriptor >= 0 && setsockopt(client->descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(client->descriptor, (struct sockaddr *)&client->address.bytes, client->address.length) == 0)
        return true;
    printf("cannot connect to %s: %s\n", client->host, strerror(errno));
    client_close(client);
    return false;
}

static bool sent(struct client *client, const char *method, const char *target, const char *body) {
    struct text text = { 0 };
    const struct release *release = release_this();
    text_print(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nX-Client-Version: %s\r\nX-Schema: %d\r\n", method, target,
               client->host, release->tag, release->schema);
    if (client->request && *client->request) text_print(&text, "X-Request-Id: %s\r\n", client->request);
    if (body) text_print(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    text_print(&text, "\r\n%s", body ? body : "");
    bool written = http_write(client->descriptor, text.bytes, text.length);
    text_free(&text);
    return written;
}

int client_ask(struct client *client, const char *method, const char *target, const char *body,
               struct http_message *answer) {
    int status = 0;
    char connection[32];
    *answer = (struct http_message){ 0 };
    long long until = client->patience ? http_clock() + client->patience : 0;
    if (!connected(client)) return 0;
    client->stream.until = until;
    if (!sent(client, method, target, body) || http_read(&client->stream, 10000, answer) != HTTP_OK ||
        sscanf(answer->head, "HTTP/1.1 %3d", &status) != 1) { // NOLINT(cert-err34-c): three digits
        printf("%s %s: no answer\n", method, target);
        client_close(client);
        return 0;
    }
    if (http_header(answer, "Connection", connection, sizeof connection) && strcasecmp(connection, "close") == 0)
        client_close(client);
    return status;
}
