/*
 * A person who signs in: what they prove, and where accounts are from. The
 * ticket that comes of it is theirs and kept nowhere but in their api, which
 * renews it until it is freed; the password is not kept.
 */
#ifndef HYPERVISOR_PROXMOX_PERSON_H
#define HYPERVISOR_PROXMOX_PERSON_H

#include "hypervisor/hypervisor.h"

struct json;
struct pve_api;
struct secret;

enum { PVE_USER_MAX = 64 };

typedef hypervisor_proved_fn pve_proved_fn;

/* As hypervisor_prove(). One at a time: -EBUSY; -EINVAL, -ENOMEM: then nobody
 * is called. */
int pve_prove(struct pve_api *a, enum proof_kind kind,
		const struct secret *value, pve_proved_fn *fn, void *arg);

/* "PVE:!tfa!{...}:65::sig", where the JSON's colons are "%3A": the kinds of
 * second factor that it asks for and that we know (1 << proof_kind). A pure
 * function; 0 for what is none. */
unsigned pve_factors_of(const char *ticket);

/* Out of /access/domains; ret_realms point into data. The count. */
size_t pve_realms_of(
		const struct json *data, struct realm ret_realms[REALMS_MAX]);

#endif
