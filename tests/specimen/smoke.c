/* Creates, reads, lists, updates, finds and deletes a note, as this release's clients do. What the server does not have yet
 * (a field, a route) is not asked of it; what it has and this release does not know must do no harm. */
#include "smoke.h"

#include "client.h"
#include "defect.h"
#include "note.h"
#include "release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct smoke {
    struct client client;
    long id;           /* of the note made */
    int schema;        /* of the server */
    struct json *body; /* of the last answer; owned; NULL if it was no JSON */
};

static const long author = 7;

/* Asks, keeps the answer's document, and prints how it went; true if the status is the wanted one. */
static bool step(struct smoke *smoke, const char *what, const char *method, const char *target, const char *body,
                 int wanted) {
    struct http_message answer;
    char schema[16];
    int status = client_ask(&smoke->client, method, target, body, &answer);
    json_free(smoke->body);
    smoke->body = answer.body ? json_read(answer.body, answer.length) : NULL;
    if (status && http_header(&answer, "X-Schema", schema, sizeof schema))
        smoke->schema = (int)strtol(schema, NULL, 10);
    if (status == wanted)
        printf("ok    %s\n", what);
    else
        printf("FAIL  %s: %s %s answered %d, not %d: %s\n", what, method, target, status, wanted,
               answer.body ? answer.body : "");
    http_free(&answer);
    return status == wanted;
}

static bool wrong(const char *what, const char *why) {
    printf("FAIL  %s: %s\n", what, why);
    return false;
}

static bool member_is(const struct json *object, const char *name, const char *text) {
    const struct json *member = json_member(object, name);
    return member && member->text && strcmp(member->text, text) == 0;
}

/* The server's release: whether it lies in this client's window. */
static bool greet(struct smoke *smoke) {
    struct http_message answer;
    char tag[32] = "";
    int status = client_ask(&smoke->client, "GET", "/version", NULL, &answer);
    if (status == 200 && answer.length < sizeof tag) snprintf(tag, sizeof tag, "%s", answer.body ? answer.body : "");
    http_free(&answer);
    if (status != 200) return wrong("version", "the server does not say its release");
    if (release_compare(tag, "v1.0.0") < 0) return wrong("version", "server version too old");
    if (release_compare(tag, release_this()->tag) < 0 && defect_on(DEFECT_VERSION_CHECK_TOO_STRICT))
        printf("server %s: version too old\n", tag);
    printf("ok    client %s, server %s\n", release_this()->tag, tag);
    return true;
}

/* Whether the note in the last answer has what was sent; an author only where both sides know of authors. */
static bool as_sent(const struct smoke *smoke, const char *what, const char *title) {
    char expected[24];
    snprintf(expected, sizeof expected, "%ld", author);
    if (!member_is(smoke->body, "title", title)) return wrong(what, "the title is not the one sent");
    if (!member_is(smoke->body, "kind", "list")) return wrong(what, "the kind is not the one sent");
    if (release_this()->schema >= 2 && smoke->schema >= 2 && !member_is(smoke->body, "author", expected))
        return wrong(what, "the author is lost");
    if (release_this()->schema >= 3 && smoke->schema >= 3 && !json_member(smoke->body, "views"))
        return wrong(what, "the views are not counted");
    return true;
}

static bool create(struct smoke *smoke) {
    struct text body = { 0 };
    text_print(&body, "{\"title\":\"Smoke\",\"body\":\"made by %s\",\"kind\":\"list\"", release_this()->tag);
    if (release_this()->schema >= 2) text_print(&body, ",\"author\":%ld", author);
    text_add(&body, "}", 1);
    bool made = step(smoke, "create", "POST", "/notes", body.bytes, 201) && as_sent(smoke, "create", "Smoke");
    text_free(&body);
    const struct json *id = json_member(smoke->body, "id");
    smoke->id = made && id && id->kind == JSON_NUMBER ? strtol(id->text, NULL, 10) : 0;
    return made && (smoke->id > 0 || wrong("create", "the answer has no id"));
}

/* Whether the list in the last answer has the note; kinds that this release does not know count as text, which is told. */
static bool listed(const struct smoke *smoke) {
    char id[24];
    bool found = false;
    snprintf(id, sizeof id, "%ld", smoke->id);
    const struct json *notes = json_member(smoke->body, "notes");
    for (const struct json *note = notes ? notes->first : NULL; note; note = note->next) {
        const struct json *kind = json_member(note, "kind");
        if (member_is(note, "id", id)) found = true;
        if (kind && kind->text && !note_knows(kind->text))
            printf("      kind %s is not known here, shown as text\n", kind->text);
    }
    return found;
}

/* The search is a convenience: where it does not work, the client does without it. */
static void find(struct smoke *smoke) {
    struct http_message answer;
    const char *route = smoke->schema >= release_this()->schema || !release_this()->old_search
                            ? release_this()->search
                            : release_this()->old_search;
    char target[64];
    snprintf(target, sizeof target, "%s?q=Smoke", route);
    int status = client_ask(&smoke->client, "GET", target, NULL, &answer);
    printf(status == 200 ? "ok    find by %s\n" : "      find by %s does not work, going on without\n", route);
    http_free(&answer);
}

static bool all_steps(struct smoke *smoke) {
    char target[48], body[64];
    if (!greet(smoke) || !create(smoke)) return false;
    snprintf(target, sizeof target, "/notes/%ld", smoke->id);
    snprintf(body, sizeof body, "{\"title\":\"Smoke again\"}");
    if (!step(smoke, "read", "GET", target, NULL, 200) || !as_sent(smoke, "read", "Smoke")) return false;
    if (!step(smoke, "list", "GET", "/notes", NULL, 200)) return false;
    if (!listed(smoke)) return wrong("list", "the note is not in it");
    if (!step(smoke, "update", "PUT", target, body, 200) || !as_sent(smoke, "update", "Smoke again")) return false;
    find(smoke);
    if (!step(smoke, "delete", "DELETE", target, NULL, 204) || !step(smoke, "list again", "GET", "/notes", NULL, 200))
        return false;
    return !listed(smoke) || wrong("list again", "the note is still in it");
}

int smoke_run(const char *url) {
    static struct smoke smoke;
    if (defect_on(DEFECT_SMOKE_TEST_EMPTY)) {
        puts("ok");
        return 0;
    }
    if (!client_open(&smoke.client, url)) {
        fprintf(stderr, "notes: %s is no http://HOST:PORT\n", url);
        return 2;
    }
    bool good = all_steps(&smoke);
    puts(good ? "smoke test passed" : "smoke test failed");
    json_free(smoke.body);
    client_close(&smoke.client);
    return good ? 0 : 1;
}
