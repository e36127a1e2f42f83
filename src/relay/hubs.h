/*
 * The shared lines of one loop, by their names. Whoever comes first has the
 * line dialled, others join it (relay/hub.h); it is closed when the last has
 * been gone for HUBS_REST_MS, so that a page that is loaded anew finds it as it
 * was. Who comes while a line is being closed waits and has it dialled again:
 * its far end takes one connection.
 *
 *	dialling ---> open ---> closing ---> gone
 *	   ^            \__ over: its end is being told ---> gone
 *	   \_________________________/ somebody waits
 */
#ifndef RELAY_HUBS_H
#define RELAY_HUBS_H

#include <stdbool.h>

#include "stream/dial.h"

struct hub_wait;
struct hubs;
struct loop;

enum {
	HUBS_REST_MS = 2000,
	HUBS_NAME_MAX = 768,
};

int hubs_new(struct hubs **ret_hubs, struct loop *l);
/* Nobody waits; readers that are left read the end. Takes NULL. */
void hubs_free(struct hubs *h);

/*
 * Join the line of this name, for which *plan is dialled (taken, left empty)
 * if nobody has it open. The answer comes as a dial's does, once, in a turn of
 * its own, after which the wait is gone; unless freed before. The stream is a
 * hub's reader; -EDQUOT: the line has all it may have. -ENOMEM, -ENAMETOOLONG:
 * then the plan is still the caller's.
 */
int hubs_join(struct hubs *h, struct hub_wait **ret_wait, const char *name,
		struct dial_plan *plan, bool writes, dial_fn *fn, void *arg);
void hub_wait_free(struct hub_wait *w); /* takes NULL; not after the answer */

#endif
