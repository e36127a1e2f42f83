#include "hypervisor/proxmox/rate.h"

#include <errno.h>
#include <stdlib.h>

enum { SECOND_US = 1000000 };

struct pve_rate {
	unsigned refs;
	uint64_t step_us; /* between two turns; 0: no limit */
	uint64_t next_us; /* when the next is due, if all come evenly */
};

struct pve_rate *pve_rate_new(unsigned per_second)
{
	struct pve_rate *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->refs = 1;
	r->step_us = per_second ? SECOND_US / per_second : 0;
	return r;
}

struct pve_rate *pve_rate_ref(struct pve_rate *r)
{
	r->refs++;
	return r;
}

void pve_rate_unref(struct pve_rate *r)
{
	if (r && --r->refs == 0)
		free(r);
}

int pve_rate_take(struct pve_rate *r, uint64_t now_ms, uint64_t *ret_wait_ms)
{
	uint64_t now = now_ms * 1000, early, ahead, wait = 0;

	*ret_wait_ms = 0;
	if (r->step_us == 0)
		return 0;
	if (r->next_us < now)
		r->next_us = now;
	ahead = r->next_us - now;
	early = SECOND_US - r->step_us; /* a second's worth at once */
	if (ahead > early)
		wait = (ahead - early + 999) / 1000;
	if (wait > PVE_RATE_WAIT_MS)
		return -EDQUOT;
	r->next_us += r->step_us;
	*ret_wait_ms = wait;
	return 0;
}
