/* Regular expressions (pcre2): compiled once a value, matched within limits, so that no pattern can hang a run. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "vm/regex.h"

#include "vm/heap.h"

#include <pcre2.h>

enum {
    MATCH_LIMIT = 5 * 1000 * 1000, /* backtracking steps: about a tenth of a second */
    DEPTH_LIMIT = 10 * 1000,
    HEAP_LIMIT_KIB = 64 * 1024,
    LONGEST_PATTERN = 64 * 1024,
    COMPILED_SIZE = 1024 /* what one is counted as; pcre2 does not say before */
};

static pcre2_match_context *limits(void) {
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!context) return NULL;
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    return context;
}

/* The compiled pattern, or NULL with the reason and the byte where it breaks. */
static pcre2_code *compile(struct text pattern, struct buffer *error, size_t *offset) {
    int code = 0;
    PCRE2_SIZE place = 0;
    *offset = 0;
    if (pattern.length > LONGEST_PATTERN) {
        buffer_printf(error, "it is longer than %d bytes", LONGEST_PATTERN);
        return NULL;
    }
    /* MATCH_INVALID_UTF: what a component prints need not be UTF-8. */
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)(pattern.length ? pattern.bytes : ""), pattern.length,
                      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &place, NULL);
    if (compiled) return compiled;
    char message[200];
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message) < 0) message[0] = '\0';
    buffer_append_string(error, message);
    *offset = place;
    return NULL;
}

bool regex_compiles(struct text pattern, struct buffer *error, size_t *offset) {
    pcre2_code *compiled = compile(pattern, error, offset);
    pcre2_code_free(compiled);
    return compiled != NULL;
}

struct value value_regex(struct heap *heap, struct text pattern) {
    struct buffer error = { 0 };
    size_t offset;
    pcre2_code *compiled = compile(pattern, &error, &offset);
    if (!compiled) {
        struct buffer shown = { 0 };
        value_masked(heap, pattern, 200, &shown);
        struct value bad = value_error(heap, "re'%.*s' is no regex: %s, at its byte %zu",
                                       TEXT_ARGS(buffer_text(&shown)), error.bytes, offset + 1);
        buffer_done(&shown);
        buffer_done(&error);
        return bad;
    }
    struct regex_object *regex = heap_allocate(heap, VALUE_REGEX, sizeof *regex + pattern.length + 1);
    if (pattern.length) __builtin_memcpy(regex->bytes, pattern.bytes, pattern.length);
    regex->length = pattern.length;
    regex->code = compiled;
    heap_charge(heap, COMPILED_SIZE);
    return value_of_object(regex);
}

enum regex_outcome regex_find(struct value value, struct text subject, size_t from, struct regex_match *match) {
    struct regex_object *regex = regex_object(value);
    if (from > subject.length) return REGEX_ABSENT;
    if (!regex->match_data) regex->match_data = pcre2_match_data_create(REGEX_GROUPS, NULL);
    pcre2_match_context *context = limits();
    if (!regex->match_data || !context) {
        pcre2_match_context_free(context);
        return REGEX_GAVE_UP;
    }
    int found = pcre2_match(regex->code, (PCRE2_SPTR)(subject.length ? subject.bytes : ""), subject.length, from, 0,
                            regex->match_data, context);
    pcre2_match_context_free(context);
    if (found == PCRE2_ERROR_NOMATCH) return REGEX_ABSENT;
    if (found < 0) return REGEX_GAVE_UP;
    size_t groups = found == 0 ? REGEX_GROUPS : (size_t)found; /* 0: there are more than we keep */
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(regex->match_data);
    for (size_t i = 0; i < REGEX_GROUPS; i++) {
        bool took_part = i < groups && places[2 * i] != PCRE2_UNSET;
        match->start[i] = took_part ? places[2 * i] : SIZE_MAX;
        match->end[i] = took_part ? places[2 * i + 1] : SIZE_MAX;
    }
    return REGEX_FOUND;
}

void regex_destroy(struct object *object) {
    struct regex_object *regex = (struct regex_object *)object;
    pcre2_match_data_free(regex->match_data);
    pcre2_code_free(regex->code);
    heap_discharge(object->heap, COMPILED_SIZE);
    heap_return(regex, sizeof *regex + regex->length + 1);
}
