/* Documents: what the strict reader takes and refuses, what a comparison tells, what future fields are. */
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/document/feed.h"
#include "stdlib/document/future.h"
#include "stdlib/document/loss.h"

#include <stdlib.h>
#include <string.h>

#define EXPECT(trial, call, expected) cr_expect_str_eq(trial_shown(trial, call), expected)

static void good(struct trial *trial) {
    enum run_end end = trial_run(trial, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(trial));
}

/* The text read and written again, or why it was refused; owned by the caller. */
static char *again(struct text json, bool escaped) {
    struct arena *arena = arena_new();
    struct buffer out = { 0 };
    struct document_node *tree = document_read(arena, json, &out);
    cr_expect_eq(tree == NULL, out.length > 0);
    if (tree) document_write(tree, escaped, &out);
    arena_free(arena);
    return buffer_take(&out);
}

static void expect_again(const char *json, bool escaped, const char *expected) {
    char *seen = again(text_of(json), escaped);
    cr_expect_str_eq(seen, expected, "%s gave %s", json, seen);
    memory_release(seen);
}

Test(document, nothing_is_lost_on_the_way_through_the_tree) {
    static const char *const kept[] = { "9007199254740993",
                                        "1e400",
                                        "-0",
                                        "1.50",
                                        "1E+2",
                                        "{\"a\":1,\"b\":2,\"a\":3,\"\":4}",
                                        "[[],{},[[1]],\"\"]",
                                        "\"\xc3\xa9 \xf0\x9f\x9a\x80\"",
                                        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u0000\"",
                                        "[true,false,null]" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) expect_again(kept[i], false, kept[i]);
    expect_again(" { \"\\u0061\\/\" : [ 1 , 2 ]\n} ", false, "{\"a/\":[1,2]}");
    expect_again("\"\xc3\xa9\xf0\x9f\x9a\x80\"", true, "\"\\u00e9\\ud83d\\ude80\"");
    expect_again("\"\\uD83D\\uDE80\"", false, "\"\xf0\x9f\x9a\x80\"");
}

Test(document, what_is_no_json_is_refused_with_its_place) {
    static const char *const refused[][2] = {
        { "", "no JSON: the text ends where a value should stand, at byte 1" },
        { "{\"a\":1,}", "no JSON: expected a name in quotes, at byte 8, `}`" },
        { "[1 2]", "no JSON: expected `,` or `]`, at byte 4, `2]`" },
        { "{\"a\":1", "no JSON: expected `,` or `}`, at byte 7" },
        { "{\"a\" 1}", "no JSON: expected `:`, at byte 6, `1}`" },
        { "01", "no JSON: something stands behind the value, at byte 2, `1`" },
        { "1.", "no JSON: a number is incomplete, at byte 3" },
        { "-", "no JSON: a number is incomplete, at byte 2" },
        { "1e+", "no JSON: a number is incomplete, at byte 4" },
        { "NaN", "no JSON: expected a value, at byte 1" },
        { "\"\\x\"", "no JSON: an escape in a string is none of JSON's, at byte 3, `x\"`" },
        { "\"\\ud800\"", "no JSON: half a surrogate pair is no character, at byte 8, `\"`" },
        { "\"\\udc00\"", "no JSON: half a surrogate pair is no character, at byte 8, `\"`" },
        { "\"a\nb\"", "no JSON: a control character stands in a string, at byte 3" },
        { "\"a", "no JSON: the text ends inside a string, at byte 3" },
        { "[\"\xff\"]", "no JSON: byte 3 is no UTF-8" },
        { "\xef\xbb\xbf{}", "no JSON: expected a value, at byte 1" },
        { "<html>", "no JSON: expected a value, at byte 1" },
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) expect_again(refused[i][0], false, refused[i][1]);
}

Test(document, depth_is_bounded) {
    char deep[2 * DOCUMENT_DEPTH + 3];
    memset(deep, '[', sizeof deep);
    memset(deep + DOCUMENT_DEPTH, ']', DOCUMENT_DEPTH);
    deep[(size_t)2 * DOCUMENT_DEPTH] = '\0';
    expect_again(deep, false, deep);
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_again(deep, false, "no JSON: nested too deep, at byte 200, `[[[[[[[[[[[[[[[[[[[[`");
}

