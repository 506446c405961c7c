/* Users and passwords in URLs, by their form. */
#include "base/credentials.h"

#include <criterion/criterion.h>

static void expect_hidden(const char *text, bool relative, const char *wanted) {
    struct buffer out = { 0 };
    buffer_append_string(&out, "");
    credentials_hide(text_of(text), relative, &out);
    cr_expect(text_is(buffer_text(&out), wanted), "%s: %s", text, out.bytes);
    buffer_done(&out);
}

Test(credentials, stand_before_the_last_at_of_an_authority) {
    expect_hidden("http://name:word@host/", false, "http://***@host/");
    expect_hidden("base=https://token@host:8080?q=a@b", false, "base=https://***@host:8080?q=a@b");
    expect_hidden("postgres://a:p@ss@db/x, redis://:word@r", false, "postgres://***@db/x, redis://***@r");
    expect_hidden("<http://a:b@c/>; rel=\"next\"", false, "<http://***@c/>; rel=\"next\"");
    expect_hidden("http://a:b@c", false, "http://***@c");
    expect_hidden("//a:b@c/d", true, "//***@c/d");
}

Test(credentials, are_nowhere_else) {
    static const char *const texts[] = { "",
                                         "me@example.org",
                                         "http://host/path@2x.png",
                                         "http://host?to=me@example.org",
                                         "http://host#@",
                                         "http://@host",
                                         "http://host and me@example.org",
                                         "//a:b@c/d",
                                         "://",
                                         "http://" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) expect_hidden(texts[i], false, texts[i]);
    expect_hidden("see //a:b@c/d", true, "see //a:b@c/d");
}

Test(credentials, one_after_the_other) {
    struct text text = TEXT("http://a:b@c http://d http://e:f@g");
    size_t offset = 0;
    cr_expect(text_is(credentials_next(text, &offset, false), "a:b"));
    cr_expect(text_is(credentials_next(text, &offset, false), "e:f"));
    cr_expect_eq(credentials_next(text, &offset, false).length, 0);
    cr_expect_eq(credentials_next(text, &offset, false).length, 0);
}
