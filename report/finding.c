/* The forms for machines of what was found in texts, but for SARIF (sarif.c). */
#include "report/finding.h"

#include "base/json.h"
#include "base/memory.h"
#include "report/annotation.h"
#include "report/xml.h"

#include <stdio.h>
#include <stdlib.h>

const struct finding_form finding_forms[] = { { "sarif", findings_sarif },   { "github", findings_github },
                                              { "gitlab", findings_gitlab }, { "checkstyle", findings_checkstyle },
                                              { "rdjson", findings_rdjson }, { NULL, NULL } };

/* ---- fingerprints ---- */

struct mark {
    uint64_t hash;
    size_t index;
};

static int by_hash(const void *left, const void *right) {
    const struct mark *a = left, *b = right;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static uint64_t hash_of(const struct finding *finding) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%s %016llx ", finding->rule, (unsigned long long)finding->line_hash);
    buffer_append(&text, finding->path);
    uint64_t hash = text_hash(buffer_text(&text));
    buffer_done(&text);
    return hash;
}

uint64_t *finding_fingerprints(const struct findings *findings) {
    size_t count = findings->list.count;
    uint64_t *fingerprints = memory_allocate((count + 1) * sizeof *fingerprints);
    struct mark *marks = memory_allocate((count + 1) * sizeof *marks);
    for (size_t i = 0; i < count; i++) marks[i] = (struct mark){ hash_of(&findings->list.items[i]), i };
    qsort(marks, count, sizeof *marks, by_hash);
    for (size_t i = 0, ordinal = 0; i < count; i++) {
        ordinal = i && marks[i].hash == marks[i - 1].hash ? ordinal + 1 : 0;
        fingerprints[marks[i].index] = marks[i].hash + ordinal * 0x9E3779B97F4A7C15u;
    }
    memory_release(marks);
    return fingerprints;
}

static void append_path(struct text prefix, struct text path, struct buffer *out) {
    if (path.length && path.bytes[0] != '/') buffer_append(out, prefix);
    buffer_append(out, text_starts(path, TEXT("./")) ? text_slice(path, 2, SIZE_MAX) : path);
}

/* ---- GitHub ---- */

static void annotate(const struct findings *findings, bool is_error, struct buffer *out) {
    size_t written = 0;
    for (size_t i = 0; i < findings->list.count && written < ANNOTATIONS_MAXIMUM; i++) {
        const struct finding *finding = &findings->list.items[i];
        if (finding->is_error != is_error) continue;
        struct buffer message = { 0 }, title = { 0 };
        buffer_append(&message, finding->message);
        if (finding->details.length) buffer_append_byte(&message, '\n');
        buffer_append(&message, finding->details);
        buffer_printf(&title, "%s %s", finding->rule, finding->name);
        const struct annotation annotation = {
            is_error ? "error" : "warning", finding->path, finding->line, finding->column, buffer_text(&title),
            buffer_text(&message)
        };
        annotation_append(&annotation, findings->path_prefix, out);
        buffer_done(&message);
        buffer_done(&title);
        written++;
    }
}

void findings_github(const struct findings *findings, struct buffer *out) {
    annotate(findings, true, out);
    annotate(findings, false, out);
}

/* ---- GitLab ---- */

static void put(struct json_writer *writer, const char *key, struct text text) {
    json_key(writer, key);
    json_text(writer, text);
}

static void open_object(struct json_writer *writer, const char *key) {
    json_key(writer, key);
    json_object_begin(writer);
}

static void put_number(struct json_writer *writer, const char *key, uint32_t value) {
    json_key(writer, key);
    json_integer(writer, value);
}

