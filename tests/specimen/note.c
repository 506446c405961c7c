/* Notes as documents. Fields by release: author since schema 2, views since schema 3; unknown fields are passed over. */
#include "note.h"

#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "text", "list", "drawing", "voice" };

const char *note_kind(int place) {
    return place < release_this()->kinds ? kinds[place] : NULL;
}

bool note_knows(const char *kind) {
    const char *known;
    for (int place = 0; (known = note_kind(place)); place++)
        if (strcmp(known, kind) == 0) return true;
    return false;
}

/* Replaces a text of the note by the member of this name, if there is one. */
static const char *take_text(char **place, const struct json *document, const char *name, size_t most) {
    static _Thread_local char problem[64];
    const struct json *member = json_member(document, name);
    if (!member) return NULL;
    if (member->kind != JSON_STRING || strlen(member->text) > most) {
        snprintf(problem, sizeof problem, "%s is a text of at most %zu bytes", name, most);
        return problem;
    }
    char *copy = strdup(member->text);
    if (!copy) return "out of memory";
    free(*place);
    *place = copy;
    return NULL;
}

static const char *take_author(struct note *note, const struct json *document) {
    const struct json *member = json_member(document, "author");
    if (!member || member->kind == JSON_NULL) return NULL;
    char *end = NULL;
    errno = 0;
    long author = member->kind == JSON_NUMBER ? strtol(member->text, &end, 10) : 0;
    if (author <= 0 || author > 2147483647L || *end) return "author is a whole number above 0";
    note->author = author;
    return NULL;
}

const char *note_update(struct note *note, const struct json *document) {
    if (!document || document->kind != JSON_OBJECT) return "the body is no JSON object";
    const char *problem = take_text(&note->title, document, "title", NOTE_TITLE_MOST);
    if (!problem) problem = take_text(&note->body, document, "body", NOTE_BODY_MOST);
    if (!problem) problem = take_text(&note->kind, document, "kind", 20);
    if (!problem && release_this()->schema >= 2) problem = take_author(note, document);
    if (!problem && (!note->title || !*note->title)) problem = "title is missing";
    return problem;
}

void note_print(const struct note *note, struct text *text) {
    text_print(text, "{\"id\":%ld,\"title\":", note->id);
    text_quote(text, note->title);
    text_add(text, ",\"body\":", 8);
    text_quote(text, note->body ? note->body : "");
    text_add(text, ",\"kind\":", 8);
    text_quote(text, note->kind ? note->kind : kinds[0]);
    if (release_this()->schema >= 2) {
        if (note->author)
            text_print(text, ",\"author\":%ld", note->author);
        else
            text_print(text, ",\"author\":null");
    }
    if (release_this()->schema >= 3) text_print(text, ",\"views\":%ld", note->views);
    text_add(text, "}", 1);
}

void note_free(struct note *note) {
    free(note->title);
    free(note->body);
    free(note->kind);
    *note = (struct note){ 0 };
}
