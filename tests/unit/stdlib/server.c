/* Starts and stops the test server. It lies beside the test's own executable. */
#include "tests/unit/stdlib/server.h"

#include <criterion/criterion.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct server server_start(int with_tls) {
    struct server server = { 0 };
    char path[512];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    cr_assert_gt(length, 0);
    path[length] = 0;
    strcpy(strrchr(path, '/') + 1, "http_server");
    if (with_tls)
        snprintf(server.certificate, sizeof server.certificate, "/tmp/aot-test-%d-%d.pem", (int)getpid(), with_tls);
    int input[2], output[2];
    cr_assert(pipe(input) == 0 && pipe(output) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    char *plain[] = { path, NULL }, *tls[] = { path, (char[]){ "--tls" }, server.certificate, NULL };
    cr_assert_eq(posix_spawn(&server.process, path, &actions, NULL, with_tls ? tls : plain, environ), 0, "no %s", path);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    server.input = input[1];
    char port[16] = "";
    cr_assert_gt(read(output[0], port, sizeof port - 1), 0);
    close(output[0]);
    server.port = atoi(port);
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
