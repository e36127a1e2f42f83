#include "bridge/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/proxy_internal.h"
#include "core/log.h"
#include "http/assets.h"
#include "http/folder.h"
#include "http/server.h"
#include "relay/farewell.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "stream/tls.h"

enum { TLS_HANDSHAKE = 0x16 }; /* RFC 8446 5.1: the first byte of a record */

static const char own_page[] = "/vnc.html";

/* ---- connections ----------------------------------------------------------
 */

static void proxy_quiet(void *arg)
{
	struct proxy *p = arg;

	if (p->o.idle)
		p->o.idle(p->o.arg);
}

static void proxy_count(struct proxy *p)
{
	if (p->ending && p->live == 0)
		timer_set(p->quiet, 0);
	else if (p->streams > 0)
		timer_stop(p->quiet);
	else if (p->o.idle_ms && !p->ending)
		timer_set(p->quiet, p->o.idle_ms);
}

void proxy_conn_free(struct proxy_conn *c)
{
	struct proxy *p = c->proxy;

	watch_free(c->watch);
	timer_free(c->limit);
	http_conn_free(c->http);
	dial_free(c->dial);
	relay_free(c->relay);
	farewell_free(c->farewell);
	stream_free(c->client);
	if (c->fd >= 0)
		(void)close(c->fd);
	address_done(&c->to);
	if (c->prev)
		c->prev->next = c->next;
	else
		p->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	p->live--;
	if (c->streams) {
		p->streams--;
		proxy_count(p);
	} else if (p->ending) {
		proxy_count(p);
	}
	free(c);
}

/* ---- requests -------------------------------------------------------------
 */

unsigned proxy_say(struct proxy_conn *c, unsigned status, const char *text)
{
	const struct http_response r = {
			.status = status,
			.type = "text/plain; charset=utf-8",
			.headers = status == 426 ? "Sec-WebSocket-Version: "
						   "13\r\n"
						 : NULL,
			.body = text,
			.body_len = strlen(text),
	};

	http_answer(c->http, &r);
	return status;
}

/* The program's own page for screens; it speaks with this server only. */
static unsigned answer_own_page(
		struct proxy_conn *c, const struct http_request *q)
{
	static const char policy[] =
			"Content-Security-Policy: default-src 'none'; "
			"script-src 'self'; style-src 'self'; "
			"img-src 'self' data: blob:; font-src 'self'; "
			"connect-src 'self' ws: wss:; base-uri 'none'; "
			"form-action 'none'\r\n";
	static const struct http_response home = {
			.status = 302, .headers = "Location: /vnc.html\r\n"};
	const struct asset *a = asset_find(q->path);

	if (strcmp(q->path, "/") == 0) {
		http_answer(c->http, &home);
		return home.status;
	}
	if (!a || (strcmp(q->path, own_page) != 0 &&
				  strncmp(q->path, "/assets/", 8) != 0))
		return proxy_say(c, 404, "There is no such file.\n");
	if (strcmp(q->method, "GET") != 0 && strcmp(q->method, "HEAD") != 0)
		return proxy_say(c, 405, "Files are only given out.\n");
	asset_answer(c->http, q, a, policy);
	return 200;
}

static unsigned answer_request(
		struct proxy_conn *c, const struct http_request *q)
{
	if (q->upgrade)
		return proxy_link(c, q);
	if (c->proxy->o.web)
		return folder_answer(c->proxy->o.web, c->http, q);
	if (c->proxy->o.own_page)
		return answer_own_page(c, q);
	return proxy_say(c, 426, "Here is a WebSocket, and no page.\n");
}

static void conn_request(
		void *arg, struct http_conn *http, const struct http_request *q)
{
	struct proxy_conn *c = arg;
	struct log_value path, method;
	bool told = c->proxy->o.verbose;
	char id[sizeof(c->id)], from[ADDRESS_TEXT_MAX];
	unsigned status;

	if (told) { /* what answers may take the connection with it */
		path = log_value(q->path);
		method = log_value(q->method);
		memcpy(id, c->id, sizeof(id));
		memcpy(from, c->from, sizeof(from));
	}
	status = answer_request(c, q);
	if (told)
		log_info(id,
				"event=request from=%s method=%s path=%s "
				"status=%u",
				from, method.text, path.text, status);
}

