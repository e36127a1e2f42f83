#include "session/planner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "session/console.h"
#include "session/gate.h"
#include "session/warm.h"
#include "stream/dial.h"

struct planner {
	struct loop *control;
	struct gates *gates;
	struct warm *warm; /* NULL: there are none */
	planner_find_fn *find;
	void *arg;
};

static void plan_found(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	console_planned(arg, r, plan, r < 0 ? end_of_plan(r) : END_WORDS, e);
}

/* For one channel. The first of a session begins with a ticket of its own; who
 * tries again, with one that is younger than what has failed. */
static void plan_spice(const struct planner *p, struct hypervisor *h,
		const char *rest, struct console *c)
{
	struct spice_wish w = {
			.link = console_link(c),
			.since_ms = console_planned_ms(c),
	};

	if (!w.since_ms && console_is_first(c))
		w.since_ms = loop_now_ms(p->control);
	hypervisor_plan_spice(h, rest, &w, plan_found, c);
}

/* Of a payload: the client's own, once, and nothing of ours in its place. */
static void plan_brought(struct session *s, struct console *c)
{
	struct dial_plan *plan = s->brought;
	struct err e;

	s->brought = NULL;
	if (plan)
		console_planned(c, 0, plan, END_WORDS, NULL);
	else
		console_planned(c, err_set(&e, -EIO, "the payload was used up"),
				NULL, END_LINK_USED, &e);
	free(plan);
}

static void plan_ask(
		const struct planner *p, struct session *s, struct console *c)
{
	enum end_word word = END_INTERNAL;
	const char *rest;
	struct err e = {0};
	struct hypervisor *h;

	if (s->payload) {
		plan_brought(s, c);
		return;
	}
	h = p->find(p->arg, s, &rest, &word, &e);
	if (!h)
		console_planned(c, e.code, NULL, word, &e);
	else if (console_link(c))
		plan_spice(p, h, rest, c);
	else
		hypervisor_plan(h, rest, s->grant.kind, plan_found, c);
}

/* Its turn has come, or never will. */
static void plan_admitted(void *arg, struct gate_pass *pass, int r)
{
	struct session *s = (struct session *)(void *)((char *)pass -
						       offsetof(struct session,
								       pass));
	struct err e;

	if (r == 0)
		plan_ask(arg, s, s->console);
	else if (r == -EBUSY)
		console_planned(s->console,
				err_set(&e, r,
						"too many open this guest's "
						"console at the same time"),
				NULL, END_BUSY, &e);
	else
		console_planned(s->console, r, NULL, END_CLIENT_CLOSED, NULL);
}

/* A screen's first try may find a connection that is there already. */
static bool plan_warm(struct planner *p, struct session *s, struct console *c)
{
	struct dial_plan plan;

	if (!p->warm || s->plain || s->grant.kind != CONSOLE_VNC ||
			console_planned_ms(c) != 0 ||
			!warm_take(p->warm, s->grant.guest, &plan))
		return false;
	console_planned(c, 0, &plan, END_WORDS, NULL);
	return true;
}

void planner_plan(void *planner, struct session *s, struct console *c)
{
	struct planner *p = planner;
	enum end_word word;
	const char *rest;
	struct err e;
	struct hypervisor *h = p->find(p->arg, s, &rest, &word, &e);

	if (h && plan_warm(p, s, c))
		return;
	/* of one that greets by itself nobody sees when it has logged in */
	if (!h || s->plain ||
			!(h->ops->one_at_a_time & (1u << s->grant.kind)) ||
			gate_is_inside(&s->pass) || !console_is_first(c)) {
		plan_ask(p, s, c);
		return;
	}
	(void)snprintf(s->slot, sizeof(s->slot), "%s %s",
			console_kind_name(s->grant.kind), s->grant.guest);
	gate_enter(p->gates, &s->pass, s->slot);
}

int planner_new(struct planner **ret_planner, struct loop *control,
		struct warm *warm, planner_find_fn *find, void *arg)
{
	struct planner *p = calloc(1, sizeof(*p));
	int r = p ? gates_new(&p->gates, control, plan_admitted, p) : -ENOMEM;

	if (r < 0) {
		free(p);
		return r;
	}
	p->control = control;
	p->warm = warm;
	p->find = find;
	p->arg = arg;
	*ret_planner = p;
	return 0;
}

void planner_free(struct planner *p)
{
	if (!p)
		return;
	gates_free(p->gates);
	free(p);
}
