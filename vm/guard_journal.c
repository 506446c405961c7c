/* Reads the guard's journal into entries. Used by aot, by the guard after aot's death, and by `aot clean`. */
#include "vm/guard_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t guard_process_started(pid_t process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    int file = process > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    char *field = strrchr(text, ')'); /* the name may hold blanks and parentheses */
    if (!field || field[1] == 0 || field[2] == 'Z' || field[2] == 'X') return 0;
    for (int skip = 3; field && skip <= 22; skip++) field = strchr(field + 1, ' ');
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

bool guard_process_is(pid_t process, uint64_t started) {
    uint64_t now = guard_process_started(process);
    return now != 0 && (started == 0 || now == started);
}

static struct guard_entry *find(struct guard_journal *journal, uint32_t id) {
    for (size_t i = journal->entries.count; i-- > 0;)
        if (journal->entries.items[i].id == id) return &journal->entries.items[i];
    return NULL;
}

void guard_journal_escape(struct buffer *line, const char *text) {
    for (; *text; text++) {
        if (*text == '\n')
            buffer_append_string(line, "\\n");
        else if (*text == '\\')
            buffer_append_string(line, "\\\\");
        else
            buffer_append_byte(line, *text);
    }
}

static char *unescaped(const char *text) {
    char *copy = memory_copy(text, strlen(text)), *to = copy;
    for (const char *from = text; *from; from++) {
        bool escape = from[0] == '\\' && from[1];
        if (escape) from++;
        *to++ = escape && *from == 'n' ? '\n' : *from;
    }
    *to = '\0';
    return copy;
}

static void read_added(struct guard_journal *journal, const char *line) {
    unsigned id = 0;
    char kind[16] = "";
    int text = 0;
    if (sscanf(line, "+ %u %15s %n", &id, kind, &text) < 2 || !text) return;
    struct guard_entry entry = { .id = id };
    if (strcmp(kind, "process") == 0) {
        long process = 0;
        unsigned long long started = 0;
        long long patience = 0;
        if (sscanf(line + text, "%ld %llu %d %lld", &process, &started, &entry.stop_signal, &patience) != 4) return;
        entry.kind = GUARD_PROCESS;
        entry.process = (pid_t)process;
        entry.started = started;
        entry.patience = patience;
    } else if (strcmp(kind, "folder") == 0 || strcmp(kind, "command") == 0) {
        entry.kind = kind[0] == 'f' ? GUARD_FOLDER : GUARD_COMMAND;
        entry.text = unescaped(line + text);
    } else {
        return;
    }
    VECTOR_PUSH(&journal->entries, entry);
}

void guard_journal_line(struct guard_journal *journal, const char *line) {
    unsigned id = 0;
    long first = 0, second = 0;
    unsigned long long first_started = 0, second_started = 0;
    if (line[0] == '+') {
        read_added(journal, line);
    } else if (sscanf(line, "= %u %ld %llu", &id, &first, &first_started) == 3) {
        struct guard_entry *entry = find(journal, id);
        if (!entry) return;
        entry->process = (pid_t)first;
        entry->started = first_started;
    } else if (sscanf(line, "- %u", &id) == 1) {
        struct guard_entry *entry = find(journal, id);
        if (!entry) return;
        memory_release(entry->text);
        memmove(entry, entry + 1,
                (size_t)(journal->entries.items + journal->entries.count - entry - 1) * sizeof *entry);
        journal->entries.count--;
    } else if (sscanf(line, "aot %ld %llu %ld %llu", &first, &first_started, &second, &second_started) == 4) {
        journal->aot = (pid_t)first;
        journal->aot_started = first_started;
        journal->guard = (pid_t)second;
        journal->guard_started = second_started;
    }
}

bool guard_journal_read(const char *path, struct guard_journal *journal) {
    *journal = (struct guard_journal){ 0 };
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, file)) > 0) {
        if (line[length - 1] != '\n') break; /* torn */
        line[length - 1] = 0;
        guard_journal_line(journal, line);
    }
    free(line);
    fclose(file);
    return true;
}

void guard_journal_done(struct guard_journal *journal) {
    for (size_t i = 0; i < journal->entries.count; i++) memory_release(journal->entries.items[i].text);
    VECTOR_DONE(&journal->entries);
    VECTOR_DONE(&journal->descendants.list);
}
