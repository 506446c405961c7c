/* base/text, base/buffer and base/suggest. */
#include "base/buffer.h"
#include "base/letters.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(text, compares) {
    cr_assert(text_equal(TEXT("ab"), TEXT("ab")));
    cr_assert(!text_equal(TEXT("ab"), TEXT("abc")));
    cr_assert(text_equal(TEXT_NONE, TEXT("")));
    cr_assert(text_is(TEXT("ab"), "ab"));
    cr_assert(text_is(TEXT_NONE, NULL));
    cr_assert_lt(text_compare(TEXT("ab"), TEXT("abc")), 0);
    cr_assert_gt(text_compare(TEXT("b"), TEXT("abc")), 0);
    cr_assert_gt(text_compare(TEXT("\xff"), TEXT("a")), 0, "bytes are unsigned");
    cr_assert_eq(text_compare(TEXT_NONE, TEXT_NONE), 0);
}

Test(text, finds_and_cuts) {
    cr_assert(text_starts(TEXT("abc"), TEXT("ab")));
    cr_assert(text_starts(TEXT("ab"), TEXT("ab")));
    cr_assert(text_ends(TEXT("ab"), TEXT("ab")));
    cr_assert_eq(text_find(TEXT("ab"), TEXT("ab")), 0);
    cr_assert(!text_starts(TEXT("a"), TEXT("ab")));
    cr_assert(text_ends(TEXT("abc"), TEXT("bc")));
    cr_assert(!text_ends(TEXT("abc"), TEXT("ab")));
    cr_assert_eq(text_find(TEXT("abcabc"), TEXT("ca")), 2);
    cr_assert_eq(text_find(TEXT("abc"), TEXT("x")), SIZE_MAX);
    cr_assert_eq(text_find(TEXT_NONE, TEXT("x")), SIZE_MAX);
    cr_assert_eq(text_find(TEXT_NONE, TEXT_NONE), 0);
    cr_assert(text_is(text_slice(TEXT("abcdef"), 2, 3), "cde"));
    cr_assert(text_is(text_slice(TEXT("abcdef"), 4, SIZE_MAX), "ef"));
    cr_assert(text_is(text_slice(TEXT("abc"), 9, 1), ""));
    cr_assert(text_is(text_slice(TEXT_NONE, 1, 1), ""));
    cr_assert(text_is(text_trim(TEXT(" \t\r\n a b \f")), "a b"));
    cr_assert(text_is(text_trim(TEXT("  ")), ""));
}

Test(text, hashes_spread_over_low_bits) {
    unsigned used[64] = { 0 }, free_slots = 0;
    char name[16];
    for (int i = 0; i < 640; i++) {
        int length = snprintf(name, sizeof name, "name%d", i);
        used[text_hash((struct text){ name, (size_t)length }) % 64]++;
    }
    for (int i = 0; i < 64; i++) free_slots += used[i] == 0;
    cr_assert_leq(free_slots, 2);
    cr_assert_neq(text_hash(TEXT("a")), text_hash(TEXT("b")));
    cr_assert_eq(text_hash(TEXT_NONE), text_hash(TEXT("")));
}

Test(text, counts_terminal_columns) {
    cr_assert_eq(text_columns(TEXT("abc")), 3);
    cr_assert_eq(text_columns(TEXT("\xe6\xbc\xa2\xe5\xad\x97")), 4, "two wide characters");
    cr_assert_eq(text_columns(TEXT("e\xcc\x81")), 1, "a combining accent takes none");
    cr_assert_eq(text_columns(TEXT("\xff\xfe")), 2, "each invalid byte takes one");
    cr_assert_eq(text_columns((struct text){ "a\0\x7f", 3 }), 1, "control characters take none");
    cr_assert_eq(text_columns(TEXT_NONE), 0);
}

