/* The process of an upload as the run sees it: started, heard, killed, reaped. */
#ifndef AOT_STDLIB_UPLOAD_UPLOADER_H
#define AOT_STDLIB_UPLOAD_UPLOADER_H
#include "stdlib/upload/job.h"
#include "vm/native_call.h"

/* Starts the process with this job (borrowed) and parks the call's fiber until nothing of it is left; the fiber then gets the row's
 * result. Text in `problem`: it could not be started. */
enum native_outcome uploader_start(struct native_call *call, const struct job *job, struct buffer *problem);
#endif
