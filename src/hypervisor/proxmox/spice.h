/*
 * What spiceproxy and spiceshell answer, and the dial plan it becomes, for
 * each channel of a viewer anew:
 *
 *	tcp ADDRESS:3128 > connect TICKET:PORT > tls by CA and subject
 *	                 > spice_login
 *
 * A guest has one slot for its SPICE password, and each answer fills it anew.
 * So an answer is kept, and serves all channels, for as long as both its
 * ticket (40 s) and its password (30 s) hold and a dial still finds its time.
 */
#ifndef HYPERVISOR_PROXMOX_SPICE_H
#define HYPERVISOR_PROXMOX_SPICE_H

#include <stdint.h>

#include "core/err.h"
#include "core/secret.h"
#include "hypervisor/hypervisor.h"

struct dial_plan;
struct json;
struct spice_link;
struct tls_context;

enum {
	PVE_SPICE_MS = 20000, /* an answer serves so long */
	PVE_SPICE_MAX = 256,  /* kept; then the oldest goes */
};

struct pve_spice {
	struct pve_spice *next;
	char id[GUEST_ID_MAX];
	uint64_t asked_ms; /* its life counts from here */
	char *proxy_host;
	uint16_t proxy_port;
	struct secret ticket, password;
	uint16_t port;
	struct tls_context *tls;
};

/* The youngest first. */
struct pve_spices {
	struct pve_spice *first;
};

/* An answer, and the way to its proxy. */
struct pve_spice_answer {
	const struct json *data;
	const char *proxy_host;
	uint16_t proxy_port;
	uint64_t asked_ms;
};

/*
 * Keep an answer for this guest in the place of its last one.
 * 0, -EPROTO for one of no use, -ENOMEM; e says why.
 */
int pve_spices_keep(struct pve_spices *all, const char *id,
		const struct pve_spice_answer *a, struct err *e);
/* Somebody else was given a ticket for this guest. */
void pve_spices_forget(struct pve_spices *all, const char *id, uint64_t now_ms);
/* One that was asked for at `since_ms` or later and still serves; or NULL. */
const struct pve_spice *pve_spices_find(struct pve_spices *all, const char *id,
		uint64_t since_ms, uint64_t now_ms);
void pve_spices_done(struct pve_spices *all);

/* 0 or -ENOMEM; *plan is empty on failure. */
int pve_spice_plan(const struct pve_spice *s, const struct spice_link *link,
		struct dial_plan *plan);

#endif
