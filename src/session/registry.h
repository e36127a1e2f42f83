/*
 * Every session of this process, on the control loop: those that live, and for
 * REGISTRY_KEEP_MS those that have ended (so that a list shows how, and a
 * console can be resumed). Both are bounded.
 */
#ifndef SESSION_REGISTRY_H
#define SESSION_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "core/histogram.h"
#include "session/session.h"

struct loop;
struct registry;

enum {
	REGISTRY_KEEP_MS = 10 * 60 * 1000,
	REGISTRY_KEEP_MAX = 4096, /* ended ones; then the oldest go */
};

int registry_new(struct registry **ret_registry, struct loop *control);
void registry_free(struct registry *r); /* all sessions have ended */

void registry_set_limits(
		struct registry *r, size_t session_max, size_t user_max);
/* How many wires all sessions may have, those that joined included; 0: any. */
void registry_set_wires(struct registry *r, size_t wires_max);
/* For sessions from now on: relay_options.keep_ms. */
void registry_set_keep(struct registry *r, uint32_t keep_ms);

/*
 * A session for a grant; owned by the registry. Is a limit reached, the answer
 * is -EDQUOT; is the id known already, -EEXIST; -ENOMEM.
 */
int registry_add(struct registry *r, const struct grant *g, const char *from,
		struct session **ret_session);
struct session *registry_find(struct registry *r, const char *id);

/* One that views this guest by SPICE and has not been told to end, but for the
 * session of the id `except`; or NULL. */
struct session *registry_spice_viewer(
		struct registry *r, const char *guest, const char *except);

/* In the order they began; NULL at the end. */
struct session *registry_first(struct registry *r);
struct session *registry_next(struct registry *r, struct session *s);

/* One more wire of a session: false where the limit is reached. */
bool registry_wire_joins(struct registry *r);
void registry_wire_gone(struct registry *r);

/* How many live. */
size_t registry_live(const struct registry *r);
/* Called whenever a session has ended; for draining. */
void registry_on_end(struct registry *r, void (*fn)(void *arg), void *arg);

/* Of all there were, those that live too. */
struct registry_counts {
	size_t active;
	uint64_t total;
	uint64_t up, down; /* bytes */
	uint64_t ends[END_WORDS];
	struct histogram connects; /* until its console was there */
	struct histogram pings;    /* of clients */
};

void registry_count(const struct registry *r, struct registry_counts *ret);

/* What console.c reports: the guest's console is there. */
void registry_connected(struct session *s);
/* What console.c reports: the session is over and its wires are gone. Its word
 * is set before. */
void registry_ended(struct session *s);

#endif
