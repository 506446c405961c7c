/* How findings are shown: to people with the source line and carets, to machines as JSON lines.
 * Changes nothing in the list. What a source text contains cannot disturb the terminal: control characters, bytes that
 * are not UTF-8 and characters that turn the writing direction are shown as U+FFFD. */
#include "base/diagnostic.h"

#include "base/json.h"
#include "base/memory.h"

#include <string.h>

enum { TERMINAL_COLUMNS = 140, TAB_COLUMNS = 4 };

static const char strange[] = "\xef\xbf\xbd";
static const char ellipsis[] = "\xe2\x80\xa6";

struct paint {
    const char *error, *warning, *note, *help, *gutter, *bold, *plain; /* escape sequences, empty without colour */
};
static const struct paint colours = { "\33[1;31m", "\33[1;33m", "\33[1;36m", "\33[1;32m",
                                      "\33[1;34m", "\33[1m",    "\33[0m" };
static const struct paint no_colours = { "", "", "", "", "", "", "" };

/* One character of a source line, as it is shown. */
struct cell {
    struct text shown; /* empty for a tab, which is `columns` blanks */
    size_t bytes;      /* that it takes in the source */
    size_t columns;    /* that it takes on the terminal */
};

static bool turns_direction(int32_t point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0x200e ||
           point == 0x200f;
}

static struct cell cell_at(struct text line, size_t offset, size_t column) {
    unsigned char byte = (unsigned char)line.bytes[offset];
    if (byte >= ' ' && byte < 0x7f) return (struct cell){ text_slice(line, offset, 1), 1, 1 };
    if (byte == '\t') return (struct cell){ TEXT_NONE, 1, TAB_COLUMNS - column % TAB_COLUMNS };
    int32_t point;
    size_t bytes = text_point(line, offset, &point);
    bool harmless = point >= 0xa0 && !turns_direction(point);
    if (!harmless) return (struct cell){ text_of(strange), bytes, 1 };
    struct text shown = text_slice(line, offset, bytes);
    return (struct cell){ shown, bytes, text_columns(shown) };
}

/* Messages quote what users wrote, so they are filtered as source lines are. Further lines are indented. */
static void print_message(struct buffer *out, struct text message, size_t indent) {
    for (size_t offset = 0; offset < message.length;) {
        struct cell cell = cell_at(message, offset, 0);
        if (message.bytes[offset] == '\n') {
            buffer_append_byte(out, '\n');
            buffer_append_repeat(out, ' ', indent);
        } else {
            buffer_append(out, cell.shown.length ? cell.shown : TEXT(" "));
        }
        offset += cell.bytes;
    }
}

/* A line with a marked part, in terminal columns. */
struct view {
    struct text line;   /* without its line ending */
    size_t mark_start;  /* first marked column */
    size_t mark_end;    /* behind the last one; at least one column is marked */
    size_t columns;     /* of the whole line */
    size_t first, last; /* the window that is shown: columns [first, last) */
};

static struct view view_of(struct text line, size_t start, size_t end, size_t width) {
    struct view view = { .line = line };
    size_t column = 0, offset = 0;
    while (offset < line.length) {
        if (offset <= start) view.mark_start = column;
        struct cell cell = cell_at(line, offset, column);
        offset += cell.bytes;
        column += cell.columns;
        if (offset <= end) view.mark_end = column;
    }
    if (start >= line.length) view.mark_start = column;
    if (view.mark_end <= view.mark_start) view.mark_end = view.mark_start + 1;
    view.columns = column;
    view.last = column > view.mark_end ? column : view.mark_end;
    if (view.last <= width) return view;
    /* A third of the window in front of the mark, so that what leads to it is seen; the window stays inside the line. */
    view.first = view.mark_start > width / 3 ? view.mark_start - width / 3 : 0;
    if (view.first + width > view.last)
        view.first = view.last - width;
    else
        view.last = view.first + width;
    return view;
}

static void print_view_line(struct buffer *out, const struct view *view) {
    bool cut_left = view->first > 0, cut_right = view->columns > view->last;
    size_t first = view->first + cut_left, last = view->last - cut_right, column = 0, shown = view->first;
    if (cut_left) {
        buffer_append_string(out, ellipsis);
        shown++;
    }
    for (size_t offset = 0; offset < view->line.length && column < last;) {
        struct cell cell = cell_at(view->line, offset, column);
        offset += cell.bytes;
        column += cell.columns;
        if (first > 0 && column <= first) continue;
        if (column > last) break; /* half of a wide character or of a tab */
        bool whole = column - cell.columns >= first;
        if (whole && cell.shown.length)
            buffer_append(out, cell.shown);
        else
            buffer_append_repeat(out, ' ', column - shown);
        shown = column;
    }
    if (cut_right) {
        buffer_append_repeat(out, ' ', last - shown);
        buffer_append_string(out, ellipsis);
    }
}

