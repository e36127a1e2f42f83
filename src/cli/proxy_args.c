#include "cli/proxy_args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS_MAX = 7 * 24 * 3600 };

static const char self_pem[] = "self.pem"; /* theirs, in this folder */

#define AT(member) offsetof(struct proxy_values, member)
#define NOT(name, letter, instead)                               \
	{                                                        \
		name, letter, OPTION_NOT, 0, NULL, instead, NULL \
	}
const struct option_rule proxy_rules[] = {
		{"listen", 0, OPTION_TEXT, AT(listen), "[HOST:]PORT",
				"listen there, in the place of LISTEN", NULL},
		{"vnc", 0, OPTION_TEXT, AT(vnc), "HOST:PORT",
				"where to, in the place of TARGET", NULL},
		{"unix-target", 0, OPTION_TEXT, AT(unix_target), "PATH",
				"to this Unix socket", NULL},
		{"token-plugin", 0, OPTION_TEXT, AT(token_plugin), "CLASS",
				"TokenFile (read anew each time) or "
				"ReadOnlyTokenFile",
				NULL},
		{"token-source", 0, OPTION_TEXT, AT(token_source), "PATH",
				"a file of lines `name: host:port`, or a "
				"folder of them; ?token=name chooses",
				NULL},
		{"target-config", 0, OPTION_TEXT, AT(target_config), "PATH",
				"the same as --token-plugin TokenFile "
				"--token-source PATH",
				NULL},
		{"web", 0, OPTION_TEXT, AT(web), "DIR",
				"give out the files of this folder", NULL},
		{"cert", 0, OPTION_TEXT, AT(cert), "FILE",
				"certificate, for TLS on the same port; "
				"self.pem where it is here",
				NULL},
		{"key", 0, OPTION_TEXT, AT(key), "FILE",
				"its key, where that is in another file", NULL},
		{"ssl-only", 0, OPTION_FLAG, AT(ssl_only), NULL,
				"nothing but TLS", NULL},
		{"heartbeat", 0, OPTION_TEXT, AT(heartbeat), "SECONDS",
				"ping clients so often", NULL},
		{"idle-timeout", 0, OPTION_TEXT, AT(idle_timeout), "SECONDS",
				"end after so long without a connection", NULL},
		{"file-only", 0, OPTION_FLAG, AT(file_only), NULL,
				"folders are never listed, with it or without",
				NULL},
		{"verbose", 'v', OPTION_FLAG, AT(verbose), NULL,
				"a line for each request, too", NULL},
		NOT("daemon", 'D',
				"leave it out and let the service manager run "
				"it (systemd-run --user glassbridge proxy "
				"...)"),
		NOT("timeout", 0, "use --idle-timeout"),
		NOT("run-once", 0,
				"use --idle-timeout 1, or end it by a signal"),
		NOT("record", 0, "leave it out; nothing is recorded"),
		NOT("traffic", 0, "use -v, which tells the requests"),
		NOT("syslog", 0,
				"leave it out; the log is standard error, "
				"which the service manager keeps"),
		NOT("legacy-syslog", 0, "leave it out"),
		NOT("log-file", 0, "redirect standard error: 2>>FILE"),
		NOT("key-password", 0,
				"take the passphrase off the key: openssl pkey "
				"-in KEY -out NEW"),
		NOT("ssl-target", 0,
				"name a port without TLS, or use a guest of "
				"`glassbridge serve`"),
		NOT("verify-client", 0,
				"use `glassbridge serve`, which signs people "
				"in"),
		NOT("cafile", 0, "it belongs to --verify-client"),
		NOT("ssl-version", 0,
				"leave it out; TLS 1.2 and 1.3 are spoken"),
		NOT("ssl-ciphers", 0, "leave it out; those of OpenSSL are"),
		NOT("inetd", 0, "leave it out and let it listen by itself"),
		NOT("web-auth", 0,
				"use `glassbridge serve`, which signs people "
				"in"),
		NOT("auth-plugin", 0,
				"use `glassbridge serve`, which signs people "
				"in"),
		NOT("auth-source", 0, "it belongs to --auth-plugin"),
		NOT("host-token", 0, "put the token into the URL: ?token=NAME"),
		NOT("wrap-mode", 0,
				"start the program by itself and name its port "
				"as the target"),
		NOT("libserver", 0, "leave it out"),
		NOT("prefer-ipv6", '6',
				"leave it out and name the address: "
				"[::1]:PORT"),
		{0},
};
#undef NOT
#undef AT

const char *const proxy_names[] = {"websockify", "novnc_proxy", NULL};

enum proxy_name proxy_name_of(const char *called)
{
	if (strcmp(called, proxy_names[0]) == 0)
		return PROXY_WEBSOCKIFY;
	return strcmp(called, proxy_names[1]) == 0 ? PROXY_NOVNC : PROXY_OURS;
}

/* ---- where to listen ------------------------------------------------------
 */

/* "6080": they listen on all addresses, we on our own machine's; ":6080" is
 * all of them for both. */
static int read_listen(struct proxy_args *a, const char *text,
		enum proxy_name name, struct err *e)
{
	const char *local = name == PROXY_OURS ? "127.0.0.1" : "*";
	struct address at;
	int r;

