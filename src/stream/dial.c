#include "stream/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "proto/address.h"
#include "stream/rfb.h"
#include "stream/spice.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "stream/telnet.h"
#include "stream/term.h"
#include "stream/tls.h"
#include "stream/tty.h"

struct dial {
	struct loop *loop;
	struct dial_plan plan;
	dial_fn *fn;
	void *arg;
	struct stream *stream; /* NULL before the first address is tried */
	struct watch *watch;   /* of its descriptor */
	struct timer *timer;   /* of the layer, or of one of its addresses */
	struct defer begin;
	struct resolve *resolve; /* while a name is looked up */
	struct resolved found;
	size_t at;    /* the address that is tried */
	size_t depth; /* layers that are ready; plan.layers[depth] is at work */
	uint64_t layer_ends;
	uint32_t limit_ms; /* of the layer at work */
	bool other;        /* the first way has failed: the other is tried */
	bool pauses;       /* between two tries */
	uint64_t began_ms;
	uint32_t pause_ms;
	dial_waits_fn *waits_fn;
};

static const struct dial_layer *dial_layer(const struct dial *d)
{
	return &d->plan.layers[d->depth];
}

static const char *dial_host(const struct dial *d)
{
	const struct dial_layer *l = &d->plan.layers[0];

	return d->other ? l->tcp.other_host : l->tcp.host;
}

static uint16_t dial_port(const struct dial *d)
{
	const struct dial_layer *l = &d->plan.layers[0];

	return d->other ? l->tcp.other_port : l->tcp.port;
}

/* Is there another way to try, should this one fail? */
static bool dial_has_other(const struct dial *d)
{
	const struct dial_layer *l = &d->plan.layers[0];

	return d->depth == 0 && l->kind == DIAL_TCP && l->tcp.other_host &&
	       !d->other;
}

/* ---- the end ------------------------------------------------------------ */

/* "pve1.lan:8006 (192.0.2.7:8006)", "[::1]:5901", "unix:/run/x". */
static void dial_target(const struct dial *d, char *ret, size_t ret_max)
{
	const struct dial_layer *l = &d->plan.layers[0];
	struct address a = {0};
	char seen[ADDRESS_TEXT_MAX];
	int len;

	if (l->kind == DIAL_TCP) {
		a.host = d->other ? l->tcp.other_host : l->tcp.host;
		a.port = dial_port(d);
	} else if (l->kind == DIAL_HELD) {
		(void)snprintf(ret, ret_max, "the guest");
		return;
	} else if (l->kind == DIAL_UNIX) {
		a.path = l->unix_socket.path;
	} else {
		(void)snprintf(ret, ret_max, "%s", l->tty.path);
		return;
	}
	len = address_format(&a, ret, ret_max);
	if (len < 0)
		len = snprintf(ret, ret_max, "?");
	/* a failed connect names the address by itself */
	if (d->depth == 0 || d->at >= d->found.count)
		return;
	address_text((const struct sockaddr *)&d->found.addr[d->at],
			d->found.len[d->at], seen);
	if (strcmp(seen, ret) != 0)
		(void)snprintf(ret + len, ret_max - (size_t)len, " (%s)", seen);
}

static void dial_prefix(const struct dial *d, struct err *e)
{
	static const char *const names[] = {
			[DIAL_TCP] = "tcp",
			[DIAL_UNIX] = "unix",
			[DIAL_CONNECT] = "connect",
			[DIAL_TLS] = "tls",
			[DIAL_WS] = "ws",
			[DIAL_RFB_LOGIN] = "rfb_login",
			[DIAL_TERM] = "term",
			[DIAL_SPICE_LOGIN] = "spice_login",
			[DIAL_TELNET] = "telnet",
			[DIAL_TTY] = "tty",
			[DIAL_HELD] = "warm connection",
	};
	char target[ADDRESS_HOST_MAX + ADDRESS_TEXT_MAX + 16];

	dial_target(d, target, sizeof(target));
	err_prefix(e, "%s to %s", names[dial_layer(d)->kind], target);
}

/* Let go of the connection; the watch before the descriptor. */
static void dial_drop(struct dial *d)
{
	watch_free(d->watch);
	d->watch = NULL;
	stream_free(d->stream);
	d->stream = NULL;
}

void dial_free(struct dial *d)
{
	if (!d)
		return;
	dial_drop(d);
	resolve_cancel(d->resolve);
	timer_free(d->timer);
	defer_remove(d->loop, &d->begin);
	dial_plan_done(&d->plan);
	free(d);
}

static void dial_say_hint(const struct dial *d, struct err *e)
{
	char was[ERR_TEXT_MAX];

	memcpy(was, e->text, sizeof(was));
	(void)err_set(e, e->code, "%s (%s)", was, d->plan.login_hint);
}

/* The answer. The dial is gone before it is told. */
static void dial_finish(struct dial *d, int r, struct err *e)
{
	struct stream *s = NULL;
	dial_fn *fn = d->fn;
	void *arg = d->arg;
	size_t depth = d->depth;

	if (r < 0) {
		if (r == -EACCES && d->plan.login_hint)
			dial_say_hint(d, e);
		dial_prefix(d, e);
	} else {
		s = d->stream;
		d->stream = NULL;
	}
	dial_free(d);
	fn(arg, r, s, depth, e);
}

