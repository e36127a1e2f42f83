/*
 * What guests answer when they are asked for their addresses: an agent in QEMU
 * and a container each in its own form (PROXMOX.md 7). A guest may say
 * anything: only what is an address is taken, PVE_ADDRESSES_MAX at most.
 */
#ifndef HYPERVISOR_PROXMOX_ADDRESS_H
#define HYPERVISOR_PROXMOX_ADDRESS_H

#include "hypervisor/hypervisor.h"

struct json;

enum { PVE_ADDRESSES_MAX = 64 };

struct pve_addresses {
	struct guest_address *items; /* their texts are owned */
	size_t count;
};

/* Of the answer's data; null is none. 0 or -ENOMEM. */
int pve_addresses_of(const struct json *data, struct pve_addresses *ret);
void pve_addresses_done(struct pve_addresses *a);

#endif
