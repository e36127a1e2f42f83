/*
 * The supervisor: the process that `glassbridge serve` is. It owns the
 * listeners, starts a worker on them (the same program, the same arguments),
 * passes on what it is told, and reads nothing from strangers.
 *
 *	SIGHUP          the worker reads the configuration again
 *	SIGUSR2         this process becomes the program as it now stands on
 *	                disk, keeping its id, and starts a new worker; once that
 *	                one serves, the old one retires: its consoles live on
 *	SIGTERM SIGINT  all workers drain within WORKER_DRAIN_MS; what then
 *	                still stands is killed; asked twice, at once
 *
 * A worker that dies is followed by another, after a pause that grows; one
 * that dies too often ends the service. Where the supervisor dies, its workers
 * see the end of their lines and drain.
 *
 *	starting > serving > retiring > gone
 */
#ifndef GATEWAY_SUPERVISOR_H
#define GATEWAY_SUPERVISOR_H

#include "gateway/ports.h"

struct inherit;

enum {
	SUPERVISOR_DEATHS = 5,            /* so many ... */
	SUPERVISOR_DEATHS_MS = 10 * 1000, /* ... within this: it gives up */
	SUPERVISOR_PAUSE_MS = 100,        /* after the first; doubles */
	SUPERVISOR_GRACE_MS = 2000,       /* past the limit of a drain */
};

/*
 * Runs until it is told to end. `with` has the listeners, which are closed and
 * whose files are removed at the end, and the workers of before an upgrade.
 * `read` reads the configuration, for the ports of forwards.
 * The exit code: 0; 1; or, where the first worker could not begin, its own.
 */
int supervisor_run(struct inherit *with, ports_read_fn *read, void *arg);

#endif
