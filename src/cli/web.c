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

/* How it is shown, and of which guest. */
struct wish {
	bool json, no_open;
	char guest[GUEST_ID_MAX]; /* "": all of them */
};

static void put_result(const struct wish *w, const char *url, bool launched)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "guest", *w->guest ? w->guest : NULL);
	json_out_put_text(&o, "url", url);
	json_out_put_bool(&o, "launched", launched);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
}

/* The address first: a browser can take its time. */
static void show(const struct wish *w, const char *url)
{
	bool launched;

	if (!w->json)
		(void)printf("%s\n", url);
	(void)fflush(stdout);
	launched = !w->no_open && browser_open(url);
	if (w->json)
		put_result(w, url, launched);
	(void)fflush(stdout);
	if (!w->no_open && !launched)
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

static int link_from(const struct wish *w)
{
	struct control_answer answer = {0};
	const char *url;
	struct json_out o;
	struct buf body;
	int r;

	buf_init(&body, LINK_MAX);
	json_out_init(&o, &body);
	json_out_object_begin(&o);
	if (*w->guest)
		json_out_put_text(&o, "guest", w->guest);
	json_out_object_end(&o);
	r = json_out_done(&o) < 0 ? say_fail(EXIT_FAILED, "no memory")
				  : control_ask("POST", "/api/v1/links", &body,
						    &answer);
	buf_done(&body);
	if (r != 0)
		return r;
	url = json_text(json_get(answer.body, "url"));
	if (url)
		show(w, url);
	else
		r = say_fail(EXIT_FAILED, "the gateway's answer has no link");
	control_done(&answer);
	return r;
}

static int web_there(const struct control_answer *guests, const char *typed,
		const struct web_values *v, struct wish *w)
{
	int r;

	if (guests->status / 100 != 2)
		return control_refused(guests);
	r = typed ? find_there(guests->body, typed, &v->target, w->guest) : 0;
	return r != 0 ? r : link_from(w);
}

/* ---- by a gateway of one's own --------------------------------------------
 */

struct private
{
	const struct wish *wish;
	char guest[ENCODED_MAX];
};

static void on_ready(void *arg, const char *base_url, const char *code)
{
	const struct private *p = arg;
	char url[LINK_MAX];

	(void)snprintf(url, sizeof(url), "%s/%s%s#t=%s", base_url,
			p->guest[0] ? "console/" : "", p->guest, code);
	show(p->wish, url);
	secret_wipe(url, sizeof(url));
	say("this is a gateway for you alone; it ends after its last tab, or "
	    "with Ctrl+C");
}

static int find_here(struct app *a, const char *typed,
		const struct target_options *o, char ret[GUEST_ID_MAX])
{
	struct target t;
	int r = target_open(a, typed, o, &t);

	if (r != 0)
		return r;
	(void)snprintf(ret, GUEST_ID_MAX, "%s", t.guest->id);
	target_close(&t);
	return 0;
}

static int web_here(struct app *a, const char *typed,
		const struct web_values *v, struct wish *w)
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
	struct private p = {.wish = w};
	struct serve_options o = {
			.config = app_config_options(a),
			.providers = a->providers,
			.private = true,
			.ready = on_ready,
			.ready_arg = &p,
	};
	int r = typed ? find_here(a, typed, &v->target, w->guest) : 0;

	if (r != 0)
		return r;
	if (url_encode(w->guest, strlen(w->guest), p.guest, sizeof(p.guest)) <
			0)
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
	struct wish w = {.json = app_json(a), .no_open = v->no_open};
	struct control_answer guests;
	struct err e;
	int r;

	if (v->pve_ui && !typed)
		return app_usage(&web_command, "--pve-ui needs a guest");
	if (v->pve_ui)
		return novnc_open(a, typed, &v->target, v->no_open);
	r = control_call("GET", "/api/v1/guests", NULL, &guests, &e);

	if (r == -ENOTCONN)
		return web_here(a, typed, v, &w);
	if (r < 0)
		return say_err(exit_of(r), &e);
	r = web_there(&guests, typed, v, &w);
	control_done(&guests);
	return r;
}
