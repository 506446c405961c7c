/* Inside vm/ only: `value.field` for a plain value; of series, series_field. */
#ifndef AOT_VM_FIELD_H
#define AOT_VM_FIELD_H
#include "vm/value.h"

struct value field_of(struct heap *heap, struct value value, struct text key);
#endif
