/*
 * A profile's rate_limit: requests a second, of the profile and of the people
 * who sign in by it together. So many may go at once; who comes too early
 * waits for a turn of its own, at most PVE_RATE_WAIT_MS, which bounds how many
 * wait.
 */
#ifndef HYPERVISOR_PROXMOX_RATE_H
#define HYPERVISOR_PROXMOX_RATE_H

#include <stdint.h>

struct pve_rate;

enum { PVE_RATE_WAIT_MS = 10000 };

/* 0: no limit. NULL: no memory. */
struct pve_rate *pve_rate_new(unsigned per_second);
struct pve_rate *pve_rate_ref(struct pve_rate *r);
void pve_rate_unref(struct pve_rate *r); /* takes NULL */

/* Take the next turn: *ret_wait_ms until then. -EDQUOT: it is too far off,
 * nothing was taken. */
int pve_rate_take(struct pve_rate *r, uint64_t now_ms, uint64_t *ret_wait_ms);

#endif
