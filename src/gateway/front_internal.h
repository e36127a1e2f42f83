/*
 * Between the files of the front: front.c holds the connections and what they
 * ask for, front_page.c answers with documents, front_api.c with what the
 * control loop says, front_upgrade.c turns a connection into a console or
 * refuses it by a Close. All of it runs on the front's data loop.
 */
#ifndef GATEWAY_FRONT_INTERNAL_H
#define GATEWAY_FRONT_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/loop.h"
#include "gateway/exchange.h"
#include "gateway/front.h"
#include "session/ends.h"

struct http_conn;
struct http_request;
struct refusal;
struct route_match;

struct front {
	struct loop *loop;
	struct gateway *gateway;
	struct site *site;
	struct hubs *hubs;        /* lines that its consoles share */
	struct front_conn *conns; /* all of them */
	struct refusal *refusals;
	_Atomic size_t load;
	bool draining, retiring;
	struct post drain, retire;
};

struct front_conn {
	struct front_conn *next, *prev;
	struct front *front;
	struct http_conn *http;    /* NULL once it has gone or was taken */
	struct exchange *exchange; /* under way on the control loop */
	enum front_role role;
	bool tls;
	bool counted; /* as one of its address's */
	bool over;    /* that has too many: it is only told so */
	bool payload; /* its request is at the door for payloads */
	char from[EXCHANGE_FROM_MAX];
};

/* The first leaves what it counts for in the front's load, the second not. */
void front_conn_free(struct front_conn *c);
void front_conn_done(struct front_conn *c);

/* Plain text; nothing of ours makes a response that HTTP cannot carry. */
void front_conn_say(struct front_conn *c, unsigned status, const char *text);
/* problem+json, or at the door for payloads its own form; and a line in the
 * log. */
void front_conn_refuse(struct front_conn *c, unsigned status,
		enum end_word word, const char *detail);
void front_conn_refuse_method(
		struct front_conn *c, const struct route_match *m);

/*
 * Is this request one for the door for payloads (front_payload.c)? Then it has
 * been seen to: where the door is open, whatever has a payload, or asks for a
 * WebSocket or with another method, beside the API and /ws/.
 */
bool front_conn_payload(struct front_conn *c, struct http_conn *http,
		const struct http_request *q);
/* There is no page at this address: where the door is open, there is no
 * payload. False: it is shut. */
bool front_conn_no_payload(struct front_conn *c);

/*
 * 101: the stream leaves HTTP, for the console of x->session or to be told
 * x->word. The connection is gone afterwards, x stays the caller's.
 */
void front_conn_upgrade(struct front_conn *c, struct exchange *x);
/* An upgrade that was granted, but never became a console. */
void front_never(struct front *f, const struct exchange *x, enum end_word word);
void front_refusal_free(struct refusal *r);

#endif
