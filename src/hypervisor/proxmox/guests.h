/*
 * From answers of the API to guests: pure functions of JSON.
 */
#ifndef HYPERVISOR_PROXMOX_GUESTS_H
#define HYPERVISOR_PROXMOX_GUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "hypervisor/proxmox/list.h"

struct json;

/* What everybody's entry depends on. */
struct pve_facts {
	const struct json *permissions; /* NULL: not known, nothing is denied */
	bool token;
	bool person; /* it is somebody's own account, not the gateway's */
};

/* One of /cluster/resources?type=vm. 0, -EINVAL for one of no use, -ENOMEM. */
int pve_guest_of_resource(struct pve_guest *g, const struct json *from,
		const struct pve_facts *facts);
/* One of /nodes. -EACCES: its shell is not for us, it is left out. */
int pve_guest_of_node(struct pve_guest *g, const struct json *from,
		const struct pve_facts *facts);
void pve_guest_done(struct pve_guest *g);

/* Which consoles it lacks and what else is known of it: again after g->look or
 * g->conf has changed. */
void pve_guest_judge(struct pve_guest *g, bool token);

/* Of status/current. */
enum guest_status pve_status_of(const struct json *status);
void pve_look_of(const struct json *status, struct pve_look *ret);
/* Of config. */
void pve_conf_of(const struct json *config, struct pve_conf *ret);

/* Is the privilege held on this path, or inherited? `pool` may be NULL. */
bool pve_may(const struct json *permissions, const char *path, const char *pool,
		const char *privilege);

/* "9.1.9" against 9.1.9; what is no version is not new. */
bool pve_version_is_new(const char *version);

#endif
