#include "gateway/serve.h"

#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "core/buf.h"
#include "core/log.h"

struct serve_values {
	struct option_list listen, allowed_origins, trusted_proxies;
	const char *public_url, *ops_listen, *tls_cert, *tls_key;
	const char *workers, *max_sessions, *max_sessions_per_user;
	const char *log_format, *log_level, *trace;
};

static const char *const log_formats[] = {"text", "json", NULL};

#define AT(member) offsetof(struct serve_values, member)
static const struct option_rule options[] = {
		{"listen", 'l', OPTION_LIST, AT(listen), "ADDR",
				"host:port; may be given several times", NULL},
		{"public-url", 0, OPTION_TEXT, AT(public_url), "URL",
				"how users reach it, where a proxy stands "
				"before",
				NULL},
		{"ops-listen", 0, OPTION_TEXT, AT(ops_listen), "ADDR",
				"for /healthz, /readyz and /metrics", NULL},
		{"tls-cert", 0, OPTION_TEXT, AT(tls_cert), "FILE",
				"PEM, the chain included", NULL},
		{"tls-key", 0, OPTION_TEXT, AT(tls_key), "FILE", "PEM", NULL},
		{"allowed-origin", 0, OPTION_LIST, AT(allowed_origins),
				"ORIGIN", "a page that may open consoles",
				NULL},
		{"trusted-proxy", 0, OPTION_LIST, AT(trusted_proxies), "NET",
				"whose X-Forwarded-For is believed", NULL},
		{"workers", 0, OPTION_TEXT, AT(workers), "N",
				"data loops; 0: one a core", NULL},
		{"max-sessions", 0, OPTION_TEXT, AT(max_sessions), "N",
				"consoles at once", NULL},
		{"max-sessions-per-user", 0, OPTION_TEXT,
				AT(max_sessions_per_user), "N",
				"of one user at once", NULL},
		{"log-format", 0, OPTION_WORD, AT(log_format), "FORMAT",
				"text or json", log_formats},
		{"log-level", 0, OPTION_TEXT, AT(log_level), "LEVEL",
				"error, warn, info or debug", NULL},
		{"trace", 0, OPTION_TEXT, AT(trace), "LIST",
				"layers to look into: tls,ws,pump, or all",
				NULL},
		{0},
};
#undef AT

static int serve(struct app *a, const void *values, int argc, char **argv);

const struct command serve_command = {
		.name = "serve",
		.summary = "Run the gateway",
		.next = "run the gateway for others",
		.help = "The options stand before what the environment and the "
			"[gateway] section say.\n"
			"On a terminal it prints one-time links to itself. "
			"SIGHUP reads the configuration\n"
			"again, SIGTERM ends it.\n",
		.options = options,
		.values_size = sizeof(struct serve_values),
		.run = serve,
};

enum { FLAGS_MAX = 16 };

struct flags {
	struct config_flag items[FLAGS_MAX];
	size_t count;
};

static void flags_add(struct flags *f, const char *key, const char *value)
{
	if (value)
		f->items[f->count++] = (struct config_flag){key, value};
}

/* Lists are one value with commas; owned by the caller, NULL for none. */
static int join(const struct option_list *list, char **ret)
{
	struct buf b;
	int r = 0;

	*ret = NULL;
	buf_init(&b, (size_t)64 * 1024);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = buf_addf(&b, "%s%s", i ? "," : "", list->items[i]);
	if (r == 0 && b.len > 0)
		*ret = buf_take_string(&b);
	buf_done(&b);
	return r;
}

/* Under a service manager the time is the journal's. */
static int set_log(const struct serve_values *v)
{
	struct log_options o = {
			.level = LOG_INFO,
			.json = v->log_format &&
				strcmp(v->log_format, "json") == 0,
			.trace = v->trace,
	};

	o.time = o.json || !getenv("JOURNAL_STREAM");
	if (v->log_level && log_level_from(v->log_level, &o.level) < 0)
		return app_usage(&serve_command,
				"--log-level takes error, warn, info or debug, "
				"not '%s'",
				v->log_level);
	log_setup(&o);
	return 0;
}

static int serve(struct app *a, const void *values, int argc, char **argv)
{
	const struct serve_values *v = values;
	struct serve_options o = {
			.config = app_config_options(a),
			.providers = a->providers,
	};
	struct flags f = {.count = 0};
	char *listen = NULL, *origins = NULL, *proxies = NULL;
	int r = set_log(v);

	if (r != 0)
		return r;
	if (join(&v->listen, &listen) < 0 ||
			join(&v->allowed_origins, &origins) < 0 ||
			join(&v->trusted_proxies, &proxies) < 0) {
		r = say_fail(EXIT_USAGE, "the options are too long");
		goto out;
	}
	flags_add(&f, "listen", listen);
	flags_add(&f, "allowed_origins", origins);
	flags_add(&f, "trusted_proxies", proxies);
	flags_add(&f, "public_url", v->public_url);
	flags_add(&f, "ops_listen", v->ops_listen);
	flags_add(&f, "tls_cert", v->tls_cert);
	flags_add(&f, "tls_key", v->tls_key);
	flags_add(&f, "workers", v->workers);
	flags_add(&f, "max_sessions", v->max_sessions);
	flags_add(&f, "max_sessions_per_user", v->max_sessions_per_user);
	o.config.flags = f.items;
	o.config.flag_count = f.count;
	r = serve_run(&o);
out:
	free(listen);
	free(origins);
	free(proxies);
	return r;
}