static void print_carets(struct buffer *out, const struct view *view) {
    size_t end = view->mark_end < view->last ? view->mark_end : view->last;
    buffer_append_repeat(out, ' ', view->mark_start - view->first);
    buffer_append_repeat(out, '^', end - view->mark_start);
}

/* A span, looked up. */
struct location {
    const char *path;   /* borrowed from its source; NULL when the finding has no place */
    struct place start; /* its first byte */
    struct place end;   /* behind its last byte */
};

static struct location locate(struct source_set *sources, struct span span) {
    struct source *source = source_set_get(sources, span.source);
    if (!source) return (struct location){ 0 };
    uint64_t end = (uint64_t)span.start + span.length;
    if (end > source->content.length) end = source->content.length;
    if (end < span.start) end = span.start;
    return (struct location){ source->path, source_place(source, span.start), source_place(source, (uint32_t)end) };
}

static int digits_of(uint32_t number) {
    int digits = 1;
    while (number /= 10) digits++;
    return digits;
}

/* The path, the source line and the carets. */
static void print_excerpt(struct buffer *out, struct source_set *sources, struct span span, int gutter,
                          const struct paint *paint, const char *caret_colour) {
    struct location location = locate(sources, span);
    struct text line = location.start.line_text;
    const char *line_start = line.bytes, *content = source_set_get(sources, span.source)->content.bytes;
    size_t start = span.start - (size_t)(line_start - content);
    bool goes_on = location.end.line > location.start.line;
    size_t end = goes_on ? line.length : start + span.length;
    struct view view = view_of(line, start, end, TERMINAL_COLUMNS - (size_t)gutter - 3);
    buffer_printf(out, "%*s%s-->%s ", gutter, "", paint->gutter, paint->plain);
    print_message(out, text_of(location.path), 0);
    buffer_printf(out, ":%u:%u\n", location.start.line, location.start.column);
    buffer_printf(out, "%*s %s|%s\n", gutter, "", paint->gutter, paint->plain);
    buffer_printf(out, "%s%*u |%s ", paint->gutter, gutter, location.start.line, paint->plain);
    print_view_line(out, &view);
    buffer_printf(out, "\n%*s %s|%s %s", gutter, "", paint->gutter, paint->plain, caret_colour);
    print_carets(out, &view);
    if (goes_on) buffer_printf(out, " to line %u", location.end.line);
    buffer_printf(out, "%s\n", paint->plain);
}

static int gutter_of(const struct diagnostic *diagnostic, struct source_set *sources) {
    int widest = digits_of(locate(sources, diagnostic->span).start.line);
    for (size_t i = 0; i < diagnostic->note_count; i++) {
        if (!diagnostic->notes[i].has_span) continue;
        int digits = digits_of(locate(sources, diagnostic->notes[i].span).start.line);
        if (digits > widest) widest = digits;
    }
    return widest;
}

/* A message of several lines stays under its first word. */
static void print_remark(struct buffer *out, const struct diagnostic_note *note, int gutter,
                         const struct paint *paint) {
    const char *word = note->is_help ? "help" : "note", *colour = note->is_help ? paint->help : paint->note;
    buffer_printf(out, "%*s %s= %s%s:%s ", gutter, "", paint->gutter, colour, word, paint->plain);
    print_message(out, text_of(note->message), (size_t)gutter + strlen(" = help: "));
    buffer_append_byte(out, '\n');
}

static void print_one(struct buffer *out, const struct diagnostic *diagnostic, struct source_set *sources,
                      const struct paint *paint) {
    const struct diagnostic_info *info = diagnostic_info(diagnostic->code);
    bool is_error = info->severity == SEVERITY_ERROR;
    const char *colour = is_error ? paint->error : paint->warning;
    buffer_printf(out, "%s%s[%s]%s%s: ", colour, is_error ? "error" : "warning", info->code, paint->plain, paint->bold);
    print_message(out, text_of(diagnostic->message), 0);
    buffer_printf(out, "%s\n", paint->plain);
    int gutter = gutter_of(diagnostic, sources);
    if (source_set_get(sources, diagnostic->span.source))
        print_excerpt(out, sources, diagnostic->span, gutter, paint, colour);
    for (size_t i = 0; i < diagnostic->note_count; i++) {
        const struct diagnostic_note *note = &diagnostic->notes[i];
        if (note->has_span && source_set_get(sources, note->span.source)) {
            buffer_printf(out, "%snote:%s ", paint->note, paint->plain);
            print_message(out, text_of(note->message), 0);
            buffer_append_byte(out, '\n');
            print_excerpt(out, sources, note->span, gutter, paint, paint->note);
        } else {
            print_remark(out, note, gutter, paint);
        }
    }
}

