#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bridge/door.h"
#include "bridge/proxy.h"
#include "bridge/tokens.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/kills.h"
#include "cli/proxy_args.h"
#include "cli/say.h"
#include "core/log.h"
#include "core/loop.h"
#include "http/assets.h"
#include "http/folder.h"
#include "stream/tls.h"

enum {
	OTHER_FDS = 64,  /* standard ones, the loop's, the doors */
	WORDS_MAX = 256, /* theirs may go on with a program to start */
	DOORS_MAX = 2,
	END_LATE_MS = 3000,
	HOST_MAX = 256,
};

static int proxy(struct app *a, const void *values, int argc, char **argv);

const struct command proxy_command = {
		.name = "proxy",
		.arguments = "LISTEN TARGET",
		.summary = "WebSocket to TCP, as websockify and novnc_proxy",
		.help = "LISTEN is [host:]port; a port alone is on 127.0.0.1, "
			":PORT on all addresses. TARGET\n"
			"is host:port. Without --web there is a page of our "
			"own for screens, /vnc.html.\n"
			"Called as websockify or novnc_proxy (a symbolic link "
			"does it), a port alone is on\n"
			"all addresses, as theirs is.\n",
		.options = proxy_rules,
		.values_size = sizeof(struct proxy_values),
		.arguments_min = 0,
		.arguments_max = WORDS_MAX,
		.run = proxy,
		.called = proxy_names,
};

struct proxying {
	const struct proxy_values *v;
	struct proxy_args args;
	struct loop *loop;
	struct tls_context *tls;
	struct folder *web;
	struct tokens *tokens;
	struct door *doors[DOORS_MAX];
	struct proxy *proxy;
	struct timer *late;
	bool ending;
};

/* ---- the end --------------------------------------------------------------
 */

static void doors_close(struct proxying *p)
{
	for (size_t i = 0; i < DOORS_MAX; i++) {
		door_close(p->doors[i]);
		p->doors[i] = NULL;
	}
}

static void on_late(void *arg)
{
	loop_stop(((struct proxying *)arg)->loop);
}

/* Nobody is connected: for long enough, or any more. */
static void on_idle(void *arg)
{
	struct proxying *p = arg;

	if (!p->ending)
		say("nobody was connected for %u s: the end "
		    "(--idle-timeout)",
				p->args.idle_ms / 1000);
	loop_stop(p->loop);
}

/* The second signal does not wait for goodbyes. */
static void on_kill(void *arg, int signum)
{
	struct proxying *p = arg;

	doors_close(p);
	if (p->ending) {
		loop_stop(p->loop);
		return;
	}
	p->ending = true;
	timer_set(p->late, END_LATE_MS);
	proxy_end(p->proxy);
}

/* ---- the address ----------------------------------------------------------
 */

