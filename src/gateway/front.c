#include "gateway/front.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "gateway/front_internal.h"
#include "gateway/gateway.h"
#include "gateway/peers.h"
#include "gateway/routes.h"
#include "gateway/site.h"
#include "http/server.h"
#include "relay/hubs.h"
#include "stream/tcp.h"
#include "stream/tls.h"

/* ---- connections -----------------------------------------------------------
 */

void front_conn_free(struct front_conn *c)
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

void front_conn_done(struct front_conn *c)
{
	atomic_fetch_sub(&c->front->load, 1);
	front_conn_free(c);
}

/* It waits for an exchange that is under way. */
static void conn_gone(void *arg, struct http_conn *http)
{
	struct front_conn *c = arg;

	c->http = NULL;
	if (!c->exchange)
		front_conn_done(c);
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

/* ---- requests --------------------------------------------------------------
 */

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
		front_conn_refuse(c, 429, END_LIMIT,
				"Too many connections from this address.");
		return;
	}
	site_strip(c->front->site, &q);
	if (c->role == FRONT_WEB && !host_allowed(site_hosts(c->front->site),
						    http_header(&q, "host"))) {
		front_conn_refuse(c, 421, END_NOT_PERMITTED,
				"The gateway does not answer to this name; "
				"set public_url or allowed_origins.");
		return;
	}
	if (front_conn_payload(c, http, &q))
		return;
	status = route_find(tables[c->role]->routes, tables[c->role]->count, &q,
			&m);
	if (status == 200)
		m.route->fn(c, http, &q, &m);
	else if (status == 405)
		front_conn_refuse_method(c, &m);
	else
		front_conn_refuse(c, 404, END_BAD_REQUEST,
				"There is nothing at this address.");
}

static const struct http_events conn_events = {
		.request = conn_request,
		.gone = conn_gone,
};

/* ---- accepting -------------------------------------------------------------
 */

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
		front_conn_done(c);
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

/* ---- life ------------------------------------------------------------------
 */

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

struct loop *front_loop(const struct front *f)
{
	return f->loop;
}

size_t front_load(const struct front *f)
{
	return atomic_load(&f->load);
}

int front_new(struct front **ret_front, struct loop *l, struct gateway *g,
		struct site *site)
{
	struct front *f = calloc(1, sizeof(*f));

	if (!f || hubs_new(&f->hubs, l) < 0) {
		free(f);
		return -ENOMEM;
	}
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
		front_refusal_free(f->refusals);
	while (f->conns) {
		if (f->conns->http)
			http_conn_free(f->conns->http);
		front_conn_free(f->conns);
	}
	hubs_free(f->hubs);
	site_free(f->site);
	free(f);
}
