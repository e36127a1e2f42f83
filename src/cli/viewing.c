#include "cli/viewing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/guests.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/target.h"
#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"

void viewing_end(struct viewing *v)
{
	v->over = true;
	target_answered(v->target);
}

static void on_limit(void *arg)
{
	struct viewing *v = arg;

	v->late = true;
	viewing_end(v);
}

static void on_kill(void *arg, int signum)
{
	struct viewing *v = arg;

	v->signum = signum;
	viewing_end(v);
}

static void on_viewer_exit(void *arg, int code)
{
	struct viewing *v = arg;

	v->code = code;
	v->handed = v->viewer.opener && code == 0;
	if (!v->handed)
		viewing_end(v);
}

int viewing_begin(struct viewing *v, struct target *t)
{
	struct loop *l = t->sources.loop;

	v->target = t;
	v->file.fd = -1;
	if (timer_new(&v->limit, l, on_limit, v) < 0 ||
			kills_hear(&v->kills, l, on_kill, v) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	return 0;
}

int viewing_launch(struct viewing *v)
{
	struct err e;

	if (viewer_start(&v->showing, &v->viewer, v->target->sources.loop,
			    &v->file, on_viewer_exit, v, &e) < 0)
		return say_err(EXIT_FAILED, &e);
	return 0;
}

int viewing_put(const struct viewing *v, const char *host, unsigned port,
		bool launched)
{
	const struct guest_entry *g = v->target->guest;
	struct json_out o;
	struct buf b;
	int code;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", strrchr(g->id, '/') + 1);
	json_out_put_text(&o, "node", g->node);
	json_out_put_text(&o, "vv_file", *v->file.path ? v->file.path : NULL);
	json_out_put_text(&o, "host", host);
	if (port)
		json_out_put_uint(&o, "port", port);
	json_out_put_text(&o, "launcher", launched ? v->viewer.file : NULL);
	json_out_put_bool(&o, "launched", launched);
	json_out_object_end(&o);
	code = output_end(&o, &b);
	(void)fflush(stdout);
	return code;
}

void viewing_limit(struct viewing *v, uint64_t ms)
{
	if (ms > 0)
		timer_set(v->limit, ms);
	else
		timer_stop(v->limit);
}

void viewing_wait(struct viewing *v)
{
	while (!v->over)
		(void)target_wait(v->target, UINT32_MAX);
}

/* Of X or Wayland: what is set, is meant to be used. */
static bool has_screen(void)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	return (x && *x) || (wayland && *wayland);
}

int viewing_exit(const struct viewing *v)
{
	if (v->signum)
		return v->signum == SIGINT ? EXIT_OK : EXIT_FAILED;
	if (v->code == 0)
		return EXIT_OK;
	say("%s ended with %d", v->viewer.file, v->code);
	if (!has_screen())
		say("no screen is known here (DISPLAY, WAYLAND_DISPLAY); in a "
		    "browser it is: glassbridge web %s",
				v->target->guest->id);
	return EXIT_FAILED;
}

void viewing_done(struct viewing *v)
{
	if (!v->target)
		return;
	if (v->signum)
		viewer_stop(v->showing);
	else
		viewer_forget(v->showing);
	v->showing = NULL;
	viewer_file_done(&v->file);
	kills_done(&v->kills);
	timer_free(v->limit);
	v->limit = NULL;
}
