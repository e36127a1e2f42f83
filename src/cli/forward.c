#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/follow.h"
#include "bridge/forward.h"
#include "bridge/ops.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/forward_internal.h"
#include "cli/forward_stdio.h"
#include "cli/kills.h"
#include "cli/say.h"
#include "core/log.h"
#include "core/loop.h"
#include "proto/address.h"

enum {
	DRAIN_MS = 5000,   /* for connections to end by themselves */
	GOODBYE_MS = 3500, /* and then by us */
	LOOK_MS = 50,
	ARGUMENTS_MAX = 64,
};

#define AT(member) offsetof(struct forward_values, member)
static const struct option_rule options[] = {
		TARGET_RULES(AT(target)),
		{"all", 0, OPTION_TEXT, AT(all), "PROFILE",
				"every port that its guests announce; a "
				"profile's name or URL",
				NULL},
		{"address", 0, OPTION_LIST, AT(addresses), "ADDRESS",
				"listen there; 127.0.0.1 and ::1 unless said",
				NULL},
		{"stdio", 0, OPTION_FLAG, AT(stdio), NULL,
				"one connection at standard input and output",
				NULL},
		{"login", 0, OPTION_FLAG, AT(login), NULL,
				"log in to screens; only your own programs are "
				"let in",
				NULL},
		{"connections", 0, OPTION_TEXT, AT(connections), "N",
				"at a time for each port; 100 unless said",
				NULL},
		{"connect-limit", 0, OPTION_TEXT, AT(limit), "SECONDS",
				"for a guest's port to answer; 10 unless said",
				NULL},
		{"idle-limit", 0, OPTION_TEXT, AT(idle), "SECONDS",
				"end connections without input; off unless "
				"said",
				NULL},
		{"ops-listen", 0, OPTION_TEXT, AT(ops), "ADDRESS:PORT",
				"for /metrics and /healthz", NULL},
		{0},
};
#undef AT

static int forward(struct app *a, const void *values, int argc, char **argv);

const struct command forward_command = {
		.name = "forward",
		.arguments = "[[ADDRESS:]PORT:GUEST[:GUESTPORT]]...",
		.summary = "Listen here for ports of guests",
		.next = "a sandbox's screen at a port of this machine",
		.next_arguments = "PORT:GUEST",
		.help = "GUESTPORT is a port, or vnc, serial or spice; unless "
			"said it is the guest's screen.\n"
			"PORT 0 is any that is free. With --stdio it is "
			"GUEST[:GUESTPORT], as in\n"
			"ProxyCommand glassbridge forward --stdio %h:%p\n",
		.options = options,
		.values_size = sizeof(struct forward_values),
		.arguments_max = ARGUMENTS_MAX,
		.run = forward,
};

/* ---- who is where ---------------------------------------------------------
 */

static struct hypervisor *find(
		void *arg, const char *guest, const char **ret_rest)
{
	const struct forwarding *f = arg;
	const struct guest_entry named = {.id = (char *)(uintptr_t)guest};
	const struct config_profile *profile;
	const char *slash = strchr(guest, '/');

	if (!slash)
		return NULL;
	*ret_rest = slash + 1;
	if (!f->all)
		return sources_of(&f->sources, &named, &profile);
	return f->of_all;
}

/* ---- the end --------------------------------------------------------------
 */

static void on_drain(void *arg)
{
	struct forwarding *f = arg;
	uint64_t now = loop_now_ms(f->loop);

	if (forwards_live(f->forwards) == 0 ||
			(f->ended && now >= f->drain_by_ms)) {
		loop_stop(f->loop);
		return;
	}
	if (now >= f->drain_by_ms) {
		f->ended = true;
		f->drain_by_ms = now + GOODBYE_MS;
		forwards_end(f->forwards, END_SHUTDOWN);
	}
	timer_set(f->drain, LOOK_MS);
}

/* Nobody is let in any more; who is in has a moment. Asked twice: none. */
static void on_kill(void *arg, int signum)
{
	struct forwarding *f = arg;
	bool again = f->drain_by_ms > 0;

	if (f->values->stdio)
		_exit(EXIT_OK); /* a thread may wait at our input */
	if (!again) {
		forwards_shut(f->forwards);
		if (f->follow)
			follow_rest(f->follow);
		if (forwards_live(f->forwards) > 0)
			say("%zu still connected: they have %d s to end; "
			    "again ends them now",
					forwards_live(f->forwards),
					DRAIN_MS / 1000);
		f->drain_by_ms = loop_now_ms(f->loop) + DRAIN_MS;
	} else if (!f->ended) {
		f->drain_by_ms = loop_now_ms(f->loop);
	}
	on_drain(f);
}

