/* Starts and stops the test servers. They lie beside the test's own executable. */
#include "tests/unit/stdlib/server.h"

#include <criterion/criterion.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* `arguments` ends with NULL; its first place is filled in. */
static void spawn(struct server *server, const char *name, char **arguments) {
    char path[512];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    cr_assert_gt(length, 0);
    path[length] = 0;
    strcpy(strrchr(path, '/') + 1, name);
    arguments[0] = path;
    int input[2], output[2];
    cr_assert(pipe(input) == 0 && pipe(output) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    cr_assert_eq(posix_spawn(&server->process, path, &actions, NULL, arguments, environ), 0, "no %s", path);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    server->input = input[1];
    char port[16] = "";
    cr_assert_gt(read(output[0], port, sizeof port - 1), 0);
    close(output[0]);
    server->port = atoi(port);
}

struct server server_start(int with_tls) {
    struct server server = { 0 };
    char option[] = "--tls", *arguments[] = { NULL, NULL, server.certificate, NULL };
    if (with_tls) {
        snprintf(server.certificate, sizeof server.certificate, "/tmp/aot-test-%d-%d.pem", (int)getpid(), with_tls);
        arguments[1] = option;
    }
    spawn(&server, "http_server", arguments);
    return server;
}

struct server server_start_dns(const char *address) {
    struct server server = { 0 };
    char given[64];
    snprintf(given, sizeof given, "%s", address);
    spawn(&server, "dns_server", (char *[]){ NULL, given, NULL });
    return server;
}

void server_stop(struct server *server) {
    close(server->input);
    waitpid(server->process, NULL, 0);
    if (server->certificate[0]) unlink(server->certificate);
}

const char *server_url(const struct server *server, const char *path) {
    static char urls[8][256];
    static int next;
    char *url = urls[next++ % 8];
    snprintf(url, sizeof urls[0], "http%s://127.0.0.1:%d%s", server->certificate[0] ? "s" : "", server->port, path);
    return url;
}
