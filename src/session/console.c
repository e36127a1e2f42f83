#include "session/console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "relay/farewell.h"
#include "relay/hubs.h"
#include "session/console_internal.h"
#include "session/notes.h"
#include "session/relay_ends.h"
#include "stream/spice.h"

/* ---- the end ---------------------------------------------------------------
 */

void console_released(void *arg)
{
	struct console *c = arg;

	if (c->setup.load)
		atomic_fetch_sub(c->setup.load, 1);
	timer_free(c->timer);
	free(c);
}

static void console_hang_up(struct console *c)
{
	dial_free(c->dial);
	c->dial = NULL;
	hub_wait_free(c->wait);
	c->wait = NULL;
}

static void console_over(struct console *c)
{
	if (c->state == CONSOLE_OVER)
		return;
	if (c->state != CONSOLE_LINGERING && spice_login_lingers(c->guest)) {
		c->state = CONSOLE_LINGERING;
		timer_set(c->timer, SPICE_LINGER_MS);
		return;
	}
	c->guest = NULL;
	c->state = CONSOLE_OVER;
	timer_stop(c->timer);
	console_hang_up(c);
	relay_free(c->relay);
	c->relay = NULL;
	farewell_free(c->farewell);
	c->farewell = NULL;
	watch_free(c->watch);
	c->watch = NULL;
	stream_free(c->setup.client);
	c->setup.client = NULL;
	stream_free(c->backend);
	c->backend = NULL;
	/* while a plan is on its way to us, its arrival tells the end */
	if (!c->planned)
		console_tell_ends(c);
}

static void console_left(void *arg)
{
	struct console *c = arg;

	c->farewell = NULL;
	console_over(c);
}

static void console_set_word(struct console *c, enum end_word word,
		const char *detail, bool inner)
{
	c->word = word;
	c->inner = inner;
	(void)snprintf(c->detail, sizeof(c->detail), "%s",
			detail ? detail : "");
}

/* The sentence for the client: not where guests and hypervisors are. */
static const char *console_detail(const struct console *c)
{
	bool may = !c->inner || c->setup.session->grant.candid;

	return may && *c->detail ? c->detail : NULL;
}

/* The Close for both sides; `heard`: the guest's, where it said one. */
static void console_close(const struct console *c, const struct note *heard,
		struct note *ret_close)
{
	if (c->setup.session->payload)
		end_note_seen_through(
				c->word, console_detail(c), heard, ret_close);
	else
		end_note(c->word, console_detail(c), ret_close);
}

/* Leave from any state before streaming, with the word that is set: the client
 * is told, then it ends. */
static void console_leave(struct console *c)
{
	struct stream *client = c->setup.client;
	const char *detail = console_detail(c);
	struct note close;

	console_tell_drains(c);
	console_hang_up(c);
	watch_free(c->watch);
	c->watch = NULL;
	timer_stop(c->timer);
	greeting_refuse(&c->greeting, &client, c->spoken, c->word, detail);
	console_close(c, NULL, &close);
	c->state = CONSOLE_LEAVING;
	c->setup.client = NULL; /* the farewell's now */
	if (farewell_new(&c->farewell, c->setup.loop, client, &close,
			    FAREWELL_MS, console_left, c) < 0)
		console_over(c);
}

static void console_fail(
		struct console *c, enum end_word word, const char *detail)
{
	if (c->state >= CONSOLE_LEAVING)
		return;
	console_set_word(c, word, detail, false);
	console_leave(c);
}

/* With a sentence that may hold addresses. */
static void console_fail_inner(
		struct console *c, enum end_word word, const char *detail)
{
	if (c->state >= CONSOLE_LEAVING)
		return;
	console_set_word(c, word, detail, true);
	console_leave(c);
}

/* ---- streaming -------------------------------------------------------------
 */

static void console_farewell(
		void *arg, const struct relay_end *end, struct note *ret_close)
{
	struct console *c = arg;

	c->said_goodbye = end->side == RELAY_CLIENT && end->said_close;
	if (end->side == RELAY_CLIENT)
		console_set_word(c, relay_end_of_client(end->r),
				relay_detail_of_client(end->r), false);
	else if (end->side == RELAY_BACKEND)
		console_set_word(c, relay_end_of_backend(end->r),
				relay_detail_of_backend(end->r), false);
	else
		console_set_word(c, c->stop_word, NULL, false);
	console_close(c,
			end->side == RELAY_BACKEND && end->said_close
					? &end->close
					: NULL,
			ret_close);
	console_tell_drains(c);
}