/* What is known of one file while the list is printed. */
struct tally {
    size_t shown[2];  /* findings printed, by severity */
    size_t hidden[2]; /* findings over the limit, by severity */
};

static void print_hidden(struct buffer *out, const struct tally *tally, const char *path) {
    size_t errors = tally->hidden[SEVERITY_ERROR], warnings = tally->hidden[SEVERITY_WARNING];
    if (!errors && !warnings) return;
    buffer_append_string(out, "\nand ");
    if (errors) buffer_printf(out, "%zu more error%s", errors, errors == 1 ? "" : "s");
    if (errors && warnings) buffer_append_string(out, " and ");
    if (warnings) buffer_printf(out, "%zu more warning%s", warnings, warnings == 1 ? "" : "s");
    buffer_printf(out, " in %s\n", path);
}

void diagnostics_print(const struct diagnostics *list, struct source_set *sources, struct buffer *out, bool colour,
                       size_t limit) {
    const struct paint *paint = colour ? &colours : &no_colours;
    uint32_t files = source_set_count(sources);
    struct tally *tallies = memory_allocate((files + 1) * sizeof *tallies);
    bool first = true;
    for (size_t i = 0; i < diagnostics_size(list); i++) {
        const struct diagnostic *diagnostic = diagnostics_at(list, i);
        uint32_t file = diagnostic->span.source < files ? diagnostic->span.source : files;
        enum diagnostic_severity severity = diagnostic_info(diagnostic->code)->severity;
        if (limit && tallies[file].shown[severity] == limit) {
            tallies[file].hidden[severity]++;
            continue;
        }
        tallies[file].shown[severity]++;
        if (!first) buffer_append_byte(out, '\n');
        first = false;
        print_one(out, diagnostic, sources, paint);
    }
    for (uint32_t file = 0; file <= files; file++)
        print_hidden(out, &tallies[file], file < files ? source_set_get(sources, file)->path : "the command line");
    memory_release(tallies);
}

static void write_location(struct json_writer *json, struct source_set *sources, struct span span) {
    struct location location = locate(sources, span);
    if (!location.path) return;
    json_key(json, "file");
    json_string(json, location.path);
    json_key(json, "line");
    json_integer(json, location.start.line);
    json_key(json, "column");
    json_integer(json, location.start.column);
    json_key(json, "endLine");
    json_integer(json, location.end.line);
    json_key(json, "endColumn");
    json_integer(json, location.end.column);
}

static void write_notes(struct json_writer *json, const struct diagnostic *diagnostic, struct source_set *sources) {
    json_key(json, "notes");
    json_array_begin(json);
    for (size_t i = 0; i < diagnostic->note_count; i++) {
        if (diagnostic->notes[i].is_help) continue;
        json_object_begin(json);
        if (diagnostic->notes[i].has_span) write_location(json, sources, diagnostic->notes[i].span);
        json_key(json, "message");
        json_string(json, diagnostic->notes[i].message);
        json_object_end(json);
    }
    json_array_end(json);
    json_key(json, "help");
    json_array_begin(json);
    for (size_t i = 0; i < diagnostic->note_count; i++)
        if (diagnostic->notes[i].is_help) json_string(json, diagnostic->notes[i].message);
    json_array_end(json);
}

void diagnostics_print_json(const struct diagnostics *list, struct source_set *sources, struct buffer *out) {
    for (size_t i = 0; i < diagnostics_size(list); i++) {
        const struct diagnostic *diagnostic = diagnostics_at(list, i);
        const struct diagnostic_info *info = diagnostic_info(diagnostic->code);
        struct json_writer json = json_writer_on(out);
        json_object_begin(&json);
        write_location(&json, sources, diagnostic->span);
        json_key(&json, "code");
        json_string(&json, info->code);
        json_key(&json, "slug");
        json_string(&json, info->slug);
        json_key(&json, "severity");
        json_string(&json, info->severity == SEVERITY_ERROR ? "error" : "warning");
        json_key(&json, "message");
        json_string(&json, diagnostic->message);
        write_notes(&json, diagnostic, sources);
        json_object_end(&json);
        buffer_append_byte(out, '\n');
    }
}