/* Whatever is done to a document: it is refused, or read, and then it reads the same again. */
Test(document, any_bytes_are_read_or_refused) {
    static const char sample[] = "{\"a\":[1,2.5e3,-0,\"\\u00e9\\n\",{}],\"\":null,\"a\":true,\"\xc3\xa9\":[[[]]]}";
    uint64_t state = 20260524;
    size_t taken = 0;
    for (int round = 0; round < 40000; round++) {
        char bytes[sizeof sample];
        memcpy(bytes, sample, sizeof sample);
        for (unsigned changes = 1 + round % 3; changes; changes--) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
            static const char alphabet[] = "{}[]\",:\\u01e-+.ntf \x00\x1f\x7f\xc3\xff";
            bytes[(state >> 33) % (sizeof sample - 1)] = alphabet[(state >> 50) % sizeof alphabet];
        }
        char *exact = memory_resize(NULL, sizeof sample - 1); /* so that a read behind it is seen */
        memcpy(exact, bytes, sizeof sample - 1);
        char *once = again((struct text){ exact, sizeof sample - 1 }, round & 1);
        if (strncmp(once, "no JSON", 7) != 0) {
            char *twice = again(text_of(once), round & 1);
            cr_assert_str_eq(once, twice);
            memory_release(twice);
            taken++;
        }
        memory_release(once);
        memory_release(exact);
    }
    cr_expect_gt(taken, 500);
    cr_expect_lt(taken, 39000);
}

static char *future(uint64_t seed, size_t index) {
    struct arena *arena = arena_new();
    struct buffer out = { 0 };
    struct document_node *sample =
        document_read(arena, TEXT("{\"v\":3,\"payload\":{\"id\":42},\"items\":[{\"n\":1}]}"), &out);
    bool escaped = document_add_future(arena, sample, true, seed, index);
    document_write(sample, escaped, &out);
    arena_free(arena);
    return buffer_take(&out);
}

/* ---- YAML ---- */

/* YAML read and written as JSON, or why it was refused; owned by the caller. */
static char *as_json(struct text yaml) {
    struct arena *arena = arena_new();
    struct buffer out = { 0 };
    struct document_node *tree = document_read_yaml(arena, yaml, &out);
    cr_expect_eq(tree == NULL, out.length > 0);
    if (tree) document_write(tree, false, &out);
    arena_free(arena);
    return buffer_take(&out);
}

