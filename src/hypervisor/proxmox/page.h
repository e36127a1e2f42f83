/*
 * The hypervisor's own page of a guest's console (C4): a link of the web
 * interface, which asks its visitor to sign in there.
 */
#ifndef HYPERVISOR_PROXMOX_PAGE_H
#define HYPERVISOR_PROXMOX_PAGE_H

#include <stddef.h>

struct guest;

/* From the API's base ("https://pve1:8006/api2/json"). 0, or -ENOTSUP where
 * there is no such page, -EMSGSIZE. */
int pve_page(const char *base, const struct guest *g, char *ret_url,
		size_t ret_max);

#endif
