/* The component's parser and printer: messages in, one a line, the same messages out. */
#pragma once

/* From standard input to standard output until the input ends. The exit status: 1 for a line that is no message, 2 for a format that this
 * component does not speak. */
int reemit_run(const char *format);
