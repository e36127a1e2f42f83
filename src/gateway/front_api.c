#include "gateway/front_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/payload_door.h"
#include "gateway/peers.h"
#include "gateway/routes.h"
#include "gateway/site.h"
#include "http/headers.h"
#include "http/problem.h"
#include "http/server.h"
#include "proto/json.h"

static void conn_answer(struct front_conn *c, struct exchange *x)
{
	struct http_response r = {
			.status = x->status,
			.type = x->type,
			.body = x->answer.len ? buf_data(&x->answer) : NULL,
			.body_len = x->answer.len,
			.headers = "",
	};

	/* a NUL behind the lines */
	if (x->headers.len > 0 && buf_add(&x->headers, "", 1) == 0)
		r.headers = (const char *)buf_data(&x->headers);
	http_answer(c->http, &r);
}

static void conn_answered(struct exchange *x)
{
	struct front_conn *c = x->owner;

	c->exchange = NULL;
	if (c->http && x->status == 101) {
		front_conn_upgrade(c, x);
	} else if (c->http) {
		conn_answer(c, x);
	} else {
		front_never(c->front, x, END_CLIENT_CLOSED);
		front_conn_done(c);
	}
	exchange_free(x);
}

static const char *status_headers(unsigned status)
{
	if (status == 426)
		return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
	return status == 429 ? "Retry-After: 1\r\n" : NULL;
}

static int write_refusal(const struct front_conn *c, struct buf *body,
		unsigned status, const char *word, const char *detail)
{
	struct json_out o;

	if (!c->payload)
		return http_problem(body, status, word, detail);
	json_out_init(&o, body);
	payload_answer(&o, status, detail, NULL);
	return json_out_done(&o);
}

static void conn_refuse_with(struct front_conn *c, unsigned status,
		enum end_word word, const char *detail, const char *headers)
{
	struct http_response r = {
			.status = status, .headers = headers, .close = c->over};
	struct buf body;

	buf_init(&body, 4096);
	if (write_refusal(c, &body, status, end_info(word)->word, detail) ==
			0) {
		r.type = c->payload ? "application/json" : HTTP_PROBLEM_TYPE;
		r.body = buf_data(&body);
		r.body_len = body.len;
	}
	log_info(NULL, "event=refused word=%s status=%u from=%s detail=%s",
			end_info(word)->word, status, c->from,
			log_value(detail).text);
	http_answer(c->http, &r);
	buf_done(&body);
}

void front_conn_refuse(struct front_conn *c, unsigned status,
		enum end_word word, const char *detail)
{
	conn_refuse_with(c, status, word, detail, status_headers(status));
}

void front_conn_refuse_method(struct front_conn *c, const struct route_match *m)
{
	char line[ROUTE_ALLOW_MAX + 16];

	(void)snprintf(line, sizeof(line), "Allow: %s\r\n", m->allow);
	conn_refuse_with(c, 405, END_BAD_REQUEST,
			c->payload ? "Method not allowed. Supported methods: "
				     "GET"
				   : "This address does not take that method.",
			line);
}

/* A request of a page, by its Origin: may that page speak to us? */
static bool conn_origin_stands(
		const struct front_conn *c, const struct http_request *q)
{
	const char *origin = http_header(q, "origin");

	return !origin || c->role != FRONT_WEB ||
	       origin_allowed(site_hosts(c->front->site), origin,
			       http_header(q, "host"));
}

static void conn_exchange(struct front_conn *c, const char *from,
		const struct http_request *q, const struct route_match *m)
{
	struct exchange *x;
	const char *why;
	bool tls = c->tls ||
		   (c->role == FRONT_WEB &&
				   site_secure(c->front->site,
						   http_header(q, "host")));
	unsigned status = exchange_of_request(&x, q, m, tls, &why);

	if (status != 0) {
		front_conn_refuse(c, status,
				status == 503 ? END_INTERNAL : END_BAD_REQUEST,
				why);
		return;
	}
	x->local = c->role == FRONT_CONTROL;
	x->home = c->front->loop;
	x->answered = conn_answered;
	x->owner = c;
	(void)snprintf(x->from, sizeof(x->from), "%s", from);
	c->exchange = x;
	if (exchange_send(x, c->front->gateway) == 0)
		return;
	c->exchange = NULL;
	exchange_free(x);
	front_conn_refuse(
			c, 503, END_SHUTDOWN, "The gateway is shutting down.");
}

void front_api(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m)
{
	struct front_conn *c = arg;
	struct peers *peers = c->front->gateway->peers;
	char from[PEER_TEXT_MAX];

	peers_client(peers, c->from, http_header(q, "x-forwarded-for"), from);
	if (!peers_may_ask(peers, from, loop_now_ms(c->front->loop)))
		front_conn_refuse(c, 429, END_LIMIT,
				"Too many requests from this address; wait a "
				"second.");
	else if (!conn_origin_stands(c, q))
		front_conn_refuse(c, 403, END_NOT_PERMITTED,
				"This page's origin may not speak to the "
				"gateway; add it to allowed_origins.");
	else
		conn_exchange(c, from, q, m);
}
