/*
 * Between server.c, which is a connection's life and its requests, and
 * server_answer.c, which is what goes back to the client.
 */
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/loop.h"
#include "http/parser.h"
#include "http/server.h"
#include "stream/stream.h"

/*
 *	HANDSHAKE > READ > OWED > WRITE > READ ...
 *	             \______________/ \______> LINGER
 *
 * A refusal of ours goes from READ to WRITE; so does the interim answer to
 * Expect, and comes back.
 */
enum http_conn_state { HANDSHAKE, READ, OWED, WRITE, LINGER };

struct http_conn {
	struct loop *loop;
	struct stream *stream;
	const struct http_events *events;
	void *arg;
	struct watch *watch;
	struct timer *timer;
	struct defer defer;
	struct http_times times;
	enum http_conn_state state;

	struct http_parser *parser; /* NULL while no byte of a request came */
	struct buf in;              /* came, and waits for its turn */
	struct buf out;             /* head of the response */
	const uint8_t *body;
	uint8_t *body_owned;
	int body_fd; /* owned; 0: none */
	size_t body_len, body_sent;
	size_t drained;

	bool served;  /* not the first request: the idle limit counts */
	bool ended;   /* the client has said all */
	bool interim; /* out holds 100 Continue */
	bool close;   /* this response is the last */
	bool drain;   /* close as soon as nothing is under way */
	bool retire;  /* close after the next answer */
	bool failed;  /* an answer could not be made */
	bool shut;
};

/*
 * A step is over with what these answer: false, the connection is gone or
 * waits; true, it has something more to do.
 */
bool http_conn_gone(struct http_conn *c);
bool http_conn_refuse(struct http_conn *c, unsigned status, const char *detail);
bool http_conn_write(struct http_conn *c); /* the step of WRITE */

void http_conn_later(struct http_conn *c);
void http_conn_wait(struct http_conn *c, enum stream_op op);
void http_conn_answer_done(struct http_conn *c); /* frees the response */

#endif
