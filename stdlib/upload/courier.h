/* What the executable does when aot starts itself as the process of an upload. */
#ifndef AOT_STDLIB_UPLOAD_COURIER_H
#define AOT_STDLIB_UPLOAD_COURIER_H

/* Reads the job from standard input, does it, reports on standard output. Returns the exit status. */
int courier_main(void);
#endif
