/* A small scanner of PostgreSQL's tokens: quotes, dollar quotes, nested comments, parentheses, BEGIN ATOMIC … END.
 * One pass, no allocation; it never reads behind the text. */
#include "stdlib/sql/splitter.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool has(const struct splitter *splitter, size_t offset) {
    return splitter->at + offset < splitter->text.length;
}

static char peek(const struct splitter *splitter, size_t offset) {
    return has(splitter, offset) ? splitter->text.bytes[splitter->at + offset] : 0;
}

static void advance(struct splitter *splitter, size_t count) {
    for (; count > 0 && has(splitter, 0); count--) {
        if (splitter->text.bytes[splitter->at++] == '\n') splitter->line++;
    }
}

static bool is_word_byte(char byte) {
    return isalnum((unsigned char)byte) || byte == '_' || byte == '$' || (unsigned char)byte >= 0x80;
}

/* ---- what hides semicolons; each returns false when it never ends ---- */
static bool skip_quoted(struct splitter *splitter, char quote, bool backslashes) {
    advance(splitter, 1);
    while (has(splitter, 0)) {
        char byte = peek(splitter, 0);
        if (backslashes && byte == '\\') {
            advance(splitter, 2);
        } else if (byte == quote && peek(splitter, 1) == quote) {
            advance(splitter, 2);
        } else {
            advance(splitter, 1);
            if (byte == quote) return true;
        }
    }
    return false;
}

static bool skip_comment(struct splitter *splitter) {
    int depth = 0;
    while (has(splitter, 0)) {
        if (peek(splitter, 0) == '/' && peek(splitter, 1) == '*') {
            depth++;
            advance(splitter, 2);
        } else if (peek(splitter, 0) == '*' && peek(splitter, 1) == '/') {
            advance(splitter, 2);
            if (--depth == 0) return true;
        } else {
            advance(splitter, 1);
        }
    }
    return false;
}

static void skip_line(struct splitter *splitter) {
    while (has(splitter, 0) && peek(splitter, 0) != '\n') advance(splitter, 1);
}

/* The length of "$tag$" at this place, or 0. */
static size_t dollar_tag(const struct splitter *splitter) {
    size_t length = 1;
    if (isdigit((unsigned char)peek(splitter, 1))) return 0;
    while (is_word_byte(peek(splitter, length)) && peek(splitter, length) != '$') length++;
    return peek(splitter, length) == '$' ? length + 1 : 0;
}

static bool skip_dollar_quoted(struct splitter *splitter, size_t tag_length) {
    struct text tag = text_slice(splitter->text, splitter->at, tag_length);
    advance(splitter, tag_length);
    size_t found = text_find(text_slice(splitter->text, splitter->at, splitter->text.length), tag);
    advance(splitter, found == SIZE_MAX ? splitter->text.length : found + tag_length);
    return found != SIZE_MAX;
}

/* ---- words ---- */
static bool same_word(struct text word, const char *other) {
    return word.length == strlen(other) && strncasecmp(word.bytes, other, word.length) == 0;
}

static struct text word_at(const struct splitter *splitter) {
    size_t length = 0;
    while (is_word_byte(peek(splitter, length))) length++;
    return text_slice(splitter->text, splitter->at, length);
}

/* ---- depth ----
 * Nobody may parse what is too deep: the parser's output, the unpacking, the deparser and our own walks recurse. The tree is at most as deep as
 * this counts: tokens since what only makes siblings (a comma, AND, OR), and what is inside the deepest parentheses or CASE among them. JOIN,
 * UNION and their like count on across commas. Eight megabytes of stack bear twice the maximum. */
enum { DEPTH_MAXIMUM = 2000, LEVELS_MAXIMUM = 500, LEVEL_WEIGHT = 4 };
struct level {
    int chain;    /* JOIN, UNION and their like: each holds all before it */
    int betweens; /* whose AND is still to come; it makes no siblings: a NOT behind it holds all that follows */
    int tokens;   /* of the present item */
    int inner;    /* the deepest that is inside it */
    int widest;   /* the deepest item before it */
    bool is_case; /* ends with END */
};

