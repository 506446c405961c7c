/* Inside stdlib/service only: one replica on its way up: its fields evaluated, what is there checked, the old one stopped,
 * the new one started, `ready` waited for. */
#ifndef AOT_STDLIB_SERVICE_BRINGUP_H
#define AOT_STDLIB_SERVICE_BRINGUP_H
#include "stdlib/service/rollout.h"

struct bringup;
struct bringup *bringup_new(struct rollout *rollout, struct replica *replica);
/* Goes on as far as it can; a failure stands in the rollout's `problem`. */
void bringup_step(struct bringup *bringup);
bool bringup_is_done(const struct bringup *bringup);
void bringup_free(struct bringup *bringup);
#endif