Test(document, yaml_is_read_by_the_core_schema) {
    static const char *const cases[][2] = {
        { "a: 9007199254740993\nb: 1e400\nc: 0x1F\nd: -.5\ne: .inf\nf: 1.\n",
          "{\"a\":9007199254740993,\"b\":1e400,\"c\":0x1F,\"d\":-.5,\"e\":.inf,\"f\":1.}" },
        { "[0x, 0o8, 0xg, 1e, -, +, ., 1.2.3, 1 2, yes, 12x]",
          "[\"0x\",\"0o8\",\"0xg\",\"1e\",\"-\",\"+\",\".\",\"1.2.3\",\"1 2\",\"yes\",\"12x\"]" },
        { "[null, ~, '', \"1\", 'true', true, false]", "[null,null,\"\",\"1\",\"true\",true,false]" },
        { "---\n- a: |\n    two\n    lines\n  ? b\n  : c\n", "[{\"a\":\"two\\nlines\\n\",\"b\":\"c\"}]" },
        { "a: 1\na: 2\n", "{\"a\":1,\"a\":2}" },
        { "{\"json\": [true, \"\\u00e9\"]}", "{\"json\":[true,\"\xc3\xa9\"]}" },
        { "", "no YAML: there is nothing" },
        { "a: 1\n---\nb: 2\n", "no YAML: it is several documents" },
        { "a: &x 1\nb: *x\n", "no YAML: an alias stands for something else, at line 2" },
        { "a:\n  ? [1]\n  : 2\n", "no YAML: a name is no scalar, at line 2" },
        { "a: [1\n", "no YAML: did not find expected ',' or ']', at line 2" },
        { "a: b: c\n", "no YAML: mapping values are not allowed in this context, at line 1" },
        { "a: \xff", "no YAML: byte 4 is no UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *seen = as_json(text_of(cases[i][0]));
        cr_expect_str_eq(seen, cases[i][1], "%s gave %s", cases[i][0], seen);
        memory_release(seen);
    }
    char deep[DOCUMENT_DEPTH + 2];
    memset(deep, '[', sizeof deep);
    char *seen = as_json((struct text){ deep, sizeof deep });
    cr_expect_str_eq(seen, "no YAML: nested too deep, at line 1");
    memory_release(seen);
}

static bool has_equal_names(const struct document_node *object) {
    for (const struct document_node *member = object->first; member; member = member->next)
        if (document_member(object, member->name) != member) return true;
    return false;
}

Test(document, names_come_twice_only_where_they_may) {
    size_t seen[2] = { 0 };
    for (size_t i = 0; i < 200; i++) {
        struct arena *arena = arena_new();
        struct document_node *sample = document_node_new(arena, DOCUMENT_OBJECT);
        document_add_future(arena, sample, i & 1, 1, i / 2);
        seen[i & 1] += has_equal_names(sample);
        arena_free(arena);
    }
    cr_expect_eq(seen[0], 0);
    cr_expect_gt(seen[1], 10);
}

Test(document, a_long_name_is_announced) {
    struct arena *arena = arena_new();
    struct buffer json = { 0 }, out = { 0 };
    buffer_append_string(&json, "[{\"");
    buffer_append_repeat(&json, '\x7f', 2000);
    buffer_append_string(&json, "\":[1],\"b\":2}]");
    document_write_yaml(document_read(arena, buffer_text(&json), &out), false, &out);
    char *seen = as_json(buffer_text(&out));
    cr_expect_str_eq(seen, json.bytes);
    memory_release(seen);
    buffer_done(&json);
    buffer_done(&out);
    arena_free(arena);
}

/* Whatever JSON holds comes back from YAML. */
Test(document, nothing_is_lost_on_the_way_through_yaml) {
    static const char *const kept[] = { "{\"a\":{\"b\":[1,[2,{\"c\":[]}],{}]},\"d\":null}",
                                        "[\"null\",\"1\",\"1e400\",\"yes\",\"\",\" a\",\"a: b\",\"- a\",\"#\",\"~\"]",
                                        "{\"\":1,\"a b\":2,\"no\":3,\"1\":4,\"\\n\":5}",
                                        "\"\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x9a\x80 \xc2\x85 \\u0007\\\"\\\\\"" };
    for (size_t i = 0; i < 200 + sizeof kept / sizeof *kept; i++) {
        char *json = i < 200 ? future(20260524, i) : memory_copy(kept[i - 200], strlen(kept[i - 200]));
        for (int escaped = 0; escaped < 2; escaped++) {
            struct arena *arena = arena_new();
            struct buffer out = { 0 }, lost = { 0 };
            struct document_node *tree = document_read(arena, text_of(json), &lost);
            cr_assert(tree, "%s", json);
            document_write_yaml(tree, escaped, &out);
            struct document_node *back = document_read_yaml(arena, buffer_text(&out), &lost);
            cr_expect(back && !document_loss(tree, back, &lost) && !document_loss(back, tree, &lost), "%s\n%s\n%.*s",
                      json, out.bytes, TEXT_ARGS(buffer_text(&lost)));
            buffer_done(&out);
            buffer_done(&lost);
            arena_free(arena);
        }
        memory_release(json);
    }
}

/* ---- losses ---- */

static void expect_loss(const char *sent, const char *got, const char *expected) {
    struct arena *arena = arena_new();
    struct buffer out = { 0 };
    struct document_node *first = document_read(arena, text_of(sent), &out);
    struct document_node *second = document_read(arena, text_of(got), &out);
    cr_assert(first && second);
    cr_expect_eq(document_loss(first, second, &out), *expected != '\0');
    cr_expect(text_is(buffer_text(&out), expected), "%s to %s: %.*s", sent, got, TEXT_ARGS(buffer_text(&out)));
    buffer_done(&out);
    arena_free(arena);
}

Test(document, a_loss_is_told_with_its_path) {
    expect_loss("{\"a\":1,\"b\":[1,{\"c\":null}]}", "{ \"b\": [1, {\"c\": null, \"more\": 1}], \"a\": 1, \"d\": 2 }",
                "");
    expect_loss("{\"a\":{\"b\":9007199254740993}}", "{\"a\":{\"b\":9007199254740992}}",
                ".a.b: 9007199254740993 came back as 9007199254740992");
    expect_loss("1e400", "null", "the whole: 1e400 came back as null");
    expect_loss("1", "\"1\"", "the whole: 1 came back as \"1\"");
    expect_loss("{\"a\":[{\"x\":1},{\"x\":2}]}", "{\"a\":[{\"x\":1},{}]}", ".a[1].x: 2 did not come back");
    expect_loss("[1,2]", "[1]", "[1]: 2 did not come back");
    expect_loss("{\"l\":[1]}", "{\"l\":[1,1]}", ".l: 1 elements came back as 2");
    expect_loss("[1,2]", "[2,1]", "[0]: 1 came back as 2");
    expect_loss("{\"\":{\"a.b\":\"x\"}}", "{\"\":{}}", "[\"\"][\"a.b\"]: \"x\" did not come back");
    expect_loss("{\"a\":1,\"a\":2}", "{\"a\":2}", ".a: sent 2 times, came back 1 times");
    expect_loss("{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}", ".a (1 of 2): 1 came back as 2");
    expect_loss("{\"a\":1,\"b\":0,\"a\":2}", "{\"b\":0,\"a\":1,\"a\":2}", "");
    expect_loss("{\"\\u0061\":\"\\u00e9\"}", "{\"a\":\"\xc3\xa9\"}", "");
    expect_loss("{\"a\":{}}", "{\"a\":[]}", ".a: {} came back as []");
}

/* ---- future fields ---- */

Test(document, each_kind_of_field_comes_alone_in_each_object_first) {
    static const char *const begins[] = { "{\"v\":3,\"payload\":{\"id\":42},\"items\":[{\"n\":1}],\"future_",
                                          "{\"v\":3,\"payload\":{\"id\":42,\"future_",
                                          "{\"v\":3,\"payload\":{\"id\":42},\"items\":[{\"n\":1,\"future_" };
    for (size_t i = 0; i < 3; i++) {
        char *one = future(1, i), *other = future(2, i);
        cr_expect(strncmp(one, begins[i], strlen(begins[i])) == 0, "%zu: %s", i, one);
        cr_expect_str_neq(one, other);
        memory_release(one);
        memory_release(other);
    }
}

Test(document, future_fields_hold_what_parsers_lose) {
    static const char *const wanted[] = { "9007199254740993",
                                          "1e400",
                                          "\"\":",
                                          "\\u",
                                          "__proto__",
                                          "[]",
                                          "{}",
                                          "null",
                                          "\"items\":[{\"n\":1,\"",
                                          "\"payload\":{\"id\":42,\"",
                                          "[{\"in\":[{\"in\":" };
    struct buffer all = { 0 };
    for (size_t i = 0; i < 200; i++) {
        char *one = future(20260524, i), *same = future(20260524, i), *other = future(7, i);
        cr_expect_str_eq(one, same);
        if (i > 48) cr_expect_str_neq(one, other, "%zu: %s", i, one);
        char *back = again(text_of(one), false); /* each is a document */
        cr_expect(strncmp(back, "no JSON", 7) != 0, "%s: %s", one, back);
        cr_expect(strstr(one, "\"v\":3") && strstr(one, "\"id\":42") && strstr(one, "\"n\":1"), "%s", one);
        cr_expect_gt(strlen(one), strlen("{\"v\":3,\"payload\":{\"id\":42},\"items\":[{\"n\":1}]}"));
        buffer_append_string(&all, one);
        buffer_append_byte(&all, '\n');
        memory_release(one);
        memory_release(same);
        memory_release(other);
        memory_release(back);
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect(strstr(all.bytes, wanted[i]), "no %s", wanted[i]);
    buffer_done(&all);
}

/* ---- as a recipe calls them ---- */

Test(document, rows) {
    struct trial *s = trial_new();
    uint32_t sample =
        CALL(s, "document_make", json("{\"v\":3,\"p\":{\"a.b\":[1,{\"x\":9007199254740993}]}}"), text("json"));
    uint32_t big = CALL(s, "document_field", step(sample), text("p[\"a.b\"][1].x"));
    uint32_t absent = CALL(s, "document_field", step(sample), text("p.q.r"));
    uint32_t beyond = CALL(s, "document_field", step(sample), text(".p[\"a.b\"][2]"));
    uint32_t wrong = CALL(s, "document_field", step(sample), text("p..q"));
    uint32_t changed = CALL(s, "document_with", step(sample), text("p[\"a.b\"][0]"), json("{\"new\":null}"));
    uint32_t added = CALL(s, "document_with", step(sample), text("kind"), integer(99));
    uint32_t nowhere = CALL(s, "document_with", step(sample), text("x.y"), integer(1));
    uint32_t yaml = CALL(s, "document_make", json("{\"a\":[9007199254740993,\"1\"]}"), text("yaml"));
    uint32_t yaml_field = CALL(s, "document_field", step(yaml), text("a[0]"));
    uint32_t yaml_with = CALL(s, "document_with", step(yaml), text("b"), text("x: y"));
    uint32_t no_document = CALL(s, "document_field", json("{\"format\":\"json\",\"text\":\"{1}\"}"), text("a"));
    uint32_t no_format = CALL(s, "document_field", json("{\"format\":\"xml\",\"text\":\"<a/>\"}"), text("a"));
    uint32_t few = CALL(s, "document_future", step(sample), integer(2), integer(1));
    uint32_t lost = CALL(s, "document_lost", step(few), json("[]"));
    uint32_t wrong_answers = CALL(s, "document_lost", step(few), json("[7,{\"format\":\"json\",\"text\":\"<p>\"}]"));
    uint32_t kept = CALL(s, "document_lost", step(few), step(few));
    good(s);
    EXPECT(s, sample,
           "{ format: \"json\", text: \"{\\\"v\\\":3,\\\"p\\\":{\\\"a.b\\\":[1,{\\\"x\\\":9007199254740993}]}}\" }");
    EXPECT(s, big, "9007199254740993");
    cr_expect(value_is_missing(trial_value(s, absent)));
    cr_expect(value_is_missing(trial_value(s, beyond)));
    EXPECT(s, wrong, "error: document.field: `..q` is no step of a path: .name, [0] or [\"a name\"]");
    EXPECT(s, changed,
           "{ format: \"json\", text: "
           "\"{\\\"v\\\":3,\\\"p\\\":{\\\"a.b\\\":[{\\\"new\\\":null},{\\\"x\\\":9007199254740993}]}}\" }");
    EXPECT(s, added,
           "{ format: \"json\", text: "
           "\"{\\\"v\\\":3,\\\"p\\\":{\\\"a.b\\\":[1,{\\\"x\\\":9007199254740993}]},\\\"kind\\\":99}\" }");
    EXPECT(s, nowhere, "error: document.with: the document has no place for x.y");
    EXPECT(s, yaml_field, "9007199254740993");
    EXPECT(s, yaml_with,
           "{ format: \"yaml\", text: \"a:\\n  - 9007199254740993\\n  - \\\"1\\\"\\nb: \\\"x: y\\\"\\n\" }");
    EXPECT(s, no_document, "error: document.field: no JSON: expected a name in quotes, at byte 2, `1}`");
    EXPECT(s, no_format, "error: document.field: no document of a format that is built (json, yaml): xml");
    EXPECT(s, lost, "[\"2 documents were sent, 0 came back\"]");
    cr_expect(strstr(trial_shown(s, wrong_answers), "bytes): what came back is no document\""), "%s",
              trial_shown(s, wrong_answers));
    cr_expect(strstr(trial_shown(s, wrong_answers), "bytes): what came back is no JSON: expected a value, at byte 1\""),
              "%s", trial_shown(s, wrong_answers));
    EXPECT(s, kept, "[]");
    trial_free(s);
}

static void expect_error(const char *function, size_t count, const struct trial_argument *arguments,
                         const char *message) {
    struct trial *s = trial_new();
    trial_call(s, function, count, arguments);
    cr_expect_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), message), "%s", trial_message(s));
    trial_free(s);
}

