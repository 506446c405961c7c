/* What kind of file stands at a path, judged by its first bytes: before it is replaced, and before it is read. */
#ifndef AOT_RECORD_FILE_H
#define AOT_RECORD_FILE_H
#include <stdbool.h>

/* False, with a reason, if something stands there that is no record and so must not be replaced. */
bool file_may_be_replaced(const char *path, char **error);
/* Removes a record and its journals; false with a reason. A path where nothing stands is fine. */
bool file_remove(const char *path, char **error);
/* False, with a reason, unless a record of a version that can be read stands there, whole. */
bool file_is_record(const char *path, char **error);
/* True if a write-ahead log with content stands beside it: the run that wrote it was killed, or goes on. */
bool file_has_log(const char *path);
#endif
