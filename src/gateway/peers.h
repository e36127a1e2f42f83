/*
 * How much one address may ask of the gateway: connections at a time, API
 * requests a second; and which addresses are proxies that speak for others.
 * An IPv6 address counts by its /64: that much every customer gets.
 *
 * Not counted: Unix sockets, 127.0.0.1 and ::1 (the machine's own programs,
 * and proxies beside us), and trusted_proxies. For these the limits count
 * whom they speak for: the last address of X-Forwarded-For that is none of
 * them.
 *
 * The table is bounded, and so is what a flood can cost. All calls from any
 * thread.
 */
#ifndef GATEWAY_PEERS_H
#define GATEWAY_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct config_texts;
struct loop;
struct peers;

enum {
	PEERS_MAX = 16384, /* addresses at a time; more are refused */
	PEER_CONNECTIONS_MAX = 256,
	PEER_CONNECTIONS_TOLD = 32, /* so many more are told 429 */
	PEER_RATE = 50,             /* API requests a second, on the average */
	PEER_BURST = 200,           /* and at once */
	PEER_TEXT_MAX = 64,
};

int peers_new(struct peers **ret_peers, struct loop *control);
void peers_free(struct peers *p); /* takes NULL */

/* Addresses and networks ("192.0.2.7", "10.0.0.0/8") to trust from now on.
 * -EINVAL for what is neither; then the old ones stand. */
int peers_trust(struct peers *p, const struct config_texts *t, struct err *e);

/* Would peers_trust() take them? */
int peers_can_trust(const struct config_texts *t, struct err *e);

enum peer_verdict {
	PEER_IN,   /* peers_leave() when it goes */
	PEER_OVER, /* the same, but it may only be told so */
	PEER_OUT,  /* close it at once; nothing was counted */
};

/* A connection from this address (text, as getnameinfo() writes it). */
enum peer_verdict peers_arrive(struct peers *p, const char *from);
void peers_leave(struct peers *p, const char *from);

/* Whose request it is: `from`, or what a trusted proxy says; forwarded is the
 * X-Forwarded-For header or NULL. */
void peers_client(struct peers *p, const char *from, const char *forwarded,
		char ret[PEER_TEXT_MAX]);

/* One more request of this client: may it? */
bool peers_may_ask(struct peers *p, const char *client, uint64_t now_ms);

#endif
