/* What stands between quotes: `${}` in plain text, and the small languages of sql"", sh"", json'' and re''. Only their
 * shape is looked at here; a server or an engine has the last word. Also where secrets flow. */
#include "compiler/check.h"

bool literal_text(const struct node *node, struct text *text) {
    if (!node || node->kind != NODE_STRING || node->tag != TAG_NONE) return false;
    if (node->list && (node->list->kind != NODE_TEXT || node->list->next)) return false;
    *text = node->list ? node->list->string : TEXT_NONE;
    return true;
}

static bool is_filled(const struct node *node) {
    for (const struct node *part = node->list; part; part = part->next)
        if (part->kind != NODE_TEXT) return true;
    return false;
}

static struct text whole_text(struct checker *checker, const struct node *node) {
    struct text text = TEXT_NONE;
    for (const struct node *part = node->list; part; part = part->next)
        text = text.length ? arena_printf(checker->arena, "%.*s%.*s", TEXT_ARGS(text), TEXT_ARGS(part->string))
                           : part->string;
    return text;
}

/* ---- sql and sh: no value inside quotes ---- */

struct quoting {
    char quote;         /* the quote that is open: ' " $ / - (comments) or NUL */
    struct text dollar; /* of $tag$: the tag with its signs */
};

static size_t dollar_tag(struct text text, size_t at) {
    size_t end = at + 1;
    while (end < text.length && (text.bytes[end] == '_' || (text.bytes[end] >= '0' && text.bytes[end] <= '9') ||
                                 ((text.bytes[end] | 32) >= 'a' && (text.bytes[end] | 32) <= 'z')))
        end++;
    bool number = end > at + 1 && text.bytes[at + 1] >= '0' && text.bytes[at + 1] <= '9';
    return end < text.length && text.bytes[end] == '$' && !number ? end + 1 - at : 0;
}

static size_t open_sql(struct quoting *state, struct text text, size_t at) {
    char byte = text.bytes[at], next = at + 1 < text.length ? text.bytes[at + 1] : '\0';
    if (byte == '\'' || byte == '"') state->quote = byte;
    if ((byte == '-' && next == '-') || (byte == '/' && next == '*')) {
        state->quote = byte;
        return at + 2;
    }
    size_t tag = byte == '$' ? dollar_tag(text, at) : 0;
    if (tag) {
        state->quote = '$';
        state->dollar = text_slice(text, at, tag);
        return at + tag;
    }
    return at + 1;
}

static void scan_sql(struct quoting *state, struct text text) {
    for (size_t at = 0; at < text.length;) {
        char byte = text.bytes[at];
        if (!state->quote) {
            at = open_sql(state, text, at);
        } else if (state->quote == '$' && text_starts(text_slice(text, at, text.length), state->dollar)) {
            at += state->dollar.length;
            state->quote = '\0';
        } else if (state->quote == '/' && byte == '*' && at + 1 < text.length && text.bytes[at + 1] == '/') {
            at += 2;
            state->quote = '\0';
        } else {
            bool closes = (state->quote == '-' && byte == '\n') ||
                          ((state->quote == '\'' || state->quote == '"') && byte == state->quote);
            if (closes) state->quote = '\0';
            at++;
        }
    }
}

static void scan_shell(struct quoting *state, struct text text) {
    for (size_t at = 0; at < text.length; at++) {
        char byte = text.bytes[at];
        if (byte == '\\' && state->quote != '\'') {
            at++;
        } else if (state->quote == byte) {
            state->quote = '\0';
        } else if (!state->quote && (byte == '\'' || byte == '"')) {
            state->quote = byte;
        }
    }
}

static void report_quoted(struct checker *checker, const struct node *part, const struct quoting *state, bool sql) {
    struct diagnostic *diagnostic;
    if (state->quote == '-' || state->quote == '/')
        diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E474, part->span, "a value inside a comment of the SQL");
    else
        diagnostic = diagnostics_report(checker->diagnostics, DIAG_E474, part->span,
                                        "a value inside quotes of the %s text", sql ? "SQL" : "shell");
    if (state->quote == '-' || state->quote == '/')
        diagnostic_help(diagnostic, "take it out: a comment has no parameters");
    else if (sql)
        diagnostic_help(diagnostic,
                        "`${}` is a parameter and needs no quotes: leave them out; to build a text, use `||`");
    else
        diagnostic_help(diagnostic, "`${}` is quoted as one word already: leave the quotes out");
}

