/*
 * What a refusal of the API means: the errno that the hypervisor's callers
 * know, a sentence with a way out, and whether another try may help. The
 * reason phrase of the status line is often the only explanation there is.
 */
#ifndef HYPERVISOR_PROXMOX_ERRORS_H
#define HYPERVISOR_PROXMOX_ERRORS_H

#include "core/err.h"

struct json;

enum pve_again {
	PVE_AGAIN_NO,
	PVE_AGAIN_LOGIN,  /* after a fresh login */
	PVE_AGAIN_TICKET, /* with a new console ticket */
	PVE_AGAIN_LIST,   /* when the guest's node is looked up once more */
	PVE_AGAIN_HOST,   /* through another host of the cluster */
};

struct pve_refusal {
	unsigned status;
	const char *reason;        /* of the status line */
	const struct json *answer; /* the whole body; NULL: none or no JSON */
	const char *host;          /* that answered */
	const char *who;           /* "ops@pve" or "ops@pve!gate" */
};

/*
 * Answers one of
 *   -EACCES -ENOENT -ENOTCONN -ENOTSUP  as hypervisor.h says
 *   -EALREADY      the guest runs already
 *   -EHOSTUNREACH  the cluster does not reach the guest's node
 *   -EREMOTEIO     the server failed at it, or does not know the call
 * ret_again may be NULL.
 */
int pve_refused(const struct pve_refusal *f, enum pve_again *ret_again,
		struct err *e);

#endif
