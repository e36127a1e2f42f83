/*
 * The doors of a worker: its listeners, watched on the control loop. Whoever
 * knocks is accepted and given away; while descriptors are short, the doors
 * are shut for a moment.
 */
#ifndef GATEWAY_DOORS_H
#define GATEWAY_DOORS_H

#include "gateway/listen.h"

struct doors;
struct loop;

/* An accepted descriptor, the callee's now. */
typedef void doors_fn(void *arg, int fd, const struct listener *l);

/* They begin shut. The listeners are borrowed. 0 or -errno. */
int doors_new(struct doors **ret_doors, struct loop *control,
		const struct listeners *l, doors_fn *fn, void *arg);
void doors_open(struct doors *d);
/* Takes NULL; the listeners stay open. */
void doors_free(struct doors *d);

#endif