/* What a statement looks like so far. */
struct reading {
    int parentheses;      /* depth */
    int blocks;           /* BEGIN ATOMIC and, within, CASE: depth */
    struct text last;     /* the last word: FROM before stdin, BEGIN before ATOMIC */
    bool copies;          /* COPY … FROM stdin */
    bool behind_dot;      /* the next word is a name */
    bool deep;            /* deeper than may be */
    struct level *levels; /* LEVELS_MAXIMUM, of which the first is always in use */
    int level;            /* the present one */
};

static void level_next(struct level *level) {
    int depth = level->tokens + level->inner;
    if (depth > level->widest) level->widest = depth;
    level->tokens = level->inner = 0;
}

static void level_open(struct reading *reading, bool is_case) {
    if (reading->level + 1 < LEVELS_MAXIMUM)
        reading->levels[++reading->level] = (struct level){ .tokens = LEVEL_WEIGHT, .is_case = is_case };
    else
        reading->deep = true;
}

static void level_close(struct reading *reading) {
    struct level *level = &reading->levels[reading->level];
    level_next(level);
    int depth = level->chain + level->widest;
    if (depth > DEPTH_MAXIMUM) reading->deep = true;
    if (reading->level == 0) return;
    struct level *outer = &reading->levels[--reading->level];
    if (depth > outer->inner) outer->inner = depth;
}

/* A parenthesis closes what was opened behind it and never closed, too: a column may be called "case". */
static void level_close_bracket(struct reading *reading) {
    while (reading->level > 0 && reading->levels[reading->level].is_case) level_close(reading);
    if (reading->level > 0) level_close(reading);
}

static bool is_deep(struct reading *reading) {
    while (reading->level > 0) level_close(reading);
    level_close(reading);
    return reading->deep;
}

static void weigh_word(struct reading *reading, struct text word) {
    struct level *level = &reading->levels[reading->level];
    bool sets = same_word(word, "union") || same_word(word, "intersect") || same_word(word, "except");
    level->tokens++;
    if (sets || same_word(word, "join")) level->chain++;
    bool is_and = same_word(word, "and"), of_between = is_and && level->betweens > 0;
    level->betweens += same_word(word, "between") - of_between;
    if (sets || (is_and && !of_between) || same_word(word, "or")) level_next(level);
    if (same_word(word, "case")) level_open(reading, true);
    if (same_word(word, "end") && level->is_case) level_close(reading);
}

static void weigh_byte(struct reading *reading, char byte) {
    struct level *level = &reading->levels[reading->level];
    if (byte == '(' || byte == '[')
        level_open(reading, false);
    else if (byte == ')' || byte == ']')
        level_close_bracket(reading);
    else if (byte == ',' || byte == ';')
        level_next(level);
    else if (byte != '.' && !isspace((unsigned char)byte))
        level->tokens++;
}

static void note_word(struct reading *reading, struct text word) {
    if (!reading->behind_dot) weigh_word(reading, word);
    reading->behind_dot = false;
    if (same_word(word, "atomic") && same_word(reading->last, "begin")) reading->blocks++;
    if (reading->blocks > 0 && same_word(word, "case")) reading->blocks++;
    if (reading->blocks > 0 && same_word(word, "end")) reading->blocks--;
    if (reading->parentheses == 0 && same_word(word, "stdin") && same_word(reading->last, "from"))
        reading->copies = true;
    reading->last = word;
}

