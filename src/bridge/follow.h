/*
 * Forwards that follow a hypervisor: for every port that a guest announces, a
 * listener on the port that it is announced with. The list is asked for once a
 * second, never twice at a time; what is new is listened on, what has gone is
 * closed, its connections too. A list that cannot be had changes nothing.
 *
 * A port that somebody else has is told once and tried again at every list.
 * Those below FOLLOW_PRIVILEGED are told as busy, and never listened on.
 */
#ifndef BRIDGE_FOLLOW_H
#define BRIDGE_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/forward.h"

struct follow;

enum { FOLLOW_MS = 1000, FOLLOW_MAX = 4096, FOLLOW_PRIVILEGED = 1024 };

enum follow_state {
	FOLLOW_READY,
	FOLLOW_CLOSED,
	FOLLOW_BUSY, /* it cannot be listened on; `why` */
};

struct follow_news {
	enum follow_state state;
	const char *guest; /* "boxes/agent-7" */
	const char *name, *what;
	const char *text; /* "127.0.0.1:3162"; of a busy one ":3162" */
	uint16_t port, guest_port;
	const char *why; /* NULL: nothing has failed */
};

typedef void follow_fn(void *arg, const struct follow_news *n);
/* The list could not be had (r < 0; told once), or can be had again. */
typedef void follow_list_fn(void *arg, int r, const struct err *e);

struct follow_options {
	struct loop *loop;
	struct forwards *forwards; /* borrowed; its find answers the lists */
	const char *profile;       /* copied */
	const char *const *hosts;  /* borrowed; as in struct forward_options */
	size_t host_count;
	bool login;                   /* to screens, as the forwards do */
	struct forward_limits limits; /* of each */
	follow_fn *news;              /* may be NULL */
	follow_list_fn *list;         /* may be NULL */
	void *arg;
};

int follow_new(struct follow **ret_follow, const struct follow_options *o);
/* Other limits, from the next connection on. */
void follow_limit(struct follow *f, const struct forward_limits *l);
/* Has it had a list? What is to be open then is. */
bool follow_knows(const struct follow *f);
/* No more lists: what is open stays so. */
void follow_rest(struct follow *f);
/*
 * It follows no more: `word` ends what it has open. A list may still be owed
 * to it: what is left goes with that, or, where the hypervisors have gone
 * before, by this too (`gone`). Takes NULL.
 */
void follow_free(struct follow *f, enum end_word word, bool gone);

#endif
