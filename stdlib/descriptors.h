/* How many descriptors aot may hold: its soft limit rises with what it holds, up to what the system grants. Only then: programs
 * that the recipe starts inherit it. */
#ifndef AOT_STDLIB_DESCRIPTORS_H
#define AOT_STDLIB_DESCRIPTORS_H
#include <stdbool.h>

bool descriptors_allow_more(void);  /* twice as many as now; false: that is all there are. Of any thread; keeps errno */
int descriptors_socket(int family); /* a stream's, that never blocks; -1, with errno */
/* Before a library takes a few without telling: false when there are none. From the half of the limit on it rises, because what was
 * begun already may take more later (names are looked up, and connections made, many at once). */
bool descriptors_have_room(void);
#endif
