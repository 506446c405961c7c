/* A template's image, command and environment as the words of `docker run`, in the foreground, so that lines, end and
 * exit code come without being asked for. The container shares the machine's network unless the recipe fixes the port:
 * then what is 127.0.0.1 for aot is so inside, too. */
#include "stdlib/process/command.h"
#include "stdlib/service/container.h"
#include "stdlib/service/fleet.h"

/* The client needs these as they are. */
static bool belongs_to_client(struct text name) {
    return text_is(name, "PATH") || text_is(name, "HOME") || text_starts(name, TEXT("DOCKER_"));
}

/* Values go through the client's environment, not its command line, where everybody could read them. */
static void add_environment(struct heap *heap, struct value *list, struct value given, struct value *passed) {
    *passed = value_record(heap);
    for (size_t i = 0; i < value_count(given); i++) {
        struct text name = value_key_at(given, i);
        struct value item = value_at(given, i);
        if (item.kind == VALUE_NONE) continue;
        words_append(heap, list, "--env");
        if (belongs_to_client(name)) {
            words_append_owned(list, value_printf(heap, "%.*s=%.*s", TEXT_ARGS(name), TEXT_ARGS(value_text_of(item))));
            continue;
        }
        words_append_owned(list, value_text(heap, name));
        *passed = value_record_with(*passed, name, item);
    }
}

static void add_network(const struct replica *replica, struct heap *heap, struct value *list) {
    if (!replica->plan.port) {
        words_append(heap, list, "--network");
        words_append(heap, list, "host");
        return;
    }
    words_append(heap, list, "--publish");
    words_append_owned(list, value_printf(heap, "127.0.0.1:%d:%d", replica->port.number, replica->plan.port));
}

/* The image's own program gets the command's words but the first, which is the program on this machine. */
static bool add_command(const struct replica *replica, struct heap *heap, struct value *list, struct buffer *problem) {
    struct value command = plan_field(&replica->plan, "command"), image = plan_field(&replica->plan, "image"), bad;
    if (value_is_bad(command)) {
        buffer_printf(problem, "the command: %.*s", TEXT_ARGS(value_text_of(command)));
        return false;
    }
    if (command.kind == VALUE_SHELL) {
        words_append(heap, list, "--entrypoint");
        words_append(heap, list, "/bin/sh");
    }
    *list = value_list_append(*list, image);
    if (command.kind == VALUE_SHELL) {
        words_append(heap, list, "-c");
        words_append_owned(list, value_text(heap, value_text_of(command)));
    }
    for (size_t i = 1; command.kind == VALUE_LIST && i < value_count(command); i++) {
        struct value word = value_at(command, i);
        if (value_holds_bad(word, &bad)) {
            buffer_printf(problem, "word %zu of the command: %.*s", i + 1, TEXT_ARGS(value_text_of(bad)));
            return false;
        }
        *list = value_list_append(*list, word);
    }
    return true;
}

struct value image_words(const struct replica *replica, const char *name, struct value environment,
                         struct value *passed, struct buffer *problem) {
    static const char *const words[] = { "docker", "run", "--rm", "--init", "--pull", "never", "--name", NULL };
    struct run *run = replica->fleet->run;
    struct heap *heap = run_heap(run);
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; words[i]; i++) words_append(heap, &list, words[i]);
    words_append(heap, &list, name);
    words_append(heap, &list, "--label");
    words_append_owned(&list,
                       value_printf(heap, "dev.aot.run=%s", run_guard(run) ? guard_run_id(run_guard(run)) : "none"));
    add_network(replica, heap, &list);
    if (run_folder(run) && *run_folder(run)) { /* what temp_file wrote has the same path inside */
        words_append(heap, &list, "--volume");
        words_append_owned(&list, value_printf(heap, "%s:%s:ro", run_folder(run), run_folder(run)));
    }
    add_environment(heap, &list, environment, passed);
    add_command(replica, heap, &list, problem);
    return list;
}
