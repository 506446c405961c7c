/* The server: listens, answers, and ends well when it is told to. */
#pragma once

/* Serves on HOST:PORT until SIGTERM or SIGINT, drains, and returns the exit status. The store is open. */
int server_run(const char *listen);
