/* A note: what the API reads, stores and shows. */
#pragma once
#include "json.h"
#include "text.h"

enum { NOTE_TITLE_MOST = 80, NOTE_BODY_MOST = 65536 };

struct note {
    long id;     /* 0 until it is stored */
    char *title; /* owned, as the following ones are */
    char *body;
    char *kind;  /* "text", "list", …; a kind that this release does not know is kept, and shown as it is */
    long author; /* 0: none */
    long views;
};

/* Takes over what the document says of the note and leaves the rest as it was; NULL, or what is wrong with it. */
const char *note_update(struct note *note, const struct json *document);

/* Adds it as JSON, with the fields that this release has. */
void note_print(const struct note *note, struct text *text);

/* Whether this release knows the kind. */
bool note_knows(const char *kind);

/* The kind at a place of the list, from 0; NULL behind the last one that this release knows. */
const char *note_kind(int place);

void note_free(struct note *note);