static void check_quoting(struct checker *checker, struct node *node, bool sql) {
    struct quoting state = { 0 };
    for (struct node *part = node->list; part; part = part->next) {
        if (part->kind != NODE_TEXT) {
            if (state.quote) report_quoted(checker, part, &state, sql);
        } else if (sql) {
            scan_sql(&state, part->string);
        } else {
            scan_shell(&state, part->string);
        }
    }
}

/* What may be sent to a server or stand in a command: data, but no list for SQL to splice. */
static void check_parts(struct checker *checker, struct node *node, const char *what) {
    for (struct node *part = node->list; part; part = part->next) {
        if (part->kind == NODE_TEXT || !check_plain(checker, part, what)) continue;
        const struct type *type = type_present(part->type);
        bool printable =
            type->is_data && type->kind != TYPE_REGEX && !(node->tag != TAG_NONE && type->kind == TYPE_RECORD);
        if (printable) continue;
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E326, part->span,
                                                           "%s is text, a number or the like, and this is `%s`", what,
                                                           type_text(checker, part->type));
        if (type->kind == TYPE_HANDLE && signature_find_member(checker->natives, type->name, TEXT("url")) != NO_ROW)
            diagnostic_help(diagnostic, "did you mean `%s.url`?", source_text(checker, part));
    }
}

/* ---- json ---- */

struct json {
    struct text text;
    size_t at;         /* the next byte */
    int depth;         /* of open brackets */
    const char *error; /* the first thing wrong; NULL: nothing yet */
};

static char json_peek(struct json *json) {
    while (json->at < json->text.length) {
        char byte = json->text.bytes[json->at];
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') return byte;
        json->at++;
    }
    return '\0';
}

static bool json_fail(struct json *json, const char *error) {
    if (!json->error) json->error = error;
    return false;
}

static bool is_hex(char byte) {
    return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f');
}

static bool json_escape(struct json *json) {
    char byte = json->at < json->text.length ? json->text.bytes[json->at] : '\0';
    json->at++;
    if (byte == 'u') {
        for (int i = 0; i < 4; i++, json->at++)
            if (json->at >= json->text.length || !is_hex(json->text.bytes[json->at]))
                return json_fail(json, "`\\u` needs four hexadecimal digits");
        return true;
    }
    for (const char *known = "\"\\/bfnrt"; *known; known++)
        if (byte == *known) return true;
    return json_fail(json, "this escape does not exist");
}

static bool json_read_string(struct json *json) {
    for (json->at++; json->at < json->text.length;) {
        unsigned char byte = (unsigned char)json->text.bytes[json->at++];
        if (byte == '"') return true;
        if (byte < ' ') return json_fail(json, "a line break inside a text");
        if (byte == '\\' && !json_escape(json)) return false;
    }
    return json_fail(json, "the text does not end");
}

static bool is_digit(const struct json *json) {
    return json->at < json->text.length && json->text.bytes[json->at] >= '0' && json->text.bytes[json->at] <= '9';
}

static bool json_digits(struct json *json) {
    if (!is_digit(json)) return json_fail(json, "a digit is missing");
    while (is_digit(json)) json->at++;
    return true;
}

static bool json_take(struct json *json, char wanted) {
    if (json->at >= json->text.length || json->text.bytes[json->at] != wanted) return false;
    json->at++;
    return true;
}

static bool json_read_number(struct json *json) {
    json_take(json, '-');
    if (json_take(json, '0')) {
        if (is_digit(json)) return json_fail(json, "a number does not begin with 0");
    } else if (!json_digits(json)) {
        return false;
    }
    if (json_take(json, '.') && !json_digits(json)) return false;
    if (json_take(json, 'e') || json_take(json, 'E')) {
        if (!json_take(json, '-')) json_take(json, '+');
        return json_digits(json);
    }
    return true;
}

