#include "session/console.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"
#include "relay/farewell.h"
#include "session/registry.h"
#include "stream/dial.h"
#include "stream/rfb.h"
#include "stream/rfb_filter.h"

enum console_state {
	CONSOLE_GREETING,
	CONSOLE_PLANNING,
	CONSOLE_DIALLING,
	CONSOLE_ANSWERING,
	CONSOLE_STREAMING,
	CONSOLE_LEAVING,
	CONSOLE_OVER,
};

struct console {
	struct console_setup setup; /* .client is ours until the relay's */
	enum console_state state;
	struct watch *watch; /* of the client, while there is no relay */
	struct timer *timer;
	struct dial *dial;
	struct stream *backend; /* between dial and relay */
	struct relay *relay;
	struct farewell *farewell;
	enum end_word word;
	char detail[ERR_TEXT_MAX];
	bool greets; /* an RFB greeting waits for its verdict */
	bool said_goodbye;
	bool asked; /* a plan is under way to us */
};

/* ---- messages to the control loop ---------------------------------------- */

/* The first one, with the state that the session has anyway, makes the console
 * known there. */
struct report {
	struct console *console;
	struct session *session;
	enum session_state state;
	enum end_word word;
	bool said_goodbye;
	char text[ERR_TEXT_MAX]; /* the end's detail, or the plan as text */
};

static void console_release(void *arg);

/* On the control loop. */
static void report_arrives(void *arg)
{
	struct report *m = arg;
	struct session *s = m->session;

	s->console = m->console;
	s->said_goodbye |= m->said_goodbye;
	if (m->state == SESSION_ENDED) {
		registry_ended(s, m->word, m->text);
		if (m->console)
			(void)loop_post(m->console->setup.loop, console_release,
					m->console);
	} else if (m->state > s->state) {
		if (m->state == SESSION_STREAMING)
			(void)snprintf(s->wire, sizeof(s->wire), "%s", m->text);
		session_set_state(s, m->state);
	}
	free(m);
}

/* A report that cannot be allocated would leave a session that never ends. */
static void report_send(struct loop *control, const struct report *from)
{
	struct report *m = malloc(sizeof(*m));

	if (!m)
		abort();
	*m = *from;
	if (loop_post(control, report_arrives, m) < 0)
		free(m);
}

static void console_report(struct console *c, enum session_state state,
		enum end_word word, const char *text)
{
	struct report m = {.console = c,
			.session = c->setup.session,
			.state = state,
			.word = word,
			.said_goodbye = c->said_goodbye};

	(void)snprintf(m.text, sizeof(m.text), "%s", text ? text : "");
	report_send(c->setup.control, &m);
}

void console_never_was(
		struct loop *control, struct session *s, enum end_word word)
{
	const struct report m = {
			.session = s, .state = SESSION_ENDED, .word = word};

	report_send(control, &m);
}

/* ---- the end ---------------------------------------------------------------
 */

static void console_release(void *arg)
{
	struct console *c = arg;

	if (c->setup.load)
		atomic_fetch_sub(c->setup.load, 1);
	timer_free(c->timer);
	free(c);
}

static void console_over(struct console *c)
{
	if (c->state == CONSOLE_OVER)
		return;
	c->state = CONSOLE_OVER;
	timer_stop(c->timer);
	dial_free(c->dial);
	c->dial = NULL;
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
	if (!c->asked)
		console_report(c, SESSION_ENDED, c->word, c->detail);
}

static void console_left(void *arg)
{
	struct console *c = arg;

	c->farewell = NULL;
	console_over(c);
}

static void console_set_word(
		struct console *c, enum end_word word, const char *detail)
{
	c->word = word;
	(void)snprintf(c->detail, sizeof(c->detail), "%s",
			detail ? detail : "");
}

/* Leave from any state before streaming: the client is told, then it ends. */
static void console_fail(
		struct console *c, enum end_word word, const char *detail)
{
	struct stream *client = c->setup.client;
	struct note close;
	struct err e;

