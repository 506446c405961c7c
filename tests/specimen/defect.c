/* The switch: one defect at a time, set before anything else starts. */
#include "defect.h"

#include <string.h>

static const struct row {
    const char *name; /* as on the command line */
    const char *what; /* recipe, rule, and what happens */
} rows[] = { [DEFECT_NONE] = { "", "" },
#define DEFECT(constant, name, what) [DEFECT_##constant] = { name, what },
             DEFECTS(DEFECT)
#undef DEFECT
};
enum { ROWS = sizeof rows / sizeof *rows };

static enum defect current = DEFECT_NONE;

bool defect_switch_on(const char *name) {
    for (int i = 1; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) {
            current = (enum defect)i;
            return true;
        }
    return false;
}

bool defect_on(enum defect defect) {
    return current == defect;
}

void defect_list(FILE *file) {
    for (int i = 1; i < ROWS; i++) fprintf(file, "  %-26s %s\n", rows[i].name, rows[i].what);
}