static void conn_gone(void *arg, struct http_conn *http)
{
	struct proxy_conn *c = arg;

	c->http = NULL;
	proxy_conn_free(c);
}

static const struct http_events http_events = {
		.request = conn_request,
		.gone = conn_gone,
};

/* ---- arriving -------------------------------------------------------------
 */

/* TLS and plain were told apart. */
static int conn_begin(struct proxy_conn *c, bool tls)
{
	struct stream *s = NULL;
	struct err e;
	int r;

	watch_free(c->watch);
	c->watch = NULL;
	timer_stop(c->limit);
	r = fd_wrap(&s, c->fd);
	c->fd = -1;
	if (r == 0 && tls)
		r = tls_accept_wrap(&s, c->proxy->o.tls, &e);
	if (r < 0) {
		stream_free(s);
		return r;
	}
	return http_conn_new(&c->http, c->proxy->o.loop, s, &http_events, c);
}

static void turn_away(struct proxy_conn *c, const char *why)
{
	log_info(c->id, "event=refused from=%s detail=\"%s\"", c->from, why);
	proxy_conn_free(c);
}

static void conn_first_byte(void *arg, int events)
{
	struct proxy_conn *c = arg;
	const struct proxy_options *o = &c->proxy->o;
	uint8_t first;
	ssize_t n = recv(c->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
	bool tls = n == 1 && first == TLS_HANDSHAKE;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		proxy_conn_free(c);
	else if (tls && !o->tls)
		turn_away(c, "TLS, but there is no certificate: see --cert");
	else if (!tls && o->tls_only)
		turn_away(c, "not TLS, and --ssl-only");
	else if (conn_begin(c, tls) < 0)
		proxy_conn_free(c);
}

static void conn_late(void *arg)
{
	proxy_conn_free(arg);
}

/* "192.0.2.7:40000"; an IPv4 address that came by IPv6 as it is. */
static void conn_from(struct proxy_conn *c)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);

	(void)snprintf(c->from, sizeof(c->from), "-");
	if (getpeername(c->fd, (struct sockaddr *)&a, &len) == 0)
		address_text((struct sockaddr *)&a, len, c->from);
}

void proxy_accept(void *proxy, int fd)
{
	struct proxy *p = proxy;
	struct proxy_conn *c;
	int r;

	if (p->ending || p->live >= p->o.connections ||
			(c = calloc(1, sizeof(*c))) == NULL) {
		(void)close(fd);
		return;
	}
	c->proxy = p;
	c->fd = fd;
	c->word = END_WORDS;
	(void)snprintf(c->id, sizeof(c->id), "%u", ++p->ids);
	conn_from(c);
	c->next = p->first;
	if (c->next)
		c->next->prev = c;
	p->first = c;
	p->live++;
	r = timer_new(&c->limit, p->o.loop, conn_late, c);
	if (r == 0)
		r = watch_new(&c->watch, p->o.loop, fd, conn_first_byte, c);
	if (r == 0)
		r = watch_set(c->watch, LOOP_READ);
	if (r < 0) {
		proxy_conn_free(c);
		return;
	}
	timer_set(c->limit, PROXY_ARRIVE_MS);
}

/* ---- life -----------------------------------------------------------------
 */

int proxy_new(struct proxy **ret_proxy, const struct proxy_options *o)
{
	struct proxy *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->o = *o;
	r = timer_new(&p->quiet, o->loop, proxy_quiet, p);
	if (r < 0) {
		free(p);
		return r;
	}
	proxy_count(p);
	*ret_proxy = p;
	return 0;
}

void proxy_free(struct proxy *p)
{
	if (!p)
		return;
	while (p->first)
		proxy_conn_free(p->first);
	timer_free(p->quiet);
	free(p);
}

void proxy_end(struct proxy *p)
{
	p->ending = true;
	for (struct proxy_conn *c = p->first, *next; c; c = next) {
		next = c->next;
		if (c->streams)
			proxy_link_end(c);
		else
			proxy_conn_free(c);
	}
	proxy_count(p);
}

size_t proxy_live(const struct proxy *p)
{
	return p->live;
}
