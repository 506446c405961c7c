/* The table of toxic types. Names, units and defaults are Toxiproxy's (api of 2.12); the last four are not among its. */
#include "stdlib/proxy/api_toxic.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MICROSECOND INT64_C(1000)
#define MOST_MILLISECONDS INT64_C(1000000000)
#define MOST_BYTES (INT64_C(1) << 60)

struct attribute {
    const char *name; /* NULL: none */
    int64_t least, most, otherwise;
};
struct toxic_type {
    const char *name;
    enum toxic toxic;
    struct attribute attributes[API_ATTRIBUTES];
};
static const struct toxic_type types[] = {
    { "latency", TOXIC_LATENCY, { { "latency", 0, MOST_MILLISECONDS, 0 }, { "jitter", 0, MOST_MILLISECONDS, 0 } } },
    { "bandwidth", TOXIC_BANDWIDTH, { { "rate", 0, MOST_BYTES / 1000, 0 } } },
    { "slow_close", TOXIC_SLOW_CLOSE, { { "delay", 0, MOST_MILLISECONDS, 0 } } },
    { "timeout", TOXIC_TIMEOUT, { { "timeout", 0, MOST_MILLISECONDS, 0 } } },
    { "reset_peer", TOXIC_RESET_PEER, { { "timeout", 0, MOST_MILLISECONDS, 0 } } },
    { "slicer",
      TOXIC_SLICER,
      { { "average_size", 1, MOST_BYTES, 0 },
        { "size_variation", 0, MOST_BYTES, 0 },
        { "delay", 0, MOST_MILLISECONDS * 1000, 0 } } },
    { "limit_data", TOXIC_LIMIT_DATA, { { "bytes", 0, MOST_BYTES, 0 } } },
    { "noop", TOXIC_NOOP, { { .name = NULL } } },
    { "blackhole", TOXIC_BLACKHOLE, { { .name = NULL } } },
    { "limit_time", TOXIC_LIMIT_TIME, { { "time", 0, MOST_MILLISECONDS, 0 } } },
    { "drop_first", TOXIC_DROP_FIRST, { { "connections", 1, MOST_BYTES, 1 } } },
    { "no_accept", TOXIC_NO_ACCEPT, { { .name = NULL } } },
};

void api_refuse(struct api_problem *problem, int status, const char *format, ...) {
    va_list arguments;
    if (problem->status) return; /* the first one stands */
    problem->status = status;
    va_start(arguments, format);
    buffer_vprintf(&problem->text, format, arguments);
    va_end(arguments);
}

/* ---- reading ---- */

struct value api_field(struct value object, const char *name) {
    bool found = false;
    if (object.kind != VALUE_RECORD) return value_none();
    struct value field = value_field(object, text_of(name), &found);
    for (size_t i = 0; i < value_count(object) && !found; i++) {
        struct text key = value_key_at(object, i);
        if (key.length == strlen(name) && strncasecmp(key.bytes, name, key.length) == 0) field = value_at(object, i);
    }
    return field;
}

/* A text field, `otherwise` if it is absent; false with a problem when it is something else. */
static bool read_text(struct value body, const char *name, const char *otherwise, char **text,
                      struct api_problem *problem) {
    struct value field = api_field(body, name);
    struct text content = field.kind == VALUE_NONE ? text_of(otherwise) : value_text_of(field);
    if (field.kind != VALUE_NONE && field.kind != VALUE_TEXT) {
        api_refuse(problem, 400, "bad request body: %s must be a string", name);
        return false;
    }
    if (memchr(content.bytes, 0, content.length)) {
        api_refuse(problem, 400, "bad request body: %s has a NUL in it", name);
        return false;
    }
    *text = memory_copy(content.bytes, content.length);
    return true;
}

