#include "gateway/front.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/peers.h"
#include "gateway/routes.h"
#include "gateway/site.h"
#include "http/assets.h"
#include "http/headers.h"
#include "http/problem.h"
#include "http/server.h"
#include "proto/url.h"
#include "relay/farewell.h"
#include "session/console.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "stream/ws.h"

struct front {
	struct loop *loop;
	struct gateway *gateway;
	struct site *site;
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
	char from[EXCHANGE_FROM_MAX];
};

/* An upgrade that is refused: 101, then a Close that says why. */
struct refusal {
	struct refusal *next, *prev;
	struct front *front;
	struct farewell *farewell;
};

/* ---- connections ------------------------------------------------------------
 */

static void conn_free(struct front_conn *c)
{
	struct front *f = c->front;

	if (c->prev)
		c->prev->next = c->next;
	else
		f->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (c->counted)
		peers_leave(f->gateway->peers, c->from);
	free(c);
}

/* With what it counts for. */
static void conn_done(struct front_conn *c)
{
	atomic_fetch_sub(&c->front->load, 1);
	conn_free(c);
}

/* It waits for an exchange that is under way. */
static void conn_gone(void *arg, struct http_conn *http)
{
	struct front_conn *c = arg;

	c->http = NULL;
	if (!c->exchange)
		conn_done(c);
}

/* The peer's address without its port; "local" for a Unix socket. */
static void peer_text(int fd, char ret[EXCHANGE_FROM_MAX])
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);

	(void)snprintf(ret, EXCHANGE_FROM_MAX, "local");
	if (getpeername(fd, (struct sockaddr *)&a, &len) == 0 &&
			a.ss_family != AF_UNIX)
		(void)getnameinfo((struct sockaddr *)&a, len, ret,
				EXCHANGE_FROM_MAX, NULL, 0, NI_NUMERICHOST);
}

/* Nothing of ours makes a response that HTTP cannot carry. */
static void conn_answer_text(
		struct front_conn *c, unsigned status, const char *text)
{
	const struct http_response r = {
			.status = status,
			.type = "text/plain; charset=utf-8",
			.body = text,
			.body_len = strlen(text),
			.body_static = true,
	};

	http_answer(c->http, &r);
}

/* ---- upgrades
 * ----------------------------------------------------------------- */

static void refusal_free(struct refusal *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		r->front->refusals = r->next;
	if (r->next)
		r->next->prev = r->prev;
	farewell_free(r->farewell);
	free(r);
}

static void refusal_over(void *arg)
{
	struct refusal *r = arg;

	r->farewell = NULL;
	atomic_fetch_sub(&r->front->load, 1);
	refusal_free(r);
}

static void front_refuse(
		struct front *f, struct stream *s, const struct exchange *x)
{
	struct refusal *r = calloc(1, sizeof(*r));
	struct note close;

	if (!r) {
		stream_free(s);
		atomic_fetch_sub(&f->load, 1);
		return;
	}
	r->front = f;
	r->next = f->refusals;
	if (r->next)
		r->next->prev = r;
	f->refusals = r;
	end_note(x->word, x->detail, &close);
	if (farewell_new(&r->farewell, f->loop, s, &close, FAREWELL_MS,
			    refusal_over, r) < 0) {
		r->farewell = NULL;
		refusal_over(r);
	}
}

static void front_console(struct front *f, struct stream *s, struct exchange *x)
{
	const struct console_setup setup = {
			.loop = f->loop,
			.control = f->gateway->control,
			.session = x->session,
			.client = s,
			.plan = gateway_plan,
			.plan_arg = f->gateway,
			.load = &f->load,
	};

	if (console_start(&setup) == 0)
		return;
	atomic_fetch_sub(&f->load, 1);
	console_never_was(f->gateway->control, x->session, END_INTERNAL);
}

/* 101: the stream leaves HTTP, for a console or to be told why not. */
static void conn_upgrade(struct front_conn *c, struct exchange *x)
{
	struct ws_server_options o = {.protocol = "binary"};
	struct front *f = c->front;
	struct stream *s;
	uint8_t *early;
	struct err e;
	int r;

	memcpy(o.key, x->key, sizeof(o.key));
	s = http_take(c->http, &early, &o.early_len);
	o.early = early;
	r = ws_accept_wrap(&s, &o, &e);
	free(early);
	conn_free(c); /* what it counts for goes over to the console */
	if (r == 0 && x->session) {
		front_console(f, s, x);
	} else if (r == 0) {
		front_refuse(f, s, x);
	} else {
		stream_free(s);
		atomic_fetch_sub(&f->load, 1);
		if (x->session)
			console_never_was(f->gateway->control, x->session,
					END_INTERNAL);
	}
}