	if (c->state >= CONSOLE_LEAVING)
		return;
	console_set_word(c, word, detail);
	console_report(c, SESSION_DRAINING, word, NULL);
	dial_free(c->dial);
	c->dial = NULL;
	watch_free(c->watch);
	c->watch = NULL;
	timer_stop(c->timer);
	/* a viewer that has greeted is told in its own protocol */
	if (c->greets && c->state > CONSOLE_GREETING)
		(void)rfb_greet_finish(client,
				*c->detail ? c->detail
					   : end_info(word)->sentence,
				&e);
	end_note(word, c->detail, &close);
	c->state = CONSOLE_LEAVING;
	c->setup.client = NULL; /* the farewell's now */
	if (farewell_new(&c->farewell, c->setup.loop, client, &close,
			    FAREWELL_MS, console_left, c) < 0)
		console_over(c);
}

/* ---- streaming -------------------------------------------------------------
 */

/* Of the client's side. */
static enum end_word word_of_client(int r)
{
	switch (r) {
	case -ETIMEDOUT:
		return END_SLOW_READER;
	case -ETIME:
		return END_IDLE;
	case -EPROTO:
	case -EMSGSIZE:
		return END_PROTOCOL_ERROR;
	case -ENOMEM:
		return END_INTERNAL;
	default:
		return END_CLIENT_CLOSED;
	}
}

static enum end_word word_of_backend(int r)
{
	switch (r) {
	case 0:
		return END_GUEST_CLOSED;
	case -ETIMEDOUT:
	case -EHOSTDOWN:
		return END_BACKEND_TIMEOUT;
	case -EPROTO:
	case -EMSGSIZE:
		return END_PROTOCOL_ERROR;
	case -ENOMEM:
		return END_INTERNAL;
	default:
		return END_BACKEND_FAILED;
	}
}

static void console_farewell(
		void *arg, const struct relay_end *end, struct note *ret_close)
{
	struct console *c = arg;

	c->said_goodbye =
			end->side == RELAY_CLIENT && end->close.close.code != 0;
	if (end->side == RELAY_CLIENT)
		console_set_word(c, word_of_client(end->r),
				end->r == -EHOSTDOWN
						? "The client gave no sign of "
						  "life for 40 seconds."
						: NULL);
	else if (end->side == RELAY_BACKEND)
		console_set_word(c, word_of_backend(end->r),
				end->r < 0 ? strerror(-end->r) : NULL);
	/* RELAY_OWNER: console_stop() has set it */
	end_note(c->word, c->detail, ret_close);
	console_report(c, SESSION_DRAINING, c->word, NULL);
}

static void console_relay_over(void *arg, const struct relay_end *end)
{
	console_over(arg);
}

static const struct relay_events console_relay_events = {
		.farewell = console_farewell,
		.over = console_relay_over,
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
		console_set_word(c, END_INTERNAL, strerror(-r));
		console_over(c);
		return;
	}
	c->setup.client = c->backend = NULL; /* the relay's now */
	c->state = CONSOLE_STREAMING;
}

/* ---- dialling --------------------------------------------------------------
 */

static void console_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct console *c = arg;
	struct err why;

	c->dial = NULL;
	if (r < 0) {
		console_fail(c, end_of_dial(r, depth), e->text);
		return;
	}
	c->backend = s;
	c->state = CONSOLE_ANSWERING;
	console_report(c, SESSION_STREAMING, END_WORDS, c->detail);
	c->detail[0] = '\0';
	if (c->greets)
		r = rfb_greet_finish(c->setup.client, NULL, &why);
	c->greets = false;
	if (r < 0)
		console_fail(c, END_LOGIN_FAILED, why.text);
	else
		console_stream(c); /* the relay flushes what is owed */
}

struct planned {
	struct console *console;
	int r;
	struct dial_plan plan;
	enum end_word word;
	struct err e;
};

/* On the data loop. */
static void planned_arrives(void *arg)
{
	struct planned *m = arg;
	struct console *c = m->console;
	int r = m->r;

	c->asked = false;
	if (c->state == CONSOLE_OVER) { /* its end waited for this */
		console_report(c, SESSION_ENDED, c->word, c->detail);
	} else if (c->state == CONSOLE_PLANNING && r < 0) {
		console_fail(c, m->word, m->e.text);
	} else if (c->state == CONSOLE_PLANNING) {
		c->state = CONSOLE_DIALLING;
		dial_plan_text(&m->plan, c->detail, sizeof(c->detail));
		r = dial_start(&c->dial, c->setup.loop, &m->plan,
				console_dialled, c);
		if (r < 0)
			console_fail(c, END_INTERNAL, strerror(-r));
	}
	dial_plan_done(&m->plan);
	free(m);
}

