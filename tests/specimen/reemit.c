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

static void print_number(struct text *out, const char *number) {
    double rounded = strtod(number, NULL);
    if (!defect_on(DEFECT_ROUNDS_BIG_NUMBERS))
        text_print(out, "%s", number);
    else if (isfinite(rounded))
        text_print(out, "%.17g", rounded);
    else
        text_print(out, "null");
}

static void print_kind(struct text *out, const struct json *kind) {
    const char *name = "UNSPECIFIED";
    for (int i = 0; i < KIND_COUNT; i++)
        if (kind->kind == JSON_STRING && strcmp(kind->text, kinds[i]) == 0) name = NULL;
    if (name && defect_on(DEFECT_PANICS_ON_ENUM)) {
        fprintf(stderr, "notes: panic: a kind that is none\n");
        abort();
    }
    if (name && defect_on(DEFECT_ENUM_BECOMES_ZERO)) name = kinds[0];
    text_quote(out, name ? name : kind->text);
}

static void print_value(struct text *out, const struct json *value, enum place place);

static void print_member(struct text *out, const struct json *member, enum place place) {
    enum place below = place == IN_MESSAGE && strcmp(member->name, "payload") == 0 ? IN_PAYLOAD : IN_UNKNOWN;
    text_quote(out, member->name);
    text_add(out, ":", 1);
    if (place == IN_MESSAGE && strcmp(member->name, "kind") == 0)
        print_kind(out, member);
    else
        print_value(out, member, below);
}

/* Members in their order, or by name with equal ones in their order. */
static void print_members(struct text *out, const struct json *object, enum place place) {
    size_t count = 0, printed = 0;
    for (const struct json *member = object->first; member; member = member->next) count++;
    const struct json **members = calloc(count + 1, sizeof *members);
    if (!members) abort();
    count = 0;
    for (const struct json *member = object->first; member; member = member->next) {
        size_t at = count++;
        for (; defect_on(DEFECT_REORDERS) && at > 0 && strcmp(members[at - 1]->name, member->name) > 0; at--)
            members[at] = members[at - 1];
        members[at] = member;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_stripped(place, members[i]->name)) continue;
        if (printed++) text_add(out, ",", 1);
        print_member(out, members[i], place);
    }
    free(members);
}

static void print_value(struct text *out, const struct json *value, enum place place) {
    switch (value->kind) {
    case JSON_NULL: text_print(out, "null"); break;
    case JSON_FALSE: text_print(out, "false"); break;
    case JSON_TRUE: text_print(out, "true"); break;
    case JSON_NUMBER: print_number(out, value->text); break;
    case JSON_STRING: text_quote(out, value->text); break;
    case JSON_OBJECT:
        text_add(out, "{", 1);
        print_members(out, value, place);
        text_add(out, "}", 1);
        break;
    case JSON_ARRAY:
        text_add(out, "[", 1);
        for (const struct json *item = value->first; item; item = item->next) {
            if (item != value->first) text_add(out, ",", 1);
            print_value(out, item, IN_UNKNOWN);
        }
        text_add(out, "]", 1);
    }
}

static bool reemit_line(const char *line, size_t length) {
    struct json *message = json_read(line, length);
    bool good = message && message->kind == JSON_OBJECT;
    struct text out = { 0 };
    if (good) {
        print_value(&out, message, IN_MESSAGE);
        good = fwrite(out.bytes, 1, out.length, stdout) == out.length && putchar('\n') == '\n';
    } else {
        fprintf(stderr, "notes: this line is no message: %.60s\n", line);
    }
    text_free(&out);
    json_free(message);
    return good;
}

int reemit_run(const char *format) {
    if (strcmp(format, "json") != 0) {
        fprintf(stderr, "notes: messages are spoken in json, not in %s\n", format);
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