/* ---- exchanges
 * ---------------------------------------------------------------- */

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
		conn_upgrade(c, x);
	} else if (c->http) {
		conn_answer(c, x);
	} else {
		if (x->session)
			console_never_was(c->front->gateway->control,
					x->session, END_CLIENT_CLOSED);
		conn_done(c);
	}
	exchange_free(x);
}

static const char *status_headers(unsigned status)
{
	if (status == 426)
		return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
	return status == 429 ? "Retry-After: 1\r\n" : NULL;
}

static void conn_refuse_with(struct front_conn *c, unsigned status,
		enum end_word word, const char *detail, const char *headers)
{
	struct http_response r = {
			.status = status, .headers = headers, .close = c->over};
	struct buf body;

	buf_init(&body, 4096);
	if (http_problem(&body, status, end_info(word)->word, detail) == 0) {
		r.type = HTTP_PROBLEM_TYPE;
		r.body = buf_data(&body);
		r.body_len = body.len;
	}
	log_info(NULL, "event=refused word=%s status=%u from=%s detail=%s",
			end_info(word)->word, status, c->from,
			log_value(detail).text);
	http_answer(c->http, &r);
	buf_done(&body);
}

static void conn_refuse(struct front_conn *c, unsigned status,
		enum end_word word, const char *detail)
{
	conn_refuse_with(c, status, word, detail, status_headers(status));
}

static void conn_refuse_method(
		struct front_conn *c, const struct route_match *m)
{
	char line[ROUTE_ALLOW_MAX + 16];

	(void)snprintf(line, sizeof(line), "Allow: %s\r\n", m->allow);
	conn_refuse_with(c, 405, END_BAD_REQUEST,
			"This address does not take that method.", line);
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
		conn_refuse(c, status,
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
	conn_refuse(c, 503, END_SHUTDOWN, "The gateway is shutting down.");
}

void front_api(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m)
{
	struct front_conn *c = arg;
	struct peers *peers = c->front->gateway->peers;
	char from[PEER_TEXT_MAX];

	peers_client(peers, c->from, http_header(q, "x-forwarded-for"), from);
	if (!peers_may_ask(peers, from, loop_now_ms(c->front->loop)))
		conn_refuse(c, 429, END_LIMIT,
				"Too many requests from this address; wait a "
				"second.");
	else if (!conn_origin_stands(c, q))
		conn_refuse(c, 403, END_NOT_PERMITTED,
				"This page's origin may not speak to the "
				"gateway; add it to allowed_origins.");
	else
		conn_exchange(c, from, q, m);
}

/* ---- the page
 * ------------------------------------------------------------------ */

void front_page(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m)
{
	struct front_conn *c = arg;
	const char *path = m->route->data ? m->route->data : q->path;
	const struct asset *a = asset_find(path);

	if (a)
		asset_answer(http, q, a, site_document_headers(c->front->site));
	else if (strncmp(q->path, "/api/", 5) == 0)
		conn_refuse(c, 404, END_BAD_REQUEST,
				"There is nothing at this address.");
	else
		conn_answer_text(c, 404, "There is nothing here.\n");
}

void front_console_moved(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m)
{
	struct front_conn *c = arg;
	const char *guest = route_param(m, "guest");
	char id[3 * ROUTE_VALUE_MAX + 1], line[URL_MAX];
	const struct http_response r = {.status = 308, .headers = line};

	if (url_encode(guest, strlen(guest), id, sizeof(id)) < 0 ||
			(size_t)snprintf(line, sizeof(line),
					"Location: %s/console/%s%s%s\r\n",
					site_prefix(c->front->site), id,
					*q->query ? "?" : "",
					q->query) >= sizeof(line))
		conn_answer_text(c, 404, "There is nothing here.\n");
	else
		http_answer(http, &r);
}

void front_health(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m)
{
	struct front_conn *c = arg;

	if (c->front->draining)
		conn_answer_text(c, 503, "draining\n");
	else
		conn_answer_text(c, 200, "ok\n");
}

/* ---- requests
 * ------------------------------------------------------------------- */

static const struct route_table *tables[] = {
		[FRONT_WEB] = &routes_web,
		[FRONT_CONTROL] = &routes_control,
		[FRONT_OPS] = &routes_ops,
};

static void conn_request(void *arg, struct http_conn *http,
		const struct http_request *request)
{
	struct front_conn *c = arg;
	struct http_request q = *request;
	struct route_match m;
	unsigned status;

	if (c->over) {
		conn_refuse(c, 429, END_LIMIT,
				"Too many connections from this address.");
		return;
	}
	site_strip(c->front->site, &q);
	if (c->role == FRONT_WEB && !host_allowed(site_hosts(c->front->site),
						    http_header(&q, "host"))) {
		conn_refuse(c, 421, END_NOT_PERMITTED,
				"The gateway does not answer to this name; "
				"set public_url or allowed_origins.");
		return;
	}
	status = route_find(tables[c->role]->routes, tables[c->role]->count, &q,
			&m);
	if (status == 200)
		m.route->fn(c, http, &q, &m);
	else if (status == 405)
		conn_refuse_method(c, &m);
	else
		conn_refuse(c, 404, END_BAD_REQUEST,
				"There is nothing at this address.");
}

static const struct http_events conn_events = {
		.request = conn_request,
		.gone = conn_gone,
};

/* ---- accepting
 * ------------------------------------------------------------------ */

struct arrival {
	struct front *front;
	int fd;
	enum front_role role;
	struct tls_context *tls;
};

/* NULL: it is one of too many. */
static struct front_conn *conn_new(struct front *f, const struct arrival *a)
{
	struct front_conn *c = calloc(1, sizeof(*c));
	enum peer_verdict v;

