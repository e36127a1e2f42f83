/* Between console.c (where a guest is, and its status) and console_spice.c. */
#ifndef HYPERVISOR_PROXMOX_OPENING_H
#define HYPERVISOR_PROXMOX_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/console.h"
#include "proto/spice_link.h"

/*
 *	listed > looked > minted
 *	   ^________/________/     once, where the guest has left its node
 */
struct pve_opening {
	struct pve_opening *next, *prev;
	struct pve_openings *all;
	char id[GUEST_ID_MAX];
	enum console_kind kind;
	/* one of these is set */
	hypervisor_plan_fn *plan_fn;
	hypervisor_viewer_fn *viewer_fn;
	pve_looked_fn *look_fn;
	void *arg;
	uint64_t began_ms;
	char path[2 * GUEST_ID_MAX]; /* "/nodes/pve1/qemu/100" */
	char node[GUEST_ID_MAX];
	bool followed; /* looked up anew because it was not there */
	bool bare;     /* no generate-password */
	/* of a SPICE viewer */
	struct spice_link link;
	uint64_t since_ms; /* tickets asked for before are of no use */
	uint64_t asked_ms;
	bool mints;
	bool waits; /* for another one's ticket */
};

/* ---- console.c ---------------------------------------------------------- */

void pve_opening_free(struct pve_opening *o);
/* The answer: the receiver may free the hypervisor. Who asked for a viewer's
 * keys is told so of failures only. */
void pve_opening_end(struct pve_opening *o, int r, struct dial_plan *plan,
		const struct err *e);
void pve_opening_fail(struct pve_opening *o, int r, const struct err *why);
void pve_opening_no_memory(struct pve_opening *o);
/* After a refusal: has its guest left the node, so that it begins again? */
bool pve_opening_follows(struct pve_opening *o, int r, enum pve_again again);
bool pve_opening_is_node(const struct pve_opening *o);

/* ---- console_spice.c ---------------------------------------------------- */

/* A plan is asked for and one is under way or held: it waits, or has ended. */
bool pve_spice_shares(struct pve_opening *o);
void pve_spice_mint(struct pve_opening *o);

#endif