static void console_relay_over(void *arg, const struct relay_end *end)
{
	console_over(arg);
}

/* What a page says beside its keys: nothing in it ends a console. */
static void console_page_says(struct console *c, const struct note *n,
		struct note *ret_resize)
{
	int r = page_note_read(n->text.data, n->text.len, ret_resize);

	if (r < 0 && !c->babbles)
		log_info(c->setup.session->brief, "event=note_ignored len=%zu",
				n->text.len);
	c->babbles |= r < 0;
}

static void console_note(void *arg, enum relay_side from, const struct note *n)
{
	struct console *c = arg;
	struct note resize = {.kind = NOTE_TEXT};

	if (from != RELAY_CLIENT)
		return;
	if (n->kind == NOTE_RESIZE) /* a terminal of this machine */
		resize = *n;
	else if (n->kind == NOTE_TEXT)
		console_page_says(c, n, &resize);
	if (resize.kind == NOTE_RESIZE &&
			c->setup.session->grant.rights & CONFIG_MAY_CONTROL)
		/* a line that has no size takes no note of it */
		(void)relay_tell(c->relay, RELAY_BACKEND, &resize);
}

static const struct relay_events console_relay_events = {
		.farewell = console_farewell,
		.over = console_relay_over,
		.note = console_note,
};

static void console_stream(struct console *c)
{
	int r;

	watch_free(c->watch);
	c->watch = NULL;
	timer_stop(c->timer);
	r = relay_new(&c->relay, c->setup.loop, c->setup.client, c->backend,
			&c->setup.relay, &c->setup.session->counts,
			&console_relay_events, c);
	if (r < 0) {
		console_fail(c, END_INTERNAL, NULL);
		return;
	}
	c->setup.client = c->backend = NULL; /* the relay's now */
	c->state = CONSOLE_STREAMING;
}

static uint32_t console_greet_ms(const struct console *c)
{
	return c->setup.greet_ms ? c->setup.greet_ms : CONSOLE_GREET_MS;
}

/* ---- dialling --------------------------------------------------------------
 */

static void console_plan(struct console *c);

/* Tickets that were made for this dial may have been spoilt by another one, or
 * their host may be gone. */
static bool console_retries(struct console *c, int r)
{
	if (!c->may_retry || c->retried || r == -EKEYREJECTED || r == -ENOMEM)
		return false;
	c->retried = true;
	console_plan(c);
	return true;
}

/* The guest is there; now its viewer is told. */
static void console_answer(struct console *c)
{
	struct err e;
	int r = greeting_admit(&c->greeting, &c->setup.client, c->backend, &e);

	if (r == 0)
		console_stream(c); /* the relay flushes what is owed */
	else if (r == -EAGAIN)
		(void)watch_set(c->watch,
				stream_want(c->setup.client, STREAM_HANDSHAKE));
	else if (r == -EACCES)
		console_fail(c, END_LOGIN_FAILED, e.text);
	else
		console_fail(c, relay_end_of_client(r), e.text);
}

static void console_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct console *c = arg;

	c->dial = NULL;
	c->wait = NULL;
	if (r < 0 && console_retries(c, r))
		return;
	if (r < 0) {
		console_fail_inner(c, end_of_dial(r, depth), e->text);
		return;
	}
	c->backend = c->guest = s;
	c->state = CONSOLE_ANSWERING;
	console_tell_streams(c);
	timer_set(c->timer, console_greet_ms(c));
	console_answer(c);
}

/* The guest is not up yet: whoever asks for the session is told (R44). */
static void console_waits(void *arg, uint32_t waited_ms, const struct err *why)
{
	struct console *c = arg;

	atomic_store(&c->setup.session->waited_ms, waited_ms ? waited_ms : 1);
}

/* Named after its plan, so that another address is another line. */
static int console_share(struct console *c, struct dial_plan *plan)
{
	const struct grant *g = &c->setup.session->grant;
	char wire[ERR_TEXT_MAX], name[HUBS_NAME_MAX];

	dial_plan_text(plan, wire, sizeof(wire));
	(void)snprintf(name, sizeof(name), "%s %s", g->guest, wire);
	return hubs_join(c->setup.hubs, &c->wait, name, plan,
			g->rights & CONFIG_MAY_CONTROL, console_dialled, c);
}

static int console_connect(struct console *c, struct dial_plan *plan)
{
	int r;

	if (c->setup.session->shared && c->setup.hubs)
		return console_share(c, plan);
	r = dial_start(&c->dial, c->setup.loop, plan, console_dialled, c);
	if (r == 0 && !console_joins(c))
		dial_on_wait(c->dial, console_waits);
	return r;
}

