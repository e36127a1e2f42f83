#include "bridge/ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/door.h"
#include "bridge/metrics.h"
#include "core/buf.h"
#include "http/server.h"
#include "stream/stream.h"
#include "stream/tcp.h"

struct ops_conn {
	struct ops_conn *next, *prev;
	struct ops *ops;
	struct http_conn *http;
};

struct ops {
	struct loop *loop;
	struct door *door;
	const struct forwards *forwards;
	struct ops_conn *first;
	size_t count;
};

/* ---- the metrics ----------------------------------------------------------
 */

int ops_metrics(struct buf *to, const struct forward_counts *c)
{
	metrics_plain(to, "glassbridge_forward_listeners", "gauge",
			"Forwards that are listened on.", c->forwards);
	metrics_plain(to, "glassbridge_forward_connections_active", "gauge",
			"Connections that live.", c->active);
	metrics_plain(to, "glassbridge_forward_connections_total", "counter",
			"Connections that came, refused ones too.", c->total);
	metrics_bytes(to, "glassbridge_forward_bytes_total", c->up, c->down);
	metrics_errors(to, "glassbridge_forward_errors_total",
			"Connections that went wrong, by the word of their "
			"end.",
			c->ends);
	metrics_histogram(to, "glassbridge_forward_connect_seconds",
			"How long guests' ports took to answer.", &c->connects);
	/* a failure above shows in the last one, too: the ceiling is far */
	return buf_adds(to, "# EOF\n");
}

/* ---- answering ------------------------------------------------------------
 */

static void answer_metrics(struct ops *o, struct http_conn *c)
{
	struct http_response r = {.status = 200,
			.type = "text/plain; version=0.0.4; charset=utf-8"};
	struct forward_counts counts;
	struct buf b;

	buf_init(&b, OPS_TEXT_MAX);
	forwards_count(o->forwards, &counts);
	if (ops_metrics(&b, &counts) < 0)
		r = (struct http_response){.status = 503};
	r.body = buf_data(&b);
	r.body_len = r.status == 200 ? b.len : 0;
	http_answer(c, &r);
	buf_done(&b);
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	static const char ok[] = "ok\n";
	const struct http_response fine = {.status = 200,
			.type = "text/plain",
			.body = ok,
			.body_len = sizeof(ok) - 1,
			.body_static = true};
	struct http_response none = {.status = 404};
	struct ops_conn *k = arg;

	if (strcmp(q->method, "GET") != 0)
		none.status = 405;
	if (none.status == 404 && strcmp(q->path, "/metrics") == 0)
		answer_metrics(k->ops, c);
	else if (none.status == 404 && strcmp(q->path, "/healthz") == 0)
		http_answer(c, &fine);
	else
		http_answer(c, &none);
}

static void conn_free(struct ops_conn *k)
{
	if (k->prev)
		k->prev->next = k->next;
	else
		k->ops->first = k->next;
	if (k->next)
		k->next->prev = k->prev;
	k->ops->count--;
	free(k);
}

static void on_gone(void *arg, struct http_conn *c)
{
	conn_free(arg);
}

static const struct http_events events = {
		.request = on_request, .gone = on_gone};

static void on_client(void *arg, int fd)
{
	struct ops *o = arg;
	struct stream *s = NULL;
	struct ops_conn *k;

	if (o->count >= OPS_CONNECTIONS) {
		(void)close(fd);
		return;
	}
	if (fd_wrap(&s, fd) < 0)
		return;
	k = calloc(1, sizeof(*k));
	if (!k) {
		stream_free(s);
		return;
	}
	k->ops = o;
	k->next = o->first;
	if (k->next)
		k->next->prev = k;
	o->first = k;
	o->count++;
	if (http_conn_new(&k->http, o->loop, s, &events, k) < 0)
		conn_free(k);
}

/* ---- life -----------------------------------------------------------------
 */

int ops_open(struct ops **ret_ops, struct loop *l, const char *host,
		uint16_t port, const struct forwards *forwards, struct err *e)
{
	const struct door_options door = {
			.loop = l, .host = host, .port = port};
	struct ops *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return err_set(e, -ENOMEM, "no memory");
	o->loop = l;
	o->forwards = forwards;
	r = door_open(&o->door, &door, on_client, o, e);
	if (r < 0)
		free(o);
	else
		*ret_ops = o;
	return r;
}

uint16_t ops_port(const struct ops *o)
{
	return door_port(o->door);
}

void ops_close(struct ops *o)
{
	if (!o)
		return;
	door_close(o->door);
	while (o->first) {
		http_conn_free(o->first->http);
		conn_free(o->first);
	}
	free(o);
}
