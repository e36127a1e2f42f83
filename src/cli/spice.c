#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/kills.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/target.h"
#include "cli/viewer.h"
#include "core/buf.h"
#include "core/loop.h"
#include "core/secret.h"
#include "proto/json.h"
#include "proto/spice_proxy.h"
#include "proto/vv.h"

enum {
	ASK_MS = 60000,    /* the hypervisor's calls have limits of their own */
	OPENED_MS = 30000, /* what opens files has handed it on by then */
	LOOK_MS = 500,     /* whether the viewer has deleted it */
};

struct spice_values {
	struct target_options target;
	const char *viewer, *write_vv, *proxy;
	bool no_launch, input;
};

#define AT(member) offsetof(struct spice_values, member)
static const struct option_rule options[] = {
		TARGET_RULES(AT(target)),
		{"viewer", 0, OPTION_TEXT, AT(viewer), "PROGRAM",
				"show it with this one", NULL},
		{"write-vv", 0, OPTION_TEXT, AT(write_vv), "PATH",
				"write the viewer's file (into a folder, or by "
				"this name), start no viewer",
				NULL},
		{"no-launch", 0, OPTION_FLAG, AT(no_launch), NULL,
				"write the viewer's file, start no viewer",
				NULL},
		{"stdin", 0, OPTION_FLAG, AT(input), NULL,
				"the viewer reads its standard input, nothing "
				"is written on disk",
				NULL},
		{"spice-proxy", 0, OPTION_TEXT, AT(proxy), "ADDRESS",
				"where the viewer finds the SPICE proxy: "
				"HOST, HOST:PORT, :PORT or http://HOST:PORT",
				NULL},
		{0},
};
#undef AT

static int spice(struct app *a, const void *values, int argc, char **argv);

const struct command spice_command = {
		.name = "spice",
		.arguments = "GUEST",
		.summary = "Open a guest's SPICE display in a native viewer",
		.help = "The viewer goes to the hypervisor by itself, with a "
			"ticket that is good for half a\n"
			"minute; whoever had the display loses it. Without "
			"SPICE there is `glassbridge vnc`.\n",
		.options = options,
		.values_size = sizeof(struct spice_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = spice,
};

struct viewing {
	struct target *target;
	const struct spice_values *values;
	struct address proxy; /* of --spice-proxy */
	/* what the hypervisor answered */
	int r;
	struct err e;
	struct buf content;
	char proxy_url[SPICE_PROXY_MAX];
	char host[SPICE_PROXY_MAX]; /* where the viewer goes, without secrets */
	unsigned seconds;           /* that it is good for; 0: ever */
	/* the viewer */
	struct viewer viewer;
	struct viewer_file file;
	struct showing *showing;
	struct timer *look;
	uint64_t opened_ms; /* since then somebody else may read the file */
	bool over;
	int signum, viewer_code;
};

/* ---- the viewer's file ----------------------------------------------------
 */

static const char *value_of(const struct viewer_keys *k, const char *name)
{
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->items[i].name, name) == 0)
			return k->items[i].value;
	return NULL;
}

/* The way to the proxy, as the answer has it or as it was said here. */
static int choose_proxy(struct viewing *w, const char *answered, struct err *e)
{
	struct address a = {0};
	const char *host;
	int r = answered ? spice_proxy_parse(answered, &a, e) : 0;

	if (r < 0)
		return err_set(e, -EPROTO, "the SPICE answer's proxy is none");
	if (!answered && w->values->proxy)
		return err_set(e, -ENXIO,
				"this guest is reached without a proxy");
	host = w->proxy.host ? w->proxy.host : a.host;
	if (answered)
		r = spice_proxy_format(host ? host : "",
				w->proxy.port ? w->proxy.port : a.port,
				w->proxy_url);
	address_done(&a);
	return r < 0 ? err_set(e, r, "the SPICE proxy's name is too long") : r;
}

