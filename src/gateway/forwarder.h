/*
 * The forwards of a worker ([[forwards]]): bridge/forward.h on a loop and a
 * thread of their own, so that what they carry and what they wait for is
 * nobody else's to wait for. Their hypervisors are opened there once more. The
 * ports are the supervisor's (gateway/ports.h); one that is busy is told once
 * and tried again every second.
 *
 * All calls are of the control loop, and wait for the other thread's turn,
 * which is short. The thread begins with the first configuration that has
 * forwards.
 */
#ifndef GATEWAY_FORWARDER_H
#define GATEWAY_FORWARDER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/forward.h"
#include "core/err.h"
#include "hypervisor/hypervisor.h"
#include "session/ends.h"
#include "stream/tcp.h"

struct config;
struct forwarder;
struct hypervisor_ops;

/* line: to the supervisor. */
int forwarder_new(struct forwarder **ret_forwarder,
		const struct hypervisor_ops *const *providers, int line);
/* At once. Takes NULL. */
void forwarder_free(struct forwarder *f);

/*
 * Those of this configuration, from now on. What is in it as it was, stays
 * with its clients, under the limits it has now; what is not, is closed and
 * its clients end as `killed`. On failure all is as it was.
 */
int forwarder_configure(
		struct forwarder *f, const struct config *c, struct err *e);
/* The worker serves: what an older one had open and this one has not, goes. */
void forwarder_serves(struct forwarder *f);
/* Nobody is let in any more; who is connected stays. */
void forwarder_retire(struct forwarder *f);
/* The same, and all end with this word, within 2 s. */
void forwarder_drain(struct forwarder *f, enum end_word word);
/* How many connections live. */
size_t forwarder_live(struct forwarder *f);
void forwarder_count(struct forwarder *f, struct forward_counts *ret);

/* A connection, as it was when it was asked for. */
struct forwarder_row {
	char id[12];
	char guest[GUEST_ID_MAX];
	char port[16];
	char listen[ADDRESS_TEXT_MAX], from[ADDRESS_TEXT_MAX];
	const char *state;
	int64_t since; /* seconds since 1970 */
	uint64_t up, down;
};

/* All of them, in an array to be freed. 0 or -ENOMEM. */
int forwarder_list(struct forwarder *f, struct forwarder_row **ret_rows,
		size_t *ret_count);
/* Is there one of this id? It ends as `killed`. */
bool forwarder_end(struct forwarder *f, const char *id);

#endif
