/*
 * Which of a profile's hosts is which node of the cluster. A console of a guest
 * goes by the host that is its node, where one is: then no other node's end
 * cuts it. It is a preference: any host opens the consoles of any node.
 *
 * Three things tell. Each node's certificate is in the list of nodes, and each
 * host shows one: that costs nothing. A host says which node it is when it is
 * asked for the cluster's status: each is asked once at most, when a console
 * wants to know, and only by accounts that may see that is it answered. And a
 * host may be named in the profile as the node is ("pve2.lan").
 *
 * The knowledge belongs to the profile and the people who sign in by it.
 */
#ifndef HYPERVISOR_PROXMOX_NODES_H
#define HYPERVISOR_PROXMOX_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"

struct json;
struct pve_api;
struct pve_nodes;

enum { PVE_LEARN_MS = 1000 }; /* a console waits no longer for it */

struct pve_nodes *pve_nodes_new(void); /* NULL: no memory */
struct pve_nodes *pve_nodes_ref(struct pve_nodes *n);
void pve_nodes_unref(struct pve_nodes *n); /* takes NULL */

/* The answer to /nodes. */
void pve_nodes_tell(struct pve_api *a, const struct json *data);
/* A host of the profile has shown this certificate. */
void pve_host_showed(struct pve_api *a, size_t host,
		const uint8_t certificate[SHA256_LEN]);

/* ---- asking the hosts ---------------------------------------------------- */

struct pve_learner;

/* Belongs to an api. */
struct pve_learning {
	size_t host; /* 1 + the one that is asked; 0: none is */
	struct pve_learner *first;
	struct timer *patience;
};

/* Begin to find out which host is this node, where that is worth a question
 * and none is under way. */
void pve_learn_early(struct pve_api *a, const char *node);

/*
 * Wait until it is known, or cannot be found out, or PVE_LEARN_MS have passed.
 * true: fn is called, once and not from inside. false: there is nothing to
 * wait for.
 */
bool pve_learn(struct pve_api *a, const char *node, void (*fn)(void *arg),
		void *arg);
/* Nobody is called. */
void pve_learning_done(struct pve_learning *l);

#endif
