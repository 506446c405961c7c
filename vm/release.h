/* What N, N-1, … stand for in a run: aot.yaml or --versions said so, the command line handed it over, the record
 * keeps it. Given to a run by run_options.releases. */
#ifndef AOT_VM_RELEASE_H
#define AOT_VM_RELEASE_H
#include "vm/value.h"

/* An empty field is one that nobody gave: `.bin` of such a release is an error value that says where it should stand.
 * A program that is not there is one, too; so `image:` and `command:` of a service may each be an error value, with
 * the reason why it cannot run that way. */
struct release {
    struct text name;  /* "N", "N-1" */
    struct text tag;   /* "v1.1.0": what "${N-1}" is */
    struct text bin;   /* its program: an absolute path, or relative to the working folder */
    struct text image; /* of a container */
    struct text place; /* where this was said: "aot.yaml:3" */
};

/* The tag of N-1, the spelling of v1.4.2; empty when it is not known. Borrowed. */
struct text release_tag(const struct heap *heap, struct text spelling);

/* ---- inside vm/ only ---- */
struct run;
/* `version.key`: tag, bin or image; an error value when it is not known. Owned. */
struct value release_field(struct heap *heap, struct value version, struct text key);
/* What a version is in a text: N-1 its tag, v1.4.2 itself. An error value when nothing says what N-1 is. Owned. */
struct value release_text(struct heap *heap, struct value version);
void releases_record(struct run *run);
void releases_read(struct run *run); /* from the record that is judged again */
#endif
