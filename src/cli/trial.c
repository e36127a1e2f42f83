#include "cli/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/wait.h"
#include "core/loop.h"
#include "proto/spice_link.h"
#include "stream/dial.h"
#include "stream/stream.h"

enum { PLAN_MS = 30000, OPEN_MS = 30000 };

struct trial {
	struct wait wait;
	struct loop *loop;
	struct dial *dial;
	bool given_up; /* whoever answers late frees it */
	int r;
	struct err e;
};

static void on_open(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct trial *t = arg;

	(void)depth;
	stream_free(s);
	t->dial = NULL;
	t->r = r;
	if (r < 0)
		t->e = *e;
	wait_over(&t->wait);
}

static void open_plan(struct trial *t, struct dial_plan *plan)
{
	plan->wait_ms = 0; /* what is not up now is told now */
	if (plan->layers[plan->count - 1].kind == DIAL_SPICE_LOGIN)
		dial_plan_pop(plan);
	t->r = dial_start(&t->dial, t->loop, plan, on_open, t);
	if (t->r == 0)
		return;
	(void)err_set(&t->e, t->r, "%s", strerror(-t->r));
	dial_plan_done(plan);
	wait_over(&t->wait);
}

static void on_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct trial *t = arg;

	if (t->given_up) {
		if (r == 0)
			dial_plan_done(plan);
		free(t);
		return;
	}
	if (r == 0 && plan->count > 0) {
		open_plan(t, plan);
		return;
	}
	t->r = r < 0 ? r : -EIO;
	if (r < 0)
		t->e = *e;
	wait_over(&t->wait);
}

static void ask(struct trial *t, struct hypervisor *h, const char *id,
		enum console_kind kind)
{
	const struct spice_link link = {
			.channel_type = SPICE_MAIN,
			.common = {1, {SPICE_CAP_AUTH_SELECTION |
						      SPICE_CAP_AUTH_SPICE |
						      SPICE_CAP_MINI_HEADER}},
	};
	const struct spice_wish wish = {.link = &link};

	if (kind == CONSOLE_SPICE)
		hypervisor_plan_spice(h, id, &wish, on_plan, t);
	else
		hypervisor_plan(h, id, kind, on_plan, t);
}

int trial_console(struct loop *l, struct hypervisor *h, const char *id,
		enum console_kind kind, struct err *e)
{
	struct trial *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_set(e, -ENOMEM, "no memory");
	t->wait.loop = t->loop = l;
	ask(t, h, id, kind);
	if (!wait_until(&t->wait, PLAN_MS + OPEN_MS)) {
		t->given_up = !t->dial;
		dial_free(t->dial);
		if (!t->given_up)
			free(t);
		return err_set(e, -ETIMEDOUT, "no answer within %d s",
				(PLAN_MS + OPEN_MS) / 1000);
	}
	r = t->r;
	if (r < 0)
		*e = t->e;
	free(t);
	return r;
}
