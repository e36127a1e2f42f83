/*
 * The sandboxes of one answer, checked: what a server or the name of a sandbox
 * says is a stranger's.
 *
 * Left out are sandboxes whose names nobody could ask for (empty, "." and
 * "..", longer than VMS_NAME_MAX, with a slash or a control, no UTF-8) and
 * forwards whose ports are none. So are addresses that are none of a network
 * (proto/address.h); those of loopback stand where the server is there, too.
 */
#ifndef HYPERVISOR_ARRAKIS_VMS_H
#define HYPERVISOR_ARRAKIS_VMS_H

#include <stddef.h>

#include "hypervisor/hypervisor.h"

struct json;

enum {
	VMS_MAX = 2048,
	VMS_NAME_MAX = 63, /* of a host, too; leaves room for the profile */
	VMS_GUI_PORT = 5901,
};

/* Its texts are the answer's: it lives as long as that, but for addresses. */
struct vm {
	const char *name, *status;
	char address[48]; /* "" where none is said */
};

struct vms {
	struct guest *guests; /* as they are shown */
	struct vm *all;       /* the same, in the same order */
	struct guest_forward *forwards;
	size_t count;
};

/* `host`: that has the host ports. 0, -EPROTO, -EMSGSIZE, -ENOMEM. */
int vms_parse(const struct json *answer, const char *host, struct vms *ret,
		struct err *e);
void vms_done(struct vms *v);

/* NULL: there is no such sandbox. */
const struct guest *vms_find(const struct vms *v, const char *name);
/* What a new sandbox may be called; as above. */
bool vms_name_ok(const char *name);
/* The forward to a port of a guest, or to its screen ("gui"); NULL: none. */
const struct guest_forward *vms_forward(const struct guest *g, uint16_t port);
const struct guest_forward *vms_gui(const struct guest *g);

#endif
