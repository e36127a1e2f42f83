/*
 * Between worker.c, which is the life of a worker, and reload.c, which brings
 * it another configuration.
 */
#ifndef GATEWAY_WORKER_INTERNAL_H
#define GATEWAY_WORKER_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/loop.h"
#include "gateway/gateway.h"
#include "gateway/links.h"
#include "gateway/names.h"
#include "gateway/worker.h"

struct config;
struct doors;
struct forwarder;
struct front;
struct site;
struct tls_context;

struct data_loop {
	struct loop *loop;
	struct front *front;
	pthread_t thread;
	bool runs;
};

struct worker {
	const struct worker_options *o;
	struct loop *control;
	struct gateway *gateway;
	struct forwarder *forwarder; /* NULL: private */
	struct tls_context *tls;
	bool self_made;
	struct doors *doors; /* NULL once nobody is let in any more */
	struct data_loop data[GATEWAY_LOOPS_MAX];
	size_t data_count;
	struct loop_signal *signals[3];
	struct watch *line; /* to the supervisor */
	struct timer *drain_timer;
	uint64_t drain_by_ms; /* 0: not draining */
	bool retiring;        /* it ends with its last console */
	struct tick lonely;
	uint64_t company_ms; /* when there was a connection last */
	struct links links;
	struct names names;
	bool stuck; /* consoles were left when the time was up */
};

/* What the fronts need of this configuration. */
int worker_site(struct worker *w, const struct config *c,
		struct site **ret_site, struct err *e);

/* As many descriptors as we may have; fewer sessions where they do not do:
 * told loudly only to who asked for more. */
void worker_limits(struct config *c);

/* Read the configuration again (arg: the worker) and have it stand, or leave
 * all as it was and tell why. */
int worker_reload(void *arg, struct err *e);

#endif
