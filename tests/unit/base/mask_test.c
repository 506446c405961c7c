/* base/mask: no form of a secret leaves. */
#include "base/mask.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static struct mask *mask_of(struct text secret) {
    struct mask *mask = mask_new();
    cr_assert(mask_add(mask, secret));
    return mask;
}

static void expect_masked(const struct mask *mask, const char *text, const char *wanted) {
    struct buffer out = { 0 };
    mask_apply(mask, text_of(text), &out);
    cr_expect_str_eq(out.bytes, wanted, "'%s' became '%s', wanted '%s'", text, out.bytes, wanted);
    buffer_done(&out);
}

Test(mask, plain) {
    size_t before = memory_live_blocks();
    struct mask *mask = mask_of(TEXT("hunter2"));
    expect_masked(mask, "", "");
    expect_masked(mask, "nothing here", "nothing here");
    expect_masked(mask, "hunter2", "***");
    expect_masked(mask, "a hunter2 and hunter2!", "a *** and ***!");
    expect_masked(mask, "hunter2hunter2", "******");
    expect_masked(mask, "hunterhunter2", "hunter***");
    expect_masked(mask, "hunter", "hunter");
    expect_masked(NULL, "hunter2", "hunter2");
    mask_free(mask);
    mask_free(NULL);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(mask, short_secrets_are_refused_and_repeated_ones_kept_once) {
    struct mask *mask = mask_new();
    cr_assert(mask_is_empty(mask));
    cr_assert(!mask_add(mask, TEXT("abc")));
    cr_assert(!mask_add(mask, TEXT_NONE));
    cr_assert(mask_is_empty(mask));
    cr_assert(mask_add(mask, TEXT("abcd")));
    size_t blocks = memory_live_blocks();
    cr_assert(mask_add(mask, TEXT("abcd")));
    cr_assert_eq(memory_live_blocks(), blocks);
    cr_assert(!mask_is_empty(mask));
    mask_free(mask);
}

Test(mask, the_longest_of_several) {
    struct mask *mask = mask_of(TEXT("pass"));
    mask_add(mask, TEXT("password"));
    mask_add(mask, TEXT("word"));
    expect_masked(mask, "password passion word", "*** ***ion ***");
    mask_free(mask);
}

Test(mask, percent_encoded) {
    struct mask *mask = mask_of(TEXT("p@ss w/\xc3\xa9%"));
    expect_masked(mask, "x=p%40ss%20w%2F%C3%A9%25&y", "x=***&y");
    expect_masked(mask, "x=p%40ss%20w%2f%c3%a9%25&y", "x=***&y");
    expect_masked(mask, "x=p%40ss+w%2F%C3%A9%25&y", "x=***&y");
    expect_masked(mask, "x=p@ss%20w/%C3%A9%25&y", "x=***&y");
    expect_masked(mask, "x=%70%40%73%73%20%77%2f%c3%a9%25", "x=***");
    expect_masked(mask, "x=p%40ss%20w%2F%C3%A", "x=p%40ss%20w%2F%C3%A");
    expect_masked(mask, "x=p%4Gss%20w%2F%C3%A9%25", "x=p%4Gss%20w%2F%C3%A9%25");
    mask_free(mask);
    mask = mask_of(TEXT("1+1=2"));
    expect_masked(mask, "q=1%2B1%3D2", "q=***");
    expect_masked(mask, "q=1+1%3D2", "q=***");
    mask_free(mask);
    mask = mask_of(TEXT(" lead"));
    expect_masked(mask, "q=+lead", "q=***");
    mask_free(mask);
}

Test(mask, json_escaped) {
    struct mask *mask = mask_of(TEXT("a\"b\\c\n/\xc3\xa9\xf0\x9f\x98\x80!"));
    expect_masked(mask, "{\"k\":\"a\\\"b\\\\c\\n/\xc3\xa9\xf0\x9f\x98\x80!\"}", "{\"k\":\"***\"}");
    expect_masked(mask, "\"a\\\"b\\\\c\\n\\/\\u00e9\\ud83d\\ude00!\"", "\"***\"");
    expect_masked(mask, "\"\\u0061\\u0022b\\u005Cc\\u000a/\\u00E9\\uD83D\\uDE00\\u0021\"", "\"***\"");
    expect_masked(mask, "\"a\\\"b\\\\c\\n/\\u00e9\\ud83d\"", "\"a\\\"b\\\\c\\n/\\u00e9\\ud83d\"");
    mask_free(mask);
}

Test(mask, json_escapes_of_every_length) {
    static const char *const secrets[] = {
        "key\x7f",         "key\xc2\x80",         "key\xdf\xbf",        "key\xe0\xa0\x80",
        "key\xef\xbf\xbf", "key\xf0\x90\x80\x80", "key\xf4\x8f\xbf\xbf"
    };
    static const char *const escaped[] = { "\\u007f", "\\u0080",        "\\u07ff",       "\\u0800",
                                           "\\uffff", "\\ud800\\udc00", "\\udbff\\udfff" };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        struct mask *mask = mask_of(text_of(secrets[i]));
        struct buffer text = { 0 };
        buffer_printf(&text, "\"key%s\"", escaped[i]);
        expect_masked(mask, text.bytes, "\"***\"");
        buffer_done(&text);
        mask_free(mask);
    }
}

Test(mask, base64_letters_beside_a_secret) {
    struct mask *mask = mask_of(TEXT("\xfb\xff\xbf+")); /* +/+/Kw== */
    expect_masked(mask, "+/+/Kw==", "***");
    expect_masked(mask, "-_-_Kw==", "***");
    expect_masked(mask, "-_-_Kw", "***");
    expect_masked(mask, "(+/+/Kw)", "(***)");
    mask_free(mask);
    mask = mask_of(TEXT("\xff\xff\xff\xff")); /* at the second place: ?f////, at the third ??//// */
    expect_masked(mask, "////", "***");
    expect_masked(mask, "____", "***");
    expect_masked(mask, "a ////,", "a ***,");
    expect_masked(mask, "uf////", "u***");
    mask_free(mask);
}