	if (*text == ':' && strchr(text + 1, ':') == NULL) {
		local = "*";
		text++;
	}
	if (address_port(text, strlen(text), true, &a->port)) {
		a->listen_host = strcmp(local, "*") == 0 ? NULL : strdup(local);
		return 0;
	}
	r = address_parse(text, NULL, 0, &at, e);
	if (r < 0)
		return r;
	if (at.path)
		r = err_set(e, -EINVAL, "it listens on a TCP port, not on '%s'",
				text);
	a->listen_host = at.host;
	a->port = at.port;
	at.host = NULL;
	address_done(&at);
	return r;
}

/* ---- where to -------------------------------------------------------------
 */

static int read_tokens(struct proxy_args *a, const struct proxy_values *v,
		struct err *e)
{
	const char *class = v->token_plugin, *dot;

	if (v->target_config) {
		a->tokens = v->target_config;
		a->tokens_again = true;
		return 0;
	}
	if (!class)
		return v->token_source ? err_set(e, -EINVAL,
							 "--token-source needs "
							 "--token-plugin "
							 "TokenFile")
				       : 0;
	if (!v->token_source)
		return err_set(e, -EINVAL,
				"--token-plugin needs --token-source PATH");
	dot = strrchr(class, '.'); /* websockify.token_plugins.TokenFile */
	class = dot ? dot + 1 : class;
	a->tokens_again = strcmp(class, "TokenFile") == 0;
	if (!a->tokens_again && strcmp(class, "ReadOnlyTokenFile") != 0)
		return err_set(e, -EINVAL,
				"there is no token plugin '%s' here: use "
				"TokenFile or ReadOnlyTokenFile",
				class);
	a->tokens = v->token_source;
	return 0;
}

static int read_unix(struct proxy_args *a, const char *path, struct err *e)
{
	if (strlen(path) == 0 || strlen(path) > ADDRESS_PATH_MAX)
		return err_set(e, -EINVAL, "'%s' is no path of a Unix socket",
				path);
	a->target.path = strdup(path);
	return a->target.path ? 0 : err_set(e, -ENOMEM, "no memory");
}

/* One way to say where to, and no other beside it. */
static int read_target(struct proxy_args *a, const struct proxy_values *v,
		const char *target, enum proxy_name name, struct err *e)
{
	int ways = (target != NULL) + (v->vnc != NULL) +
		   (v->unix_target != NULL) + (a->tokens != NULL);

	if (ways > 1)
		return err_set(e, -EINVAL,
				"say only once where to: TARGET, --vnc, "
				"--unix-target or --token-plugin");
	if (a->tokens)
		return 0;
	if (v->unix_target)
		return read_unix(a, v->unix_target, e);
	if (v->vnc)
		target = v->vnc;
	if (!target && name == PROXY_NOVNC)
		target = "localhost:5900";
	if (!target)
		return err_set(e, -EINVAL,
				"say where to: TARGET (host:port), "
				"--unix-target or --token-plugin");
	return address_parse(target, NULL, 0, &a->target, e);
}

/* ---- the rest -------------------------------------------------------------
 */

static int read_seconds(const char *option, const char *text, uint32_t *ret_ms,
		struct err *e)
{
	unsigned long n;
	char *end;

	if (!text)
		return 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > SECONDS_MAX)
		return err_set(e, -EINVAL,
				"--%s takes seconds, 0 to %d, not '%s'", option,
				SECONDS_MAX, text);
	*ret_ms = (uint32_t)n * 1000;
	return 0;
}

static int read_tls(struct proxy_args *a, const struct proxy_values *v,
		struct err *e)
{
	a->cert = v->cert;
	if (!a->cert && access(self_pem, R_OK) == 0)
		a->cert = self_pem;
	a->key = v->key ? v->key : a->cert;
	if (a->cert)
		return 0;
	if (v->ssl_only || v->key)
		return err_set(e, -EINVAL,
				"--%s needs a certificate: --cert FILE (there "
				"is no %s here)",
				v->ssl_only ? "ssl-only" : "key", self_pem);
	return 0;
}

/* LISTEN is the first argument, unless --listen stands for it. */
static int read_arguments(struct proxy_args *a, const struct proxy_values *v,
		enum proxy_name name, int argc, char **argv, struct err *e)
{
	const char *listen = v->listen;
	int at = 0, r;

	if (!listen && at < argc)
		listen = argv[at++];
	if (!listen && name == PROXY_NOVNC)
		listen = "6080";
	if (!listen)
		return err_set(e, -EINVAL,
				"say where to listen: LISTEN ([host:]port)");
	if (argc - at > 1)
		return err_set(e, -EINVAL,
				"'%s' is one argument too many (a program is "
				"to be started by itself: name its port as "
				"TARGET)",
				argv[at + 1]);
	r = read_listen(a, listen, name, e);
	if (r == 0)
		r = read_tokens(a, v, e);
	return r < 0 ? r
		     : read_target(a, v, at < argc ? argv[at] : NULL, name, e);
}

int proxy_args_read(struct proxy_args *ret, const struct proxy_values *v,
		enum proxy_name name, int argc, char **argv, struct err *e)
{
	struct proxy_args a = {0};
	int r = read_arguments(&a, v, name, argc, argv, e);

	if (r == 0)
		r = read_tls(&a, v, e);
	if (r == 0)
		r = read_seconds("heartbeat", v->heartbeat, &a.heartbeat_ms, e);
	if (r == 0)
		r = read_seconds(
				"idle-timeout", v->idle_timeout, &a.idle_ms, e);
	if (r < 0)
		proxy_args_done(&a);
	else
		*ret = a;
	return r;
}

void proxy_args_done(struct proxy_args *a)
{
	free(a->listen_host);
	a->listen_host = NULL;
	address_done(&a->target);
}