/* One token that does not end the statement. False when it never ends. */
static bool skip_token(struct splitter *splitter, struct reading *reading) {
    char byte = peek(splitter, 0), next = peek(splitter, 1);
    if (byte == '\'' || byte == '"') reading->behind_dot = false;
    if (byte == '\'') return skip_quoted(splitter, '\'', false);
    if (byte == '"') return skip_quoted(splitter, '"', false);
    if ((byte == 'e' || byte == 'E') && next == '\'') {
        advance(splitter, 1);
        return skip_quoted(splitter, '\'', true);
    }
    if (byte == '-' && next == '-') {
        skip_line(splitter);
        return true;
    }
    if (byte == '/' && next == '*') return skip_comment(splitter);
    size_t tag = byte == '$' ? dollar_tag(splitter) : 0;
    if (tag) return skip_dollar_quoted(splitter, tag);
    if (is_word_byte(byte)) {
        struct text word = word_at(splitter);
        note_word(reading, word);
        advance(splitter, word.length);
        return true;
    }
    if (byte == '(') reading->parentheses++;
    if (byte == ')' && reading->parentheses > 0) reading->parentheses--;
    if (!isspace((unsigned char)byte)) reading->behind_dot = byte == '.';
    weigh_byte(reading, byte);
    advance(splitter, 1);
    return true;
}

/* Blanks, comments and empty statements before the next one. */
static bool skip_blank(struct splitter *splitter) {
    while (has(splitter, 0)) {
        char byte = peek(splitter, 0), next = peek(splitter, 1);
        if (isspace((unsigned char)byte) || byte == ';') {
            advance(splitter, 1);
        } else if (byte == '-' && next == '-') {
            skip_line(splitter);
        } else if (byte == '/' && next == '*') {
            if (!skip_comment(splitter)) return false;
        } else {
            break;
        }
    }
    return true;
}

/* Rows stand from the next line to a line "\.". */
static bool take_rows(struct splitter *splitter, struct piece *piece) {
    skip_line(splitter);
    advance(splitter, 1);
    size_t start = splitter->at;
    while (has(splitter, 0)) {
        size_t line = splitter->at;
        skip_line(splitter);
        struct text text = text_slice(splitter->text, line, splitter->at - line);
        advance(splitter, 1);
        if (!text_is(text, "\\.") && !text_is(text, "\\.\r")) continue;
        piece->rows = text_slice(splitter->text, start, line - start);
        return true;
    }
    return false;
}

static struct piece psql_command(struct splitter *splitter) {
    struct piece piece = { .kind = PIECE_PSQL_COMMAND, .line = splitter->line };
    size_t start = splitter->at;
    skip_line(splitter);
    piece.text = text_trim(text_slice(splitter->text, start, splitter->at - start));
    return piece;
}

struct piece splitter_next(struct splitter *splitter) {
    bool whole = skip_blank(splitter);
    struct piece piece = { .kind = PIECE_END, .line = splitter->line };
    if (!whole) piece.kind = PIECE_UNFINISHED;
    if (!whole || !has(splitter, 0)) return piece;
    if (peek(splitter, 0) == '\\') return psql_command(splitter);
    struct level levels[LEVELS_MAXIMUM];
    struct reading reading = { .levels = levels };
    levels[0] = (struct level){ 0 };
    size_t start = splitter->at;
    while (whole && has(splitter, 0) && (peek(splitter, 0) != ';' || reading.parentheses > 0 || reading.blocks > 0)) {
        if (peek(splitter, 0) == '\\') return psql_command(splitter);
        whole = skip_token(splitter, &reading);
    }
    piece.kind = whole ? PIECE_STATEMENT : PIECE_UNFINISHED;
    piece.deep = is_deep(&reading);
    piece.text = text_trim(text_slice(splitter->text, start, splitter->at - start));
    if (whole && reading.copies && statement_begins(piece.text, "copy")) {
        piece.kind = take_rows(splitter, &piece) ? PIECE_COPY : PIECE_UNFINISHED;
    } else {
        advance(splitter, 1);
    }
    return piece;
}

bool statement_begins(struct text statement, const char *word) {
    struct splitter splitter = { statement, 0, 1 };
    return same_word(word_at(&splitter), word);
}
