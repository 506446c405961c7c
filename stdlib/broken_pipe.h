/* Writing to a pipe or connection that the other side closed must be an errno, never a signal that ends aot. */
#ifndef AOT_STDLIB_BROKEN_PIPE_H
#define AOT_STDLIB_BROKEN_PIPE_H

/* Ignores SIGPIPE from now on, unless somebody handles it already. Programs that are started get the default back. */
void broken_pipe_ignore(void);
#endif
