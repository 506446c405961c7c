/* JSON as a tree that keeps the order of members and numbers as text. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    char *name;         /* of a member of an object; else NULL; owned */
    char *text;         /* of a string (without escapes) or a number (as written); else NULL; owned */
    struct json *first; /* the first element or member; owned */
    struct json *next;  /* the one after this in the same array or object; owned by the container */
};

/* The tree of a whole document, freed with json_free; NULL if it is not one. */
struct json *json_read(const char *bytes, size_t length);

/* The member of this name (the first, should there be several); NULL if there is none or `object` is no object. */
const struct json *json_member(const struct json *object, const char *name);

void json_free(struct json *json);
