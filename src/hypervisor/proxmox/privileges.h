/*
 * The privileges this program needs on a cluster, what each is for, and the
 * lines that grant them: no more than that (R29).
 */
#ifndef HYPERVISOR_PROXMOX_PRIVILEGES_H
#define HYPERVISOR_PROXMOX_PRIVILEGES_H

#include <stdbool.h>

struct findings;
struct json;

/*
 * Out of the data of /access/permissions, of whoever asks ("ops@pve!gate"). A
 * privilege counts as held where it is held somewhere: which guests are meant
 * is the administrator's to say. `version` is that of the server; "" where it
 * is not known.
 */
void pve_privileges_judge(struct findings *f, const struct json *permissions,
		const char *who, const char *version, bool read_only);

#endif
