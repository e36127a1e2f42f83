/*
 * Between proxy.c, which has the connections and answers their requests, and
 * proxy_link.c, which turns a request into a relay.
 */
#ifndef BRIDGE_PROXY_INTERNAL_H
#define BRIDGE_PROXY_INTERNAL_H

#include "bridge/proxy.h"
#include "core/loop.h"
#include "proto/address.h"
#include "relay/relay.h"
#include "session/ends.h"
#include "stream/tcp.h"

struct dial;
struct farewell;
struct http_conn;
struct http_request;

struct proxy {
	struct proxy_options o;
	struct proxy_conn *first;
	size_t live;    /* connections */
	size_t streams; /* of these by WebSocket */
	struct timer *quiet;
	bool ending;
	unsigned ids;
};

struct proxy_conn {
	struct proxy_conn *next, *prev;
	struct proxy *proxy;
	char id[12];
	char from[ADDRESS_TEXT_MAX];
	int fd;              /* arriving; -1: a stream's */
	struct watch *watch; /* arriving, opening, dialling */
	struct timer *limit; /* of arriving and opening */
	struct http_conn *http;
	struct stream *client; /* opening, dialling */
	struct dial *dial;
	struct relay *relay;
	struct relay_counts counts;
	struct farewell *farewell;
	struct address to;
	bool streams; /* it is counted as one */
	uint64_t begun_ms;
	enum end_word word;
	char detail[ERR_TEXT_MAX];
};

void proxy_conn_free(struct proxy_conn *c);

/* It asks for a WebSocket: answered, whatever comes of it. The status of a
 * refusal, or 101. */
unsigned proxy_link(struct proxy_conn *c, const struct http_request *q);
/* End it with a word, where it streams or is about to. */
void proxy_link_end(struct proxy_conn *c);

/* A text as the answer; the status. */
unsigned proxy_say(struct proxy_conn *c, unsigned status, const char *text);

#endif