static bool read_toxicity(struct value body, float *toxicity, struct api_problem *problem) {
    struct value field = api_field(body, "toxicity");
    if (field.kind == VALUE_NONE) return true;
    if (field.kind != VALUE_INTEGER && field.kind != VALUE_NUMBER) {
        api_refuse(problem, 400, "bad request body: toxicity must be a number");
        return false;
    }
    double number = field.kind == VALUE_INTEGER ? (double)field.integer : field.number;
    if (!(number >= 0 && number <= 1)) {
        api_refuse(problem, 400, "toxicity must be between 0 and 1");
        return false;
    }
    *toxicity = (float)number;
    return true;
}

static void read_attribute(struct value attributes, const struct attribute *attribute, int64_t *value,
                           struct api_problem *problem) {
    struct value field = api_field(attributes, attribute->name);
    if (field.kind != VALUE_NONE && field.kind != VALUE_INTEGER) {
        api_refuse(problem, 400, "bad request body: attributes.%s must be a whole number", attribute->name);
        return;
    }
    if (field.kind == VALUE_INTEGER) *value = field.integer;
    if (*value < attribute->least)
        api_refuse(problem, 400, "%s must be %lld or more", attribute->name, (long long)attribute->least);
    if (*value > attribute->most)
        api_refuse(problem, 400, "%s must be %lld or less", attribute->name, (long long)attribute->most);
}

/* Types of all of them come before ranges, as in a decoder. */
static bool read_attributes(const struct toxic_type *type, struct value body, int64_t *values,
                            struct api_problem *problem) {
    struct value attributes = api_field(body, "attributes");
    if (attributes.kind != VALUE_NONE && attributes.kind != VALUE_RECORD)
        api_refuse(problem, 400, "bad request body: attributes must be an object");
    for (size_t i = 0; i < API_ATTRIBUTES && type->attributes[i].name; i++)
        read_attribute(attributes, &type->attributes[i], &values[i], problem);
    return problem->status == 0;
}

static const struct toxic_type *type_of(const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name, types[i].name) == 0) return &types[i];
    return NULL;
}

struct api_toxic *api_toxic_find(struct api_toxic *toxics, const char *name) {
    while (toxics && strcmp(toxics->name, name) != 0) toxics = toxics->next;
    return toxics;
}

static void name_it(struct api_toxic *toxic, const char *type) {
    struct buffer name = { 0 };
    if (toxic->name[0]) return;
    buffer_printf(&name, "%s_%s", type, toxic->stream);
    memory_release(toxic->name);
    toxic->name = buffer_take(&name);
}

static bool read_toxic(struct api_toxic *toxic, struct value body, const struct api_toxic *others, char **type,
                       struct api_problem *problem) {
    struct value attributes = api_field(body, "attributes");
    if (body.kind != VALUE_RECORD && body.kind != VALUE_NONE)
        api_refuse(problem, 400, "bad request body: a toxic is an object");
    if (attributes.kind != VALUE_NONE && attributes.kind != VALUE_RECORD)
        api_refuse(problem, 400, "bad request body: attributes must be an object");
    if (problem->status || !read_text(body, "stream", "downstream", &toxic->stream, problem) ||
        !read_text(body, "name", "", &toxic->name, problem) || !read_text(body, "type", "", type, problem) ||
        !read_toxicity(body, &toxic->toxicity, problem))
        return false;
    toxic->is_up = strcasecmp(toxic->stream, "upstream") == 0;
    if (!toxic->is_up && strcasecmp(toxic->stream, "downstream") != 0) {
        api_refuse(problem, 400, "stream was invalid, can be either upstream or downstream");
        return false;
    }
    name_it(toxic, *type);
    toxic->type = type_of(*type);
    if (!toxic->type) api_refuse(problem, 400, "invalid toxic type");
    if (!problem->status && api_toxic_find((struct api_toxic *)others, toxic->name))
        api_refuse(problem, 409, "toxic already exists");
    if (problem->status || !toxic->type) return false;
    for (size_t i = 0; i < API_ATTRIBUTES; i++) toxic->values[i] = toxic->type->attributes[i].otherwise;
    return read_attributes(toxic->type, body, toxic->values, problem);
}

