/* Everything here is local: it answers whether or not there is a network. */
#include "control.h"

#include "defect.h"
#include "json.h"
#include "outbox.h"
#include "sync.h"

#include <stdio.h>
#include <string.h>

static void show(struct answer *answer, int status, const struct outbox_item *item) {
    bool pending = item->is_pending && !defect_on(DEFECT_CLAIMS_SYNCED_OFFLINE);
    answer->status = status;
    text_print(&answer->body, "{\"id\":\"%s\",\"title\":", item->id);
    text_quote(&answer->body, item->title);
    text_print(&answer->body, ",\"state\":\"%s\"}", pending ? "pending" : "synced");
}

static void create(const struct http_message *message, struct answer *answer) {
    struct json *document = message->body ? json_read(message->body, message->length) : NULL;
    const struct json *title = document ? json_member(document, "title") : NULL;
    struct outbox_item item;
    if (!title || title->kind != JSON_STRING || !*title->text || strlen(title->text) >= sizeof item.title) {
        api_refuse(answer, 400, "title is a text of 1 to 80 bytes");
    } else if (!outbox_add(title->text, &item)) {
        api_refuse(answer, 500, "the outbox failed");
    } else {
        show(answer, 201, &item);
        sync_wake();
    }
    json_free(document);
}

static void count(struct answer *answer) {
    int pending = outbox_count();
    if (pending < 0) {
        api_refuse(answer, 500, "the outbox failed");
        return;
    }
    answer->status = 200;
    text_print(&answer->body, "{\"count\":%d}", pending);
}

static void state(const char *title, struct answer *answer) {
    struct outbox_item item;
    if (outbox_find(title, &item))
        show(answer, 200, &item);
    else
        api_refuse(answer, 404, "there is no such item");
}

void control_answer(const struct http_message *message, struct answer *answer) {
    char method[8], target[256];
    *answer = (struct answer){ .type = "application/json" };
    if (sscanf(message->head, "%7[A-Z] %255[!-~] HTTP/1.", method, target) != 2) {
        api_refuse(answer, 400, "this is no HTTP request");
        return;
    }
    bool get = strcmp(method, "GET") == 0, post = strcmp(method, "POST") == 0;
    bool items = strcmp(target, "/items") == 0, outbox = strcmp(target, "/outbox") == 0;
    bool item = strncmp(target, "/items/", 7) == 0 && target[7];
    if (post && items)
        create(message, answer);
    else if (get && outbox)
        count(answer);
    else if (get && item)
        state(target + 7, answer);
    else
        api_refuse(answer, items || outbox || item ? 405 : 404,
                   items || outbox || item ? "there is no such method here" : "there is nothing here");
}
