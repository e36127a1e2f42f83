/*
 * The gateway as a program: `glassbridge serve`, and the private one of
 * `glassbridge web`. The first is a supervisor and, by the same program with
 * the same arguments, its worker (gateway/supervisor.h): serve_run() sees by
 * its environment which of them it is. So what stands before it in main()
 * happens in each, and must be the same each time.
 */
#ifndef GATEWAY_SERVE_H
#define GATEWAY_SERVE_H

#include <stdbool.h>

#include "config/config.h"

struct hypervisor_ops;

struct serve_options {
	struct config_options config;
	const struct hypervisor_ops *const *providers; /* NULL at the end */
	/* `web`: loopback, a free port, this process alone (no sandbox: it
	 * starts a browser), no control socket; ends SERVE_PRIVATE_MS after its
	 * last tab has gone */
	bool private;
	/* private: called once, with the one-time link; its console path is
	 * for the caller to add (docs: "/console/GUEST#t=CODE") */
	void (*ready)(void *arg, const char *base_url, const char *code);
	void *ready_arg;
};

enum { SERVE_PRIVATE_MS = 30000 };

/* Runs until it is told to end. The exit code of the program. */
int serve_run(const struct serve_options *o);

#endif