/* An encoder of its own, so that the test does not share a mistake with the mask. */
static void encode_base64(struct text text, bool url, bool padded, struct buffer *out) {
    const char *letters = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                              : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < text.length; i += 3) {
        unsigned char group[3] = { 0 };
        size_t left = text.length - i < 3 ? text.length - i : 3;
        memcpy(group, text.bytes + i, left);
        unsigned bits = (unsigned)group[0] << 16 | (unsigned)group[1] << 8 | group[2];
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                buffer_append_byte(out, letters[bits >> (18 - 6 * k) & 63]);
            else if (padded)
                buffer_append_byte(out, '=');
        }
    }
}

Test(mask, base64_at_every_alignment) {
    struct text secret = TEXT("s3cr3t\xff\xfe\xfb>?");
    struct mask *mask = mask_of(secret);
    for (size_t before = 0; before < 7; before++) {
        for (size_t after = 0; after < 7; after++) {
            for (int form = 0; form < 4; form++) {
                struct buffer plain = { 0 }, encoded = { 0 }, out = { 0 };
                buffer_append_repeat(&plain, 'u', before);
                buffer_append(&plain, secret);
                buffer_append_repeat(&plain, 'v', after);
                buffer_append_string(&encoded, "Basic ");
                encode_base64(buffer_text(&plain), form & 1, form & 2, &encoded);
                buffer_append_string(&encoded, ";");
                mask_apply(mask, buffer_text(&encoded), &out);
                /* What is left: the whole groups of four before and behind, nothing in which the secret has a bit. */
                size_t lead = before / 3 * 4, skip = (before * 8) / 6 - lead;
                struct buffer wanted = { 0 };
                buffer_append(&wanted, text_slice(buffer_text(&encoded), 0, 6 + lead + skip));
                buffer_append_string(&wanted, "***");
                size_t end = ((before + secret.length) * 8 + 5) / 6;
                struct text rest = text_slice(buffer_text(&encoded), 6 + end, SIZE_MAX);
                while (rest.bytes[0] == '=') rest = text_slice(rest, 1, SIZE_MAX);
                buffer_append(&wanted, rest);
                cr_assert_str_eq(out.bytes, wanted.bytes, "%zu %zu %d: %s", before, after, form, encoded.bytes);
                buffer_done(&plain);
                buffer_done(&encoded);
                buffer_done(&wanted);
                buffer_done(&out);
            }
        }
    }
    mask_free(mask);
}

/* Whatever bytes come, nothing is read outside the text, and what has no secret in any form stays as it is. */
Test(mask, random_text_is_safe) {
    struct mask *mask = mask_of(TEXT("ab%+\\u"));
    mask_add(mask, TEXT("++++"));
    static const char letters[] = "ab%+\\u0123456789abcdef=\"YWI";
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char *text = memory_allocate(12); /* its own block: the sanitizer sees a byte read beyond it */
        for (int i = 0; i < 12; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[i] = letters[(seed >> 33) % (sizeof letters - 1)];
        }
        struct buffer out = { 0 };
        mask_apply(mask, (struct text){ text, 12 }, &out);
        bool has_secret = memmem(text, 12, "ab%+\\u", 6) || memmem(text, 12, "++++", 4);
        cr_assert(!memmem(out.bytes, out.length, "ab%+\\u", 6) && !memmem(out.bytes, out.length, "++++", 4));
        cr_assert(!has_secret || strstr(out.bytes, "***"));
        buffer_done(&out);
        memory_release(text);
    }
    mask_free(mask);
}

Test(mask, json_in_json_in_json) {
    struct mask *mask = mask_of(TEXT("zebra\"1\\umbrella"));
    expect_masked(mask, "{\"a\": \"zebra\\\"1\\\\umbrella\"}", "{\"a\": \"***\"}");
    expect_masked(mask, "zebra\\\\\\\"1\\\\\\\\umbrella", "***");
    expect_masked(mask, "zebra\\\\\\\\\\\\\\\"1\\\\\\\\\\\\\\\\umbrella", "***");
    expect_masked(mask, "zebra\\u005c\\\"1\\u005c\\u005cumbrella", "***");
    expect_masked(mask, "zebra\\\\", "zebra\\\\");
    mask_free(mask);
}

Test(mask, a_secret_of_many_lines_is_hidden_line_by_line_too) {
    size_t before = memory_live_blocks();
    struct mask *mask = mask_of(TEXT("-----BEGIN-----\nMIIEvQIBADANBg\r\nab\n-----END-----"));
    expect_masked(mask, "x MIIEvQIBADANBg y", "x *** y");
    expect_masked(mask, "-----BEGIN----- MIIEvQIBADANBg  ab -----END-----", "***");
    expect_masked(mask, "-----BEGIN-----\nMIIEvQIBADANBg\r\nab\n-----END-----", "***");
    expect_masked(mask, "ab", "ab");
    mask_free(mask);
    cr_assert_eq(memory_live_blocks(), before);
}

Test(mask, a_copy_hides_the_same_and_goes_its_own_way) {
    struct mask *mask = mask_of(TEXT("zebra stripes\nMIIEvQIBADANBg")), *copy = mask_copy(mask);
    cr_assert(mask_add(copy, TEXT("another")));
    expect_masked(mask, "MIIEvQIBADANBg another", "*** another");
    mask_free(mask);
    expect_masked(copy, "MIIEvQIBADANBg another", "*** ***");
    mask_free(copy);
}