/* For people and scripts; what the answer calls `host` may be a ticket. */
static void name_host(struct viewing *w, const struct viewer_keys *k)
{
	const char *host = value_of(k, "host"), *port = value_of(k, "port");
	const char *path = value_of(k, "unix-path");

	if (*w->proxy_url)
		(void)snprintf(w->host, sizeof(w->host), "%s", w->proxy_url);
	else
		(void)snprintf(w->host, sizeof(w->host), "%s%s%s",
				path   ? path
				: host ? host
				       : "",
				port ? ":" : "", port ? port : "");
}

static int write_content(
		struct viewing *w, const struct viewer_keys *k, struct err *e)
{
	const char *type = value_of(k, "type");
	int r = choose_proxy(w, value_of(k, "proxy"), e);

	if (r < 0)
		return r;
	if (!type || strcmp(type, "spice") != 0)
		return err_set(e, -EPROTO,
				"the SPICE answer is of another "
				"type");
	name_host(w, k);
	r = vv_begin(&w->content, "spice");
	if (r < 0)
		return err_set(e, r, "no memory");
	for (size_t i = 0; r == 0 && i < k->count; i++) {
		const struct viewer_key *at = &k->items[i];

		if (strcmp(at->name, "proxy") == 0)
			r = vv_add(&w->content, at->name, w->proxy_url, e);
		else if (strcmp(at->name, "type") != 0)
			r = vv_add(&w->content, at->name, at->value, e);
	}
	return r;
}

static void on_keys(void *arg, int r, const struct viewer_keys *k,
		const struct err *e)
{
	struct viewing *w = arg;

	if (r < 0)
		w->e = *e;
	else
		r = write_content(w, k, &w->e);
	w->seconds = r == 0 ? k->seconds : 0;
	w->r = r;
	target_answered(w->target);
}

/* The way out where there is no SPICE: told, with the exit code. */
static int tell_failure(const struct viewing *w)
{
	const struct guest_entry *g = w->target->guest;
	int code = say_fail(w->r == -EINVAL ? EXIT_SAFETY : exit_of(w->r),
			"%s: %s", g->id, w->e.text);

	if (w->r != -ENOTSUP)
		return code;
	if (!g->lacks[CONSOLE_VNC])
		say("its screen is there all the same: glassbridge vnc %s",
				g->id);
	if (strcmp(g->type, "qemu") == 0)
		say("give it one, on its node, and start it anew: qm set %s "
		    "--vga qxl",
				strrchr(g->id, '/') + 1);
	return code;
}

static int ask(struct viewing *w)
{
	struct target *t = w->target;

	hypervisor_viewer(t->hypervisor, t->id, on_keys, w);
	if (!target_wait(t, ASK_MS))
		return say_fail(EXIT_BUSY, "%s: no answer in time",
				t->guest->id);
	return w->r < 0 ? tell_failure(w) : 0;
}

static int write_file(struct viewing *w)
{
	char name[GUEST_ID_MAX + 16];
	const struct viewer_file_wish wish = {.where = w->values->write_vv,
			.name = name,
			.nameless = w->values->input};

	(void)snprintf(name, sizeof(name), "spice-%.100s.vv",
			strrchr(w->target->guest->id, '/') + 1);
	return viewer_file_make(&w->file, &w->content, &wish);
}

/* ---- the viewer -----------------------------------------------------------
 */

static int put_result(const struct viewing *w, bool launched)
{
	const struct guest_entry *g = w->target->guest;
	struct json_out o;
	struct buf b;
	int code;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", strrchr(g->id, '/') + 1);
	json_out_put_text(&o, "node", g->node);
	json_out_put_text(&o, "vv_file", *w->file.path ? w->file.path : NULL);
	json_out_put_text(&o, "host", w->host);
	json_out_put_text(&o, "launcher", launched ? w->viewer.file : NULL);
	json_out_put_bool(&o, "launched", launched);
	json_out_object_end(&o);
	code = output_end(&o, &b);
	(void)fflush(stdout);
	return code;
}

static void end(struct viewing *w)
{
	w->over = true;
	target_answered(w->target);
}

