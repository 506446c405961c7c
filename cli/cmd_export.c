/* aot export: a record's samples as CSV or JSON lines, for other tools. */
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options_table[] = {
    { "format", 'f', "csv|jsonl", "how samples are written (csv)" },
    { "stream", 0, "NAME", "only this stream" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct export {
    struct record *record;
    const char *wanted; /* a stream's name, or NULL */
    bool json;
    struct buffer name; /* of the stream at hand */
    uint32_t id;
    int64_t zero; /* the start of `run` on the run's clock */
    size_t streams;
};

static void print_csv(const struct export *export, int64_t start, int64_t end, struct text value) {
    printf("%s,%.9f,%.9f,\"", export->name.bytes, (double)(start - export->zero) / 1e9,
           (double)(end - export->zero) / 1e9);
    for (size_t i = 0; i < value.length; i++) {
        if (value.bytes[i] == '"') putchar('"');
        putchar(value.bytes[i]);
    }
    puts("\"");
}

static bool each_sample(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    struct export *export = data;
    if (!export->json) {
        print_csv(export, start, end, value);
        return true;
    }
    struct buffer out = { 0 };
    struct json_writer writer = json_writer_on(&out);
    json_object_begin(&writer);
    json_key(&writer, "stream");
    json_text(&writer, buffer_text(&export->name));
    json_key(&writer, "start");
    json_number(&writer, (double)(start - export->zero) / 1e9);
    json_key(&writer, "end");
    json_number(&writer, (double)(end - export->zero) / 1e9);
    if (intended != INT64_MIN) {
        json_key(&writer, "intended");
        json_number(&writer, (double)(intended - export->zero) / 1e9);
    }
    json_key(&writer, "value");
    json_raw(&writer, value);
    json_object_end(&writer);
    puts(out.bytes);
    buffer_done(&out);
    return true;
}

static bool each_stream(void *data, const struct stream_row *stream) {
    struct export *export = data;
    if (export->wanted && !text_is(stream->name, export->wanted)) return true;
    export->streams++;
    buffer_clear(&export->name);
    buffer_append(&export->name, stream->name);
    export->id = stream->id;
    record_each_sample(export->record, stream->id, each_sample, export);
    return true;
}

static int export_samples(const struct options *options) {
    const char *format = option_value(options, "format");
    if (!format) format = "csv";
    bool json = strcmp(format, "jsonl") == 0;
    if (options->operands.count != 1 || (!json && strcmp(format, "csv") != 0)) {
        fputs("aot: usage: aot export [--format csv|jsonl] [--stream NAME] RECORD\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    char *error = NULL;
    struct record *record = record_open(options->operands.items[0], &error);
    if (!record) {
        fprintf(stderr, "aot: %s: %s\n", options->operands.items[0], error);
        memory_release(error);
        return EXIT_STATUS_USAGE;
    }
    struct export export = { .record = record, .wanted = option_value(options, "stream"), .json = json };
    struct buffer zero = { 0 };
    if (record_read_meta(record, "zero", &zero)) export.zero = strtoll(zero.bytes, NULL, 10);
    if (!json) puts("stream,start,end,value");
    record_each_stream(record, each_stream, &export);
    record_close(record, NULL);
    buffer_done(&zero);
    buffer_done(&export.name);
    if (export.streams || !export.wanted) return EXIT_STATUS_PASS;
    fprintf(stderr, "aot: the record has no stream %s\n", export.wanted);
    return EXIT_STATUS_USAGE;
}

const struct command command_export = { "export",      "RECORD",       "print a record's samples as CSV or JSON lines",
                                        options_table, export_samples, "Times are seconds since the start of `run`." };
