/*
 * Where SPICE's CONNECT proxy is, as people and Proxmox write it:
 *
 *	pve1.lan  pve1.lan:3128  [2001:db8::7]:3128  :13128
 *	http://pve1.lan:3128/
 */
#ifndef PROTO_SPICE_PROXY_H
#define PROTO_SPICE_PROXY_H

#include "proto/address.h"

enum {
	SPICE_PROXY_PORT = 3128,
	SPICE_PROXY_MAX = ADDRESS_HOST_MAX + 24,
};

/* *ret has host NULL where only a port stands, and port 0 where none stands.
 * 0, -EINVAL, -ENOMEM; *ret is untouched on failure. */
int spice_proxy_parse(const char *text, struct address *ret, struct err *e);

/* "http://HOST:PORT", as viewers read it. A host without brackets; port 0:
 * SPICE_PROXY_PORT. 0 or -EMSGSIZE. */
int spice_proxy_format(
		const char *host, uint16_t port, char ret[SPICE_PROXY_MAX]);

#endif
