/* Regular expressions on texts (pcre2, UTF-8, bounded matching). The one place of aot that knows pcre2. */
#ifndef AOT_VM_REGEX_H
#define AOT_VM_REGEX_H
#include "vm/value.h"

enum { REGEX_GROUPS = 10 };
struct regex_match {
    size_t start[REGEX_GROUPS],
        end[REGEX_GROUPS]; /* of group n in the subject, 0 the whole; SIZE_MAX when it took no part */
};
enum regex_outcome {
    REGEX_FOUND,
    REGEX_ABSENT,
    REGEX_GAVE_UP /* the limits of pcre2 were reached: an error value's cause */
};
/* The first match at or behind byte `from`. `regex` is a VALUE_REGEX. */
enum regex_outcome regex_find(struct value regex, struct text subject, size_t from, struct regex_match *match);
/* Whether a pattern compiles; else the reason is appended to `error`, and the byte where it breaks set. */
bool regex_compiles(struct text pattern, struct buffer *error, size_t *offset);
#endif
