/* Words of a cell: whole or not at all, whoever reads them and however slowly. */
#include "base/memory.h"
#include "cli/cell_voice.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

static void hear(int socket, struct buffer *read) {
    char bytes[4096];
    ssize_t got;
    while ((got = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        buffer_append(read, (struct text){ bytes, (size_t)got });
}

Test(cell_voice, a_slow_reader_has_the_result_and_then_nothing_more) {
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct cell_wire wire = { .socket = ends[1], .patience = 10 };
    struct cell_voice voice = cell_voice_on(&wire);
    struct buffer report = { 0 }, read = { 0 };
    for (size_t i = 0; i < 8 * 1024 * 1024; i++) buffer_append_byte(&report, 'x');
    voice.say(voice.data, WORD_RESULT, TEXT("3 0"));
    cr_expect_not(wire.broken);
    voice.say(voice.data, WORD_REPORT, buffer_text(&report));
    cr_expect(wire.broken, "it was sent in part");
    hear(ends[0], &read);
    voice.say(voice.data, WORD_NOTICE, TEXT("this would be taken for a part of the report"));
    size_t before = read.length;
    hear(ends[0], &read);
    cr_expect_eq(read.length, before);
    struct text rest = buffer_text(&read), text;
    enum cell_word word;
    cr_assert(cell_voice_take(&rest, &word, &text));
    cr_expect_eq(word, WORD_RESULT);
    cr_expect(text_is(text, "3 0"));
    cr_expect_not(cell_voice_take(&rest, &word, &text));
    buffer_done(&report);
    buffer_done(&read);
    close(ends[0]);
    close(ends[1]);
}

Test(cell_voice, what_goes_on_is_left_out_while_nobody_reads) {
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct cell_wire wire = { .socket = ends[1], .patience = 0 };
    struct cell_voice voice = cell_voice_on(&wire);
    for (size_t i = 0; i < 100000; i++) voice.say(voice.data, WORD_PHASE, TEXT("load"));
    cr_expect_not(wire.broken);
    struct buffer read = { 0 };
    hear(ends[0], &read);
    struct text rest = buffer_text(&read), text;
    enum cell_word word;
    while (cell_voice_take(&rest, &word, &text)) cr_assert(word == WORD_PHASE && text_is(text, "load"));
    cr_expect_eq(rest.length, 0);
    buffer_done(&read);
    close(ends[0]);
    close(ends[1]);
}

Test(cell_voice, a_reader_that_is_gone_breaks_it) {
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct cell_wire wire = { .socket = ends[1], .patience = 60000 };
    struct cell_voice voice = cell_voice_on(&wire);
    close(ends[0]);
    voice.say(voice.data, WORD_RESULT, TEXT("3 0"));
    cr_expect(wire.broken);
    close(ends[1]);
}
