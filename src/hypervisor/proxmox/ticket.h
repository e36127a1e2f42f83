/*
 * What vncproxy, vncshell and termproxy answer, and the dial plan it becomes:
 *
 *	tcp ADDRESS > tls HOST > ws .../vncwebsocket > rfb_login | term
 *
 * The WebSocket goes to the address that gave the ticket, as whoever asked.
 */
#ifndef HYPERVISOR_PROXMOX_TICKET_H
#define HYPERVISOR_PROXMOX_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct dial_plan;
struct json;
struct pve_place;
struct secret;
struct tls_context;

enum {
	PVE_TICKET_MAX = 512,
	PVE_VNC_PASSWORD_LEN = 8, /* more, VNC does not look at */
};

struct pve_ticket {
	const struct json *data;       /* the answer */
	const struct pve_place *place; /* where it came from */
	const char *path;              /* "/nodes/pve1/qemu/100" */
	bool terminal;                 /* of termproxy */
	const struct secret *credential;
	struct tls_context *tls; /* used where the place speaks TLS */
};

/* 0, -EPROTO for an answer of no use, -ENOMEM; *plan is empty on failure. */
int pve_ticket_plan(const struct pve_ticket *t, struct dial_plan *plan,
		struct err *e);

#endif
