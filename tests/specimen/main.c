/* notes: a small real component, the specimen that the standard recipes are run against. See README.md. */
#include "ai.h"
#include "api.h"
#include "defect.h"
#include "items.h"
#include "outbox.h"
#include "reemit.h"
#include "release.h"
#include "server.h"
#include "smoke.h"
#include "store.h"
#include "sync.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct options {
    const char *listen;                    /* of serve */
    const char *url;                       /* of smoke */
    const char *server, *control, *outbox; /* of client */
    const char *format;                    /* of reemit */
};

static int usage(FILE *file) {
    fputs("usage: notes serve --listen HOST:PORT [--defect NAME]     the server; DATABASE_URL names its database, else "
          "it has one of its own\n"
          "                                                          AI_GATEWAY_URL names the gateway of /generate, if "
          "there "
          "is one\n"
          "       notes gateway --listen HOST:PORT                   that gateway\n"
          "       notes smoke URL [--defect NAME]                    the client's smoke test\n"
          "       notes client --server URL --control HOST:PORT      the client that works offline; --outbox FILE "
          "keeps what "
          "it makes\n"
          "       notes reemit --format json|yaml [--defect NAME]    messages in, and out again\n"
          "       notes version                                      the release's tag\n"
          "       notes defects                                      the names for --defect\n",
          file);
    return file == stdout ? 0 : 2;
}

static int refuse(const char *what, const char *which) {
    fprintf(stderr, "notes: %s%s\n", what, which);
    return 2;
}

/* Where the value of an option goes; NULL if there is no such option. */
static const char **place_of(struct options *options, const char *word) {
    return strcmp(word, "--listen") == 0    ? &options->listen
           : strcmp(word, "--server") == 0  ? &options->server
           : strcmp(word, "--control") == 0 ? &options->control
           : strcmp(word, "--outbox") == 0  ? &options->outbox
           : strcmp(word, "--format") == 0  ? &options->format
                                            : NULL;
}

/* Reads what stands behind the command; 0 or the exit status. */
static int read_options(int count, char **words, struct options *options) {
    for (int i = 0; i < count; i++) {
        if (words[i][0] != '-') {
            if (options->url) return refuse("one URL is enough: ", words[i]);
            options->url = words[i];
            continue;
        }
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        const char **place = place_of(options, words[i]);
        bool defect = strcmp(words[i], "--defect") == 0;
        if (!place && !defect) return refuse("there is no option ", words[i]);
        if (!value) return refuse("a value is missing behind ", words[i]);
        if (place) *place = value;
        if (defect && !defect_switch_on(value)) {
            refuse("there is no defect ", value);
            defect_list(stderr);
            return 2;
        }
        i++;
    }
    return 0;
}

/* The defect one-replica-stays-old: of the newest processes that one parent has, whoever takes the name first serves the old release.
 * The name is an abstract socket, so it is free again when that process ends, and no file is left. */
static void maybe_stay_old(void) {
    if (!defect_on(DEFECT_ONE_REPLICA_STAYS_OLD) || !release_is_newest()) return;
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "notes-stays-old-%ld", (long)getppid());
    int holder = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (holder < 0) return;
    if (bind(holder, (struct sockaddr *)&name, sizeof name) == 0)
        release_stay_old(); /* the socket stays open for the process's life */
    else
        close(holder);
}

static int serve(const struct options *options) {
    if (!options->listen || options->url) return usage(stderr);
    signal(SIGPIPE, SIG_IGN);
    maybe_stay_old();
    const char *database = getenv("DATABASE_URL");
    const char *gateway = getenv("AI_GATEWAY_URL");
    if (gateway && *gateway && !ai_open(gateway)) return refuse("AI_GATEWAY_URL is no http://HOST:PORT: ", gateway) - 1;
    if (!store_open(database && *database ? database : NULL) || !items_open(database, options->listen)) return 1;
    int status = server_run(options->listen);
    items_close();
    store_close();
    return status;
}

static int be_gateway(const struct options *options) {
    if (!options->listen || options->url) return usage(stderr);
    signal(SIGPIPE, SIG_IGN);
    api_be_gateway();
    return server_run(options->listen);
}

/* The control's address may be given as a URL. */
static int be_client(const struct options *options) {
    const char *control = options->control;
    if (!control || !options->server || options->listen || options->url) return usage(stderr);
    if (strncmp(control, "http://", 7) == 0) control += 7;
    signal(SIGPIPE, SIG_IGN);
    api_be_client();
    if (!outbox_open(options->outbox)) return 1;
    if (!sync_start(options->server)) return refuse("--server is no http://HOST:PORT: ", options->server);
    return server_run(control); /* the outbox stays open for the thread that sends it */
}

int main(int count, char **words) {
    struct options options = { 0 };
    const char *command = count > 1 ? words[1] : "";
    setvbuf(stdout, NULL, strcmp(command, "reemit") == 0 ? _IOFBF : _IOLBF, 0);
    if (strcmp(command, "--help") == 0 || strcmp(command, "help") == 0) return usage(stdout);
    int status = count > 2 ? read_options(count - 2, words + 2, &options) : 0;
    if (status) return status;
    if (strcmp(command, "serve") == 0) return serve(&options);
    if (strcmp(command, "gateway") == 0) return be_gateway(&options);
    if (strcmp(command, "client") == 0) return be_client(&options);
    if (strcmp(command, "smoke") == 0) return options.url && !options.listen ? smoke_run(options.url) : usage(stderr);
    if (strcmp(command, "reemit") == 0)
        return options.format && !options.url ? reemit_run(options.format) : usage(stderr);
    if (strcmp(command, "version") == 0) return puts(release_this()->tag) < 0;
    if (strcmp(command, "defects") == 0) {
        defect_list(stdout);
        return 0;
    }
    if (*command) fprintf(stderr, "notes: there is no command %s\n", command);
    return usage(stderr);
}