Test(document, what_a_recipe_asks_wrongly_ends_the_run) {
    expect_error("document_make", 2, (struct trial_argument[]){ json("{}"), text("protobuf") },
                 "document: no document of a format that is built (json, yaml): protobuf");
    expect_error("document_future", 3, (struct trial_argument[]){ json("{}"), integer(0), integer(1) },
                 "future_fields: the count must be from 1 to 100000");
    expect_error("document_future", 3,
                 (struct trial_argument[]){ json("{\"format\":\"json\",\"text\":\"[1]\"}"), integer(1), integer(1) },
                 "future_fields: the sample has no object that could take a field");
    expect_error("document_future", 3,
                 (struct trial_argument[]){ json("{\"format\":\"json\",\"text\":\"{a}\"}"), integer(1), integer(1) },
                 "future_fields: no JSON: expected a name in quotes, at byte 2, `a}`");
}

/* ---- through a program ---- */

#define DOCUMENTS "[{\"format\":\"json\",\"text\":\"{\\\"a\\\":1e400}\"},{\"format\":\"json\",\"text\":\"[1,\\n2]\"}]"

static void fed(const char *command, const char *documents, int64_t limit, const char *expected) {
    struct trial *s = trial_new();
    struct trial_argument list[] = {
        json(command),   duration(strstr(command, "sleep") ? 300 * MILLISECOND : 8 * SECOND),
        json("{}"),      none(),
        none(),          size(limit),
        json(documents), none()
    };
    uint32_t answers = CALL(s, "process_documents", step(trial_call(s, "process_run", 8, list)));
    good(s);
    cr_expect(strstr(trial_shown(s, answers), expected), "%s: %s", command, trial_shown(s, answers));
    trial_free(s);
}

