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
#include "cli/forward_args.h"
#include "cli/forward_stdio.h"
#include "cli/kills.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sources.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "proto/address.h"
#include "proto/json.h"

enum {
	DRAIN_MS = 5000,   /* for connections to end by themselves */
	GOODBYE_MS = 3500, /* and then by us */
	LOOK_MS = 50,
	ARGUMENTS_MAX = 64,
};

struct forward_values {
	const char *all, *ops, *idle, *limit, *connections;
	struct option_list addresses;
	bool stdio, login;
};

#define AT(member) offsetof(struct forward_values, member)
static const struct option_rule options[] = {
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

struct forwarding {
	struct app *app;
	const struct forward_values *values;
	struct forwards_options limits;
	struct sources sources;    /* of the guests that were named */
	struct hypervisor *of_all; /* or, with --all, of this one */
	const char *all;
	struct loop *loop;
	struct forwards *forwards;
	struct follow *follow;
	struct ops *ops;
	struct timer *drain;
	uint64_t drain_by_ms; /* 0: it does not */
	bool ended;           /* connections have been told to */
	struct stdio *stdio;
	bool told, written; /* how the one connection ended; all of it out */
	int code;
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

/* ---- what is told ---------------------------------------------------------
 */

static const char *const state_words[] = {
		[FOLLOW_READY] = "ready",
		[FOLLOW_CLOSED] = "closed",
		[FOLLOW_BUSY] = "busy",
};

static void put_news_json(const struct follow_news *n)
{
	const char *last = n->text ? strrchr(n->text, ':') : NULL;
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "guest", n->guest);
	json_out_put_text(&o, "name", n->name);
	json_out_put_text(&o, "what", n->what);
	json_out_put_text(&o, "state", state_words[n->state]);
	json_out_put_text(&o, "address", n->text);
	json_out_put_uint(&o, "port",
			last ? strtoul(last + 1, NULL, 10) : n->port);
	json_out_put_uint(&o, "guest_port", n->guest_port);
	if (n->why)
		json_out_put_text(&o, "detail", n->why);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
}

/* A word of a line: what a stranger says up to its first blank. */
static void put_word(const char *text)
{
	char word[FORWARD_TEXT_MAX];

	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "),
			text);
	put_clean(stdout, *word ? word : "-");
	(void)putchar(' ');
}

/* "agent-7 gui 127.0.0.1:3162 ready" */
static void on_news(void *arg, const struct follow_news *n)
{
	const struct forwarding *f = arg;

	if (n->why)
		say("%s: %s; it is tried again", n->guest, n->why);
	if (app_json(f->app)) {
		put_news_json(n);
	} else if (n->state != FOLLOW_BUSY) {
		put_word(n->name);
		put_word(n->what);
		(void)printf("%s %s\n", n->text, state_words[n->state]);
	}
	(void)fflush(stdout);
}

