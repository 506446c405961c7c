/* Inside stdlib/service only: the starts and ends of a project's containers, as the engine tells them. What compose prints
 * in the foreground ends with the last container alone; one that dies before is seen here. */
#ifndef AOT_STDLIB_SERVICE_FOLLOW_H
#define AOT_STDLIB_SERVICE_FOLLOW_H
#include "stdlib/service/fleet.h"

struct follow;
/* From now on; a death that nobody asked for becomes an effect of the run, and the fleet is told of every change. */
struct follow *follow_start(struct replica *replica, const char *project);
bool follow_is_down(const struct follow *follow); /* the container that serves has ended; false of NULL */
void follow_end(struct follow *follow);           /* begins; NULL is allowed */
bool follow_is_gone(const struct follow *follow); /* also of NULL */
void follow_free(struct follow *follow);          /* NULL is allowed */
#endif