	if (!c)
		return NULL;
	c->front = f;
	c->role = a->role;
	c->tls = a->tls != NULL;
	peer_text(a->fd, c->from);
	if (a->role != FRONT_WEB)
		return c;
	v = peers_arrive(f->gateway->peers, c->from);
	if (v == PEER_OUT) {
		free(c);
		return NULL;
	}
	c->counted = true;
	c->over = v == PEER_OVER;
	return c;
}

static void front_admit(struct front *f, struct arrival *a)
{
	struct front_conn *c = conn_new(f, a);
	struct stream *s = NULL;
	struct err e;
	int r = fd_wrap(&s, a->fd);

	if (r == 0 && !c)
		r = -ENOMEM;
	if (r == 0 && a->tls)
		r = tls_accept_wrap(&s, a->tls, &e);
	if (r < 0)
		stream_free(s);
	else
		r = http_conn_new(&c->http, f->loop, s, &conn_events, c);
	if (r == 0 && f->retiring)
		http_conn_retire(c->http);
	if (c) {
		c->next = f->conns;
		if (c->next)
			c->next->prev = c;
		f->conns = c;
	}
	if (r < 0 && c)
		conn_done(c);
	else if (r < 0)
		atomic_fetch_sub(&f->load, 1);
}

static void arrival_arrives(void *arg)
{
	struct arrival *a = arg;

	if (a->front->draining) {
		close(a->fd);
		atomic_fetch_sub(&a->front->load, 1);
	} else {
		front_admit(a->front, a);
	}
	tls_context_unref(a->tls);
	free(a);
}

void front_accept(struct front *f, int fd, enum front_role role,
		struct tls_context *tls)
{
	struct arrival *a = malloc(sizeof(*a));

	if (!a) {
		close(fd);
		return;
	}
	*a = (struct arrival){.front = f,
			.fd = fd,
			.role = role,
			.tls = tls ? tls_context_ref(tls) : NULL};
	atomic_fetch_add(&f->load, 1);
	if (loop_post(f->loop, arrival_arrives, a) == 0)
		return;
	atomic_fetch_sub(&f->load, 1);
	tls_context_unref(a->tls);
	close(fd);
	free(a);
}

/* ---- life
 * ------------------------------------------------------------------------ */

struct site_change {
	struct front *front;
	struct site *site;
};

static void site_arrives(void *arg)
{
	struct site_change *m = arg;

	site_free(m->front->site);
	m->front->site = m->site;
	free(m);
}

void front_site(struct front *f, struct site *site)
{
	struct site_change *m = malloc(sizeof(*m));

	if (m)
		*m = (struct site_change){.front = f, .site = site};
	if (!m || loop_post(f->loop, site_arrives, m) < 0) {
		free(m);
		site_free(site);
	}
}

static void drain_arrives(void *arg)
{
	struct front *f = arg;

	f->draining = true;
	for (struct front_conn *c = f->conns, *next; c; c = next) {
		next = c->next;
		if (c->http)
			http_conn_drain(c->http);
	}
}

void front_drain(struct front *f)
{
	(void)loop_post_own(f->loop, &f->drain, drain_arrives, f);
}

static void retire_arrives(void *arg)
{
	struct front *f = arg;

	f->retiring = true;
	for (struct front_conn *c = f->conns; c; c = c->next)
		if (c->http)
			http_conn_retire(c->http);
}

void front_retire(struct front *f)
{
	(void)loop_post_own(f->loop, &f->retire, retire_arrives, f);
}

size_t front_load(const struct front *f)
{
	return atomic_load(&f->load);
}

int front_new(struct front **ret_front, struct loop *l, struct gateway *g,
		struct site *site)
{
	struct front *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->loop = l;
	f->gateway = g;
	f->site = site;
	*ret_front = f;
	return 0;
}

void front_free(struct front *f)
{
	if (!f)
		return;
	while (f->refusals)
		refusal_free(f->refusals);
	while (f->conns) {
		if (f->conns->http)
			http_conn_free(f->conns->http);
		conn_free(f->conns);
	}
	site_free(f->site);
	free(f);
}
