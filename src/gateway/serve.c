#include "gateway/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "config/paths.h"
#include "gateway/gateway.h"
#include "gateway/inherit.h"
#include "gateway/sandbox.h"
#include "gateway/supervisor.h"
#include "gateway/worker.h"

/* How the program ends where it could not begin; cli/exit.h has all codes. */
enum { SERVE_FAILED = 1, SERVE_CONFIGURATION = 3 };

struct serve {
	const struct serve_options *o;
	bool no_guests;
};

static void tell_config(const struct config *c)
{
	if (c->file)
		(void)fprintf(stderr, "Configuration: %s\n", c->file);
	for (size_t i = 0; i < c->warnings.count; i++)
		(void)fprintf(stderr, "warning: %s\n", c->warnings.items[i]);
	if (c->skipped.count > 0)
		(void)fprintf(stderr, "Not used here, skipped:");
	for (size_t i = 0; i < c->skipped.count; i++)
		(void)fprintf(stderr, " %s", c->skipped.items[i]);
	if (c->skipped.count > 0)
		(void)fputc('\n', stderr);
}

static void tell_no_guests(void)
{
	(void)fputs("\nNo guests are configured yet. Add some to "
		    "~/.config/glassbridge/config.toml:\n\n"
		    "    [profiles.lab]\n"
		    "    kind = \"static\"\n"
		    "    [profiles.lab.guests.kiosk]\n"
		    "    vnc = \"192.0.2.9:5901\"\n\n"
		    "and say `glassbridge config reload`.\n",
			stderr);
}

static void tell_certificate(const struct worker_links *links)
{
	if (links->self_made)
		(void)fprintf(stderr,
				"\nThe certificate is self-made, so the "
				"browser will warn once. Its fingerprint:\n"
				"  %s\n",
				links->fingerprint);
}

/* One link an address, each good for one sign-in. */
static void serve_ready(void *arg, const struct worker_links *links)
{
	struct serve *s = arg;

	if (s->o->private) {
		if (links->count > 0)
			s->o->ready(s->o->ready_arg, links->items[0].base,
					links->items[0].code);
		return;
	}
	(void)fprintf(stderr, "\nOpen one of these (each works once, within "
			      "15 minutes):\n");
	for (size_t i = 0; i < links->count; i++)
		(void)printf("  %s/#t=%s\n", links->items[i].base,
				links->items[i].code);
	(void)fflush(stdout);
	tell_certificate(links);
	if (s->no_guests)
		tell_no_guests();
}

static int serve_reload(void *arg, struct config **ret_config, struct err *e)
{
	struct serve *s = arg;

	return config_load(ret_config, &s->o->config, e);
}

static int serve_fail(const struct err *e, int code)
{
	(void)fprintf(stderr, "glassbridge: %s\n", e->text);
	return code;
}

/* Private: all in this process. The terminal is where its links are told, so
 * no supervisor; a browser is started from here, so no sandbox. */
static int serve_private(const struct serve_options *o, struct config *c)
{
	struct serve s = {.o = o, .no_guests = c->profile_count == 0};
	struct worker_options w = {.config = c,
			.providers = o->providers,
			.line = -1,
			.reload = serve_reload,
			.ready = serve_ready,
			.arg = &s,
			.lonely_ms = SERVE_PRIVATE_MS};
	struct listeners listeners;
	struct err e;
	int r = listeners_open(&listeners, c, NULL, &e);

	if (r < 0) {
		config_free(c);
		return serve_fail(&e, SERVE_FAILED);
	}
	w.listeners = &listeners;
	r = worker_run(&w, &e);
	listeners_close(&listeners, true);
	return r < 0 ? serve_fail(&e, SERVE_FAILED) : 0;
}

/* It prints its links itself: their codes never leave it. */
static int serve_worker(const struct serve_options *o, struct config *c,
		struct inherit *from)
{
	struct serve s = {.o = o, .no_guests = c->profile_count == 0};
	struct worker_options w = {.config = c,
			.providers = o->providers,
			.listeners = &from->listeners,
			.line = from->line,
			.sandbox = true,
			.reload = serve_reload,
			.ready = serve_ready,
			.arg = &s};
	struct err e;
	int r = worker_run(&w, &e);

	return r < 0 ? serve_fail(&e, SERVE_FAILED) : 0;
}

static int run_supervisor(const struct serve_options *o, struct inherit *with)
{
	struct serve s = {.o = o};

	return supervisor_run(with, serve_reload, &s);
}

/* The supervisor keeps nothing of the configuration but the listeners, and
 * which ports forwards may have. */
static int serve_supervisor(const struct serve_options *o, struct config *c)
{
	struct inherit with = {.line = -1};
	char control[PATHS_MAX];
	struct err e;
	int r = paths_control_socket(control, sizeof(control), 1, &e);

	if (r == 0)
		r = listeners_open(&with.listeners, c, control, &e);
	config_free(c);
	return r < 0 ? serve_fail(&e, SERVE_FAILED) : run_supervisor(o, &with);
}

/* A program that one of ours has started: its listeners are open already. */
static int serve_inherited(const struct serve_options *o, struct inherit *from)
{
	struct config *c;
	struct err e;
	int r;

	(void)prctl(PR_SET_NAME, "glassbridge"); /* "exe" it was started as */
	if (from->line < 0)
		return run_supervisor(o, from);
	r = config_load(&c, &o->config, &e);
	if (r < 0)
		return serve_fail(&e, SERVE_CONFIGURATION);
	tell_config(c);
	return serve_worker(o, c, from);
}

int serve_run(const struct serve_options *o)
{
	struct inherit from;
	struct config *c;
	struct err e;
	int r;

	sandbox_no_core();
	r = inherit_take(INHERIT_WORKER, &from, &e);
	if (r == -ENOENT)
		r = inherit_take(INHERIT_SUPERVISOR, &from, &e);
	if (r == 0)
		return serve_inherited(o, &from);
	if (r != -ENOENT)
		return serve_fail(&e, SERVE_FAILED);
	r = config_load(&c, &o->config, &e);
	if (r < 0)
		return serve_fail(&e, SERVE_CONFIGURATION);
	if (gateway_can(c, &e) < 0) {
		config_free(c);
		return serve_fail(&e, SERVE_CONFIGURATION);
	}
	if (!o->private)
		return serve_supervisor(o, c);
	tell_config(c);
	return serve_private(o, c);
}
