#include "cli/reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/wait.h"
#include "core/loop.h"
#include "http/client.h"
#include "proto/url.h"
#include "stream/dial.h"
#include "stream/stream.h"

enum { REACH_MS = 20000 };

/* ---- a connection ---------------------------------------------------------
 */

struct dialled {
	struct wait wait;
	int r;
	size_t depth;
	struct stream *stream;
	struct err e;
};

static void on_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct dialled *d = arg;

	d->r = r;
	d->stream = s;
	d->depth = depth;
	if (r < 0)
		d->e = *e;
	wait_over(&d->wait);
}

/* The plan's content is taken. */
static void dial(struct loop *l, struct dial_plan *plan, struct dialled *ret)
{
	struct dial *d;

	*ret = (struct dialled){.wait.loop = l};
	ret->r = dial_start(&d, l, plan, on_dialled, ret);
	if (ret->r < 0) {
		(void)err_set(&ret->e, ret->r, "%s", strerror(-ret->r));
		dial_plan_done(plan);
		return;
	}
	if (wait_until(&ret->wait, REACH_MS))
		return;
	dial_free(d);
	ret->r = err_set(&ret->e, -ETIMEDOUT, "no answer within %d s",
			REACH_MS / 1000);
}

int reach_tcp(struct loop *l, const char *host, uint16_t port, struct err *e)
{
	struct dial_plan plan = {0};
	struct dialled d;

	if (dial_plan_tcp(&plan, host, port) < 0)
		return err_set(e, -ENOMEM, "no memory");
	dial(l, &plan, &d);
	stream_free(d.stream);
	if (d.r < 0)
		*e = d.e;
	return d.r;
}

static void dial_url(struct loop *l, const struct url *u,
		const struct tls_policy *p, struct dialled *ret)
{
	struct dial_plan plan = {0};
	struct tls_context *c = NULL;
	struct err e = {0};
	int r = dial_plan_tcp(&plan, u->host, u->port);

	if (r == 0 && strcmp(u->scheme, "https") == 0)
		r = tls_client_context(&c, p, &e);
	if (r == 0 && c)
		r = dial_plan_tls(&plan, c, u->host);
	if (r == 0) {
		dial(l, &plan, ret);
	} else {
		dial_plan_done(&plan);
		*ret = (struct dialled){.r = r, .depth = 1, .e = e};
		if (!e.code)
			(void)err_set(&ret->e, r, "no memory");
	}
	tls_context_unref(c);
}

static void take_peer(const struct dialled *d, bool tls, struct reach *ret)
{
	if (d->r == 0 && tls)
		ret->has_peer = tls_peer(d->stream, &ret->peer) == 0;
}

/* Whom it was that is not trusted: nothing is sent. */
static void look_again(struct loop *l, const struct url *u, struct reach *ret)
{
	const struct tls_policy off = {.verify = TLS_OFF};
	struct dialled d;

	dial_url(l, u, &off, &d);
	take_peer(&d, true, ret);
	stream_free(d.stream);
}

/* ---- a request ------------------------------------------------------------
 */

struct replied {
	struct wait wait;
	struct reach *to;
};

static void on_reply(void *arg, int r, const struct http_reply *reply,
		const struct err *e)
{
	struct replied *a = arg;

	if (r < 0) {
		a->to->why = *e;
	} else {
		a->to->stage = REACH_ALL;
		a->to->status = reply->status;
		a->to->has_clock = reply->date > 0;
		a->to->skew = reply->date - (int64_t)time(NULL);
	}
	wait_over(&a->wait);
}

static void ask(struct loop *l, const struct url *u, const struct tls_policy *p,
		struct reach *ret)
{
	const struct http_client_options o = {.tls = p};
	struct replied a = {.wait.loop = l, .to = ret};
	struct http_client *client = NULL;
	char url[URL_MAX];
	const struct http_call_options q = {.method = "GET", .url = url};
	int n = url_origin(u, url, sizeof(url) - 1);

	if (n < 0) {
		(void)err_set(&ret->why, -EMSGSIZE, "its URL is too long");
		return;
	}
	(void)snprintf(url + n, sizeof(url) - (size_t)n, "/");
	if (http_client_new(&client, l, &o, &ret->why) == 0 &&
			http_call(NULL, client, &q, on_reply, &a, &ret->why) ==
					0)
		(void)wait_until(&a.wait, REACH_MS);
	http_client_free(client);
}

void reach_url(struct loop *l, const struct url *u, const struct tls_policy *p,
		struct reach *ret)
{
	bool tls = strcmp(u->scheme, "https") == 0;
	struct dialled d;

	*ret = (struct reach){0};
	dial_url(l, u, p, &d);
	take_peer(&d, tls, ret);
	stream_free(d.stream);
	if (d.r < 0) {
		ret->stage = d.depth > 0      ? REACH_TLS
			     : d.r == -ENOENT ? REACH_NAME
					      : REACH_TCP;
		ret->why = d.e;
		if (d.r == -EKEYREJECTED)
			look_again(l, u, ret);
		return;
	}
	ret->stage = REACH_HTTP;
	ask(l, u, p, ret);
}
