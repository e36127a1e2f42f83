/*
 * A WebSocket-to-TCP proxy with a folder of files, as websockify is one: what
 * comes by WebSocket, on any path, goes to one target or to the one that its
 * token names (?token=name), byte by byte; nothing is greeted and nobody is
 * logged in. Other requests are for files.
 *
 * On one port TLS and plain connections are told apart by their first byte. A
 * connection is
 *
 *	arriving > asking (HTTP) > opening (WebSocket) > dialling > streaming
 *		> leaving
 *
 * and of the latter two one line in the log when it is over: who, where to,
 * how much, and how it ended. Slow readers, half-closes and goodbyes are the
 * relay's business (relay/relay.h).
 */
#ifndef BRIDGE_PROXY_H
#define BRIDGE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct address;
struct folder;
struct loop;
struct proxy;
struct tls_context;
struct tokens;

enum {
	PROXY_ARRIVE_MS = 10000, /* until the first byte */
	PROXY_OPEN_MS = 10000,
	PROXY_FDS = 3, /* of a connection: two, and a file */
};

struct proxy_options {
	struct loop *loop;
	struct tls_context *tls;      /* borrowed; NULL: none */
	bool tls_only;                /* what is plain is turned away */
	const struct folder *web;     /* borrowed; NULL: none */
	bool own_page;                /* the page that is built in */
	const struct address *target; /* borrowed; NULL: */
	struct tokens *tokens;        /* borrowed; NULL: files only */
	uint32_t heartbeat_ms;        /* pings to clients; 0: none */
	uint32_t idle_ms; /* without a WebSocket so long: `idle`; 0: never */
	size_t connections;
	bool verbose; /* a line for each request too */
	void (*idle)(void *arg);
	void *arg;
};

int proxy_new(struct proxy **ret_proxy, const struct proxy_options *o);
/* At once and without a word. Takes NULL. */
void proxy_free(struct proxy *p);

/* An accepted connection, taken. As door_fn. */
void proxy_accept(void *proxy, int fd);

/* Tell every client goodbye; it takes 2 s at most, then proxy_live() is 0 and
 * `idle` is called. */
void proxy_end(struct proxy *p);
size_t proxy_live(const struct proxy *p);

#endif