struct api_toxic *api_toxic_read(struct value body, const struct api_toxic *others, struct api_problem *problem) {
    struct api_toxic *toxic = memory_allocate(sizeof *toxic);
    char *type = NULL;
    toxic->toxicity = 1;
    bool good = read_toxic(toxic, body, others, &type, problem);
    memory_release(type);
    if (good) return toxic;
    api_toxic_free(toxic);
    return NULL;
}

bool api_toxic_change(struct api_toxic *toxic, struct value body, struct api_problem *problem) {
    int64_t values[API_ATTRIBUTES];
    float toxicity = toxic->toxicity;
    memcpy(values, toxic->values, sizeof values);
    if (body.kind != VALUE_RECORD && body.kind != VALUE_NONE)
        api_refuse(problem, 400, "bad request body: a toxic is an object");
    if (problem->status || !read_toxicity(body, &toxicity, problem) ||
        !read_attributes(toxic->type, body, values, problem))
        return false;
    memcpy(toxic->values, values, sizeof values);
    toxic->toxicity = toxicity;
    return true;
}

/* ---- writing ---- */

/* The shortest number that reads back as this float. */
static void write_toxicity(float toxicity, struct json_writer *writer) {
    char shown[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(shown, sizeof shown, "%.*g", digits, (double)toxicity);
        if (strtof(shown, NULL) == toxicity) break;
    }
    json_raw(writer, text_of(shown));
}

void api_toxic_write(const struct api_toxic *toxic, struct json_writer *writer) {
    json_object_begin(writer);
    json_key(writer, "attributes");
    json_object_begin(writer);
    for (size_t i = 0; i < API_ATTRIBUTES && toxic->type->attributes[i].name; i++) {
        json_key(writer, toxic->type->attributes[i].name);
        json_integer(writer, toxic->values[i]);
    }
    json_object_end(writer);
    json_key(writer, "name");
    json_string(writer, toxic->name);
    json_key(writer, "type");
    json_string(writer, toxic->type->name);
    json_key(writer, "stream");
    json_string(writer, toxic->stream);
    json_key(writer, "toxicity");
    write_toxicity(toxic->toxicity, writer);
    json_object_end(writer);
}

/* ---- on the wire ---- */

void api_toxic_fault(const struct api_toxic *toxic, struct fault *fault) {
    int64_t first = toxic->values[0], second = toxic->values[1], third = toxic->values[2];
    enum toxic kind = toxic->type->toxic;
    *fault = (struct fault){ .toxic = kind,
                             .is_up = toxic->is_up || kind == TOXIC_BLACKHOLE,
                             .is_down = !toxic->is_up || kind == TOXIC_BLACKHOLE,
                             .share = (double)toxic->toxicity };
    if (kind == TOXIC_SLICER) {
        fault->bytes = first;
        fault->variation = second;
        fault->delay = third * MICROSECOND;
    } else if (kind == TOXIC_LIMIT_DATA) {
        fault->bytes = first;
        fault->ends_at_limit = true;
    } else if (kind == TOXIC_BANDWIDTH) {
        fault->rate = (double)first * 1000;
    } else if (kind == TOXIC_DROP_FIRST) {
        fault->connections = (uint64_t)first;
    } else { /* milliseconds */
        fault->delay = first * MILLISECOND;
        fault->jitter = second * MILLISECOND;
        fault->never_ends = kind == TOXIC_TIMEOUT && first == 0;
    }
    /* What has no direction has no stage either. */
    if (kind == TOXIC_LIMIT_TIME || kind == TOXIC_DROP_FIRST || kind == TOXIC_NO_ACCEPT)
        fault->is_up = fault->is_down = false;
}

void api_toxic_free(struct api_toxic *toxic) {
    memory_release(toxic->name);
    memory_release(toxic->stream);
    memory_release(toxic);
}
