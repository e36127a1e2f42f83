/*
 * What has become of a guest whose console ended without anybody having asked
 * for it: whether it moved to another node, or was started anew. One that is
 * off is given a moment, for a restart is off and on.
 */
#ifndef CLI_FATE_H
#define CLI_FATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hypervisor/hypervisor.h"

struct target;
struct terminal;

enum { FATE_NODE_MAX = 64, FATE_WAIT_MS = 15000 };

enum fate {
	FATE_SAME, /* it runs where it was: the wire was lost, or is to be had
		      no more */
	FATE_MOVED,
	FATE_RESTARTED,
	FATE_LEFT, /* the user does not wait for it */
};

/* Kept until the target is closed: an answer may come late. */
struct fate_of {
	struct target *target;
	struct terminal *terminal; /* lent: q or Ctrl+C leaves */
	uint64_t since_ms;         /* when the console was opened */
	uint64_t by_ms;            /* no longer than until then */
	const int *signum;         /* not 0: no longer */
	char node[FATE_NODE_MAX];  /* where it was; where it is */
	/* what was seen */
	int r;
	enum guest_status status;
	int64_t uptime; /* seconds; below 0: not known */
	char seen_node[FATE_NODE_MAX];
	bool off, left;
};

/* Is it one that is followed: of a cluster? */
bool fate_can_change(const struct target *t);
/* Look, and wait where it is off. The terminal is told. */
enum fate fate_find(struct fate_of *f);

#endif
