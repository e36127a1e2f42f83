/*
 * What changes a guest: power and snapshots. The cluster answers with a task,
 * which is followed to its end.
 *
 *	listed > asked > followed
 */
#ifndef HYPERVISOR_PROXMOX_TASK_H
#define HYPERVISOR_PROXMOX_TASK_H

#include "hypervisor/hypervisor.h"

struct loop;
struct pve_api;
struct pve_list;
struct pve_task;

enum {
	PVE_TASK_LOOK_MS = 500, /* between two looks at first */
	PVE_TASK_LOOK_MAX_MS = 4000,
	PVE_TASK_MS = 600000, /* longer ones are left to themselves */
};

/* Lent to tasks; outlives them. */
struct pve_tasks {
	struct hypervisor *owner; /* who is told of what has begun */
	struct loop *loop;
	struct pve_api *api;
	struct pve_list *list;
	struct pve_task *first;
};

/* The answers come once and never from inside. 0 or -ENOMEM. */
int pve_power(struct pve_tasks *all, const char *id, enum power_verb verb,
		hypervisor_done_fn *fn, void *arg);
int pve_restore(struct pve_tasks *all, const char *id, const char *snapshot,
		hypervisor_done_fn *fn, void *arg);
/* -EINVAL: the cluster would not call it so; -ENOTSUP: the guest has no memory
 * to keep. Then e says why, and nobody is called. */
int pve_snapshot(struct pve_tasks *all, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg, struct err *e);
int pve_snapshots(struct pve_tasks *all, const char *id,
		hypervisor_snapshots_fn *fn, void *arg);
/* Not a change: a question to the guest itself. */
int pve_addresses(struct pve_tasks *all, const char *id,
		hypervisor_addresses_fn *fn, void *arg);
/* Nobody is called; the tasks go on by themselves. The api's calls have been
 * cancelled before. */
void pve_tasks_done(struct pve_tasks *all);

#endif
