/* aot: finds the command and gives it its options. Everything else is in cmd_*.c. */
#include "base/suggest.h"
#include "cli/command.h"
#include "cli/natives.h"
#include "cli/toxiproxy_request.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef AOT_VERSION
#define AOT_VERSION "0.1.0"
#endif

const struct command *const commands[] = { &command_run,     &command_check,  &command_fmt,
                                           &command_judge,   &command_report, &command_dump,
                                           &command_explain, &command_docs,   &command_export,
                                           &command_sql,     &command_proxy,  &command_config,
                                           &command_doctor,  &command_clean,  NULL };

static int help(void) {
    puts("aot: tests of always-on services whose verdict can be trusted.\n");
    puts("usage: aot COMMAND [options] [operands]\n");
    for (const struct command *const *command = commands; *command; command++)
        printf("  %-8s %s\n", (*command)->name, (*command)->summary);
    puts("\n  aot COMMAND --help   the command's options\n  aot --version\n\n"
         "exit status: 0 pass, 1 fail or findings, 2 usage or does not compile, 3 inconclusive, 4 environment, 5 "
         "internal,\n"
         "             130 and 143 when interrupted");
    return EXIT_STATUS_PASS;
}

static int command_help(const struct command *command) {
    struct buffer out = { 0 };
    buffer_printf(&out, "usage: aot %s [options] %s\n\n%s\n\n", command->name, command->operands, command->summary);
    options_print(command->options, &out);
    if (command->notes) buffer_printf(&out, "\n%s\n", command->notes);
    fputs(out.bytes, stdout);
    buffer_done(&out);
    return EXIT_STATUS_PASS;
}

static int unknown_command(const char *name) {
    struct suggestion suggestion = suggestion_for(text_of(name));
    for (const struct command *const *command = commands; *command; command++)
        suggestion_offer(&suggestion, text_of((*command)->name));
    fprintf(stderr, "aot: unknown command %s", name);
    if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
    fputs("; `aot help` lists them\n", stderr);
    return EXIT_STATUS_USAGE;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Started with a closed stdin, stdout or stderr, the record would get its number, and reports would be written into it. */
static bool fill_descriptors(void) {
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) != descriptor) return false;
    return true;
}

/* `aot run … | head -1`: nobody wants the rest. */
static bool reader_left(void) {
    struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

static int end_output(int status) {
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (!lost || reader_left()) return status;
    fputs("aot: standard output could not be written\n", stderr);
    return status == EXIT_STATUS_PASS ? EXIT_STATUS_ENVIRONMENT : status;
}

/* aot started itself, for an `upload` of a recipe: a word that no help lists. */
static int be_courier(void) {
    struct native_functions functions;
    return natives_open(&functions) ? functions.courier() : EXIT_STATUS_ENVIRONMENT;
}

int main(int argc, char **argv) {
    if (!fill_descriptors()) return EXIT_STATUS_ENVIRONMENT;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help();
        return EXIT_STATUS_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        puts("aot " AOT_VERSION);
        return EXIT_STATUS_PASS;
    }
    if (strcmp(name, "upload-process") == 0) return be_courier();
    if (strcmp(name, "toxiproxy-request") == 0) return end_output(toxiproxy_request(argc - 2, argv + 2));
    bool asks_help = strcmp(name, "help") == 0 || is_help(name);
    if (asks_help && argc < 3) return end_output(help());
    if (asks_help) name = argv[2];
    for (const struct command *const *command = commands; *command; command++) {
        if (strcmp(name, (*command)->name) != 0) continue;
        for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
            if (is_help(argv[i])) asks_help = true;
        if (asks_help) return end_output(command_help(*command));
        struct options options;
        if (!options_parse(&options, (*command)->options, argc - 2, argv + 2)) return EXIT_STATUS_USAGE;
        int status = (*command)->run(&options);
        options_done(&options);
        return end_output(status);
    }
    return unknown_command(name);
}
