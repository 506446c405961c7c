/* The component's parser and printer: messages in, one a line or a stream of YAML, the same messages out. */
#pragma once
#include "json.h"

/* From standard input to standard output until the input ends. The exit status: 1 for what is no message, 2 for a format that this
 * component does not speak. */
int reemit_run(const char *format);
int reemit_yaml(void);

/* Makes of a message that was read what is to be written; false if it is none. */
bool reemit_message(struct json *message);
