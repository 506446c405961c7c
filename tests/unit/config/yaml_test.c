/* YAML: the tree, the places, the core schema, and what is refused. */
#include "tests/unit/config/read.h"

#include <criterion/criterion.h>
#include <string.h>

static struct reading reading;
static void begin(void) {
    reading = reading_new();
}
static void end(void) {
    reading_done(&reading);
}
TestSuite(yaml, .init = begin, .fini = end);

static const struct yaml_value *tree(const char *text) {
    uint32_t source = source_set_add(reading.sources, "aot.yaml", text_of(text));
    return yaml_read(reading.sources, source, reading.arena, reading.diagnostics);
}

/* The tree as one line: plain scalars bare, others in quotes. */
static void print(const struct yaml_value *value, struct buffer *out) {
    if (value->shape == YAML_TEXT) {
        buffer_printf(out, value->plain ? "%.*s" : "'%.*s'", TEXT_ARGS(value->text));
        return;
    }
    buffer_append_byte(out, value->shape == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < value->count; i++) {
        if (i) buffer_append_byte(out, ' ');
        if (value->shape == YAML_MAP) buffer_printf(out, "%.*s:", TEXT_ARGS(value->entries[i].key));
        print(value->entries[i].value, out);
    }
    buffer_append_byte(out, value->shape == YAML_LIST ? ']' : '}');
}

static void expect_tree_at(int line, const char *text, const char *wanted) {
    struct buffer out = { 0 };
    const struct yaml_value *value = tree(text);
    cr_assert(value, "line %d: %s", line, reading_found(&reading));
    print(value, &out);
    cr_expect_str_eq(out.bytes, wanted, "line %d: %s", line, out.bytes);
    buffer_done(&out);
}
#define EXPECT_TREE(text, wanted) expect_tree_at(__LINE__, text, wanted)

static void expect_found_at(int line, const char *text, const char *wanted) {
    reading_done(&reading);
    reading = reading_new();
    tree(text);
    const char *found = reading_found(&reading);
    cr_expect_str_eq(found, wanted, "line %d:\n%s", line, found);
}
#define EXPECT_FOUND(text, wanted) expect_found_at(__LINE__, text, wanted)

Test(yaml, is_a_tree) {
    EXPECT_TREE("a: 1\nb: [x, 'y z', \"t\\tt\"]\nc:\n  d: {e: f}\n  g:\n    - 1\n    - h: i\n",
                "{a:1 b:[x 'y z' 't\tt'] c:{d:{e:f} g:[1 {h:i}]}}");
    EXPECT_TREE("", "{}");
    EXPECT_TREE("# nothing but words\n", "{}");
    EXPECT_TREE("---\na: b\n...\n", "{a:b}");
    EXPECT_TREE("\xEF\xBB\xBF"
                "a: b\n",
                "{a:b}");
    EXPECT_TREE("a: |\n  two\n  lines\nb: >\n  fold\n  ed\n", "{a:'two\nlines\n' b:'fold ed\n'}");
    EXPECT_TREE("a: N-1\nb: 50/s\nc: 1m30s\nd: 80%\ne:\n", "{a:N-1 b:50/s c:1m30s d:80% e:}");
    EXPECT_TREE("a: b\r\nc: d\r\n", "{a:b c:d}");
    cr_expect_str_eq(reading_found(&reading), "");
}

static void expect_span(const char *text, const struct yaml_value *value, const char *wanted) {
    struct text at = text_slice(text_of(text), value->span.start, value->span.length);
    cr_expect(text_is(at, wanted), "%.*s, not %s", TEXT_ARGS(at), wanted);
}

Test(yaml, knows_places_in_bytes_behind_any_letters) {
    const char *text = "größe: \"ä\xE2\x80\xA8ö\"\nb:\n  - é\n  - [ü, x]\n  - k: v\n";
    const struct yaml_value *map = tree(text), *list;
    cr_assert(map && map->count == 2);
    expect_span(text, map->entries[0].value, "\"ä\xE2\x80\xA8ö\"");
    list = map->entries[1].value;
    expect_span(text, list->entries[0].value, "é");
    expect_span(text, list->entries[1].value, "[");
    expect_span(text, list->entries[1].value->entries[1].value, "x");
    expect_span(text, list->entries[2].value, "k");
    expect_span(text, list->entries[2].value->entries[0].value, "v");
    cr_expect_eq(map->entries[1].key_span.start, (uint32_t)(strstr(text, "b:") - text));
}

static enum yaml_scalar scalar(const char *text) {
    return yaml_scalar(tree(text)->entries[0].value);
}