static bool json_read_value(struct json *json);

static bool json_read_member(struct json *json) {
    if (json_peek(json) != '"') return json_fail(json, "a key in double quotes is missing");
    if (!json_read_string(json)) return false;
    if (json_peek(json) != ':') return json_fail(json, "`:` is missing behind the key");
    json->at++;
    return json_read_value(json);
}

static bool json_read_container(struct json *json, char close) {
    json->at++;
    if (++json->depth > 200) return json_fail(json, "nested more than 200 deep");
    if (json_peek(json) != close) {
        do {
            if (!(close == '}' ? json_read_member(json) : json_read_value(json))) return false;
        } while (json_peek(json) == ',' && json->at++ < json->text.length);
    }
    if (json_peek(json) != close)
        return json_fail(json, close == '}' ? "`,` or `}` is missing" : "`,` or `]` is missing");
    json->at++;
    json->depth--;
    return true;
}

static bool json_read_value(struct json *json) {
    char first = json_peek(json);
    if (first == '{') return json_read_container(json, '}');
    if (first == '[') return json_read_container(json, ']');
    if (first == '"') return json_read_string(json);
    if (first == '-' || is_digit(json)) return json_read_number(json);
    static const char *const words[] = { "true", "false", "null" };
    for (int i = 0; i < 3; i++) {
        struct text word = text_of(words[i]);
        if (!text_equal(text_slice(json->text, json->at, word.length), word)) continue;
        json->at += word.length;
        return true;
    }
    return json_fail(json, "a value is missing");
}

/* Where a byte of the text stands in the file, as far as the text is written plainly there. */
static struct span place_in(const struct node *node, size_t offset) {
    const struct node *part = node->list;
    bool plain = part && part->span.length == part->string.length;
    if (!plain) return node->span;
    uint32_t inside = offset < part->span.length ? (uint32_t)offset : part->span.length ? part->span.length - 1 : 0;
    return (struct span){ part->span.source, part->span.start + inside, part->span.length ? 1 : 0 };
}

static void check_json(struct checker *checker, struct node *node) {
    if (is_filled(node)) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E326, node->span,
                                                           "`${}` does not fit into json'…', which is fixed text");
        diagnostic_help(diagnostic, "write a record: `{ id: x, list: [1, 2] }` is JSON wherever JSON is wanted");
        return;
    }
    struct json json = { .text = whole_text(checker, node) };
    if (json_read_value(&json) && json_peek(&json) != '\0') json_fail(&json, "something stands behind the value");
    if (json.error)
        diagnostics_report(checker->diagnostics, DIAG_E327, place_in(node, json.at), "this is no JSON: %s", json.error);
}

/* ---- re ---- */

static const char *unbalanced(struct text pattern, size_t *offset) {
    size_t open = 0;
    for (size_t at = 0; at < pattern.length; at++) {
        *offset = at;
        if (pattern.bytes[at] == '\\') {
            if (++at >= pattern.length) return "`\\` stands at the end";
        } else if (pattern.bytes[at] == '[') {
            size_t end = at + 1;
            if (end < pattern.length && pattern.bytes[end] == '^') end++;
            if (end < pattern.length && pattern.bytes[end] == ']') end++;
            while (end < pattern.length && pattern.bytes[end] != ']') end += pattern.bytes[end] == '\\' ? 2 : 1;
            if (end >= pattern.length) return "`[` is not closed";
            at = end;
        } else if (pattern.bytes[at] == '(') {
            open++;
        } else if (pattern.bytes[at] == ')' && open-- == 0) {
            return "`)` closes nothing";
        }
    }
    *offset = pattern.length ? pattern.length - 1 : 0;
    return open ? "`(` is not closed" : NULL;
}

