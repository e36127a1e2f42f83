/*
 * The way to a cluster's SPICE proxies, of which every node has one, and any
 * of them leads to every node. By default it is the address by which the API
 * is reached; a profile may say otherwise for all nodes or for some (R24).
 */
#ifndef HYPERVISOR_PROXMOX_WAY_H
#define HYPERVISOR_PROXMOX_WAY_H

#include <stdint.h>

#include "core/err.h"

struct config_profile;
struct pve_ways;

/* What the profile says, copied. 0, -EINVAL, -ENOMEM. */
int pve_ways_new(struct pve_ways **ret_ways, const struct config_profile *p,
		struct err *e);
struct pve_ways *pve_ways_ref(struct pve_ways *w);
void pve_ways_unref(struct pve_ways *w); /* takes NULL */

/* To a guest on this node; `api` where the profile names no host. It lives as
 * long as `w` and `api`. */
void pve_ways_find(const struct pve_ways *w, const char *node, const char *api,
		const char **ret_host, uint16_t *ret_port);

#endif
