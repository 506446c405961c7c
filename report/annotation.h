/* One of GitHub's workflow commands: `::error file=…,line=…,title=…::text`, which GitHub shows beside the line. */
#ifndef AOT_REPORT_ANNOTATION_H
#define AOT_REPORT_ANNOTATION_H
#include "base/buffer.h"

/* GitHub shows no more of each kind a step. */
enum { ANNOTATIONS_MAXIMUM = 10 };
struct annotation {
    const char *level;     /* error, warning, notice */
    struct text file;      /* from the working folder */
    uint32_t line, column; /* column 0: the whole line */
    struct text title;     /* one line */
    struct text message;   /* may have several */
};
/* `path_prefix` leads from the root of the checkout to the working folder. */
void annotation_append(const struct annotation *annotation, struct text path_prefix, struct buffer *out);
/* Text of a command: `property` is what stands before the "::". */
void annotation_escape(struct text text, bool property, struct buffer *out);
#endif
