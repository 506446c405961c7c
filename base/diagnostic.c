/* The list of findings of one compilation. Owns messages and notes; knows nothing of how they are shown
 * (diagnostic_print.c). Reporting never stops anything: the stage that reports decides whether to go on. */
#include "base/diagnostic.h"

#include "base/memory.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct diagnostic_info infos[] = {
#define DIAG(code, slug, severity, title, explanation) { #code, slug, severity, title, explanation },
#include "base/diags.def"
#undef DIAG
};

const struct diagnostic_info *diagnostic_info(enum diagnostic_code code) {
    return &infos[code];
}

enum diagnostic_code diagnostic_find(struct text name) {
    for (size_t i = 0; i < DIAG_COUNT; i++) {
        bool is_code = strlen(infos[i].code) == name.length && strncasecmp(infos[i].code, name.bytes, name.length) == 0;
        if (is_code || text_is(name, infos[i].slug)) return (enum diagnostic_code)i;
    }
    return DIAG_COUNT;
}

struct entry {
    struct diagnostic diagnostic; /* what the caller sees */
    size_t order;                 /* when it was reported; decides between equal places */
};

struct diagnostics {
    struct VECTOR(struct entry) entries; /* in order of report until sorted */
    uint64_t *seen;                      /* open addressing: hashes of code and span, 0 is free; 2^n slots */
    size_t seen_capacity;                /* slots in `seen` */
    struct diagnostic repeated;          /* takes the notes of a finding that is known already */
};

struct diagnostics *diagnostics_new(void) {
    return memory_allocate(sizeof(struct diagnostics));
}

static void release(struct diagnostic *diagnostic) {
    for (size_t i = 0; i < diagnostic->note_count; i++) memory_release(diagnostic->notes[i].message);
    memory_release(diagnostic->notes);
    memory_release(diagnostic->message);
    *diagnostic = (struct diagnostic){ 0 };
}

void diagnostics_free(struct diagnostics *list) {
    if (!list) return;
    for (size_t i = 0; i < list->entries.count; i++) release(&list->entries.items[i].diagnostic);
    release(&list->repeated);
    VECTOR_DONE(&list->entries);
    memory_release(list->seen);
    memory_release(list);
}

/* A bijection of code and span would not fit into 64 bits; two findings that meet in all 64 bits are as good as never. */
static uint64_t key_of(enum diagnostic_code code, struct span span) {
    uint32_t parts[] = { (uint32_t)code, span.source, span.start, span.length };
    uint64_t hash = text_hash((struct text){ (const char *)parts, sizeof parts });
    return hash ? hash : 1;
}

static bool insert(uint64_t *slots, size_t capacity, uint64_t key) {
    size_t slot = key & (capacity - 1);
    while (slots[slot] && slots[slot] != key) slot = (slot + 1) & (capacity - 1);
    if (slots[slot]) return false;
    slots[slot] = key;
    return true;
}

/* False if the finding is known. */
static bool remember(struct diagnostics *list, uint64_t key) {
    if (list->entries.count * 2 >= list->seen_capacity) {
        size_t capacity = list->seen_capacity ? list->seen_capacity * 2 : 32;
        uint64_t *slots = memory_allocate(capacity * sizeof *slots);
        for (size_t i = 0; i < list->seen_capacity; i++)
            if (list->seen[i]) insert(slots, capacity, list->seen[i]);
        memory_release(list->seen);
        list->seen = slots;
        list->seen_capacity = capacity;
    }
    return insert(list->seen, list->seen_capacity, key);
}

static char *format_message(const char *format, va_list arguments) {
    struct buffer message = { 0 };
    buffer_vprintf(&message, format, arguments);
    return buffer_take(&message);
}

struct diagnostic *diagnostics_report(struct diagnostics *list, enum diagnostic_code code, struct span span,
                                      const char *format, ...) {
    struct diagnostic *diagnostic = &list->repeated;
    if (remember(list, key_of(code, span))) {
        VECTOR_PUSH(&list->entries, (struct entry){ .order = list->entries.count });
        diagnostic = &list->entries.items[list->entries.count - 1].diagnostic;
    } else {
        release(diagnostic);
    }
    diagnostic->code = code;
    diagnostic->span = span;
    va_list arguments;
    va_start(arguments, format);
    diagnostic->message = format_message(format, arguments);
    va_end(arguments);
    return diagnostic;
}

static void add_note(struct diagnostic *diagnostic, struct diagnostic_note note) {
    diagnostic->notes = memory_resize(diagnostic->notes, (diagnostic->note_count + 1) * sizeof note);
    diagnostic->notes[diagnostic->note_count++] = note;
}

void diagnostic_note(struct diagnostic *diagnostic, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *message = format_message(format, arguments);
    va_end(arguments);
    bool has_span = span.source != SPAN_NONE.source;
    add_note(diagnostic, (struct diagnostic_note){ .span = span, .has_span = has_span, .message = message });
}

void diagnostic_help(struct diagnostic *diagnostic, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *message = format_message(format, arguments);
    va_end(arguments);
    add_note(diagnostic, (struct diagnostic_note){ .span = SPAN_NONE, .is_help = true, .message = message });
}

size_t diagnostics_count(const struct diagnostics *list, enum diagnostic_severity severity) {
    size_t count = 0;
    for (size_t i = 0; i < list->entries.count; i++)
        count += infos[list->entries.items[i].diagnostic.code].severity == severity;
    return count;
}

size_t diagnostics_size(const struct diagnostics *list) {
    return list->entries.count;
}

const struct diagnostic *diagnostics_at(const struct diagnostics *list, size_t index) {
    return index < list->entries.count ? &list->entries.items[index].diagnostic : NULL;
}

static int compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    struct span x = a->diagnostic.span, y = b->diagnostic.span;
    /* What has no place (UINT32_MAX) comes first: it is about everything. */
    uint32_t file_x = x.source + 1, file_y = y.source + 1;
    if (file_x != file_y) return file_x < file_y ? -1 : 1;
    if (x.start != y.start) return x.start < y.start ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

void diagnostics_keep(struct diagnostics *list, bool (*keeps)(enum diagnostic_code code, const void *data),
                      const void *data) {
    size_t kept = 0;
    for (size_t i = 0; i < list->entries.count; i++) {
        struct entry *entry = &list->entries.items[i];
        if (keeps(entry->diagnostic.code, data))
            list->entries.items[kept++] = *entry;
        else
            release(&entry->diagnostic);
    }
    list->entries.count = kept;
}

void diagnostics_sort(struct diagnostics *list) {
    if (list->entries.count) qsort(list->entries.items, list->entries.count, sizeof(struct entry), compare);
}
