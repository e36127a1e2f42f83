#include "gateway/front_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "relay/farewell.h"
#include "session/console.h"
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

static void front_console(struct front *f, struct stream *s, struct exchange *x)
{
	const struct console_setup setup = {
			.loop = f->loop,
			.control = f->gateway->control,
			.session = x->session,
			.client = s,
			.plan = gateway_plan,
			.plan_arg = f->gateway,
			.relay.keep_ms = x->session->keep_ms,
			.load = &f->load,
	};

	if (console_start(&setup) == 0)
		return;
	atomic_fetch_sub(&f->load, 1);
	console_never_was(f->gateway->control, x->session, END_INTERNAL);
}

void front_conn_upgrade(struct front_conn *c, struct exchange *x)
{
	struct ws_server_options o = {.protocol = "binary"};
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
