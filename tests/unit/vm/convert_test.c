/* What a person writes for an input, and `as`. */
#include "vm/convert.h"

#include "base/mask.h"
#include "base/memory.h"
#include "vm/heap.h"

#include <criterion/criterion.h>

enum {
    STRING,
    DURATION,
    RATE,
    LIST,
    RECORD,
    OPTIONAL,
    MAP,
    INTEGER,
    NUMBER,
    SIZE,
    RATIO,
    BANDWIDTH,
    VERSION,
    VERSIONS,
    BOOL,
    URL,
    LABEL,
    JSON,
    REGEX,
    SHAPES
};
static struct shape shapes[SHAPES] = {
    [STRING] = { .kind = SHAPE_STRING, .name = TEXT("string") },
    [DURATION] = { .kind = SHAPE_DURATION, .name = TEXT("duration") },
    [RATE] = { .kind = SHAPE_RATE, .name = TEXT("rate") },
    [LIST] = { .kind = SHAPE_LIST, .element = STRING, .name = TEXT("[string]") },
    [RECORD] = { .kind = SHAPE_RECORD, .first_field = 0, .field_count = 2, .name = TEXT("{id: int, note: string?}") },
    [OPTIONAL] = { .kind = SHAPE_OPTIONAL, .element = STRING, .name = TEXT("string?") },
    [MAP] = { .kind = SHAPE_MAP, .element = INTEGER, .name = TEXT("{string: int}") },
    [INTEGER] = { .kind = SHAPE_INTEGER, .name = TEXT("int") },
    [NUMBER] = { .kind = SHAPE_NUMBER, .name = TEXT("number") },
    [SIZE] = { .kind = SHAPE_SIZE, .name = TEXT("size") },
    [RATIO] = { .kind = SHAPE_RATIO, .name = TEXT("ratio") },
    [BANDWIDTH] = { .kind = SHAPE_BANDWIDTH, .name = TEXT("bandwidth") },
    [VERSION] = { .kind = SHAPE_VERSION, .name = TEXT("version") },
    [VERSIONS] = { .kind = SHAPE_LIST, .element = VERSION, .name = TEXT("[version]") },
    [BOOL] = { .kind = SHAPE_BOOL, .name = TEXT("bool") },
    [URL] = { .kind = SHAPE_URL, .name = TEXT("url") },
    [LABEL] = { .kind = SHAPE_LABEL, .name = TEXT("label") },
    [JSON] = { .kind = SHAPE_JSON, .name = TEXT("json") },
    [REGEX] = { .kind = SHAPE_REGEX, .name = TEXT("regex") },
};
static struct shape_field fields[] = { { TEXT("id"), INTEGER }, { TEXT("note"), OPTIONAL } };
static struct program program = {
    .shapes = shapes, .shape_count = SHAPES, .shape_fields = fields, .shape_field_count = 2
};

static struct heap *heap;
static void begin(void) {
    heap = heap_new(0);
}
static void end(void) {
    cr_expect_eq(heap_free(heap), 0);
    cr_expect_eq(memory_live_blocks(), 0);
}
TestSuite(convert, .init = begin, .fini = end);

static void expect_at(int line, struct value value, const char *printed) {
    struct buffer text = { 0 };
    value_print(value, &text);
    cr_expect_str_eq(text.bytes, printed, "line %d: %s, not %s", line, text.bytes, printed);
    buffer_done(&text);
    value_release(value);
}
#define PARSE(shape, text, printed) \
    expect_at(__LINE__, value_parse_shape(heap, &program, shape, text_of(text)), printed)
#define CONVERT(shape, json, printed) \
    do { \
        struct value plain = value_from_json(heap, text_of(json)); \
        expect_at(__LINE__, value_convert(heap, &program, shape, plain), printed); \
        value_release(plain); \
    } while (0)

