/*
 * A TCP listener of a command: for who sits at this machine, unless another
 * address is asked for. Each connection is handed on as it comes.
 */
#ifndef BRIDGE_DOOR_H
#define BRIDGE_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct door;
struct loop;

enum { DOOR_BACKLOG = 64 };

struct door_options {
	struct loop *loop;
	const char *host; /* an address: "127.0.0.1", "::1" */
	uint16_t port;    /* 0: any that is free */
	/* Let in only what a process of our own user has opened (the kernel's
	 * tables say which); others are closed before a byte. For addresses
	 * of this machine only. */
	bool same_user;
};

/* A connection; the receiver's. */
typedef void door_fn(void *arg, int fd);

/* -EADDRINUSE with a sentence that names who holds the port, where that can
 * be seen; -EINVAL for what is no address; others. */
int door_open(struct door **ret_door, const struct door_options *o, door_fn *fn,
		void *arg, struct err *e);
uint16_t door_port(const struct door *d);
/* Connections of other users that were refused. */
size_t door_refused(const struct door *d);
void door_close(struct door *d); /* takes NULL */

#endif
