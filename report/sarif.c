/* SARIF 2.1.0 (OASIS): one run, its rules, a result a finding. Columns are counted in code points, as everywhere in aot. */
#include "base/json.h"
#include "base/memory.h"
#include "report/finding.h"

#include <stdio.h>

#ifndef AOT_VERSION
#define AOT_VERSION "0.1.0"
#endif

static void put(struct json_writer *writer, const char *key, struct text text) {
    json_key(writer, key);
    json_text(writer, text);
}

static void open_object(struct json_writer *writer, const char *key) {
    json_key(writer, key);
    json_object_begin(writer);
}

/* "key": { "text": … } */
static void put_message(struct json_writer *writer, const char *key, struct text text) {
    open_object(writer, key);
    put(writer, "text", text);
    json_object_end(writer);
}

static struct text level_of(bool is_error) {
    return is_error ? TEXT("error") : TEXT("warning");
}

static void put_rule(struct json_writer *writer, const struct finding_rule *rule) {
    json_object_begin(writer);
    put(writer, "id", text_of(rule->id));
    put(writer, "name", text_of(rule->name));
    put_message(writer, "shortDescription", rule->summary);
    put_message(writer, "help", rule->help);
    open_object(writer, "defaultConfiguration");
    put(writer, "level", level_of(rule->is_error));
    json_object_end(writer);
    json_object_end(writer);
}

/* Results may be written as files are read, so the document is put together by hand: here up to the first result. */
void sarif_begin(const char *tool, const struct finding_rule *rules, size_t count, struct buffer *out) {
    buffer_append_string(
        out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":"
             "[{\"tool\":{\"driver\":{\"name\":");
    json_quote(out, text_of(tool));
    buffer_append_string(out, ",\"version\":\"" AOT_VERSION "\",\"rules\":");
    struct json_writer writer = json_writer_on(out);
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++) put_rule(&writer, &rules[i]);
    json_array_end(&writer);
    buffer_append_string(out, "}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
}

/* A path as a URI reference: what is not plain is written as %XX. */
static void append_uri(struct buffer *out, struct text prefix, struct text path) {
    if (text_starts(path, TEXT("/"))) buffer_append_string(out, "file://");
    if (text_starts(path, TEXT("./"))) path = text_slice(path, 2, SIZE_MAX);
    if (prefix.length && !text_starts(path, TEXT("/"))) append_uri(out, TEXT_NONE, prefix);
    for (size_t i = 0; i < path.length; i++) {
        unsigned char byte = (unsigned char)path.bytes[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                     byte == '/' || byte == '-' || byte == '_' || byte == '.' || byte == '~';
        if (plain)
            buffer_append_byte(out, (char)byte);
        else
            buffer_printf(out, "%%%02X", byte);
    }
}

static void put_location(struct json_writer *writer, const struct finding *finding, struct text prefix) {
    struct buffer uri = { 0 };
    append_uri(&uri, prefix, finding->path);
    json_key(writer, "locations");
    json_array_begin(writer);
    json_object_begin(writer);
    open_object(writer, "physicalLocation");
    open_object(writer, "artifactLocation");
    put(writer, "uri", buffer_text(&uri));
    json_object_end(writer);
    open_object(writer, "region");
    const struct {
        const char *key;
        uint32_t value;
    } numbers[] = { { "startLine", finding->line },
                    { "startColumn", finding->column },
                    { "endLine", finding->end_line },
                    { "endColumn", finding->end_column } };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_key(writer, numbers[i].key);
        json_integer(writer, numbers[i].value);
    }
    json_object_end(writer);
    json_object_end(writer);
    json_object_end(writer);
    json_array_end(writer);
    buffer_done(&uri);
}

void sarif_result(const struct finding *finding, struct text prefix, const uint64_t *fingerprint, bool is_first,
                  struct buffer *out) {
    struct buffer message = { 0 };
    buffer_append(&message, finding->message);
    if (finding->details.length) buffer_append_byte(&message, '\n');
    buffer_append(&message, finding->details);
    if (!is_first) buffer_append_byte(out, ',');
    struct json_writer writer = json_writer_on(out);
    json_object_begin(&writer);
    put(&writer, "ruleId", text_of(finding->rule));
    put(&writer, "level", level_of(finding->is_error));
    put_message(&writer, "message", buffer_text(&message));
    put_location(&writer, finding, prefix);
    if (fingerprint) {
        char digits[17];
        snprintf(digits, sizeof digits, "%016llx", (unsigned long long)*fingerprint);
        open_object(&writer, "partialFingerprints");
        put(&writer, "aotFinding/v1", text_of(digits));
        json_object_end(&writer);
    }
    json_object_end(&writer);
    buffer_done(&message);
}

void sarif_end(bool is_whole, struct buffer *out) {
    buffer_printf(out, "],\"invocations\":[{\"executionSuccessful\":%s}]}]}\n", is_whole ? "true" : "false");
}

void findings_sarif(const struct findings *findings, struct buffer *out) {
    uint64_t *fingerprints = finding_fingerprints(findings);
    sarif_begin(findings->tool, findings->rules, findings->rule_count, out);
    for (size_t i = 0; i < findings->list.count; i++)
        sarif_result(&findings->list.items[i], findings->path_prefix, &fingerprints[i], i == 0, out);
    sarif_end(findings->is_whole, out);
    memory_release(fingerprints);
}
