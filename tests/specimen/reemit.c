/* A message is { v, kind, payload: { id } }. Of what it does not know it keeps every byte that means something; a kind that it does not know
 * becomes UNSPECIFIED. */
#include "reemit.h"

#include "defect.h"
#include "json.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "MessageSent", "MessageDelivered", "MessageRead", "UNSPECIFIED" };
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* What stands in a message: its own names, those of its payload, and what neither of them knows. */
enum place { IN_MESSAGE, IN_PAYLOAD, IN_UNKNOWN };

static bool is_known(enum place place, const char *name) {
    if (place == IN_MESSAGE) return strcmp(name, "v") == 0 || strcmp(name, "kind") == 0 || strcmp(name, "payload") == 0;
    return place == IN_PAYLOAD && strcmp(name, "id") == 0;
}

static bool is_stripped(enum place place, const char *name) {
    if (place == IN_UNKNOWN || is_known(place, name)) return false;
    return defect_on(DEFECT_STRIPS_UNKNOWN) || (defect_on(DEFECT_STRIPS_NESTED_ONLY) && place == IN_PAYLOAD);
}

static void set_text(struct json *value, enum json_kind kind, const char *text) {
    char *copy = strdup(text);
    if (!copy) abort();
    free(value->text);
    value->text = copy;
    value->kind = kind;
}

static void round_number(struct json *number) {
    double rounded = strtod(number->text, NULL);
    char text[40];
    snprintf(text, sizeof text, "%.17g", rounded);
    if (isfinite(rounded))
        set_text(number, JSON_NUMBER, text);
    else
        number->kind = JSON_NULL;
}

static void read_kind(struct json *kind) {
    for (int i = 0; i < KIND_COUNT; i++)
        if (kind->kind == JSON_STRING && strcmp(kind->text, kinds[i]) == 0) return;
    if (defect_on(DEFECT_PANICS_ON_ENUM)) {
        fprintf(stderr, "notes: panic: a kind that is none\n");
        abort();
    }
    json_free(kind->first);
    kind->first = NULL;
    set_text(kind, JSON_STRING, defect_on(DEFECT_ENUM_BECOMES_ZERO) ? kinds[0] : "UNSPECIFIED");
}

/* Puts the member where its name belongs, behind those of the same name. */
static void insert_by_name(struct json **first, struct json *member) {
    while (*first && strcmp((*first)->name, member->name) <= 0) first = &(*first)->next;
    member->next = *first;
    *first = member;
}

static void read_members(struct json *object, enum place place);

/* What this component understands of a value, and does to it. */
static void read_value(struct json *value, enum place place) {
    if (value->kind == JSON_NUMBER && defect_on(DEFECT_ROUNDS_BIG_NUMBERS)) round_number(value);
    if (value->kind == JSON_OBJECT) read_members(value, place);
    if (value->kind == JSON_ARRAY)
        for (struct json *item = value->first; item; item = item->next) read_value(item, IN_UNKNOWN);
}

static void read_members(struct json *object, enum place place) {
    struct json *kept = NULL, **end = &kept, *next;
    for (struct json *member = object->first; member; member = next) {
        next = member->next;
        member->next = NULL;
        if (is_stripped(place, member->name)) {
            json_free(member);
            continue;
        }
        bool payload = place == IN_MESSAGE && strcmp(member->name, "payload") == 0;
        if (place == IN_MESSAGE && strcmp(member->name, "kind") == 0)
            read_kind(member);
        else
            read_value(member, payload ? IN_PAYLOAD : IN_UNKNOWN);
        if (defect_on(DEFECT_REORDERS)) {
            insert_by_name(&kept, member);
        } else {
            *end = member;
            end = &member->next;
        }
    }
    object->first = kept;
}

static void print_value(struct text *out, const struct json *value) {
    static const char *const words[] = { [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true" };
    if (value->kind <= JSON_TRUE) text_print(out, "%s", words[value->kind]);
    if (value->kind == JSON_NUMBER) text_print(out, "%s", value->text);
    if (value->kind == JSON_STRING) text_quote(out, value->text);
    if (value->kind < JSON_ARRAY) return;
    text_add(out, value->kind == JSON_OBJECT ? "{" : "[", 1);
    for (const struct json *item = value->first; item; item = item->next) {
        if (item != value->first) text_add(out, ",", 1);
        if (item->name) text_quote(out, item->name);
        if (item->name) text_add(out, ":", 1);
        print_value(out, item);
    }
    text_add(out, value->kind == JSON_OBJECT ? "}" : "]", 1);
}

bool reemit_message(struct json *message) {
    if (!message || message->kind != JSON_OBJECT) return false;
    read_members(message, IN_MESSAGE);
    return true;
}

static bool reemit_line(const char *line, size_t length) {
    struct json *message = json_read(line, length);
    bool good = reemit_message(message);
    struct text out = { 0 };
    if (good) {
        print_value(&out, message);
        good = fwrite(out.bytes, 1, out.length, stdout) == out.length && putchar('\n') == '\n';
    } else {
        fprintf(stderr, "notes: this line is no message: %.60s\n", line);
    }
    text_free(&out);
    json_free(message);
    return good;
}

int reemit_run(const char *format) {
    if (strcmp(format, "yaml") == 0) return reemit_yaml();
    if (strcmp(format, "json") != 0) {
        fprintf(stderr, "notes: messages are spoken in json and yaml, not in %s\n", format);
        return 2;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool good = true;
    while (good && (length = getline(&line, &room, stdin)) >= 0) good = reemit_line(line, (size_t)length);
    free(line);
    return good ? fflush(stdout) != 0 : 1;
}