Test(document, through_a_program_and_back) {
    fed("[\"cat\"]", DOCUMENTS, 1000,
        "[{ format: \"json\", text: \"{\\\"a\\\":1e400}\" }, { format: \"json\", text: \"[1,2]\" }]");
    fed("[\"cat\"]", "[]", 1000, "[]");
    fed("[\"sh\", \"-c\", \"exec head -n 1\"]", DOCUMENTS, 1000, "it answered 1 lines to 2 documents");
    fed("[\"sed\", \"p\"]", DOCUMENTS, 1000, "it answered 4 lines to 2 documents");
    fed("[\"true\"]", DOCUMENTS, 1000, "true: it answered 0 lines to 2 documents");
    fed("[\"sh\", \"-c\", \"cat; echo no memory >&2; exit 3\"]", DOCUMENTS, 1000,
        "it ended with code 3; it said: no memory");
    fed("[\"sh\", \"-c\", \"kill -SEGV $$\"]", DOCUMENTS, 1000, "SIGSEGV ended it");
    fed("[\"sh\", \"-c\", \"echo '<html>'; echo x\"]", DOCUMENTS, 1000,
        "answer 0 is no JSON: expected a value, at byte 1: <html>");
    fed("[\"printf\", \"1\\\\n\\\\377\\\\n\"]", DOCUMENTS, 1000, "answer 1 is no JSON: byte 1 is no UTF-8");
    fed("[\"cat\"]", DOCUMENTS, 4, "it wrote more than its output_limit");
    fed("[\"sleep\", \"60\"]", DOCUMENTS, 1000, "its timeout was over");
}

