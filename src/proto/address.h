/*
 * An address as people write it: "pve1.lan:8006", "192.0.2.7:5901",
 * "[2001:db8::7]:5901", or "unix:/run/vm1.serial". Nothing is resolved here.
 * Port 0 is an address to listen on ("any free port"); who dials refuses it.
 */
#ifndef PROTO_ADDRESS_H
#define PROTO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
	ADDRESS_HOST_MAX = 255,
	ADDRESS_PATH_MAX = 107, /* what sockaddr_un can hold */
};

struct address {
	char *host; /* name or address, no brackets; NULL for a Unix socket */
	uint16_t port;
	char *path; /* of the Unix socket, else NULL */
};

/*
 * 0, -EINVAL, -ENOMEM; *ret is untouched on failure.
 * default_host  taken where only a port stands ("5901"); NULL: it must stand
 * default_port  taken where no port stands ("pve1"); 0: it must stand
 */
int address_parse(const char *text, const char *default_host,
		uint16_t default_port, struct address *ret, struct err *e);
int address_copy(struct address *to, const struct address *from);
void address_done(struct address *a);

/* As it was written, brackets included. The length, or -EMSGSIZE. */
int address_format(const struct address *a, char *ret, size_t ret_max);

/* Does it stay on this machine: 127.0.0.0/8, ::1, localhost, a Unix socket? */
bool address_is_local(const struct address *a);

/* An IP address of one machine of a network: not loopback, link-local (also the
 * one where clouds tell a machine its secrets), multicast or none, nor an IPv4
 * address in the clothes of an IPv6 one. What a stranger names. */
bool address_is_routable(const char *text);

/* A host name, an IPv4 address, or an IPv6 address without brackets. */
bool address_host_ok(const char *host, size_t len);

/* "1" to "65535" (from 0 where zero_too); nothing else, no sign, no blank. */
bool address_port(const char *text, size_t len, bool zero_too, uint16_t *ret);

#endif
