/* Any bytes as an HTTP answer. However they are cut into pieces the outcome is the same: status, body and problem. Nothing is read
 * beyond what was given, no more is used than was there, and what is complete stays so. */
#include "base/memory.h"
#include "stdlib/http/answer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    struct answer answer;
    struct buffer head, body;
};

static void require(bool condition) {
    if (!condition) abort();
}

static bool take_lines(void *data, struct text lines, bool is_trailer) {
    struct outcome *outcome = data;
    if (!is_trailer) buffer_clear(&outcome->head);
    buffer_append(&outcome->head, lines);
    return outcome->head.length < 4096;
}

static bool take_body(void *data, struct text bytes) {
    struct outcome *outcome = data;
    buffer_append(&outcome->body, bytes);
    return outcome->body.length < 65536;
}

static struct outcome read_in(struct text bytes, size_t piece, bool of_head, struct answer_memory *memory) {
    struct outcome outcome = { 0 };
    struct answer_sink sink = { &outcome, take_lines, take_body };
    answer_begin(&outcome.answer, of_head);
    size_t used = 0, there = 0;
    while (there < bytes.length && outcome.answer.stage != ANSWER_COMPLETE && outcome.answer.stage != ANSWER_BROKEN) {
        there = there + piece < bytes.length ? there + piece : bytes.length;
        /* A copy of its own, so that reading behind it is seen. */
        char *copy = memory_copy(bytes.bytes + used, there - used);
        char *exact = memory_resize(NULL, there - used);
        memcpy(exact, copy, there - used);
        memory_release(copy);
        size_t step = answer_read(&outcome.answer, (struct text){ exact, there - used }, memory, &sink);
        memory_release(exact);
        require(step <= there - used);
        used += step;
    }
    answer_end(&outcome.answer);
    require(outcome.answer.stage == ANSWER_COMPLETE || outcome.answer.stage == ANSWER_BROKEN);
    struct text lines = buffer_text(&outcome.head), name, content;
    while (answer_header(&lines, &name, &content)) require(name.length > 0);
    return outcome;
}

static void done(struct outcome *outcome) {
    buffer_done(&outcome->head);
    buffer_done(&outcome->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    bool of_head = data[0] & 1;
    size_t piece = (size_t)(data[0] >> 1) + 1;
    struct text bytes = { (const char *)data + 1, size - 1 };
    struct answer_memory memory = { 0 };
    struct outcome whole = read_in(bytes, bytes.length, of_head, &memory);
    struct outcome known = read_in(bytes, bytes.length, of_head, &memory);
    struct outcome pieces = read_in(bytes, piece, of_head, NULL);
    require(whole.answer.stage == known.answer.stage && whole.answer.status == known.answer.status);
    require(text_equal(buffer_text(&whole.body), buffer_text(&known.body)));
    if (whole.body.length < 65536 && whole.head.length < 4096) {
        require(whole.answer.stage == pieces.answer.stage && whole.answer.status == pieces.answer.status);
        require(text_equal(buffer_text(&whole.body), buffer_text(&pieces.body)));
    }
    done(&whole);
    done(&known);
    done(&pieces);
    answer_memory_done(&memory);
    require(memory_live_blocks() == 0);
    return 0;
}