void console_planned(struct console *c, int r, struct dial_plan *plan,
		enum end_word word, const struct err *e)
{
	struct planned *m = calloc(1, sizeof(*m));

	if (!m)
		abort(); /* as console_report() */
	m->console = c;
	m->r = r;
	m->word = word;
	if (e)
		m->e = *e;
	if (plan && r == 0) {
		m->plan = *plan;
		memset(plan, 0, sizeof(*plan));
	}
	if (loop_post(c->setup.loop, planned_arrives, m) < 0) {
		dial_plan_done(&m->plan);
		free(m);
	}
}

/* On the control loop. */
static void console_wants_plan(void *arg)
{
	struct console *c = arg;

	session_set_state(c->setup.session, SESSION_DIALLING);
	c->setup.plan(c->setup.plan_arg, c->setup.session, c);
}

/* ---- greeting --------------------------------------------------------------
 */

static void console_greeting(struct console *c)
{
	struct err e;
	int r = stream_handshake(c->setup.client, &e);

	if (r == -EAGAIN) {
		(void)watch_set(c->watch,
				stream_want(c->setup.client, STREAM_HANDSHAKE));
		return;
	}
	if (r < 0) {
		console_fail(c, word_of_client(r), e.text);
		return;
	}
	/* it may say no more before our verdict; the dial has its limits */
	(void)watch_set(c->watch, 0);
	timer_stop(c->timer);
	c->state = CONSOLE_PLANNING;
	c->asked = true;
	if (loop_post(c->setup.control, console_wants_plan, c) < 0) {
		c->asked = false;
		console_fail(c, END_SHUTDOWN, NULL);
	}
}

static void console_ready(void *arg, int events)
{
	struct console *c = arg;

	if (c->state == CONSOLE_GREETING) {
		console_greeting(c);
	} else if (events & LOOP_HANGUP) {
		console_set_word(c, END_CLIENT_CLOSED, NULL);
		console_over(c);
	}
}

static void console_late(void *arg)
{
	struct console *c = arg;

	console_fail(c, END_PROTOCOL_ERROR,
			"The viewer did not finish its greeting.");
}

/* The client's layers: the greeting for a screen, then what may not pass. */
static int console_wrap(struct console *c, struct err *e)
{
	const struct grant *g = &c->setup.session->grant;
	const struct secret none = {0};
	unsigned drop = 0;
	int r;

	if (g->kind != CONSOLE_VNC)
		return 0;
	r = rfb_greet_wrap(&c->setup.client, &none, e);
	if (r < 0)
		return r;
	c->greets = true;
	if (!(g->rights & CONFIG_MAY_CONTROL))
		drop |= RFB_DROP_INPUT;
	if (g->deny & CONFIG_DENY_CLIPBOARD)
		drop |= RFB_DROP_CLIPBOARD;
	return drop ? rfb_filter_wrap(&c->setup.client, drop, e) : 0;
}

int console_start(const struct console_setup *setup)
{
	struct console *c = calloc(1, sizeof(*c));
	struct err e;
	int r = c ? 0 : -ENOMEM;

	if (r == 0) {
		c->setup = *setup;
		r = console_wrap(c, &e);
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
	timer_set(c->timer, CONSOLE_GREET_MS);
	console_report(c, SESSION_REQUESTED, END_WORDS, NULL);
	console_greeting(c);
	return 0;
}

/* ---- ended from outside ----------------------------------------------------
 */

struct stop {
	struct console *console;
	enum end_word word;
};

/* On the data loop. */
static void stop_arrives(void *arg)
{
	struct stop *m = arg;
	struct console *c = m->console;

	if (c->state == CONSOLE_STREAMING) {
		console_set_word(c, m->word, NULL);
		relay_end(c->relay);
	} else {
		console_fail(c, m->word, NULL);
	}
	free(m);
}

void console_stop(struct console *c, enum end_word word)
{
	struct stop *m = malloc(sizeof(*m));

	if (!m)
		return; /* said again by whoever wants it gone */
	*m = (struct stop){.console = c, .word = word};
	if (loop_post(c->setup.loop, stop_arrives, m) < 0)
		free(m);
}
