/*
 * Between forwarder.c, which is the thread and what is asked of it, and
 * forwarder_entry.c, which is one [[forwards]] there.
 */
#ifndef GATEWAY_FORWARDER_INTERNAL_H
#define GATEWAY_FORWARDER_INTERNAL_H

#include <pthread.h>

#include "bridge/door.h"
#include "core/loop.h"
#include "gateway/forwarder.h"

struct follow;

/* One [[forwards]]. */
struct entry {
	struct entry *next;
	struct forwarder *of;
	char texts[FORWARD_HOSTS_MAX][INET6_ADDRSTRLEN];
	const char *hosts[FORWARD_HOSTS_MAX];
	size_t host_count;
	char guest[GUEST_ID_MAX]; /* with `all` its profile */
	uint16_t port, guest_port;
	enum console_kind kind;
	bool all;
	struct forward_limits limits;
	struct forward *forward; /* NULL: it is busy, or follows */
	struct follow *follow;
	bool told; /* that it is busy */
};

struct forwarder {
	const struct hypervisor_ops *const *providers;
	struct door_source source;
	int line;
	bool runs; /* there is a thread */
	pthread_t thread;
	struct loop *loop;
	/* the thread's */
	struct forwards *forwards;
	struct entry *entries;
	struct hypervisor **hypervisors;
	size_t hypervisor_count;
	struct hypervisor *retired;
	struct tick tick;
	bool serves, chosen; /* the supervisor knows what is needed */
	bool leaving;        /* ports are left to who comes next */
};

/* Is it open? Else once more. */
void entry_open(struct entry *t);
/* Its connections end as `killed`. gone: its hypervisor has gone before. */
void entry_free(struct entry *t, bool gone);
/* Does the supervisor know by now which ports it wants? */
bool entry_known(const struct entry *t);

/* Those of a configuration, in its order, none open yet; NULL without memory,
 * or where there are none. */
struct entry *entries_of(
		struct forwarder *f, const struct config *c, struct err *e);
/* What is open in `f` and the same here goes on in its copy's place, under the
 * limits of the copy. */
void entries_keep(struct forwarder *f, struct entry **all);

#endif