#define YAMLS "[{\"format\":\"yaml\",\"text\":\"a: 1e400\"},{\"format\":\"yaml\",\"text\":\"---\\n- 2\\n\"}]"

Test(document, yaml_goes_as_a_stream) {
    fed("[\"cat\"]", YAMLS, 1000,
        "[{ format: \"yaml\", text: \"a: 1e400\\n\" }, { format: \"yaml\", text: \"- 2\\n\" }]");
    fed("[\"head\", \"-n\", \"2\"]", YAMLS, 1000, "it answered 1 documents to 2 documents");
    fed("[\"true\"]", YAMLS, 1000, "it answered 0 documents to 2 documents");
    fed("[\"sed\", \"p\"]", "[{\"format\":\"yaml\",\"text\":\"1\"}]", 1000, "it answered 2 documents to 1 documents");
    fed("[\"printf\", \"%s\\n\", \"--- a\", \"--- [\", \"--- b\"]", YAMLS, 1000,
        "no YAML: did not find expected node content, at line 3, behind 1 answers");
}

Test(document, what_cannot_be_fed_is_refused) {
    const char *bad[][2] = { { "[{\"format\":\"json\",\"text\":\"{\"}]",
                               "feed: document 0 is no JSON: expected a name in quotes" },
                             { "[{\"format\":\"toml\",\"text\":\"a\"}]",
                               "feed: document 0 is no document of a format that is built (json, yaml): toml" },
                             { "[{\"format\":\"json\",\"text\":\"1\"},{\"format\":\"yaml\",\"text\":\"1\"}]",
                               "feed: document 1 is of another format than the first" },
                             { "[7]", "feed: document 0 is no document" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error("process_run", 8,
                     (struct trial_argument[]){ json("[\"cat\"]"), duration(SECOND), json("{}"), none(), none(),
                                                size(9), json(bad[i][0]), none() },
                     bad[i][1]);
    expect_error("process_run", 8,
                 (struct trial_argument[]){ json("[\"cat\"]"), duration(SECOND), json("{}"), none(), text("x"), size(9),
                                            json("[]"), none() },
                 "input: and feed: are both its standard input");
    struct trial *s = trial_new();
    uint32_t process = CALL(s, "process_start_shell", shell("true"), json("{}"), none(), none());
    uint32_t answers = CALL(s, "process_documents", step(process));
    good(s);
    EXPECT(s, answers, "error: process.documents: it was fed none; see process(…, feed:)");
    trial_free(s);
}
