/* What `aot check` found in all files of a call, for the forms that are written at the end. */
#ifndef AOT_CLI_CHECK_FINDINGS_H
#define AOT_CLI_CHECK_FINDINGS_H
#include "cli/compile_file.h"
#include "report/finding.h"

struct check_findings {
    struct findings all;
    struct buffer prefix;
};
void check_findings_begin(struct check_findings *findings);
/* Copies what was found in one file and what it uses. */
void check_findings_add(struct check_findings *findings, const struct compiled *compiled);
/* What several files met, a library's mistake, counts once. */
void check_findings_write(struct check_findings *findings, const struct finding_form *form, bool is_whole,
                          struct buffer *out);
void check_findings_done(struct check_findings *findings);
#endif