static void check_regex(struct checker *checker, struct node *node) {
    if (is_filled(node)) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E326, node->span,
                                                           "`${}` does not fit into re'…', which is compiled at check");
        diagnostic_help(diagnostic, "compare with `==`, or look for several patterns with `a|b`");
        return;
    }
    struct text pattern = whole_text(checker, node);
    size_t offset = 0;
    struct buffer reason = { 0 };
    if (checker->options->check_regex) {
        if (!checker->options->check_regex(pattern, &reason, &offset))
            diagnostics_report(checker->diagnostics, DIAG_E328, place_in(node, offset),
                               "this is no regular expression: %.*s", TEXT_ARGS(buffer_text(&reason)));
    } else {
        const char *error = unbalanced(pattern, &offset);
        if (error)
            diagnostics_report(checker->diagnostics, DIAG_E328, place_in(node, offset),
                               "this is no regular expression: %s", error);
    }
    buffer_done(&reason);
}

/* ---- url ---- */

void check_url(struct checker *checker, struct node *node) {
    if (node->tag != TAG_NONE) return;
    struct text head = node->list && node->list->kind == NODE_TEXT ? node->list->string : TEXT_NONE;
    if (!head.length && node->list) return; /* begins with a value */
    size_t end = 0;
    while (end < head.length && ((head.bytes[end] | 32) >= 'a' && (head.bytes[end] | 32) <= 'z')) end++;
    bool is_url = end && text_starts(text_slice(head, end, head.length), TEXT("://"));
    if (is_url) return;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E325, node->span,
                                                       "this is no URL: it has no `scheme://` in front");
    if (text_starts(head, TEXT("/")))
        diagnostic_help(diagnostic, "write the whole address, \"http://host:port%.*s%s\"", TEXT_ARGS(head),
                        is_filled(node) ? "…" : "");
    else
        diagnostic_help(diagnostic, "write \"http://%.*s%s\"", TEXT_ARGS(head), is_filled(node) ? "…" : "");
}

/* ---- the text as a whole ---- */

void check_tag(struct checker *checker, struct node *node) {
    switch (node->tag) {
    case TAG_SQL:
        check_parts(checker, node, "a parameter of SQL");
        check_quoting(checker, node, true);
        return;
    case TAG_SH:
        check_parts(checker, node, "a word of the shell text");
        check_quoting(checker, node, false);
        return;
    case TAG_JSON: check_json(checker, node); return;
    case TAG_RE: check_regex(checker, node); return;
    default: check_parts(checker, node, "what `${}` puts into a text"); return;
    }
}

const struct type *check_text(struct checker *checker, struct node *node) {
    static const enum type_kind kinds[] = { [TAG_NONE] = TYPE_STRING,
                                            [TAG_SQL] = TYPE_SQL,
                                            [TAG_SH] = TYPE_SHELL,
                                            [TAG_JSON] = TYPE_JSON,
                                            [TAG_RE] = TYPE_REGEX };
    bool filled = false;
    for (struct node *part = node->list; part; part = part->next) {
        if (part->kind == NODE_TEXT) {
            part->type = simple(checker, TYPE_STRING);
            continue;
        }
        check_expression(checker, part, NULL);
        raise_effect(node, part);
        filled = true;
    }
    if (filled || node->tag != TAG_NONE) check_tag(checker, node);
    return simple(checker, kinds[node->tag]);
}

/* ---- secrets ---- */

/* Names carry the mark with them (symbol.is_secret), so that this looks at one expression only. What a call makes of a
 * secret is another value: only direct flows are followed. */
struct node *secret_source(struct checker *checker, struct node *node) {
    if (!checker->has_secrets || !node) return NULL;
    const struct symbol *symbol = node->resolved;
    bool imported =
        node->kind == NODE_FIELD && node->a && node->a->type && node->a->type->kind == TYPE_MODULE && node->a->resolved;
    bool named = node->kind == NODE_NAME || imported;
    if (named) return symbol && symbol->is_secret ? node : NULL;
    if (node->kind == NODE_CALL) return NULL;
    struct node *parts[] = { node->a, node->b, node->c };
    for (int i = 0; i < 3; i++) {
        struct node *found = secret_source(checker, parts[i]);
        if (found) return found;
    }
    for (struct node *part = node->list; part; part = part->next) {
        struct node *found = secret_source(checker, part);
        if (found) return found;
    }
    return NULL;
}