/* An IPv4 or IPv6 address for a name. */
static int listen_address(const char *host, char ret[HOST_MAX], struct err *e)
{
	const struct addrinfo want = {
			.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *found;
	int r = getaddrinfo(host, NULL, &want, &found);

	if (r != 0)
		return err_set(e, -EINVAL, "cannot listen on %s: %s", host,
				gai_strerror(r));
	r = getnameinfo(found->ai_addr, found->ai_addrlen, ret, HOST_MAX, NULL,
			0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return r == 0 ? 0
		      : err_set(e, -EINVAL, "cannot listen on %s: %s", host,
					gai_strerror(r));
}

static int open_door(struct proxying *p, size_t which, const char *host,
		uint16_t port, struct err *e)
{
	const struct door_options o = {
			.loop = p->loop, .host = host, .port = port};

	return door_open(&p->doors[which], &o, proxy_accept, p->proxy, e);
}

/* Of all addresses those of IPv4, and of IPv6 where the machine has it. */
static int open_doors(struct proxying *p, struct err *e)
{
	char host[HOST_MAX] = "0.0.0.0";
	int r = p->args.listen_host
				? listen_address(p->args.listen_host, host, e)
				: 0;

	if (r == 0)
		r = open_door(p, 0, host, p->args.port, e);
	if (r == 0 && !p->args.listen_host)
		(void)open_door(p, 1, "::", door_port(p->doors[0]), NULL);
	return r;
}

/* What one types into the browser, or gives a client. */
static void tell_address(const struct proxying *p)
{
	bool page = p->web ? folder_has(p->web, "vnc.html")
			   : asset_find("/vnc.html") != NULL;
	const char *host = p->args.listen_host;
	char name[HOST_MAX] = "localhost";
	bool six = host && strchr(host, ':');

	if (!host && gethostname(name, sizeof(name) - 1) == 0)
		host = name;
	say("open http%s://%s%s%s:%u/%s%s", p->tls && p->v->ssl_only ? "s" : "",
			six ? "[" : "", host, six ? "]" : "",
			door_port(p->doors[0]),
			!page            ? ""
			: p->args.tokens ? "vnc.html?autoconnect=true&path="
					   "websockify%3Ftoken%3D"
					 : "vnc.html?autoconnect=true",
			page && p->args.tokens ? "NAME" : "");
	if (!p->args.listen_host)
		say("it is open to the network; 127.0.0.1:%u would be for this "
		    "machine only",
				door_port(p->doors[0]));
}

/* ---- beginning ------------------------------------------------------------
 */

static size_t connections_max(void)
{
	struct rlimit fds;

	if (getrlimit(RLIMIT_NOFILE, &fds) < 0)
		return OTHER_FDS;
	fds.rlim_cur = fds.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &fds);
	if (fds.rlim_cur <= 2 * (rlim_t)OTHER_FDS)
		return OTHER_FDS / PROXY_FDS;
	return (size_t)(fds.rlim_cur - OTHER_FDS) / PROXY_FDS;
}

static int open_sources(struct proxying *p, struct err *e)
{
	int r = 0;

	if (p->args.cert)
		r = tls_server_context(&p->tls, p->args.cert, p->args.key, e);
	if (r == 0 && p->v->web) {
		r = folder_open(&p->web, p->v->web, e);
		if (r < 0)
			return err_prefix(e, "--web");
	}
	if (r == 0 && p->args.tokens)
		r = tokens_open(&p->tokens, p->args.tokens,
				p->args.tokens_again, e);
	return r;
}

static int open_proxy(struct proxying *p, struct err *e)
{
	const struct proxy_options o = {
			.loop = p->loop,
			.tls = p->tls,
			.tls_only = p->v->ssl_only,
			.web = p->web,
			.own_page = !p->web,
			.target = p->tokens ? NULL : &p->args.target,
			.tokens = p->tokens,
			.heartbeat_ms = p->args.heartbeat_ms,
			.idle_ms = p->args.idle_ms,
			.connections = connections_max(),
			.verbose = p->v->verbose,
			.idle = on_idle,
			.arg = p,
	};
	int r = proxy_new(&p->proxy, &o);

	if (r == 0)
		r = timer_new(&p->late, p->loop, on_late, p);
	return r < 0 ? err_set(e, r, "no memory") : open_doors(p, e);
}

static void proxying_done(struct proxying *p)
{
	doors_close(p);
	proxy_free(p->proxy);
	timer_free(p->late);
	tokens_free(p->tokens);
	folder_free(p->web);
	tls_context_unref(p->tls);
	proxy_args_done(&p->args);
}

/* With the loop, until a signal or the idle limit. */
static int run_proxy(struct proxying *p)
{
	struct kills kills;
	struct err e;
	int r = open_sources(p, &e);

	if (r == 0)
		r = open_proxy(p, &e);
	if (r < 0)
		return say_err(r == -EADDRINUSE ? EXIT_BUSY : EXIT_FAILED, &e);
	(void)kills_hear(&kills, p->loop, on_kill, p);
	tell_address(p);
	r = loop_run(p->loop);
	kills_done(&kills);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static int proxy(struct app *a, const void *values, int argc, char **argv)
{
	const struct log_options log = {
			.level = LOG_INFO, .time = isatty(STDERR_FILENO)};
	struct proxying p = {.v = values};
	struct err e;
	int r = proxy_args_read(&p.args, values, proxy_name_of(a->called), argc,
			argv, &e);

	if (r == -EINVAL)
		return app_usage(&proxy_command, "%s", e.text);
	if (r < 0)
		return say_err(EXIT_FAILED, &e);
	log_setup(&log);
	r = loop_new(&p.loop);
	if (r < 0) {
		proxy_args_done(&p.args);
		return say_fail(EXIT_FAILED, "%s", strerrordesc_np(-r));
	}
	r = run_proxy(&p);
	proxying_done(&p);
	loop_free(p.loop);
	return r;
}
