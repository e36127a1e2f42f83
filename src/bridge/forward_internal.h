/*
 * Between forward.c, which listens, and forward_link.c, which is one
 * connection.
 */
#ifndef BRIDGE_FORWARD_INTERNAL_H
#define BRIDGE_FORWARD_INTERNAL_H

#include <netinet/in.h>

#include "bridge/forward.h"
#include "core/loop.h"
#include "relay/relay.h"
#include "stream/tcp.h"

struct desk;
struct dial;
struct door;
struct session;
struct stream;

/* A question to a hypervisor: it cannot be taken back, so it outlives the
 * connection that had it. */
struct forward_ask {
	struct forward_ask *next, *prev;
	struct forwards *set;
	struct forward_link *link; /* NULL: nobody waits any more */
};

enum link_state {
	LINK_PLANNING,
	LINK_DIALLING,
	LINK_STREAMING,
	LINK_SESSION, /* by a desk: with a login */
	LINK_OVER,
};

struct forward_link {
	struct forward_link *next, *prev; /* the forward's */
	struct forward *forward;
	enum link_state state;
	char id[12];
	char from[ADDRESS_TEXT_MAX];
	struct stream *client; /* until the relay has it */
	struct forward_ask *ask;
	struct dial *dial;
	struct timer *limit; /* of planning and dialling */
	struct relay *relay;
	struct relay_counts own, *counts;
	struct session *session;
	uint64_t begun_ms, dialled_us;
	enum end_word word; /* ours, where we end it; END_WORDS: none yet */
	char detail[ERR_TEXT_MAX];
	struct defer defer; /* the end, in a turn of its own */
};

struct forwards {
	struct forwards_options o;
	struct forward *first;
	struct forward_ask *asks;
	struct forward_counts counts; /* of what is over */
	size_t live;                  /* connections of all */
	unsigned ids;
};

struct forward {
	struct forward *next, *prev; /* the set's */
	struct forwards *set;
	char guest[GUEST_ID_MAX], what[FORWARD_TEXT_MAX];
	char text[ADDRESS_TEXT_MAX];
	uint16_t guest_port;
	enum console_kind kind;
	struct forward_limits limits; /* none is 0 but idle_ms */
	struct door *doors[FORWARD_HOSTS_MAX];
	char hosts[FORWARD_HOSTS_MAX][INET6_ADDRSTRLEN];
	size_t door_count;
	uint16_t port;
	struct forward_link *links;
	size_t live;
	struct desk *desk;     /* with a login only */
	uint64_t loop_by_ms;   /* it led to itself: nobody until then */
	uint64_t told_ms;      /* when a refusal was logged last */
	uint64_t untold;       /* refusals since */
	bool closing;          /* it goes with its last connection */
	forward_over_fn *over; /* of forward_one() */
	void *arg;
};

/* "5901", or of what kind the console is. */
enum { LINK_PORT_MAX = 16 };
void link_port(const struct forward *f, char ret[LINK_PORT_MAX]);

/* Takes the descriptor. */
void link_start(struct forward *f, int fd);
/* End it with this word, in a turn to come. */
void link_stop(struct forward_link *k, enum end_word word);
/* At once; it is told to nobody. */
void link_free(struct forward_link *k);

/* One less; with the last a closing forward goes, too. */
void forward_left(struct forward *f);
void forward_free(struct forward *f);

/* Does this address of a plan lead to a listener of the set? */
bool forwards_own(const struct forwards *s, const char *host, uint16_t port);
/* The same of a connection that stands. */
bool forwards_own_peer(const struct forwards *s, int fd);

#endif
