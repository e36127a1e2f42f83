/*
 * The profile `home`: a cluster of two nodes, pve1 and pve2, by two scripted
 * hosts, `one` and `two`; with qemu/100 on pve1 and lxc/200 on pve2. What was
 * asked of it, and what came back.
 */
#ifndef HOME_H
#define HOME_H

#include <stdbool.h>

#include "cluster.h"
#include "config/config.h"
#include "core/err.h"
#include "hypervisor/hypervisor.h"
#include "stream/dial.h"

struct home {
	struct loop *loop;
	struct timer *limit;
	struct pve_server one, two;
	struct config_profile profile;
	struct hypervisor *h;

	/* what came back */
	unsigned told;
	int answered;
	struct err error;
	char *ids;
	enum guest_status status; /* of qemu/100 */
	struct dial_plan plan;
};

extern struct home home;
extern const char home_ticket[], home_vms[], home_running[]; /* answers */

/* With a token, or with a password. */
void home_begin(bool token);
void home_end(void);

/* Ask, and run until it is told. */
int home_list(void);
int home_look(const char *id);
int home_console(const char *id, enum console_kind kind);

/* The receivers of those, for who asks itself. */
void home_on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e);
void home_on_plan(
		void *arg, int r, struct dial_plan *from, const struct err *e);
/* For other receivers: that it was told, and how. */
void home_keep(int r, const struct err *e);

#endif
