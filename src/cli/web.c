#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/browser.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/novnc.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sources.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/secret.h"
#include "gateway/serve.h"
#include "proto/json.h"
#include "proto/url.h"

struct web_values {
	struct target_options target;
	bool no_open, pve_ui;
};

static const struct option_rule options[] = {
		TARGET_RULES(offsetof(struct web_values, target)),
		{"pve-ui", 0, OPTION_FLAG, offsetof(struct web_values, pve_ui),
				NULL,
				"the hypervisor's own page instead of "
				"ours",
				NULL},
		{"no-open", 'n', OPTION_FLAG,
				offsetof(struct web_values, no_open), NULL,
				"only print the address", NULL},
		{0},
};

static int web(struct app *a, const void *values, int argc, char **argv);

const struct command web_command = {
		.name = "web",
		.arguments = "[GUEST]",
		.summary = "Open a guest's console in the browser",
		.next = "open a console in the browser",
		.next_arguments = "[GUEST]",
		.help = "GUEST is an id or a name: 100, web1, home/100. "
			"Without "
			"it: all guests.\n"
			"It asks the gateway that runs on this machine for a "
			"one-time link. Where none\n"
			"runs it starts one for you alone, which ends half a "
			"minute after its last tab.\n",
		.options = options,
		.values_size = sizeof(struct web_values),
		.arguments_max = 1,
		.run = web,
};

enum { LINK_MAX = 4096, ENCODED_MAX = 3 * GUEST_ID_MAX + 1 };

static void show(const char *url, bool no_open)
{
	(void)printf("%s\n", url);
	(void)fflush(stdout);
	if (!no_open && !browser_open(url))
		say("open it in a browser; it works once");
}

/* The whole id of what was typed. 0 or an exit code, told. */
static int find_id(struct guest_list *l, const char *typed,
		const struct target_options *o, char ret[GUEST_ID_MAX])
{
	const struct guest_entry *g;
	int code = target_find(l, typed, o, &g);

	if (code == 0)
		(void)snprintf(ret, GUEST_ID_MAX, "%s", g->id);
	return code;
}

/* ---- by the gateway that runs -------------------------------------------- */

static int find_there(const struct json *answer, const char *typed,
		const struct target_options *o, char ret[GUEST_ID_MAX])
{
	struct guest_list l;
	int r;

	if (guest_list_from_json(answer, &l) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	r = find_id(&l, typed, o, ret);
	guest_list_done(&l);
	return r;
}

static int link_from(const char *guest, bool no_open)
{
	struct control_answer answer = {0};
	const char *url;
	struct json_out o;
	struct buf body;
	int r;

	buf_init(&body, LINK_MAX);
	json_out_init(&o, &body);
	json_out_object_begin(&o);
	if (guest[0])
		json_out_put_text(&o, "guest", guest);
	json_out_object_end(&o);
	r = json_out_done(&o) < 0 ? say_fail(EXIT_FAILED, "no memory")
				  : control_ask("POST", "/api/v1/links", &body,
						    &answer);
	buf_done(&body);
	if (r != 0)
		return r;
	url = json_text(json_get(answer.body, "url"));
	if (url)
		show(url, no_open);
	else
		r = say_fail(EXIT_FAILED, "the gateway's answer has no link");
	control_done(&answer);
	return r;
}

static int web_there(const struct control_answer *guests, const char *typed,
		const struct web_values *v)
{
	char id[GUEST_ID_MAX] = "";
	int r;

	if (guests->status / 100 != 2)
		return control_refused(guests);
	r = typed ? find_there(guests->body, typed, &v->target, id) : 0;
	return r != 0 ? r : link_from(id, v->no_open);
}

/* ---- by a gateway of one's own --------------------------------------------
 */

struct private
{
	char guest[ENCODED_MAX];
	bool no_open;
};

static void on_ready(void *arg, const char *base_url, const char *code)
{
	const struct private *p = arg;
	char url[LINK_MAX];

	(void)snprintf(url, sizeof(url), "%s/%s%s#t=%s", base_url,
			p->guest[0] ? "console/" : "", p->guest, code);
	show(url, p->no_open);
	secret_wipe(url, sizeof(url));
	say("this is a gateway for you alone; it ends after its last tab, or "
	    "with Ctrl+C");
}

static int find_here(struct app *a, const char *typed,
		const struct target_options *o, char ret[GUEST_ID_MAX])
{
	struct guest_list l;
	int r = sources_list(a, &l);

	if (r != 0)
		return r;
	r = find_id(&l, typed, o, ret);
	guest_list_done(&l);
	return r;
}

static int web_here(
		struct app *a, const char *typed, const struct web_values *v)
{
	/* nothing of a shared gateway's: a free port, no proxies, no TLS */
	static const struct config_flag flags[] = {
			{"listen", "127.0.0.1:0"},
			{"public_url", ""},
			{"ops_listen", ""},
			{"tls_cert", ""},
			{"tls_key", ""},
	};
	const struct log_options log = {.level = LOG_WARN, .time = true};
	struct private p = {.no_open = v->no_open};
	struct serve_options o = {
			.config = app_config_options(a),
			.providers = a->providers,
			.private = true,
			.ready = on_ready,
			.ready_arg = &p,
	};
	char id[GUEST_ID_MAX] = "";
	int r = typed ? find_here(a, typed, &v->target, id) : 0;

	if (r != 0)
		return r;
	if (url_encode(id, strlen(id), p.guest, sizeof(p.guest)) < 0)
		return say_fail(EXIT_FAILED, "the id is too long");
	o.config.flags = flags;
	o.config.flag_count = sizeof(flags) / sizeof(flags[0]);
	log_setup(&log);
	return serve_run(&o);
}

static int web(struct app *a, const void *values, int argc, char **argv)
{
	const struct web_values *v = values;
	const char *typed = argc > 0 ? argv[0] : NULL;
	struct control_answer guests;
	struct err e;
	int r;

	if (v->pve_ui && !typed)
		return app_usage(&web_command, "--pve-ui needs a guest");
	if (v->pve_ui)
		return novnc_open(a, typed, &v->target, v->no_open);
	r = control_call("GET", "/api/v1/guests", NULL, &guests, &e);

	if (r == -ENOTCONN)
		return web_here(a, typed, v);
	if (r < 0)
		return say_err(exit_of(r), &e);
	r = web_there(&guests, typed, v);
	control_done(&guests);
	return r;
}
