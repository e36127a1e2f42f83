/*
 * The front of one data loop: connections of browsers and other clients. It
 * speaks TLS and HTTP with them, gives out the page, sends what the API is
 * asked to the control loop, and turns granted upgrades into consoles.
 *
 * Made and freed on the control loop while the data loop does not run (or, on
 * one shared loop, from it); front_accept() and front_site() are called on the
 * control loop and go over by message.
 */
#ifndef GATEWAY_FRONT_H
#define GATEWAY_FRONT_H

#include <stdbool.h>
#include <stddef.h>

struct front;
struct gateway;
struct loop;
struct site;
struct tls_context;

/* What a listener serves. */
enum front_role {
	FRONT_WEB,     /* page, API, consoles */
	FRONT_CONTROL, /* the same API for the same user, over a Unix socket */
	FRONT_OPS,     /* health only */
};

int front_new(struct front **ret_front, struct loop *l, struct gateway *g,
		struct site *site);
void front_free(struct front *f); /* takes NULL */

/* Take an accepted descriptor (closed on failure). tls NULL: plain. */
void front_accept(struct front *f, int fd, enum front_role role,
		struct tls_context *tls);
/* From now on this site (taken). */
void front_site(struct front *f, struct site *site);
/* Idle connections close, busy ones after their answer; no new ones. */
void front_drain(struct front *f);

/* Others take over: whoever is here gets one more answer, consoles stay. */
void front_retire(struct front *f);

/* Its data loop; any thread. */
struct loop *front_loop(const struct front *f);

/* Connections and consoles it has now; any thread. */
size_t front_load(const struct front *f);

#endif
