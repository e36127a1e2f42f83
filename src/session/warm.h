/*
 * Warm connections (R52): to the screens of some profiles' guests there are
 * always a few that are open and logged in already, so that a console begins a
 * few round trips earlier. ClientInit is the viewer's moment: it is sent when
 * one is taken (stream/rfb.h), and a connection that had died meanwhile is
 * found out by then; the console's second try is a cold one.
 *
 * The guests are looked at once a second. A connection goes when its guest
 * stops, moves or vanishes, when it says anything by itself, and when it is
 * older than age_ms. So none is of a guest that was started again.
 *
 * On the control loop.
 */
#ifndef SESSION_WARM_H
#define SESSION_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dial_plan;
struct hypervisor;
struct loop;
struct warm;

enum {
	WARM_MAX = 16,        /* of one guest */
	WARM_ALL_MAX = 256,   /* of a process */
	WARM_REST_MS = 10000, /* after one that failed, for that guest */
};

struct warm_source {
	struct hypervisor *hypervisor; /* borrowed until warm_forget() */
	unsigned count;                /* of each guest; 0: none */
	uint32_t age_ms;
};

int warm_new(struct warm **ret_warm, struct loop *control);
/* All connections go. */
void warm_forget(struct warm *w);
/* From now on also those of this source (none for lack of memory). */
void warm_add(struct warm *w, const struct warm_source *source);
/* After the hypervisors, which may owe it answers. Takes NULL. */
void warm_free(struct warm *w);

/* One of this guest ("profile/rest"): a plan that goes on with it. false:
 * there is none. */
bool warm_take(struct warm *w, const char *guest, struct dial_plan *ret);

/* How many wait; for tests and numbers. */
size_t warm_count(const struct warm *w);

#endif
