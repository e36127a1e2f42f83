#include "bridge/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"
#include "session/console.h"
#include "session/planner.h"
#include "session/registry.h"
#include "session/session.h"
#include "stream/stream.h"

enum { LAST_WORDS_MS = 1000 };

/* One whose end is owed. */
struct owed {
	struct owed *next;
	struct session *session;
	void (*arrived)(void *arg);
	desk_end_fn *end;
	void *arg;
};

struct desk {
	struct desk_options o;
	struct registry *registry;
	struct planner *planner;
	struct owed *owed;
	unsigned count; /* for ids */
	bool closing;
};

/* Asked when a client has arrived; for a second try, once more. */
static struct hypervisor *desk_find(void *arg, const struct session *s,
		const char **ret_rest, enum end_word *ret_word, struct err *e)
{
	struct desk *d = arg;
	struct owed *w = d->owed;
	void (*arrived)(void *arg);

	while (w && w->session != s)
		w = w->next;
	if (w && w->arrived) {
		arrived = w->arrived;
		w->arrived = NULL;
		arrived(w->arg);
	}
	*ret_rest = d->o.id;
	return d->o.hypervisor;
}

/* The registry does not say which. */
static void desk_ended(void *arg)
{
	struct desk *d = arg;
	struct owed **at = &d->owed;

	while (*at) {
		struct owed *w = *at;

		if (w->session->state != SESSION_ENDED) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->end(w->arg, w->session);
		free(w);
		at = &d->owed; /* it may have opened another one */
	}
	if (d->closing && registry_live(d->registry) == 0)
		loop_stop(d->o.loop);
}

int desk_new(struct desk **ret_desk, const struct desk_options *o)
{
	struct desk *d = calloc(1, sizeof(*d));
	int r = -ENOMEM;

	if (d) {
		d->o = *o;
		r = registry_new(&d->registry, o->loop);
	}
	if (r == 0)
		r = planner_new(&d->planner, o->loop, NULL, desk_find, d);
	if (r < 0) {
		if (d)
			registry_free(d->registry);
		free(d);
		return r;
	}
	registry_on_end(d->registry, desk_ended, d);
	*ret_desk = d;
	return 0;
}

static void on_late(void *arg)
{
	loop_stop(arg);
}

/* Wires may be on their way to us: the loop brings them. */
static void desk_drain(struct desk *d)
{
	struct timer *late;

	d->closing = true;
	for (struct session *s = registry_first(d->registry); s;
			s = registry_next(d->registry, s))
		session_stop(s, END_CLIENT_CLOSED);
	if (registry_live(d->registry) == 0 ||
			timer_new(&late, d->o.loop, on_late, d->o.loop) < 0)
		return;
	timer_set(late, LAST_WORDS_MS);
	(void)loop_run(d->o.loop);
	timer_free(late);
}

void desk_free(struct desk *d)
{
	if (!d)
		return;
	while (d->owed) {
		struct owed *w = d->owed;

		d->owed = w->next;
		free(w);
	}
	desk_drain(d);
	planner_free(d->planner);
	registry_free(d->registry);
	free(d);
}

size_t desk_live(const struct desk *d)
{
	return registry_live(d->registry);
}

/* ---- opening --------------------------------------------------------------
 */

static int desk_session(struct desk *d, enum console_kind kind,
		struct session **ret_session)
{
	struct grant g = {
			.kind = kind,
			.rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL,
			.candid = true,
			.user = "you",
	};

	(void)snprintf(g.id, sizeof(g.id), "%u", ++d->count);
	(void)snprintf(g.guest, sizeof(g.guest), "%s", d->o.guest);
	return registry_add(d->registry, &g, "local", ret_session);
}

int desk_open(struct desk *d, const struct desk_console *c,
		struct session **ret_session)
{
	struct owed *w = calloc(1, sizeof(*w));
	struct console_setup setup = {
			.loop = d->o.loop,
			.control = d->o.loop,
			.client = c->client,
			.password = c->password,
			.plan = planner_plan,
			.plan_arg = d->planner,
	};
	int r = w ? desk_session(d, c->kind, &setup.session) : -ENOMEM;

	if (r < 0) {
		stream_free(c->client);
		free(w);
		return r;
	}
	setup.session->counts.up.see = c->see_input;
	setup.session->counts.down.see = c->see_output;
	r = console_start(&setup);
	if (r < 0) {
		session_set_word(setup.session, END_INTERNAL, NULL, false);
		registry_ended(setup.session);
		free(w);
		return r;
	}
	*w = (struct owed){.next = d->owed,
			.session = setup.session,
			.arrived = c->arrived,
			.end = c->end,
			.arg = c->arg};
	d->owed = w;
	*ret_session = setup.session;
	return 0;
}
