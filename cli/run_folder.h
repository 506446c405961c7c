/* Where a run writes: .aot/runs/<id>/<cell>/ below the working folder; the newest runs stay, older ones are removed. */
#ifndef AOT_CLI_RUN_FOLDER_H
#define AOT_CLI_RUN_FOLDER_H
#include "base/buffer.h"

#define RUN_FOLDER_ROOT ".aot/runs"
#define RUN_FOLDER_GUARD ".aot/guard"
#define RUN_FOLDER_KEPT 20 /* runs that stay by default */

/* Makes a folder and its parents. False with a printed reason. */
bool run_folder_make(const char *path);
/* A new run's id, "20261122-101502-T4-4711kzmt": UTC, recipe, process, four letters by chance. */
void run_folder_id(struct text recipe, struct buffer *id);
/* A cell's folder name: its number and its values, only [A-Za-z0-9._=,+-], at most 100 bytes. */
void run_folder_cell(size_t number, struct text label, struct buffer *name);
/* Holds it as this process' and its children's until all have ended: run_folder_retain spares it then. */
bool run_folder_hold(const char *path);
/* Removes all but the newest `count` runs, those of live processes excepted; returns how many. */
size_t run_folder_retain(size_t count);
/* The path of a scratch folder below the system's temporary folder, appended to `path`. */
void run_folder_scratch(struct text run_id, size_t number, struct buffer *path);
/* Makes it, 0711: services may run as another user. False with a reason in `notices`: also when it is there, as it is somebody
 * else's then. */
bool run_folder_make_scratch(const char *path, struct buffer *notices);
/* Removes a tree; symbolic links are removed, not followed. False when something stayed. */
bool run_folder_remove(const char *path);
#endif