static void on_list(void *arg, int r, const struct err *e)
{
	const struct forwarding *f = arg;

	if (r < 0)
		say("profile %s: %s; it is asked again every second", f->all,
				e->text);
	else
		say("profile %s answers again", f->all);
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

/* ---- one connection at standard input and output ---------------------------
 */

static void one_step(struct forwarding *f)
{
	if (f->told && f->written)
		loop_stop(f->loop);
}

static void on_over(void *arg, enum end_word word, const char *detail)
{
	struct forwarding *f = arg;

	f->told = true;
	if (forward_word_is_error(word)) {
		say("%s", *detail ? detail : end_info(word)->sentence);
		f->code = end_info(word)->exit_code;
		if (f->code == EXIT_OK)
			f->code = EXIT_FAILED;
	}
	one_step(f);
}

/* The guest has said all: whoever reads us knows by now. */
static void on_written(void *arg)
{
	struct forwarding *f = arg;

	f->written = true;
	if (!f->told)
		forwards_end(f->forwards, END_CLIENT_CLOSED);
	one_step(f);
}

static int open_one(struct forwarding *f, const struct forward_options *o)
{
	struct err e;
	int fd, r = stdio_open(&f->stdio, f->loop, &fd, on_written, f);

	if (r < 0)
		return say_fail(EXIT_FAILED, "%s", strerrordesc_np(-r));
	r = forward_one(f->forwards, o, fd, on_over, f, &e);
	return r < 0 ? say_err(exit_of(r), &e) : 0;
}

/* ---- those that were named --------------------------------------------------
 */

/* Where it leads: what was said, else the screen, else any console. */
static int choose_port(const struct forward_arg *arg,
		const struct guest_entry *g, struct forward_options *o)
{
	static const enum console_kind kinds[] = {
			CONSOLE_VNC, CONSOLE_SPICE, CONSOLE_SERIAL};

	o->guest_port = arg->guest_port;
	o->kind = arg->kind;
	if (arg->guest_port || arg->has_kind)
		return 0;
	o->guest_port = g->gui_port;
	if (!o->guest_port && strcmp(g->type, "sandbox") == 0 && g->address)
		o->guest_port = 5901; /* where its screen is, unless said */
	for (size_t i = 0; !o->guest_port && i < 3; i++) {
		o->kind = kinds[i];
		if (!g->lacks[kinds[i]])
			return 0;
	}
	if (o->guest_port)
		return 0;
	return say_fail(EXIT_NOT_FOUND, "%s: %s", g->id, g->lacks[CONSOLE_VNC]);
}

/* With a login it is its screen, or nothing. */
static int choose_login(const struct guest_entry *g, struct forward_options *o)
{
	const bool screen = o->guest_port ? o->guest_port == g->gui_port
					  : o->kind == CONSOLE_VNC;

	if (!screen && o->guest_port != 5901)
		return say_fail(EXIT_USAGE,
				"%s: --login logs in to screens by VNC, and to "
				"nothing else",
				g->id);
	o->guest_port = 0;
	o->kind = CONSOLE_VNC;
	return 0;
}

static int open_named(struct forwarding *f, const struct forward_arg *arg)
{
	const char *own = arg->host;
	struct forward_options o = {
			.hosts = f->values->addresses.items,
			.host_count = f->values->addresses.count,
			.port = arg->port,
	};
	const struct guest_entry *g;
	struct follow_news news = {.state = FOLLOW_READY};
	struct forward *made;
	struct err e;
	int code, r = guest_list_find(&f->sources.guests, arg->guest, &g, &e);

	if (r < 0)
		return say_err(r == -ENOTUNIQ ? EXIT_USAGE : EXIT_NOT_FOUND,
				&e);
	if (*own) {
		o.hosts = &own;
		o.host_count = 1;
	}
	o.guest = g->id;
	code = choose_port(arg, g, &o);
	news.guest_port = o.guest_port;
	if (code == 0 && f->values->login)
		code = choose_login(g, &o);
	if (code != 0)
		return code;
	o.what = o.guest_port ? "" : console_kind_name(o.kind);
	if (o.guest_port && o.guest_port == g->gui_port)
		o.what = "gui";
	if (f->values->stdio)
		return open_one(f, &o);
	r = forward_open(&made, f->forwards, &o, &e);
	if (r < 0)
		return say_err(r == -EADDRINUSE ? EXIT_BUSY
				: r == -EINVAL  ? EXIT_USAGE
						: EXIT_FAILED,
				&e);
	news.guest = g->id;
	news.name = g->name ? g->name : g->id;
	news.what = o.what;
	news.text = forward_text(made);
	on_news(f, &news);
	return 0;
}

static int open_each(struct forwarding *f, int argc, char **argv)
{
	struct forward_arg arg;
	struct err e;
	int code = 0, r;

	for (int i = 0; code == 0 && i < argc; i++) {
		arg = (struct forward_arg){0};
		r = f->values->stdio ? forward_arg_read_guest(argv[i], &arg, &e)
				     : forward_arg_read(argv[i], &arg, &e);
		code = r < 0 ? say_err(EXIT_USAGE, &e) : open_named(f, &arg);
	}
	return code;
}

/* ---- all of a profile -------------------------------------------------------
 */

static int open_all(struct forwarding *f)
{
	const struct follow_options o = {
			.loop = f->loop,
			.forwards = f->forwards,
			.profile = f->all,
			.hosts = f->values->addresses.items,
			.host_count = f->values->addresses.count,
			.login = f->values->login,
			.news = on_news,
			.list = on_list,
			.arg = f,
	};
	int r = follow_new(&f->follow, &o);

	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : 0;
}

/* The hypervisors; 0 or an exit code, told. */
static int open_sources(struct forwarding *f)
{
	const struct config_profile *p;
	const struct config *c;
	struct err e;
	int code;

	if (!f->values->all) {
		code = sources_open(
				f->app, f->app->globals.profile, &f->sources);
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

/* ---- what was typed ---------------------------------------------------------
 */

static int read_number(const char *text, unsigned low, unsigned high,
		unsigned *ret, const char *option)
{
	char *end;
	unsigned long n;

	if (!text)
		return 0;
	n = strspn(text, "0123456789") > 0 ? strtoul(text, &end, 10) : high + 1;
	if (n < low || n > high || *end)
		return app_usage(&forward_command,
				"--%s: '%s' is no number from %u to %u", option,
				text, low, high);
	*ret = (unsigned)n;
	return 0;
}

static int read_limits(struct forwarding *f)
{
	const struct forward_values *v = f->values;
	unsigned connect_s = 0, idle_s = 0;
	int code = read_number(v->limit, 1, 300, &connect_s, "connect-limit");

	if (code == 0)
		code = read_number(v->idle, 0, 86400, &idle_s, "idle-limit");
	if (code == 0)
		code = read_number(v->connections, 1, 10000,
				&f->limits.connections, "connections");
	f->limits.connect_ms = connect_s * 1000;
	f->limits.idle_ms = idle_s * 1000;
	f->limits.login = v->login;
	return code;
}

/* Does it leave this machine? Told; with a login refused. */
static int check_address(const struct forwarding *f, const char *host)
{
	const struct address a = {.host = (char *)(uintptr_t)host};

	if (address_is_local(&a))
		return 0;
	if (f->values->login)
		return say_fail(EXIT_SAFETY,
				"--login is for this machine alone: whoever "
				"reaches %s would have the screens",
				host);
	say("warning: whoever reaches %s reaches these ports of the guests",
			host);
	return 0;
}

static int check_usage(const struct forwarding *f, int argc, char **argv)
{
	const struct forward_values *v = f->values;
	struct forward_arg arg;
	struct err e;
	int code = 0;

	if (v->all ? argc > 0 || v->stdio : argc == 0)
		return app_usage(&forward_command,
				v->all ? "--all takes no other forwards"
				       : "which port, and of which guest?");
	if (v->stdio && (argc != 1 || v->ops || v->addresses.count))
		return app_usage(&forward_command,
				"--stdio is one connection of one guest, and "
				"listens nowhere");
	if (v->stdio && v->login)
		return app_usage(&forward_command,
				"--login needs a port: `glassbridge vnc` "
				"opens a viewer");
	if (v->addresses.count > FORWARD_HOSTS_MAX)
		return app_usage(&forward_command, "more than %d addresses",
				FORWARD_HOSTS_MAX);
	for (size_t i = 0; code == 0 && i < v->addresses.count; i++)
		code = check_address(f, v->addresses.items[i]);
	for (int i = 0; code == 0 && !v->stdio && i < argc; i++) {
		if (forward_arg_read(argv[i], &arg, &e) < 0)
			return app_usage(&forward_command, "%s", e.text);
		if (*arg.host)
			code = check_address(f, arg.host);
	}
	return code;
}

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

/* ---- all of it --------------------------------------------------------------
 */

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
		code = f->all ? open_all(f) : open_each(f, argc, argv);
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
	int code = check_usage(&f, argc, argv);

	if (code == 0)
		code = read_limits(&f);
	if (v->stdio) /* what uses it has the terminal */
		log_setup(&quiet);
	if (code == 0)
		code = open_sources(&f);
	if (code == 0)
		code = run(&f, argc, argv);
	close_all(&f);
	return code;
}