static void console_dial(struct console *c, struct planned *m)
{
	int r;

	c->state = CONSOLE_DIALLING;
	c->may_retry = m->plan.minted;
	timer_stop(c->timer); /* the dial has limits of its own */
	r = console_connect(c, &m->plan);
	if (r < 0)
		console_fail(c, END_INTERNAL, strerrordesc_np(-r));
}

void console_is_planned(void *planned)
{
	struct planned *m = planned;
	struct console *c = m->console;

	c->planned = NULL;
	if (c->state == CONSOLE_OVER) /* its end waited for this */
		console_tell_ends(c);
	else if (c->state == CONSOLE_PLANNING && m->r < 0)
		console_fail_inner(c, m->word, m->e.text);
	else if (c->state == CONSOLE_PLANNING)
		console_dial(c, m);
	dial_plan_done(&m->plan);
	free(m);
}

static void console_plan(struct console *c)
{
	struct planned *m = calloc(1, sizeof(*m));

	if (!m) {
		console_fail(c, END_INTERNAL, NULL);
		return;
	}
	m->console = c;
	c->planned = m;
	c->state = CONSOLE_PLANNING;
	timer_set(c->timer,
			c->setup.plan_ms ? c->setup.plan_ms : CONSOLE_PLAN_MS);
	console_tell_asks(c);
}

/* ---- greeting --------------------------------------------------------------
 */

static void console_judge(struct console *c)
{
	const char *why;
	enum end_word word =
			greeting_judge(&c->greeting, c->setup.client, &why);

	if (word != END_WORDS) {
		console_fail(c, word, why);
		return;
	}
	/* it may say no more before our verdict, but it may go */
	(void)watch_set(c->watch, LOOP_HANGUP);
	console_plan(c);
}

static void console_greeting(struct console *c)
{
	struct err e;
	int r = stream_handshake(c->setup.client, &e);

	if (r == -EAGAIN) {
		(void)watch_set(c->watch,
				stream_want(c->setup.client, STREAM_HANDSHAKE));
	} else if (r < 0) {
		console_fail(c, relay_end_of_client(r), e.text);
	} else {
		c->spoken = true;
		console_judge(c);
	}
}

static void console_ready(void *arg, int events)
{
	struct console *c = arg;

	if (c->state == CONSOLE_GREETING) {
		console_greeting(c);
	} else if (c->state == CONSOLE_ANSWERING) {
		console_answer(c);
	} else if (events & LOOP_HANGUP) {
		console_set_word(c, END_CLIENT_CLOSED, NULL, false);
		console_tell_drains(c);
		console_over(c);
	}
}

static void console_late(void *arg)
{
	struct console *c = arg;

	if (c->state == CONSOLE_LINGERING)
		console_over(c);
	else if (c->state == CONSOLE_GREETING || c->state == CONSOLE_ANSWERING)
		console_fail(c, END_PROTOCOL_ERROR,
				"The viewer did not finish its greeting.");
	else
		console_fail(c, END_HYPERVISOR_UNREACHABLE,
				"The hypervisor did not answer in time.");
}

int console_start(const struct console_setup *setup)
{
	struct console *c = calloc(1, sizeof(*c));
	const struct greeting_setup greeting = {
			.grant = &setup->session->grant,
			.plain = setup->plain,
			.joins = setup->wire != NULL,
			.spice_key = setup->spice_key,
			.password = setup->password,
	};
	struct err e;
	int r = c ? 0 : -ENOMEM;

	if (r == 0) {
		c->setup = *setup;
		r = greeting_wrap(
				&c->greeting, &greeting, &c->setup.client, &e);
	}
	if (r == 0)
		r = timer_new(&c->timer, setup->loop, console_late, c);
	if (r == 0)
		r = watch_new(&c->watch, setup->loop,
				stream_fd(c->setup.client), console_ready, c);
	if (r < 0) {
		stream_free(c ? c->setup.client : setup->client);
		if (c)
			timer_free(c->timer);
		free(c);
		return r;
	}
	timer_set(c->timer, console_greet_ms(c));
	console_tell_known(c);
	console_greeting(c);
	return 0;
}

/* ---- ended from outside ----------------------------------------------------
 */

void console_is_stopped(void *arg)
{
	struct console *c = arg;

	if (c->state == CONSOLE_STREAMING)
		relay_end(c->relay); /* asks for the word, unless it has one */
	else
		console_fail(c, c->stop_word, NULL);
}
