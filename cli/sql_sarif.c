/* SARIF 2.1.0 (OASIS): one run, its rules, a result a finding. Columns are counted in code points, as everywhere in aot. */
#include "cli/sql_notes.h"

#ifndef AOT_VERSION
#define AOT_VERSION "0.1.0"
#endif

static void put(struct json_writer *writer, const char *key, const char *text) {
    json_key(writer, key);
    json_string(writer, text);
}

/* "key": { "text": … } */
static void put_message(struct json_writer *writer, const char *key, struct text text) {
    json_key(writer, key);
    json_object_begin(writer);
    json_key(writer, "text");
    json_text(writer, text);
    json_object_end(writer);
}

static const char *level_word(enum sql_level level) {
    return level == SQL_ERROR ? "error" : "warning";
}

static void put_rule(struct json_writer *writer, const struct sql_rule *rule) {
    json_object_begin(writer);
    put(writer, "id", rule->slug);
    put_message(writer, "shortDescription", text_of(rule->message));
    put_message(writer, "help", text_of(rule->advice));
    json_key(writer, "defaultConfiguration");
    json_object_begin(writer);
    put(writer, "level", level_word(rule->level));
    json_object_end(writer);
    json_key(writer, "properties");
    json_object_begin(writer);
    put(writer, "lock", rule->lock);
    put(writer, "blocks", rule->blocks);
    put(writer, "work", rule->work);
    json_object_end(writer);
    json_object_end(writer);
}

/* Results are written as the files are read, so the document is put together by hand: here up to the first result. */
void sql_sarif_begin(const struct sql_reviewer *reviewer, struct buffer *out) {
    buffer_append_string(
        out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":"
             "[{\"tool\":{\"driver\":{\"name\":\"aot sql\",\"version\":\"" AOT_VERSION "\",\"rules\":");
    struct json_writer writer = json_writer_on(out);
    json_array_begin(&writer);
    for (size_t i = 0; i < reviewer->rule_count; i++) put_rule(&writer, reviewer->rule(i));
    json_array_end(&writer);
    buffer_append_string(out, "}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
}

/* A path as a URI reference: what is not plain is written as %XX. */
static void append_uri(struct buffer *out, const char *path) {
    if (*path == '/') buffer_append_string(out, "file://");
    if (path[0] == '.' && path[1] == '/') path += 2;
    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                     byte == '/' || byte == '-' || byte == '_' || byte == '.' || byte == '~';
        if (plain)
            buffer_append_byte(out, (char)byte);
        else
            buffer_printf(out, "%%%02X", byte);
    }
}

static uint32_t code_points(struct text text) {
    uint32_t count = 0;
    for (size_t i = 0; i < text.length; i++) count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return count;
}

static void put_location(struct json_writer *writer, const struct sql_note *note, const char *uri) {
    size_t at = 0;
    const struct text line = note->place.line_text;
    for (uint32_t column = 1; column < note->place.column && at < line.length; at++)
        column += at + 1 >= line.length || ((unsigned char)line.bytes[at + 1] & 0xc0) != 0x80;
    uint32_t marked = code_points(text_slice(line, at, note->marked));
    json_key(writer, "locations");
    json_array_begin(writer);
    json_object_begin(writer);
    json_key(writer, "physicalLocation");
    json_object_begin(writer);
    json_key(writer, "artifactLocation");
    json_object_begin(writer);
    put(writer, "uri", uri);
    json_object_end(writer);
    json_key(writer, "region");
    json_object_begin(writer);
    json_key(writer, "startLine");
    json_integer(writer, note->place.line);
    json_key(writer, "startColumn");
    json_integer(writer, note->place.column);
    json_key(writer, "endColumn");
    json_integer(writer, (int64_t)note->place.column + (marked ? marked : 1));
    json_object_end(writer);
    json_object_end(writer);
    json_object_end(writer);
    json_array_end(writer);
}

static void append_message(const struct sql_note *note, struct buffer *out) {
    sql_note_message(note, out);
    buffer_printf(out, "\nLock: %s; work: %s; who waits: %s.", note->rule->lock, note->rule->work, note->rule->blocks);
    if (note->held_since) buffer_printf(out, " The transaction holds a lock since line %d.", note->held_since);
    if (*note->rule->fact) buffer_printf(out, "\nUnknown here: %s.", note->rule->fact);
    buffer_printf(out, "\nInstead: %s", note->rule->advice);
    if (note->rewrite) buffer_printf(out, "\n%s", note->rewrite);
}

void sql_sarif_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out) {
    (void)style;
    struct buffer uri = { 0 };
    append_uri(&uri, notes->source->path);
    for (size_t i = 0; i < notes->list.count; i++) {
        const struct sql_note *note = &notes->list.items[i];
        struct buffer message = { 0 };
        append_message(note, &message);
        bool first = i == 0 && notes->errors + notes->warnings == notes->list.count;
        if (!first) buffer_append_byte(out, ',');
        struct json_writer writer = json_writer_on(out);
        json_object_begin(&writer);
        put(&writer, "ruleId", note->rule->slug);
        put(&writer, "level", level_word(note->level));
        put_message(&writer, "message", buffer_text(&message));
        put_location(&writer, note, uri.bytes ? uri.bytes : "");
        json_object_end(&writer);
        buffer_done(&message);
    }
    buffer_done(&uri);
}

void sql_sarif_end(const struct sql_notes *notes, bool complete, struct buffer *out) {
    (void)notes;
    buffer_printf(out, "],\"invocations\":[{\"executionSuccessful\":%s}]}]}\n", complete ? "true" : "false");
}