Test(convert, reads_what_a_person_writes) {
    PARSE(STRING, " as it is ", "\" as it is \"");
    PARSE(DURATION, "1m30s", "1m30s");
    PARSE(RATE, "200/s", "200/s");
    PARSE(RATE, "30/m", "0.5/s");
    PARSE(BANDWIDTH, "5MiB/s", "5MiB/s");
    PARSE(RATIO, "99.5%", "99.5%");
    PARSE(SIZE, "64MiB", "64MiB");
    PARSE(SIZE, "1024", "1KiB");
    PARSE(INTEGER, "-1_000", "-1000");
    PARSE(NUMBER, "1.5e3", "1500");
    PARSE(BOOL, "true", "true");
    PARSE(VERSION, "v1.4.2", "v1.4.2");
    PARSE(VERSIONS, "[N-2, N-1 ,N]", "[N-2, N-1, N]");
    PARSE(LIST, "[]", "[]");
    PARSE(LIST, "[mobile, \"a, b\", web]", "[\"mobile\", \"a, b\", \"web\"]");
    PARSE(OPTIONAL, "none", "none");
    PARSE(OPTIONAL, "some", "\"some\"");
    PARSE(URL, "http://127.0.0.1:80/x", "\"http://127.0.0.1:80/x\"");
    PARSE(LABEL, "SIGKILL", "\"SIGKILL\"");
    PARSE(RECORD, "{\"id\": 5}", "{ id: 5, note: none }");
    PARSE(JSON, "[1, null]", "[1, none]");
}

Test(convert, says_what_was_expected) {
    PARSE(DURATION, "5", "error: \"5\" is no duration, such as 30s");
    PARSE(RATE, "50", "error: \"50\" is no rate, such as 50/s");
    PARSE(RATE, "50/0s", "error: \"50/0s\" is no rate, such as 50/s");
    PARSE(RATIO, "0.8", "error: \"0.8\" is no ratio, such as 80%");
    PARSE(INTEGER, "5x", "error: \"5x\" is no int");
    PARSE(INTEGER, "", "error: \"\" is no int");
    PARSE(INTEGER, "99999999999999999999", "error: \"99999999999999999999\" is no int");
    PARSE(SIZE, "-5", "error: \"-5\" is no size, such as 64MiB, or a number of bytes");
    PARSE(BOOL, "yes", "error: \"yes\" is no bool: true or false");
    PARSE(VERSIONS, "N-1, N", "error: \"N-1, N\" is no [version]: a list is written [a, b]");
    PARSE(VERSIONS, "[N-1, M]", "error: \"M\" is no version: N, N-1 or v1.4");
    PARSE(URL, "localhost:80", "error: \"localhost:80\" is no url, such as http://127.0.0.1:8080");
    PARSE(LABEL, "kill", "error: \"kill\" is no label: a word in capitals");
    PARSE(RECORD, "{}", "error: .id: there is none");
    PARSE(REGEX, "(", "error: re'(' is no regex: missing closing parenthesis, at its byte 2");
}

Test(convert, json_becomes_static) {
    CONVERT(RECORD, "{\"id\": 5, \"note\": \"x\", \"more\": 1}", "{ id: 5, note: \"x\" }");
    CONVERT(RECORD, "{\"id\": 1.5}", "error: .id: 1.5 is no int");
    CONVERT(INTEGER, "3.0", "3");
    CONVERT(INTEGER, "12345678901234567890", "error: 12345678901234567890 is too large for an int");
    CONVERT(NUMBER, "3", "3");
    CONVERT(SIZE, "4096", "4KiB");
    CONVERT(SIZE, "\"4096\"", "4KiB");
    CONVERT(DURATION, "5", "error: 5 is no duration");
    CONVERT(STRING, "5", "error: 5 is no string");
    CONVERT(LIST, "[\"a\", 5]", "error: [1]: 5 is no string");
    CONVERT(MAP, "{\"a\": 1, \"b\": true}", "error: .b: true is no int");
    CONVERT(OPTIONAL, "null", "none");
    CONVERT(STRING, "null", "error: none is no string");
}

/* Clipped at 80 bytes, in the middle of it. */
Test(convert, no_beginning_of_a_secret_is_said) {
    struct mask *mask = mask_new();
    cr_assert(mask_add(mask, TEXT("swordfish22")));
    heap->mask = mask;
    const uint32_t tried[] = { INTEGER, LIST, REGEX };
    for (size_t i = 0; i < 3; i++) {
        struct buffer text = { 0 };
        buffer_printf(&text, "%0*dswordfish22%090d(", tried[i] == REGEX ? 195 : 75, 0, 0);
        struct value error = value_parse_shape(heap, &program, tried[i], buffer_text(&text));
        cr_expect_eq(error.kind, VALUE_ERROR);
        cr_expect_eq(text_find(value_text_of(error), TEXT("sw")), SIZE_MAX, "%s", value_text_of(error).bytes);
        value_release(error);
        buffer_done(&text);
    }
    mask_free(mask);
    heap->mask = NULL;
}
