#include "gateway/front_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "relay/farewell.h"
#include "session/console.h"
#include "session/planner.h"
#include "session/wires.h"
#include "stream/stream.h"
#include "stream/ws.h"

/* An upgrade that is refused: 101, then a Close that says why. */
struct refusal {
	struct refusal *next, *prev;
	struct front *front;
	struct farewell *farewell;
};

void front_refusal_free(struct refusal *r)
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
	front_refusal_free(r);
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

void front_never(struct front *f, const struct exchange *x, enum end_word word)
{
	if (x->wire)
		wire_never_was(f->gateway->control, x->wire);
	else if (x->session)
		console_never_was(f->gateway->control, x->session, word);
}

/* A stream on its way to a console. */
struct passage {
	struct front *front;
	struct stream *stream;
	struct session *session;
	struct wire *wire;
};

/* On the loop of its session; it counts for this front already. */
static void front_console(const struct passage *p)
{
	struct front *f = p->front;
	const struct console_setup setup = {
			.loop = f->loop,
			.control = f->gateway->control,
			.session = p->session,
			.wire = p->wire,
			.client = p->stream,
			.plan = planner_plan,
			.plan_arg = f->gateway->planner,
			.plain = p->session->plain,
			.spice_key = f->gateway->spice_key,
			.hubs = f->hubs,
			.relay.keep_ms = p->session->keep_ms,
			.load = &f->load,
	};

	if (console_start(&setup) == 0)
		return;
	atomic_fetch_sub(&f->load, 1);
	if (p->wire)
		wire_never_was(f->gateway->control, p->wire);
	else
		console_never_was(
				f->gateway->control, p->session, END_INTERNAL);
}

static void passage_arrives(void *arg)
{
	front_console(arg);
	free(arg);
}

/* A wire that joins goes where its session lives, one of a shared line where
 * that is. */
static struct front *front_of(struct front *f, const struct exchange *x)
{
	const struct gateway *g = f->gateway;

	for (size_t i = 0; i < g->front_count; i++)
		if (g->fronts[i]->loop == x->session->home)
			return g->fronts[i];
	return f;
}

static int front_pass_on(const struct passage *p)
{
	struct passage *copy = malloc(sizeof(*copy));
	int r = -ENOMEM;

	if (copy) {
		*copy = *p;
		r = loop_post(p->front->loop, passage_arrives, copy);
	}
	if (r < 0)
		free(copy);
	return r;
}

static void front_open(struct front *f, struct stream *s, struct exchange *x)
{
	const struct passage p = {.front = front_of(f, x),
			.stream = s,
			.session = x->session,
			.wire = x->wire};

	if (p.front == f) {
		front_console(&p);
		return;
	}
	atomic_fetch_add(&p.front->load, 1);
	if (front_pass_on(&p) < 0) {
		atomic_fetch_sub(&p.front->load, 1);
		stream_free(s);
		front_never(f, x, END_INTERNAL);
	}
	atomic_fetch_sub(&f->load, 1);
}

void front_conn_upgrade(struct front_conn *c, struct exchange *x)
{
	struct ws_server_options o = {.protocol = x->binary ? "binary" : NULL};
	struct front *f = c->front;
	struct stream *s;
	uint8_t *early;
	struct err e;
	int r;

	memcpy(o.key, x->key, sizeof(o.key));
	/* the page of a terminal has more to say than keys */
	o.text = x->session && x->session->grant.kind == CONSOLE_SERIAL;
	s = http_take(c->http, &early, &o.early_len);
	o.early = early;
	r = ws_accept_wrap(&s, &o, &e);
	free(early);
	front_conn_free(c); /* what it counts for goes over to the console */
	if (r == 0 && x->session) {
		front_open(f, s, x);
	} else if (r == 0) {
		front_refuse(f, s, x);
	} else {
		stream_free(s);
		atomic_fetch_sub(&f->load, 1);
		front_never(f, x, END_INTERNAL);
	}
}