Test(text, finds_invalid_utf8) {
    cr_assert_eq(text_invalid_utf8(TEXT("plain text that is longer than eight")), SIZE_MAX);
    cr_assert_eq(text_invalid_utf8(TEXT("12345678\xc3\xa9 12345678")), SIZE_MAX);
    cr_assert_eq(text_invalid_utf8(TEXT("12345678abc\xff")), 11);
    cr_assert_eq(text_invalid_utf8((struct text){ "a\0b", 3 }), SIZE_MAX, "NUL is a character");
    cr_assert_eq(text_invalid_utf8(TEXT("\xc3")), 0, "cut short");
    cr_assert_eq(text_invalid_utf8(TEXT("a\xc0\xaf")), 1, "overlong");
    cr_assert_eq(text_invalid_utf8(TEXT("\xed\xa0\x80")), 0, "a surrogate");
    cr_assert_eq(text_invalid_utf8(TEXT("\xf4\x90\x80\x80")), 0, "above U+10FFFF");
    cr_assert_eq(text_invalid_utf8(TEXT_NONE), SIZE_MAX);
}

Test(letters, counts_and_changes_characters) {
    cr_assert_eq(letters_count(TEXT("a\xc3\xa4\xe6\xbc\xa2\xff\xc3")), 5);
    cr_assert_eq(letters_count(TEXT_NONE), 0);
    cr_assert_eq(letters_first(TEXT("\xe6\xbc\xa2x")), 3);
    cr_assert_eq(letters_first(TEXT("\xe6x")), 1);
    cr_assert_eq(letters_first(TEXT_NONE), 0);
    struct buffer out = { 0 };
    letters_upper(TEXT("a\xc3\xa4z\xff 1"), &out);
    letters_lower(TEXT("A\xc3\x84Z\xff 1"), &out);
    cr_assert_str_eq(out.bytes, "A\xc3\x84Z\xff 1a\xc3\xa4z\xff 1");
    buffer_done(&out);
}