/* ---- when it fails ------------------------------------------------------ */

static void dial_begin(struct dial *d);

static uint32_t dial_waited(const struct dial *d)
{
	return (uint32_t)(loop_now_ms(d->loop) - d->began_ms);
}

/* Nobody is there yet, or somebody who does not speak yet. */
static bool dial_is_early(const struct dial *d, int r)
{
	switch (r) {
	case -ECONNREFUSED: /* further up it answered, and said no */
	case -ENOENT:       /* a socket that is not there yet */
		return d->depth == 0 &&
		       !(r == -ENOENT && d->plan.layers[0].kind == DIAL_TCP);
	case -ECONNRESET:
	case -ECONNABORTED:
	case -EPIPE:
	case -ETIMEDOUT:
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
	case -ENETUNREACH:
		return true;
	default:
		return false;
	}
}

static void dial_pause(struct dial *d, const struct err *why)
{
	uint32_t waited = dial_waited(d);
	uint32_t left = d->plan.wait_ms - waited;

	dial_drop(d);
	d->pauses = true;
	timer_set(d->timer, d->pause_ms < left ? d->pause_ms : left);
	d->pause_ms *= 2;
	if (d->pause_ms > DIAL_PAUSE_MAX_MS)
		d->pause_ms = DIAL_PAUSE_MAX_MS;
	if (d->waits_fn)
		d->waits_fn(d->arg, waited, why);
}

/* This way has failed: try the other one, or later, or tell. */
static void dial_gave_up(struct dial *d, int r, struct err *e)
{
	uint32_t wait = d->plan.wait_ms;

	if (dial_has_other(d)) {
		dial_drop(d);
		d->other = true;
		dial_begin(d);
		return;
	}
	if (wait == 0 || !dial_is_early(d, r)) {
		dial_finish(d, r, e);
		return;
	}
	if (dial_waited(d) < wait) {
		dial_pause(d, e);
		return;
	}
	e->code = -ETIMEDOUT;
	(void)err_prefix(e, "nothing was ready within %u %s",
			wait % 1000 ? wait : wait / 1000,
			wait % 1000 ? "ms" : "s");
	dial_finish(d, -ETIMEDOUT, e);
}

/* ---- connecting --------------------------------------------------------- */

static void dial_on_wire(void *arg, int events);

/* Watch a connection that has just been started. */
static int dial_watch(struct dial *d, struct err *e)
{
	int r = watch_new(&d->watch, d->loop, stream_fd(d->stream),
			dial_on_wire, d);

	if (r == 0)
		r = watch_set(d->watch, LOOP_WRITE);
	return r < 0 ? err_set(e, r, "the connection cannot be watched: %s",
				       strerrordesc_np(-r))
		     : 0;
}

/* What is left of the limit, shared by the addresses that are left. */
static void dial_share(struct dial *d)
{
	uint64_t now = loop_now_ms(d->loop);
	uint64_t left = d->layer_ends > now ? d->layer_ends - now : 0;

	timer_set(d->timer, left / (d->found.count - d->at));
}

/* Start to connect to the next address that can be tried at all. */
static void dial_connect(struct dial *d, struct err *e)
{
	int r = -EADDRNOTAVAIL;

	for (; d->at < d->found.count; d->at++) {
		dial_drop(d);
		dial_share(d);
		r = tcp_connect_wrap(&d->stream,
				(struct sockaddr *)&d->found.addr[d->at],
				d->found.len[d->at], e);
		if (r == 0)
			r = dial_watch(d, e);
		if (r == 0)
			return;
	}
	dial_gave_up(d, r, e);
}

static void dial_on_resolved(void *arg, int r, const struct resolved *found,
		const struct err *why)
{
	struct dial *d = arg;
	struct err e = {0};

	d->resolve = NULL;
	if (r < 0) {
		e = *why;
		dial_gave_up(d, r, &e);
		return;
	}
	d->found = *found;
	dial_connect(d, &e);
}

static int dial_bottom(struct dial *d, struct err *e)
{
	const struct dial_layer *l = dial_layer(d);
	int r;

	if (l->kind == DIAL_TCP) {
		r = resolve_start(&d->resolve, d->loop, dial_host(d),
				dial_port(d), dial_on_resolved, d);
		return r < 0 ? err_set(e, r, "out of memory") : 0;
	}
	if (l->kind == DIAL_HELD) {
		d->stream = l->held.stream;
		d->plan.layers[0].held.stream = NULL;
		rfb_login_go(d->stream);
		return dial_watch(d, e);
	}
	if (l->kind == DIAL_UNIX)
		r = unix_connect_wrap(&d->stream, l->unix_socket.path, e);
	else
		r = tty_wrap(&d->stream, l->tty.path, l->tty.speed, e);
	return r < 0 ? r : dial_watch(d, e);
}

/* ---- layer by layer ----------------------------------------------------- */

