/* --report and `aot report`: which machine-readable reports go where. */
#ifndef AOT_CLI_REPORT_OUTPUT_H
#define AOT_CLI_REPORT_OUTPUT_H
#include "cli/options.h"
#include "report/report_form.h"

/* Looks at every --report NAME[=PATH],…; prints what is wrong. */
bool report_outputs_check(const struct options *options);
/* Whether one of them goes to standard output, which then is for it alone. */
bool report_outputs_take_output(const struct options *options);
/* Writes all of them. Prints what could not be written; false then. */
bool report_outputs_write(const struct options *options, struct report_run *run);
/* One report to a path; "-" or NULL is standard output. The file is there as a whole or not at all. */
bool report_output_write(const struct report_form *form, const char *path, const struct report_run *run);
/* The file's new content, as a whole or not at all. Prints what went wrong; false then. */
bool report_output_replace(const char *path, struct text text);
/* From the root of GitHub's or GitLab's checkout to the working folder; nothing where there is no checkout. */
void report_output_prefix(struct buffer *prefix);
#endif