static void quality(const struct findings *findings, const struct finding *finding, uint64_t fingerprint,
                    struct json_writer *writer) {
    struct buffer path = { 0 };
    char digits[17];
    append_path(findings->path_prefix, finding->path, &path);
    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)fingerprint);
    json_object_begin(writer);
    put(writer, "description", finding->message);
    put(writer, "check_name", text_of(finding->rule));
    put(writer, "fingerprint", text_of(digits));
    put(writer, "severity", finding->is_error ? TEXT("major") : TEXT("minor"));
    open_object(writer, "location");
    put(writer, "path", buffer_text(&path));
    open_object(writer, "lines");
    put_number(writer, "begin", finding->line);
    put_number(writer, "end", finding->end_line);
    json_object_end(writer);
    json_object_end(writer);
    json_object_end(writer);
    buffer_done(&path);
}

void findings_gitlab(const struct findings *findings, struct buffer *out) {
    uint64_t *fingerprints = finding_fingerprints(findings);
    struct json_writer writer = json_writer_on(out);
    json_array_begin(&writer);
    for (size_t i = 0; i < findings->list.count; i++)
        quality(findings, &findings->list.items[i], fingerprints[i], &writer);
    json_array_end(&writer);
    buffer_append_byte(out, '\n');
    memory_release(fingerprints);
}

/* ---- checkstyle ---- */

void findings_checkstyle(const struct findings *findings, struct buffer *out) {
    struct text path = TEXT_NONE;
    bool is_open = false;
    buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"8.0\">\n");
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];
        if (!is_open || !text_equal(path, finding->path)) {
            if (is_open) buffer_append_string(out, "  </file>\n");
            path = finding->path;
            is_open = true;
            struct buffer name = { 0 };
            append_path(findings->path_prefix, path, &name);
            buffer_append_string(out, "  <file");
            xml_attribute("name", buffer_text(&name), out);
            buffer_done(&name);
            buffer_append_string(out, ">\n");
        }
        buffer_printf(out, "    <error line=\"%u\" column=\"%u\" severity=\"%s\"", finding->line, finding->column,
                      finding->is_error ? "error" : "warning");
        xml_attribute("message", finding->message, out);
        buffer_printf(out, " source=\"aot.%s\"/>\n", finding->rule);
    }
    if (is_open) buffer_append_string(out, "  </file>\n");
    buffer_append_string(out, "</checkstyle>\n");
}

/* ---- reviewdog ---- */

static void put_place(struct json_writer *writer, const char *key, uint32_t line, uint32_t column) {
    open_object(writer, key);
    put_number(writer, "line", line);
    put_number(writer, "column", column);
    json_object_end(writer);
}

static void diagnostic(const struct finding *finding, struct json_writer *writer) {
    struct buffer message = { 0 };
    buffer_append(&message, finding->message);
    if (finding->details.length) buffer_append_byte(&message, '\n');
    buffer_append(&message, finding->details);
    json_object_begin(writer);
    put(writer, "message", buffer_text(&message));
    put(writer, "severity", finding->is_error ? TEXT("ERROR") : TEXT("WARNING"));
    open_object(writer, "location");
    put(writer, "path", finding->path);
    open_object(writer, "range");
    put_place(writer, "start", finding->line, finding->byte_column);
    put_place(writer, "end", finding->end_line, finding->end_byte_column);
    json_object_end(writer);
    json_object_end(writer);
    open_object(writer, "code");
    put(writer, "value", text_of(finding->rule));
    json_object_end(writer);
    json_object_end(writer);
    buffer_done(&message);
}

void findings_rdjson(const struct findings *findings, struct buffer *out) {
    struct json_writer writer = json_writer_on(out);
    json_object_begin(&writer);
    open_object(&writer, "source");
    put(&writer, "name", text_of(findings->tool));
    json_object_end(&writer);
    json_key(&writer, "diagnostics");
    json_array_begin(&writer);
    for (size_t i = 0; i < findings->list.count; i++) diagnostic(&findings->list.items[i], &writer);
    json_array_end(&writer);
    json_object_end(&writer);
    buffer_append_byte(out, '\n');
}