static void dial_arm(struct dial *d)
{
	d->limit_ms = d->plan.layer_ms ? d->plan.layer_ms : DIAL_LAYER_MS;
	if (dial_has_other(d) && d->limit_ms > DIAL_FIRST_MS)
		d->limit_ms = DIAL_FIRST_MS;
	d->layer_ends = loop_now_ms(d->loop) + d->limit_ms;
	timer_set(d->timer, d->limit_ms);
}

static int dial_rfb_login(
		struct stream **s, const struct dial_layer *l, struct err *e)
{
	int r = rfb_login_wrap(s, &l->rfb_login.password, e);

	if (r == 0 && l->rfb_login.hold)
		rfb_login_hold(*s);
	return r;
}

/* Put the layer at work on; on failure the stream is as it was. */
static int dial_wrap(
		struct stream **s, const struct dial_layer *l, struct err *e)
{
	switch (l->kind) {
	case DIAL_CONNECT:
		return connect_wrap(s, &l->connect, e);
	case DIAL_TLS:
		return tls_connect_wrap(s, l->tls.context, l->tls.host, e);
	case DIAL_WS:
		return ws_connect_wrap(s, &l->ws, e);
	case DIAL_RFB_LOGIN:
		return dial_rfb_login(s, l, e);
	case DIAL_TERM:
		return term_wrap(s, &l->term.login, e);
	case DIAL_SPICE_LOGIN:
		return spice_login_wrap(s, &l->spice_login.link,
				&l->spice_login.password, e);
	case DIAL_TELNET:
		return telnet_wrap(s, e);
	case DIAL_TCP:
	case DIAL_UNIX:
	case DIAL_TTY:
	case DIAL_HELD:
		break;
	}
	return err_set(e, -EINVAL, "dial plan: unknown layer %d", l->kind);
}

static void dial_failed(struct dial *d, int r, struct err *e)
{
	if (d->depth == 0 && d->at + 1 < d->found.count) {
		d->at++;
		dial_connect(d, e);
		return;
	}
	dial_gave_up(d, r, e);
}

/* As far as the wire allows. */
static void dial_step(struct dial *d)
{
	struct err e = {0};
	int r = stream_handshake(d->stream, &e);

	while (r == 0 && ++d->depth < d->plan.count) {
		dial_arm(d);
		r = dial_wrap(&d->stream, dial_layer(d), &e);
		if (r == 0)
			r = stream_handshake(d->stream, &e);
	}
	if (r == -EAGAIN)
		r = watch_set(d->watch,
				stream_want(d->stream, STREAM_HANDSHAKE));
	else if (r == 0)
		dial_finish(d, 0, &e);
	if (r < 0)
		dial_failed(d, r, &e);
}

static void dial_on_wire(void *arg, int events)
{
	(void)events;
	dial_step(arg);
}

static void dial_on_time(void *arg)
{
	struct dial *d = arg;
	uint32_t ms = d->limit_ms;
	struct err e = {0};
	const char *what = "no answer";
	int r;

	if (d->pauses) {
		d->other = false;
		dial_begin(d);
		return;
	}
	if (d->resolve)
		what = "the name was not looked up";
	resolve_cancel(d->resolve);
	d->resolve = NULL;
	r = err_set(&e, -ETIMEDOUT, "%s within %u %s", what,
			ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s");
	dial_failed(d, r, &e);
}

/* From the first layer on, this way or the other. */
static void dial_begin(struct dial *d)
{
	struct err e = {0};
	int r;

	d->pauses = false;
	d->depth = 0;
	d->at = 0;
	d->found.count = 0;
	dial_arm(d);
	r = dial_bottom(d, &e);
	if (r < 0)
		dial_gave_up(d, r, &e);
}

static void dial_on_begin(struct defer *defer)
{
	char *at = (char *)defer - offsetof(struct dial, begin);
	struct dial *d = (struct dial *)(void *)at;

	d->began_ms = loop_now_ms(d->loop);
	d->pause_ms = DIAL_PAUSE_MS;
	dial_begin(d);
}

void dial_on_wait(struct dial *d, dial_waits_fn *fn)
{
	d->waits_fn = fn;
}

static bool dial_plan_stands(const struct dial_plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		enum dial_kind kind = p->layers[i].kind;
		bool bottom = kind == DIAL_TCP || kind == DIAL_UNIX ||
			      kind == DIAL_TTY || kind == DIAL_HELD;

		if (bottom != (i == 0))
			return false;
	}
	return p->count > 0;
}

int dial_start(struct dial **ret_dial, struct loop *l, struct dial_plan *plan,
		dial_fn *fn, void *arg)
{
	struct dial *d;
	int r;

	if (!dial_plan_stands(plan))
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->loop = l;
	r = timer_new(&d->timer, l, dial_on_time, d);
	if (r < 0) {
		free(d);
		return r;
	}
	d->plan = *plan;
	*plan = (struct dial_plan){0};
	d->fn = fn;
	d->arg = arg;
	d->begin.fn = dial_on_begin;
	defer_add(l, &d->begin);
	*ret_dial = d;
	return 0;
}
