/* The half of a console that lives on the control loop. */
#include "session/console_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loop.h"
#include "session/registry.h"
#include "session/wires.h"

static void known_arrives(void *arg)
{
	struct console *c = arg;
	struct session *s = c->setup.session;

	if (console_joins(c)) {
		wire_known(c->setup.wire, c);
		return;
	}
	s->console = c;
	if (s->stop_asked)
		console_stop(c, s->stop_word);
}

static void streams_arrives(void *arg)
{
	struct console *c = arg;
	struct session *s = c->setup.session;

	if (console_joins(c))
		return;
	/* a SPICE viewer has more channels to open, by the same password */
	if (s->grant.kind == CONSOLE_SPICE)
		gate_leave_in(&s->pass, SESSION_HOLD_MS);
	else
		gate_leave(&s->pass);
	session_set_state(s, SESSION_STREAMING);
	registry_connected(s);
}

/* Of one that joined: what is refused, once for each channel, for a viewer may
 * go on trying. */
static void wire_log(const struct console *c)
{
	struct session *s = c->setup.session;
	unsigned bit = 1u << (c->greeting.link.channel_type & 31);

	if (c->word == END_NOT_PERMITTED && s->refused & bit)
		return;
	if (c->word == END_NOT_PERMITTED)
		s->refused |= bit;
	log_info(s->brief, "event=channel_%s channel=%s word=%s detail=%s",
			c->word == END_NOT_PERMITTED ? "refused" : "ended",
			greeting_channel(&c->greeting), end_info(c->word)->word,
			log_value(c->detail).text);
}

static void drains_arrives(void *arg)
{
	struct console *c = arg;
	struct session *s = c->setup.session;

	if (console_joins(c)) {
		wire_log(c);
		return;
	}
	session_set_word(s, c->word, c->detail, c->inner);
	s->said_goodbye = c->said_goodbye;
	gate_leave(&s->pass);
	session_set_state(s, SESSION_DRAINING);
	session_stop_wires(s, c->word);
}

static void ends_arrives(void *arg)
{
	struct console *c = arg;
	struct session *s = c->setup.session;

	if (console_joins(c)) {
		wire_over(c->setup.wire);
	} else {
		session_set_word(s, c->word, c->detail, c->inner);
		gate_leave(&s->pass);
		s->console = NULL;
		session_first_over(s);
	}
	(void)loop_post_own(c->setup.loop, &c->release, console_released, c);
}

static void never_arrives(void *arg)
{
	struct session *s = arg;

	session_set_word(s, s->never_word, NULL, false);
	session_first_over(s);
}

void console_never_was(
		struct loop *control, struct session *s, enum end_word word)
{
	s->never_word = word;
	(void)loop_post_own(control, &s->never, never_arrives, s);
}

static void asks_arrives(void *arg)
{
	struct console *c = arg;

	struct session *s = c->setup.session;

	if (!console_joins(c) && s->state < SESSION_DIALLING) {
		s->dialled_ms = loop_now_ms(c->setup.control);
		session_set_state(s, SESSION_DIALLING);
	}
	c->setup.plan(c->setup.plan_arg, c->setup.session, c);
}

/* ---- from the data loop
 * ------------------------------------------------------
 */

static void console_report(
		struct console *c, struct post *p, void (*arrives)(void *arg))
{
	(void)loop_post_own(c->setup.control, p, arrives, c);
}

void console_tell_known(struct console *c)
{
	console_report(c, &c->known, known_arrives);
}

void console_tell_asks(struct console *c)
{
	console_report(c, &c->asks, asks_arrives);
}

void console_tell_streams(struct console *c)
{
	console_report(c, &c->streams, streams_arrives);
}

void console_tell_drains(struct console *c)
{
	console_report(c, &c->drains, drains_arrives);
}

void console_tell_ends(struct console *c)
{
	console_report(c, &c->ends, ends_arrives);
}

/* ---- to the data loop
 * --------------------------------------------------------
 */

const struct spice_link *console_link(const struct console *c)
{
	return c->greeting.kind == GREETING_SPICE ? &c->greeting.link : NULL;
}

bool console_is_first(const struct console *c)
{
	return !console_joins(c);
}

uint64_t console_planned_ms(const struct console *c)
{
	return c->planned_ms;
}

void console_planned(struct console *c, int r, struct dial_plan *plan,
		enum end_word word, const struct err *e)
{
	struct planned *m = c->planned;
	struct session *s = c->setup.session;

	c->planned_ms = loop_now_ms(c->setup.control);
	m->r = r;
	m->word = word;
	if (e)
		m->e = *e;
	if (plan && r == 0) {
		if (!console_joins(c))
			dial_plan_text(plan, s->wire, sizeof(s->wire));
		m->plan = *plan;
		memset(plan, 0, sizeof(*plan));
	}
	(void)loop_post_own(c->setup.loop, &m->post, console_is_planned, m);
}

void console_stop(struct console *c, enum end_word word)
{
	if (c->stop_asked)
		return;
	c->stop_asked = true;
	c->stop_word = word;
	(void)loop_post_own(c->setup.loop, &c->stop, console_is_stopped, c);
}

void session_stop(struct session *s, enum end_word word)
{
	if (s->stop_asked || s->state == SESSION_ENDED)
		return;
	s->stop_asked = true;
	s->stop_word = word;
	if (s->console)
		console_stop(s->console, word);
	session_stop_wires(s, word);
}
