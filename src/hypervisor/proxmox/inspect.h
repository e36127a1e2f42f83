/*
 * What doctor asks of a cluster: who we are there and what we may do, or what
 * one guest has and lacks. Calls go one after the other, by a table.
 */
#ifndef HYPERVISOR_PROXMOX_INSPECT_H
#define HYPERVISOR_PROXMOX_INSPECT_H

#include "hypervisor/hypervisor.h"

struct loop;
struct pve_api;
struct pve_inspection;
struct pve_list;

/* Lent to inspections; outlives them. */
struct pve_inspections {
	struct loop *loop;
	struct pve_api *api;
	struct pve_list *list;
	const char *profile;
	bool read_only;
	struct pve_inspection *first;
};

/* id NULL: the cluster. Once, never from inside. 0 or -ENOMEM. */
int pve_inspect(struct pve_inspections *all, const char *id,
		hypervisor_findings_fn *fn, void *arg);
/* Nobody is called. The api's calls have been cancelled before. */
void pve_inspections_done(struct pve_inspections *all);

#endif
