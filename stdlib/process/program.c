/* From a recipe's command to arguments, environment and an executable's path. Nothing is started here. */
#include "stdlib/process/program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAXIMUM = 200 };

void words_add(struct words *words, char *owned) {
    VECTOR_PUSH(words, owned);
}

void words_end(struct words *words) {
    VECTOR_RESERVE(words, words->count + 1);
    words->items[words->count] = NULL;
}

void words_done(struct words *words) {
    for (size_t i = 0; i < words->count; i++) memory_release(words->items[i]);
    VECTOR_DONE(words);
}

static bool has_nul(struct text text) {
    return text.length && memchr(text.bytes, 0, text.length);
}

/* ---- arguments ---- */

static bool read_list(struct program_start *program, struct value command, struct buffer *problem) {
    for (size_t i = 0; i < value_count(command); i++) {
        struct value word = value_at(command, i);
        if (word.kind == VALUE_TEXT && !has_nul(value_text_of(word))) {
            words_add(&program->arguments, memory_copy(value_text_of(word).bytes, value_text_of(word).length));
            continue;
        }
        buffer_printf(problem, "word %zu of the command %s", i + 1,
                      word.kind == VALUE_TEXT ? "has a NUL byte" : "is no string");
        return false;
    }
    if (program->arguments.count && program->arguments.items[0][0]) return true;
    buffer_append_string(problem, "the command is empty");
    return false;
}

static bool read_shell(struct program_start *program, struct text text, struct buffer *problem) {
    words_add(&program->arguments, memory_copy("/bin/sh", 7));
    words_add(&program->arguments, memory_copy("-c", 2));
    words_add(&program->arguments, memory_copy(text.bytes, text.length));
    if (has_nul(text)) buffer_append_string(problem, "the command has a NUL byte");
    return !problem->length;
}

static bool is_plain(const char *word) {
    return *word && !strpbrk(word, " \t\r\n\"'\\$`&|;<>(){}*?[]#~!");
}

static char *shown(const struct words *arguments, bool shell) {
    struct buffer out = { 0 };
    for (size_t i = shell ? 2 : 0; i < arguments->count && out.length <= SHOWN_MAXIMUM; i++) {
        if (out.length) buffer_append_byte(&out, ' ');
        const char *word = arguments->items[i];
        buffer_printf(&out, shell || is_plain(word) ? "%s" : "'%s'", word);
    }
    if (out.length > SHOWN_MAXIMUM) {
        out.length = SHOWN_MAXIMUM;
        buffer_append_string(&out, "…");
    }
    for (size_t i = 0; i < out.length; i++)
        if (out.bytes[i] == '\n') out.bytes[i] = ' ';
    return buffer_take(&out);
}

/* ---- environment ---- */

static bool is_named(const char *entry, struct text name) {
    return strncmp(entry, name.bytes, name.length) == 0 && entry[name.length] == '=';
}

static bool is_replaced(const char *entry, struct value changes) {
    for (size_t i = 0; i < value_count(changes); i++)
        if (is_named(entry, value_key_at(changes, i))) return true;
    return strncmp(entry, "AOT_RUN=", 8) == 0 || strncmp(entry, "AOT_PROCESS=", 12) == 0;
}

static bool read_environment(struct program_start *program, struct value changes, struct buffer *problem) {
    for (char **entry = environ; *entry; entry++)
        if (!is_replaced(*entry, changes)) words_add(&program->environment, memory_copy(*entry, strlen(*entry)));
    for (size_t i = 0; i < value_count(changes); i++) {
        struct text name = value_key_at(changes, i);
        struct value item = value_at(changes, i);
        if (item.kind == VALUE_NONE) continue;
        if (!name.length || memchr(name.bytes, '=', name.length) || has_nul(name))
            buffer_printf(problem, "env: \"%.*s\" cannot be the name of a variable", TEXT_ARGS(name));
        else if (item.kind != VALUE_TEXT || has_nul(value_text_of(item)))
            buffer_printf(problem, "env: %.*s is no string, or has a NUL byte", TEXT_ARGS(name));
        if (problem->length) return false;
        struct buffer entry = { 0 };
        buffer_printf(&entry, "%.*s=%.*s", TEXT_ARGS(name), TEXT_ARGS(value_text_of(item)));
        words_add(&program->environment, buffer_take(&entry));
    }
    return true;
}

void program_mark(struct program_start *program, const char *name, const char *content) {
    struct buffer entry = { 0 };
    buffer_printf(&entry, "%s=%s", name, content);
    words_add(&program->environment, buffer_take(&entry));
}

/* ---- the executable ---- */

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static const char *why_not(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return errno == ENOENT || errno == ENOTDIR ? "program not found" : strerror(errno);
    return S_ISDIR(status.st_mode) ? "a folder, not a program" : "not executable";
}

/* With a slash the name is a path, seen from the folder in which the program will run. */
static bool find_by_path(struct program_start *program, const char *name, struct buffer *problem) {
    struct buffer seen = { 0 };
    if (name[0] != '/' && program->folder) buffer_printf(&seen, "%s/", program->folder);
    buffer_append_string(&seen, name);
    if (!is_program(seen.bytes)) buffer_printf(problem, "%s: %s", why_not(seen.bytes), name);
    buffer_done(&seen);
    program->path = memory_copy(name, strlen(name));
    return !problem->length;
}

static bool find_in_path(struct program_start *program, const char *name, struct buffer *problem) {
    const char *path = "/usr/local/bin:/usr/bin:/bin";
    for (size_t i = 0; i < program->environment.count; i++)
        if (is_named(program->environment.items[i], TEXT("PATH"))) path = program->environment.items[i] + 5;
    struct buffer candidate = { 0 };
    for (const char *at = path;; at++) {
        size_t length = strcspn(at, ":");
        buffer_clear(&candidate);
        if (length) buffer_printf(&candidate, "%.*s/", (int)length, at);
        buffer_append_string(&candidate, name);
        if (length && is_program(candidate.bytes)) {
            program->path = buffer_take(&candidate);
            return true;
        }
        at += length;
        if (!*at) break;
    }
    buffer_done(&candidate);
    buffer_printf(problem, "program not found: %s (PATH is %s)", name, path);
    return false;
}

static bool read_folder(struct program_start *program, struct value folder, struct buffer *problem) {
    if (folder.kind == VALUE_NONE) return true;
    struct text text = value_text_of(folder);
    struct stat status;
    program->folder = memory_copy(text.bytes, text.length);
    if (stat(program->folder, &status) != 0)
        buffer_printf(problem, "folder %s: %s", program->folder, strerror(errno));
    else if (!S_ISDIR(status.st_mode))
        buffer_printf(problem, "folder %s: it is none", program->folder);
    return !problem->length;
}

bool program_read(struct program_start *program, struct value command, struct value environment, struct value folder,
                  struct buffer *problem) {
    bool shell = command.kind == VALUE_SHELL;
    bool good = shell ? read_shell(program, value_text_of(command), problem) : read_list(program, command, problem);
    good = good && read_environment(program, environment, problem) && read_folder(program, folder, problem);
    if (!good) return false;
    program->shown = shown(&program->arguments, shell);
    const char *name = program->arguments.items[0];
    return strchr(name, '/') ? find_by_path(program, name, problem) : find_in_path(program, name, problem);
}

void program_done(struct program_start *program) {
    memory_release(program->path);
    words_done(&program->arguments);
    words_done(&program->environment);
    memory_release(program->folder);
    memory_release(program->shown);
    *program = (struct program_start){ 0 };
}
