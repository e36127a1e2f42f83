/*
 * How the owner gets in: a one-time link for each address of the gateway,
 * since each works once. For who may read the terminal, or the journal.
 */
#ifndef GATEWAY_LINKS_H
#define GATEWAY_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/listen.h"
#include "stream/tls.h"

struct gateway;

struct worker_link {
	char base[LISTENER_TEXT_MAX]; /* "https://192.0.2.7:8443" */
	char code[32];                /* a secret: wiped after `ready` */
	bool tls;
};

struct worker_links {
	struct worker_link items[LISTENERS_MAX];
	size_t count;
	bool self_made; /* the certificate; then its fingerprint: */
	char fingerprint[TLS_FINGERPRINT_TEXT_MAX];
};

/* Valid during the call. */
typedef void links_fn(void *arg, const struct worker_links *links);

/* Lives until fn was called. */
struct links {
	struct worker_links all;
	size_t owed;
	links_fn *fn;
	void *arg;
};

/* public_url alone where it is set, else every address that can be reached.
 * self_made NULL: there is no certificate of our own making. fn is called
 * once, now or later. */
void links_make(struct links *k, const struct gateway *g,
		const struct listeners *listeners,
		const struct tls_context *self_made, links_fn *fn, void *arg);

#endif
