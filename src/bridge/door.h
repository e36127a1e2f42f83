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

/* Whoever opens listening sockets for a process that may not bind. */
struct door_source {
	/* One that listens at this address and port (0: any that is free; the
	 * same each time for the same `name`). It is the caller's. Errors as
	 * door_open(); who holds a busy port is told only if `why`. */
	int (*open)(void *arg, const char *host, uint16_t port,
			const char *name, bool why, int *ret_fd, struct err *e);
	/* It is needed no more, here or there. */
	void (*close)(void *arg, const char *host, uint16_t port);
	void *arg;
};

struct door_options {
	struct loop *loop;
	const char *host; /* an address: "127.0.0.1", "::1" */
	uint16_t port;    /* 0: any that is free */
	/* Let in only what a process of our own user has opened (the kernel's
	 * tables say which); others are closed before a byte. For addresses
	 * of this machine only. */
	bool same_user;
	const struct door_source *source; /* NULL: it is opened here */
	const char *name;                 /* for the source */
	bool quiet; /* nobody asks who holds a busy port */
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