static void on_viewer_exit(void *arg, int code)
{
	struct viewing *w = arg;

	w->viewer_code = code;
	if (!w->viewer.opener || code != 0) {
		end(w);
		return;
	}
	w->opened_ms = loop_now_ms(w->target->sources.loop);
	timer_set(w->look, LOOK_MS);
}

/* Whom an opener has handed it to is not known: is it read? */
static void on_look(void *arg)
{
	struct viewing *w = arg;

	if (access(w->file.path, F_OK) < 0 ||
			loop_now_ms(w->target->sources.loop) - w->opened_ms >
					OPENED_MS)
		end(w);
	else
		timer_set(w->look, LOOK_MS);
}

static void on_kill(void *arg, int signum)
{
	struct viewing *w = arg;

	w->signum = signum;
	end(w);
}

static int exit_of_viewing(const struct viewing *w)
{
	if (w->signum)
		return w->signum == SIGINT ? EXIT_OK : EXIT_FAILED;
	if (w->viewer_code != 0)
		return say_fail(EXIT_FAILED, "%s ended with %d", w->viewer.file,
				w->viewer_code);
	return EXIT_OK;
}

static int watch_viewer(struct viewing *w, bool json)
{
	struct loop *l = w->target->sources.loop;
	struct err e;
	int code;

	if (viewer_start(&w->showing, &w->viewer, l, &w->file, on_viewer_exit,
			    w, &e) < 0)
		return say_err(EXIT_FAILED, &e);
	code = json ? put_result(w, true) : 0;
	while (code == 0 && !w->over)
		(void)target_wait(w->target, UINT32_MAX);
	if (code == 0)
		code = exit_of_viewing(w);
	if (w->signum)
		viewer_stop(w->showing);
	else
		viewer_forget(w->showing);
	return code;
}

/* It is there for somebody else, who may be on another machine. */
static int leave_file(struct viewing *w, bool json)
{
	int code = 0;

	if (json)
		code = put_result(w, false);
	else
		(void)printf("%s\n", w->file.path);
	if (w->seconds > 0)
		say("it is good for %u s", w->seconds);
	w->file.path[0] = '\0'; /* it stays */
	return code;
}

/* From the file on a signal must not end us before it is deleted. */
static int show(struct viewing *w, bool launches, bool json)
{
	struct loop *l = w->target->sources.loop;
	struct kills kills;
	int code;

	if (timer_new(&w->look, l, on_look, w) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	(void)kills_hear(&kills, l, on_kill, w);
	code = write_file(w);
	if (code == 0)
		code = launches ? watch_viewer(w, json) : leave_file(w, json);
	viewer_file_done(&w->file);
	kills_done(&kills);
	timer_free(w->look);
	return code;
}

static int view(struct viewing *w, bool launches, bool json)
{
	int code;

	buf_init(&w->content, VV_MAX);
	code = ask(w);
	if (code == 0)
		code = show(w, launches, json);
	if (w->content.len > 0)
		secret_wipe(buf_data(&w->content), w->content.len);
	buf_done(&w->content);
	return code;
}

static int spice(struct app *a, const void *values, int argc, char **argv)
{
	const struct spice_values *v = values;
	struct viewing w = {.values = v, .file.fd = -1};
	bool launches = !v->write_vv && !v->no_launch;
	const struct config *c;
	struct target t;
	struct err e;
	int code = app_config(a, &c);

	if (code != 0)
		return code;
	if (v->input && !launches)
		return app_usage(&spice_command,
				"--stdin is for a viewer that is started");
	if (v->proxy && spice_proxy_parse(v->proxy, &w.proxy, &e) < 0)
		return app_usage(&spice_command, "--spice-proxy: %s", e.text);
	if (launches && viewer_find(&w.viewer, v->viewer, &c->viewer, &e) < 0)
		code = say_err(EXIT_FAILED, &e);
	if (code == 0)
		code = target_open(a, argv[0], &v->target, &t);
	if (code == 0) {
		w.target = &t;
		code = view(&w, launches, app_json(a));
		target_close(&t);
	}
	address_done(&w.proxy);
	return code;
}
