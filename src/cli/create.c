#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/target.h"
#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"
#include "stream/dial.h"
#include "stream/stream.h"

enum { ASK_MS = 30000, WAIT_MS = 90000 };

struct create_values {
	const char *snapshot;
	bool wait;
};

#define AT(member) offsetof(struct create_values, member)
static const struct option_rule options[] = {
		{"snapshot", 's', OPTION_TEXT, AT(snapshot), "ID",
				"begin with what this snapshot holds", NULL},
		{"wait", 'w', OPTION_FLAG, AT(wait), NULL,
				"until its screen can be had", NULL},
		{0},
};
#undef AT

static int create(struct app *a, const void *values, int argc, char **argv);

const struct command create_command = {
		.name = "create",
		.arguments = "PROFILE/NAME",
		.summary = "Make a new sandbox",
		.help = "It prints JSON: the id, the address and the port of "
			"its screen there, and\n"
			"each port that was announced for it.\n",
		.options = options,
		.values_size = sizeof(struct create_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = create,
};

/* ---- until its screen speaks ------------------------------------------------
 */

struct waiting {
	struct target *target;
	struct dial *dial;
	int r;
	struct err e;
};

static void on_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct waiting *w = arg;

	w->dial = NULL;
	w->r = r;
	if (r < 0)
		w->e = *e;
	stream_free(s);
	target_answered(w->target);
}

static void on_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct waiting *w = arg;

	w->r = r;
	if (r == 0)
		w->r = dial_start(&w->dial, w->target->sources.loop, plan,
				on_dialled, w);
	if (r == 0 && w->r == 0)
		return;
	if (r == 0) {
		dial_plan_done(plan);
		(void)err_set(&w->e, w->r, "no memory");
	} else {
		w->e = *e;
	}
	target_answered(w->target);
}

static int wait_for_screen(struct target *t)
{
	struct waiting w = {.target = t};
	bool done;

	say("waiting for its screen");
	hypervisor_plan(t->hypervisor, t->id, CONSOLE_VNC, on_plan, &w);
	done = target_wait(t, WAIT_MS);
	dial_free(w.dial);
	if (!done)
		return say_fail(EXIT_BUSY,
				"it runs, but its screen did not come up "
				"within %d s",
				WAIT_MS / 1000);
	return w.r < 0 ? say_err(exit_of(w.r), &w.e) : EXIT_OK;
}

/* ---- what it is ------------------------------------------------------------
 */

struct telling {
	struct target *target;
	int code;
};

/* Of its screen at its own address; 0: it has none, or nobody says which. */
static uint16_t screen_of(const struct guest *g)
{
	for (size_t i = 0; g->address && i < g->forward_count; i++)
		if (strcasecmp(g->forwards[i].description, "gui") == 0)
			return g->forwards[i].guest_port;
	return 0;
}

static void write_guest(
		struct json_out *o, const char *profile, const struct guest *g)
{
	char id[GUEST_ID_MAX + 64];

	(void)snprintf(id, sizeof(id), "%s/%s", profile, g->id);
	json_out_object_begin(o);
	json_out_put_text(o, "id", id);
	json_out_put_text(o, "status", guest_status_name(g->status));
	json_out_put_text(o, "address", g->address);
	if (screen_of(g))
		json_out_put_uint(o, "port", screen_of(g));
	else
		json_out_put_null(o, "port");
	json_out_put_text(o, "host", g->host);
	json_out_put_array(o, "ports");
	for (size_t i = 0; i < g->forward_count; i++) {
		const struct guest_forward *f = &g->forwards[i];

		json_out_object_begin(o);
		json_out_put_text(o, "description", f->description);
		json_out_put_uint(o, "port", f->guest_port);
		json_out_put_uint(o, "host_port", f->host_port);
		json_out_object_end(o);
	}
	json_out_array_end(o);
	json_out_object_end(o);
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct telling *t = arg;
	const char *profile = t->target->profile->name;
	struct json_out o;
	struct buf b;

	t->code = r < 0 ? say_err(exit_of(r), e) : EXIT_NOT_FOUND;
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (strcmp(guests[i].id, t->target->id) != 0)
			continue;
		output_begin(&o, &b);
		write_guest(&o, profile, &guests[i]);
		t->code = output_end(&o, &b);
	}
	if (r == 0 && t->code == EXIT_NOT_FOUND)
		say("it was made, but the hypervisor does not list it");
	target_answered(t->target);
}

static int tell(struct target *t)
{
	struct telling told = {.target = t};

	hypervisor_list(t->hypervisor, on_list, &told);
	if (!target_wait(t, ASK_MS))
		return say_fail(EXIT_BUSY, "it was made, but the hypervisor "
					   "does not answer any more");
	return told.code;
}

static int create(struct app *a, const void *values, int argc, char **argv)
{
	const struct create_values *v = values;
	struct target_done d = {0};
	char what[GUEST_ID_MAX + 32];
	struct target t;
	int code = target_open_new(a, argv[0], &t);

	if (code != 0)
		return code;
	d.target = &t;
	(void)snprintf(what, sizeof(what), "the start of %.120s", argv[0]);
	hypervisor_create(t.hypervisor, t.id, v->snapshot, target_on_done, &d);
	code = target_finish(&d, what);
	if (d.r == -EINVAL)
		code = EXIT_USAGE; /* nothing can be called so */
	if (code == 0 && v->wait)
		code = wait_for_screen(&t);
	if (code == 0)
		code = tell(&t);
	target_close(&t);
	return code;
}