Test(yaml, scalars_are_those_of_the_core_schema) {
    static const char *const texts[] = { "a: yes",  "a: no",     "a: on",  "a: Off",   "a: y",        "a: N",
                                         "a: 1:30", "a: 1_000",  "a: 0b1", "a: '5'",   "a: \"true\"", "a: 5s",
                                         "a: .",    "a: 1e",     "a: 0x",  "a: 1.5.0", "a: NaN",      "a: inf",
                                         "a: +",    "a: |\n  5", "a: tRUE" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(scalar(texts[i]), YAML_STRING, "%s", texts[i]);
    static const char *const numbers[] = { "a: 1.", "a: .5", "a: -1.5e+3", "a: 1e9", "a: .inf", "a: -.INF", "a: .NaN" };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        cr_expect_eq(scalar(numbers[i]), YAML_NUMBER, "%s", numbers[i]);
    static const char *const integers[] = { "a: 0", "a: -7", "a: +12", "a: 007", "a: 0o17", "a: 0xfF" };
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        cr_expect_eq(scalar(integers[i]), YAML_INTEGER, "%s", integers[i]);
    cr_expect_eq(scalar("a:"), YAML_NULL);
    cr_expect_eq(scalar("a: ~"), YAML_NULL);
    cr_expect_eq(scalar("a: null"), YAML_NULL);
    cr_expect_eq(scalar("a: True"), YAML_BOOL);
    cr_expect_eq(scalar("a: false"), YAML_BOOL);
}

Test(yaml, refuses_what_it_does_not_use_and_reads_on) {
    EXPECT_FOUND("a: &x 1\nb: *x\n", "E601 1:4 anchors (&name) are not used here\n"
                                     "E601 2:4 aliases (*name) are not used here: write the value again\n");
    EXPECT_FOUND("a: !!int 5\nb: ! x\n",
                 "E601 1:4 tags (!name) are not used here: the place of a value says what it is\n"
                 "E601 2:4 tags (!name) are not used here: the place of a value says what it is\n");
    EXPECT_FOUND("? [a, b]\n: c\n", "E601 1:3 a key is a word or a text, not a list or a mapping\n");
    EXPECT_FOUND("a: b\n---\nc: d\n", "E601 2:1 a second document begins here; the file is one\n");
    EXPECT_FOUND("a: 1\nb: 2\na: 3\nb: 4\n", "E602 3:1 the key `a` stands twice\nE602 4:1 the key `b` stands twice\n");
}

Test(yaml, says_where_it_is_no_yaml) {
    EXPECT_FOUND("a: b: c\n", "E600 1:5 this is no YAML: mapping values are not allowed in this context\n"
                              "  one key and its value stand on a line; a text with `: ` in it stands in quotes\n");
    EXPECT_FOUND("a:\n\tb: c\n", "E600 2:1 this is no YAML: found character that cannot start any token\n"
                                 "  YAML is indented by blanks, not by tabs\n");
    EXPECT_FOUND("a: { bin: build/{tag}/x }\n", "E600 1:17 this is no YAML: did not find expected ',' or '}'\n"
                                                "  between { and } a text that holds braces stands in quotes\n");
    EXPECT_FOUND("a: [1, 2\nb: 3\n", "E600 2:2 this is no YAML: did not find expected ',' or ']'\n");
    EXPECT_FOUND("a: \"open\n", "E600 2:1 this is no YAML: found unexpected end of stream\n");
    EXPECT_FOUND("größe: @x\n", "E600 1:8 this is no YAML: found character that cannot start any token\n"
                                "  a text that begins with @ stands in quotes\n");
    EXPECT_FOUND("a: \xff\n", "E600 1:4 this is no YAML: the file is not UTF-8\n");
    EXPECT_FOUND("a: \x01\n", "E600 1:4 this is no YAML: control characters are not allowed\n");
}

static void repeat(struct buffer *out, const char *text, size_t count) {
    for (size_t i = 0; i < count; i++) buffer_append_string(out, text);
}

Test(yaml, is_bounded, .timeout = 20) {
    struct buffer text = { 0 };
    repeat(&text, "[", 100000);
    EXPECT_FOUND(text.bytes, "E609 1:33 this is nested more than 32 deep\n");
    buffer_clear(&text);
    repeat(&text, "- 1\n", 5001);
    EXPECT_FOUND(text.bytes, "E609 5000:3 this is more than 5,000 values\n");
    buffer_clear(&text);
    repeat(&text, "# words\n", 40000);
    EXPECT_FOUND(text.bytes, "E609 1:1 the file is larger than 256 KiB\n");
    buffer_clear(&text);
    repeat(&text, "{a: ", 60000);
    EXPECT_FOUND(text.bytes, "E609 1:129 this is nested more than 32 deep\n");
    buffer_done(&text);
}
