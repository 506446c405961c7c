/* The client's own smoke test. */
#pragma once

/* Tries what this release promises against the server at a URL, prints a line for each step; 0 if all is well, else 1. */
int smoke_run(const char *url);
