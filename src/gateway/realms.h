/*
 * Where accounts of the hypervisors may be from, for the sign-in page: asked
 * for when somebody wants to sign in, kept for REALMS_MS, never asked twice at
 * the same time. A hypervisor that does not answer holds nobody up for longer
 * than REALMS_WAIT_MS. Control loop only.
 */
#ifndef GATEWAY_REALMS_H
#define GATEWAY_REALMS_H

#include <stdbool.h>
#include <stddef.h>

struct hypervisor;
struct json_out;
struct loop;
struct realms;

enum {
	REALMS_MS = 60000,
	REALMS_FAILED_MS = 10000, /* then it is asked again */
	REALMS_WAIT_MS = 2000,
};

int realms_new(struct realms **ret_realms, struct loop *control);
/* After the hypervisors. Takes NULL. */
void realms_free(struct realms *r);
/* These from now on (borrowed; the former still give the answers they owe). */
void realms_configure(
		struct realms *r, struct hypervisor *const *all, size_t count);
/* Does anybody sign in by any of them? */
bool realms_any(const struct realms *r);

/* Ask where it is time. fn is called once they are known, or have not become
 * so in time; also from inside. */
void realms_wait(struct realms *r, void (*fn)(void *arg), void *arg);
/* Ask where it is time, and do not wait. */
void realms_ask(struct realms *r);
/* The member `realms`: what is known. */
void realms_put(const struct realms *r, struct json_out *o);

#endif
