/* aot proxy: the fault proxies without a run, driven over Toxiproxy's HTTP API by any of its clients. */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/natives.h"
#include "stdlib/proxy/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { CONFIG_MAXIMUM = 1 << 20 };
static const char default_listen[] = "127.0.0.1:8474";

static const struct option options_table[] = {
    { "listen", 'l', "HOST:PORT", "where the API is (127.0.0.1:8474); port 0 takes a free one" },
    { "config", 0, "FILE", "proxies to begin with: JSON as POST /populate takes it" },
    { "seed", 0, "NUMBER", "of all dice (toxicity, jitter, slices); printed" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static bool read_seed(const struct options *options, uint64_t *seed) {
    const char *word = option_value(options, "seed");
    char *end = NULL;
    if (!word) return getrandom(seed, sizeof *seed, 0) == (ssize_t)sizeof *seed;
    errno = 0;
    *seed = strtoull(word, &end, 10);
    if (errno == 0 && word[0] >= '0' && word[0] <= '9' && *end == '\0') return true;
    fprintf(stderr, "aot: --seed takes a whole number, not \"%s\"\n", word);
    return false;
}

/* Never a pipe or a device, which might not end. */
static bool read_config(const char *path, struct buffer *out) {
    struct stat facts;
    FILE *file = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "rbe") : NULL;
    if (!file) {
        fprintf(stderr, "aot: %s: %s\n", path, errno ? strerror(errno) : "is no file");
        return false;
    }
    char *block = memory_resize(NULL, CONFIG_MAXIMUM + 1);
    size_t length = fread(block, 1, CONFIG_MAXIMUM + 1, file);
    bool good = !ferror(file) && length <= CONFIG_MAXIMUM && length > 0;
    if (good) buffer_append(out, (struct text){ block, length });
    if (!good)
        fprintf(stderr, "aot: %s: %s\n", path,
                length == 0 ? "is empty: write [] for no proxies" : "could not be read, or has more than 1 MiB");
    memory_release(block);
    fclose(file);
    return good;
}

static void opened(const char *address) {
    printf("the API of Toxiproxy is at http://%s; Ctrl-C ends it and every proxy\n", address);
    fflush(stdout);
}

static int status_of(int signal) {
    return signal == SIGINT ? EXIT_STATUS_INTERRUPTED : 128 + signal;
}

static int serve(const struct options *options, struct proxy_serving *serving) {
    struct native_functions functions;
    struct buffer problem = { 0 };
    if (!natives_open(&functions)) return EXIT_STATUS_ENVIRONMENT;
    if (!option_given(options, "seed")) printf("seed %llu\n", (unsigned long long)serving->seed);
    int ended = functions.serve_proxies(serving, &problem);
    if (!ended) fprintf(stderr, "aot: %s\n", problem.bytes ? problem.bytes : "the API could not be served");
    buffer_done(&problem);
    return ended ? status_of(ended) : EXIT_STATUS_ENVIRONMENT;
}

static int proxy(const struct options *options) {
    const char *listen = option_value(options, "listen"), *config = option_value(options, "config");
    struct proxy_serving serving = { .listen = listen ? listen : default_listen,
                                     .version = AOT_VERSION,
                                     .opened = opened };
    struct buffer json = { 0 };
    if (options->operands.count) {
        fprintf(stderr, "aot: aot proxy takes no operands, but \"%s\" was given; did you mean --listen?\n",
                options->operands.items[0]);
        return EXIT_STATUS_USAGE;
    }
    if (!read_seed(options, &serving.seed)) return EXIT_STATUS_USAGE;
    errno = 0;
    if (config && !read_config(config, &json)) return EXIT_STATUS_USAGE;
    serving.config = buffer_text(&json);
    int status = serve(options, &serving);
    buffer_done(&json);
    return status;
}

const struct command command_proxy = {
    "proxy",
    "",
    "fault proxies behind Toxiproxy's HTTP API, without a recipe",
    options_table,
    proxy,
    "Any client of Toxiproxy makes proxies and toxics over it; docs/proxy.md says what each toxic does and\n"
    "what differs from Toxiproxy. Who reaches the API can reach what this machine reaches: leave it on 127.0.0.1."
};