/* ---- all of a profile -------------------------------------------------------
 */

static void on_list(void *arg, int r, const struct err *e)
{
	const struct forwarding *f = arg;

	if (r < 0)
		say("profile %s: %s; it is asked again every second", f->all,
				e->text);
	else
		say("profile %s answers again", f->all);
}

static int open_all(struct forwarding *f)
{
	const struct follow_options o = {
			.loop = f->loop,
			.forwards = f->forwards,
			.profile = f->all,
			.hosts = f->values->addresses.items,
			.host_count = f->values->addresses.count,
			.login = f->values->login,
			.news = forward_put_news,
			.list = on_list,
			.arg = f,
	};
	int r = follow_new(&f->follow, &o);

	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : 0;
}

/* The hypervisors; 0 or an exit code, told. */
static int open_sources(struct forwarding *f, int argc, char **argv)
{
	char *named;
	const struct config_profile *p;
	const struct config *c;
	struct err e;
	int code;

	if (!f->values->all) {
		named = forward_common_profile(f, argc, argv);
		code = sources_open(f->app,
				named ? named : f->app->globals.profile,
				&f->sources);
		free(named);
		f->loop = f->sources.loop;
		return code;
	}
	f->app->globals.profile = f->values->all;
	code = app_config(f->app, &c);
	if (code != 0)
		return code;
	f->all = c->default_profile;
	p = f->all ? config_profile(c, f->all) : NULL;
	if (!p)
		return say_fail(EXIT_CONFIG, "there is no profile '%s'",
				f->values->all);
	if (loop_new(&f->loop) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	if (hypervisor_open(&f->of_all, f->app->providers, f->loop, p, &e) < 0)
		return say_err(exit_of(e.code), &e);
	return 0;
}

/* ---- all of it --------------------------------------------------------------
 */

static int open_ops(struct forwarding *f)
{
	struct address a = {0};
	struct err e;
	int r;

	if (!f->values->ops)
		return 0;
	r = address_parse(f->values->ops, "127.0.0.1", 0, &a, &e);
	if (r == 0 && !a.host)
		r = err_set(&e, -EINVAL, "--ops-listen takes ADDRESS:PORT");
	if (r == 0)
		r = ops_open(&f->ops, f->loop, a.host, a.port, f->forwards, &e);
	if (r == 0)
		say("metrics at http://%s:%u/metrics", a.host,
				ops_port(f->ops));
	address_done(&a);
	return r < 0 ? say_err(r == -EINVAL               ? EXIT_USAGE
				       : r == -EADDRINUSE ? EXIT_BUSY
							  : EXIT_FAILED,
				       &e)
		     : 0;
}

static int run(struct forwarding *f, int argc, char **argv)
{
	struct kills kills;
	int code = 0;

	f->limits.loop = f->loop;
	f->limits.find = find;
	f->limits.arg = f;
	if (forwards_new(&f->forwards, &f->limits) < 0 ||
			timer_new(&f->drain, f->loop, on_drain, f) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	(void)kills_hear(&kills, f->loop, on_kill, f);
	code = open_ops(f);
	if (code == 0)
		code = f->all ? open_all(f) : forward_open_named(f, argc, argv);
	if (code == 0) {
		(void)loop_run(f->loop);
		code = f->code;
	}
	kills_done(&kills);
	return code;
}

static void close_all(struct forwarding *f)
{
	ops_close(f->ops);
	follow_free(f->follow, END_SHUTDOWN, true); /* it is told nothing */
	timer_free(f->drain);
	forwards_free(f->forwards);
	stdio_leave(f->stdio);
	hypervisor_free(f->of_all);
	if (f->all && f->loop)
		loop_free(f->loop);
	sources_close(&f->sources);
}

static int forward(struct app *a, const void *values, int argc, char **argv)
{
	const struct forward_values *v = values;
	const struct log_options quiet = {.level = LOG_ERROR};
	struct forwarding f = {.app = a, .values = v};
	int code = forward_check(&f, argc, argv);

	if (code == 0)
		code = forward_read_limits(&f);
	if (v->stdio) /* what uses it has the terminal */
		log_setup(&quiet);
	if (code == 0)
		code = open_sources(&f, argc, argv);
	if (code == 0)
		code = run(&f, argc, argv);
	close_all(&f);
	return code;
}