Test(buffer, appends_prints_and_gives_away) {
    size_t before = memory_live_blocks();
    struct buffer buffer = { 0 };
    cr_assert_eq(buffer_text(&buffer).length, 0);
    buffer_append(&buffer, TEXT("ab"));
    buffer_append_string(&buffer, "cd");
    buffer_append_byte(&buffer, 'e');
    buffer_append_repeat(&buffer, '-', 3);
    buffer_printf(&buffer, "%05d", 42);
    cr_assert_str_eq(buffer.bytes, "abcde---00042");
    cr_assert_eq(buffer.length, 13);
    buffer_clear(&buffer);
    cr_assert_str_eq(buffer.bytes, "");
    char *taken = buffer_take(&buffer);
    cr_assert_str_eq(taken, "");
    cr_assert_null(buffer.bytes);
    memory_release(taken);
    taken = buffer_take(&buffer);
    cr_assert_str_eq(taken, "", "never NULL");
    memory_release(taken);
    buffer_done(&buffer);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(buffer, prints_what_is_longer_than_its_room) {
    struct buffer buffer = { 0 };
    char word[1000];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (int i = 0; i < 5; i++) buffer_printf(&buffer, "%s|", word);
    cr_assert_eq(buffer.length, 5000);
    cr_assert_eq(strlen(buffer.bytes), 5000);
    cr_assert_eq(buffer.bytes[4999], '|');
    buffer_append(&buffer, (struct text){ "a\0b", 3 });
    cr_assert_eq(buffer.length, 5003);
    buffer_done(&buffer);
}

Test(buffer, prints_every_length) {
    struct buffer whole = { 0 };
    for (size_t length = 0; length < 300; length++) {
        struct buffer buffer = { 0 };
        buffer_printf(&buffer, "%.*s", (int)length, whole.bytes ? whole.bytes : "");
        cr_assert_eq(buffer.length, length);
        cr_assert_eq(strlen(buffer.bytes), length);
        buffer_printf(&buffer, "%s", "");
        cr_assert_eq(buffer.length, length);
        buffer_done(&buffer);
        buffer_append_byte(&whole, (char)('a' + length % 26));
    }
    buffer_done(&whole);
}

static struct suggestion among(struct text wanted, const char *const *names) {
    struct suggestion suggestion = suggestion_for(wanted);
    for (; *names; names++) suggestion_offer(&suggestion, text_of(*names));
    return suggestion;
}

Test(suggest, finds_the_nearest) {
    const char *const natives[] = { "get", "head", "post", "patch", "delete", NULL };
    cr_assert(text_is(among(TEXT("gte"), natives).best, "get"), "a swap is one edit");
    cr_assert(text_is(among(TEXT("delet"), natives).best, "delete"));
    cr_assert(text_is(among(TEXT("pach"), natives).best, "patch"));
    cr_assert(text_is(among(TEXT("pots"), natives).best, "post"));
    cr_assert_eq(among(TEXT("options"), natives).best.length, 0, "nothing is near");
    const char *const words[] = { "eventual", "eventually", "always", NULL };
    cr_assert(text_is(among(TEXT("eventualy"), words).best, "eventual"), "the first of two equally near");
    cr_assert_eq(among(TEXT("eventualy"), words).distance, 1);
    cr_assert(text_is(among(TEXT("evntuallly"), words).best, "eventually"), "two edits in a long word");
}

/* The definition, slowly: edits between the first i bytes of a and the first j of b. */
static size_t slow_distance(const char *a, size_t i, const char *b, size_t j) {
    if (i == 0 || j == 0) return i + j;
    size_t least = slow_distance(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    size_t other = slow_distance(a, i - 1, b, j) + 1;
    if (other < least) least = other;
    other = slow_distance(a, i, b, j - 1) + 1;
    if (other < least) least = other;
    if (i < 2 || j < 2 || a[i - 1] != b[j - 2] || a[i - 2] != b[j - 1]) return least;
    other = slow_distance(a, i - 2, b, j - 2) + 1;
    return other < least ? other : least;
}

Test(suggest, counts_edits_as_defined) {
    uint64_t seed = 3;
    size_t near = 0;
    for (int round = 0; round < 3000; round++) {
        char words[2][9] = { "aaaaaaaaa", "aaaaaaaaa" };
        for (int i = 0; i < 6; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            words[0][i] = (char)('a' + (seed >> 33) % 3);
            words[1][i] = (seed >> 40) % 4 ? words[0][i] : (char)('a' + (seed >> 50) % 3);
        }
        size_t lengths[] = { 6, 4 + (seed >> 60) % 4 };
        struct suggestion suggestion = suggestion_for((struct text){ words[0], lengths[0] });
        suggestion_offer(&suggestion, (struct text){ words[1], lengths[1] });
        size_t distance = slow_distance(words[0], lengths[0], words[1], lengths[1]);
        cr_assert_eq(suggestion.distance, distance <= 2 ? distance : SIZE_MAX, "%s %s", words[0], words[1]);
        near += distance == 2;
    }
    cr_assert_gt(near, 100);
}

Test(suggest, keeps_within_its_bounds) {
    const char *const names[] = { "y", "abcdefghi", "kitten", "", NULL };
    cr_assert_eq(among(TEXT("x"), names).best.length, 0, "one letter for another is no suggestion");
    cr_assert_eq(among(TEXT("sittin"), names).distance, 2);
    cr_assert_eq(among(TEXT("sitting"), names).best.length, 0, "three edits in seven letters are too many");
    cr_assert_eq(among(TEXT("bacedfhgi"), names).distance, 3, "three edits in nine letters are near");
    cr_assert_eq(among(TEXT("bacedfhgj"), names).best.length, 0, "four never are");
    cr_assert_eq(among(TEXT_NONE, names).best.length, 0);
    static char long_word[100000];
    memset(long_word, 'a', sizeof long_word);
    struct text word = { long_word, sizeof long_word };
    struct suggestion suggestion = suggestion_for(word);
    suggestion_offer(&suggestion, word);
    cr_assert_eq(suggestion.best.length, 0, "words of this length are not compared");
    suggestion = suggestion_for(TEXT("kitten"));
    suggestion_offer(&suggestion, word);
    cr_assert_eq(suggestion.best.length, 0);
}
