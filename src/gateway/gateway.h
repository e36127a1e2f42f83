/*
 * The gateway's state on the control loop: configuration, store, sign-ins,
 * hypervisors, sessions, and the data loops that it hands connections to. One
 * a worker process. Only the rooms of the gateway see inside.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "session/session.h"

struct auth;
struct config;
struct crypto_rsa;
struct forwarder;
struct front;
struct jobs;
struct payload_door;
struct peers;
struct people;
struct planner;
struct principal;
struct realms;
struct registry;
struct siblings;
struct store;
struct warm;

enum { GATEWAY_LOOPS_MAX = 64 };

struct gateway_options {
	struct config *config; /* taken */
	const struct hypervisor_ops *const *providers;
	/* how users reach it: scheme, host, port, path prefix; no slash at
	 * the end. Links begin with it. */
	const char *base_url;
	/* read the configuration again and have it stand, or leave all as it
	 * is */
	int (*reload)(void *arg, struct err *e);
	void *reload_arg;
};

struct gateway {
	struct loop *control;
	struct config *config;
	const struct hypervisor_ops *const *providers;
	char *base_url;
	struct store *store;
	struct store *used; /* payloads; apart, so that they crowd out nobody */
	struct payload_door *payload_door; /* NULL: shut */
	struct auth *auth;
	struct registry *registry;
	struct warm *warm;         /* connections kept ready */
	struct planner *planner;   /* of consoles */
	struct jobs *jobs;         /* of power and snapshots */
	struct people *people;     /* with accounts of a hypervisor's own */
	struct realms *realms;     /* where those are from */
	struct peers *peers;       /* any thread */
	struct siblings *siblings; /* older workers, after a hand-over */
	struct hypervisor **hypervisors;
	size_t hypervisor_count;
	struct hypervisor *retired; /* of former configurations, while they
				       owe an answer */
	struct tick tick;
	struct front *fronts[GATEWAY_LOOPS_MAX];
	size_t front_count;
	struct forwarder *forwarder;  /* borrowed; NULL: without a supervisor */
	struct crypto_rsa *spice_key; /* ours, towards SPICE viewers */
	uint64_t started_ms;
	bool draining; /* new consoles are refused */
	int (*reload)(void *arg, struct err *e);
	void *reload_arg;
};

int gateway_new(struct gateway **ret_gateway, struct loop *control,
		const struct gateway_options *o, struct err *e);
/* After all sessions have ended and the fronts have gone. Takes NULL. */
void gateway_free(struct gateway *g);

/* Can this build do what the configuration asks for? -ENOTSUP or
 * -EINVAL and the sentence. To be asked before anything is started. */
int gateway_can(const struct config *c, struct err *e);

/*
 * Another configuration and base_url, from now on (the first is taken, the old
 * one freed). Running consoles keep what they were opened with. On failure all
 * is as it was.
 */
int gateway_configure(struct gateway *g, struct config *c, const char *base_url,
		struct err *e);

/* The hypervisor of "profile/rest", and the rest; NULL: no such profile. */
struct hypervisor *gateway_hypervisor(const struct gateway *g,
		const char *guest, const char **ret_rest);

/* The one that answers this caller: with an account of their own, it is theirs
 * and sees what they may see. NULL: no such profile, or not for them. */
struct hypervisor *gateway_hypervisor_of(const struct gateway *g,
		const struct principal *who, const char *guest,
		const char **ret_rest);

/* End every console with this word; new ones are refused from now on. */
void gateway_drain(struct gateway *g, enum end_word word);

#endif
