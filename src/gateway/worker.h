/*
 * The worker: the gateway's control loop, its data loops (a thread each) and
 * what comes in by the listeners. It reads from strangers; who opened the
 * listeners does not.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <stdbool.h>

#include "core/err.h"
#include "gateway/links.h"
#include "gateway/listen.h"

struct config;
struct hypervisor_ops;

enum {
	WORKER_DRAIN_MS = 10000,  /* for consoles to be told and to leave */
	WORKER_FIRST_MS = 120000, /* private: for the first tab to come */
};

struct worker_options {
	struct config *config; /* taken, also on failure */
	const struct hypervisor_ops *const *providers;
	struct listeners *listeners; /* borrowed; closed where it retires */
	int line; /* to the supervisor (gateway/line.h); -1: there is none */
	bool sandbox; /* give up what is not needed (gateway/sandbox.h) */
	int (*reload)(void *arg, struct config **ret_config, struct err *e);
	void *arg;
	/* Called once it serves. */
	void (*ready)(void *arg, const struct worker_links *links);
	/* > 0: end so long after the last connection has gone */
	unsigned lonely_ms;
};

/*
 * Runs until it is told to end, then it drains: by its supervisor, or by
 * SIGTERM or SIGINT where it has none, or until it is lonely. A worker with a
 * supervisor hears no signals. 0 or a negative errno.
 */
int worker_run(const struct worker_options *o, struct err *e);

#endif
