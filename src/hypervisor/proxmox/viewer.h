/*
 * What spiceproxy and spiceshell answer, as the lines of a viewer's file:
 * every text and number as it came, but for the way to the proxy, and with
 * what viewers need to delete the file.
 */
#ifndef HYPERVISOR_PROXMOX_VIEWER_H
#define HYPERVISOR_PROXMOX_VIEWER_H

#include "hypervisor/hypervisor.h"
#include "proto/spice_proxy.h"

struct json;

enum {
	PVE_VIEWER_SECONDS = 30, /* so long the password lives */
	PVE_NUMBER_MAX = 24,
};

struct pve_viewer {
	struct viewer_key keys[VIEWER_KEYS_MAX]; /* texts are the answer's */
	size_t count;
	char numbers[VIEWER_KEYS_MAX][PVE_NUMBER_MAX];
	char proxy[SPICE_PROXY_MAX];
};

/*
 * `data` outlives *ret, which points into itself. 0; -EPROTO: an answer of no
 * use, or one that is too much; e says why and names no value.
 */
int pve_viewer_of(const struct json *data, const char *proxy_host,
		uint16_t proxy_port, struct pve_viewer *ret, struct err *e);

#endif
