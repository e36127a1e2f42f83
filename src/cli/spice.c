#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/target.h"
#include "cli/viewing.h"
#include "core/buf.h"
#include "core/loop.h"
#include "core/secret.h"
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

struct spice_view {
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
	struct viewing viewing;
	struct timer *look; /* where the file is handed on */
	uint64_t handed_ms; /* since then somebody else may read it */
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
static int choose_proxy(
		struct spice_view *w, const char *answered, struct err *e)
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
static void name_host(struct spice_view *w, const struct viewer_keys *k)
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

static int write_content(struct spice_view *w, const struct viewer_keys *k,
		struct err *e)
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
	struct spice_view *w = arg;

	if (r < 0)
		w->e = *e;
	else
		r = write_content(w, k, &w->e);
	w->seconds = r == 0 ? k->seconds : 0;
	w->r = r;
	target_answered(w->target);
}

/* The way out where there is no SPICE: told, with the exit code. */
static int tell_failure(const struct spice_view *w)
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

static int ask(struct spice_view *w)
{
	struct target *t = w->target;

	hypervisor_viewer(t->hypervisor, t->id, on_keys, w);
	if (!target_wait(t, ASK_MS))
		return say_fail(EXIT_BUSY, "%s: no answer in time",
				t->guest->id);
	return w->r < 0 ? tell_failure(w) : 0;
}

static int write_file(struct spice_view *w)
{
	char name[GUEST_ID_MAX + 16];
	const struct viewer_file_wish wish = {.where = w->values->write_vv,
			.name = name,
			.nameless = w->values->input};

	(void)snprintf(name, sizeof(name), "spice-%.100s.vv",
			strrchr(w->target->guest->id, '/') + 1);
	return viewer_file_make(&w->viewing.file, &w->content, &wish);
}

/* ---- the viewer -----------------------------------------------------------
 */

/* Whom it was handed to is not known: is it read? */
static void on_look(void *arg)
{
	struct spice_view *w = arg;
	uint64_t now = loop_now_ms(w->target->sources.loop);

	if (w->viewing.handed && !w->handed_ms)
		w->handed_ms = now;
	if (w->handed_ms &&
			(now - w->handed_ms > OPENED_MS ||
					access(w->viewing.file.path, F_OK) < 0))
		viewing_end(&w->viewing);
	else
		timer_set(w->look, LOOK_MS);
}

static int watch_viewer(struct spice_view *w, bool json)
{
	int code = viewing_launch(&w->viewing);

	if (code == 0 && json)
		code = viewing_put(&w->viewing, w->host, 0, true);
	if (code != 0)
		return code;
	if (w->viewing.viewer.opener)
		timer_set(w->look, LOOK_MS);
	viewing_wait(&w->viewing);
	return viewing_exit(&w->viewing);
}

/* It is there for somebody else, who may be on another machine. */
static int leave_file(struct spice_view *w, bool json)
{
	int code = 0;

	if (json)
		code = viewing_put(&w->viewing, w->host, 0, false);
	else
		(void)printf("%s\n", w->viewing.file.path);
	if (w->seconds > 0)
		say("it is good for %u s", w->seconds);
	w->viewing.file.path[0] = '\0'; /* it stays */
	return code;
}

static int show(struct spice_view *w, bool launches, bool json)
{
	int code = viewing_begin(&w->viewing, w->target);

	if (code == 0 && timer_new(&w->look, w->target->sources.loop, on_look,
					 w) < 0)
		code = say_fail(EXIT_FAILED, "no memory");
	if (code == 0)
		code = write_file(w);
	if (code == 0)
		code = launches ? watch_viewer(w, json) : leave_file(w, json);
	timer_free(w->look);
	viewing_done(&w->viewing);
	return code;
}

static int view(struct spice_view *w, bool launches, bool json)
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
	struct spice_view w = {.values = v};
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
	if (launches && viewer_find(&w.viewing.viewer, v->viewer, &c->viewer,
					&e) < 0)
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
