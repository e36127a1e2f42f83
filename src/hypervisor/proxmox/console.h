/*
 * From a guest and a kind of console to a dial plan: where the guest is, does
 * it run, has it such a console; then the ticket, and what it opens.
 */
#ifndef HYPERVISOR_PROXMOX_CONSOLE_H
#define HYPERVISOR_PROXMOX_CONSOLE_H

#include "hypervisor/hypervisor.h"
#include "hypervisor/proxmox/spice.h"

struct loop;
struct pve_api;
struct pve_list;
struct pve_opening;

/* Lent to openings; outlives them. */
struct pve_openings {
	struct loop *loop;
	struct pve_api *api;
	struct pve_list *list;
	const char *profile;
	struct pve_opening *first;
	struct pve_spices spices;
};

/* The answer comes once and never from inside. 0 or -ENOMEM. */
int pve_open_console(struct pve_openings *all, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg);
/* For one channel of a SPICE viewer. */
int pve_open_spice(struct pve_openings *all, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg);
/* For a native viewer that goes there by itself. */
int pve_open_viewer(struct pve_openings *all, const char *id,
		hypervisor_viewer_fn *fn, void *arg);
/* A guest's own status, looked at now: the list knows it afterwards. */
typedef void pve_looked_fn(void *arg, int r, const struct err *e);
int pve_look_at(struct pve_openings *all, const char *id, pve_looked_fn *fn,
		void *arg);
/* Nobody is called. The api's calls have been cancelled before. */
void pve_openings_done(struct pve_openings *all);

#endif
