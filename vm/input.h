/* Inside vm/ only: secrets on their way through a run. */
#ifndef AOT_VM_INPUT_H
#define AOT_VM_INPUT_H
#include "vm/run_state.h"

/* A secret's global is about to be set (its default was computed, or its text given): to the mask, before it is
 * recorded. */
void secret_bind(struct run *run, uint32_t global, struct value value);
/* An input's value, or the text that is to become it: users and passwords of the URLs in it are secrets. */
void input_hide_credentials(struct run *run, struct value value);
/* A constant native gave `result` for these arguments: where one of them held a secret, its texts are secrets too. */
void secret_follow(struct run *run, const struct value *arguments, size_t count, struct value result);
#endif
