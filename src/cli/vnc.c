#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/vnc.h"
#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/target.h"
#include "cli/viewing.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "proto/address.h"
#include "proto/json.h"
#include "proto/vv.h"

enum {
	UNUSED_MS = 120000, /* nobody has connected */
	LEFT_MS = 5000,     /* the last one has gone */
	TITLE_MAX = 512,
};

struct vnc_values {
	struct target_options target;
	const char *viewer, *address, *port, *write_vv;
	bool proxy_only, no_launch, input;
};

#define AT(member) offsetof(struct vnc_values, member)
static const struct option_rule options[] = {
		TARGET_RULES(AT(target)),
		{"viewer", 0, OPTION_TEXT, AT(viewer), "PROGRAM",
				"show it with this one", NULL},
		{"address", 0, OPTION_TEXT, AT(address), "ADDRESS",
				"listen there; 127.0.0.1 unless said", NULL},
		{"port", 0, OPTION_TEXT, AT(port), "PORT",
				"listen on this one; any unless said", NULL},
		{"proxy-only", 0, OPTION_FLAG, AT(proxy_only), NULL,
				"start no viewer: print where it listens, as "
				"JSON, and stay",
				NULL},
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
		{0},
};
#undef AT

static int vnc(struct app *a, const void *values, int argc, char **argv);

const struct command vnc_command = {
		.name = "vnc",
		.arguments = "GUEST",
		.summary = "Open a guest's screen in a native viewer",
		.next = "a guest's screen in remote-viewer",
		.next_arguments = "GUEST",
		.help = "The viewer connects to a port of this machine, which "
			"only your own programs can\n"
			"use; the hypervisor is asked for a ticket when it "
			"does. It ends with the viewer.\n",
		.options = options,
		.values_size = sizeof(struct vnc_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = vnc,
};

struct watching {
	struct target *target;
	const struct vnc_values *values;
	bool json;
	struct vnc_bridge *bridge;
	struct viewing viewing;
	size_t viewers;
	bool used;
	int failed; /* the exit code of the last console; 0: it did not */
};

/* ---- the viewer's file
 * -------------------------------------------------------
 */

/* "VNC: VM 100 web1" */
static void write_title(const struct guest_entry *g, char ret[TITLE_MAX])
{
	const char *id = strrchr(g->id, '/') + 1;
	const char *name = g->name && strcmp(g->name, id) != 0 ? g->name : "";
	const char *what = "";

	if (strcmp(g->type, "qemu") == 0)
		what = "VM ";
	else if (strcmp(g->type, "lxc") == 0)
		what = "CT ";
	else if (strcmp(g->type, "node") == 0)
		what = "Node ";
	(void)snprintf(ret, TITLE_MAX, "VNC: %s%s%s%s", what, id,
			*name ? " " : "", name);
}

static int write_content(
		const struct watching *w, struct buf *to, struct err *e)
{
	const char *host = w->values->address;
	char title[TITLE_MAX], port[8];
	int r = vv_begin(to, "vnc");

	(void)snprintf(port, sizeof(port), "%u", vnc_bridge_port(w->bridge));
	write_title(w->target->guest, title);
	if (r < 0)
		return err_set(e, r, "no memory");
	r = vv_add(to, "host", host ? host : "127.0.0.1", e);
	if (r == 0)
		r = vv_add(to, "port", port, e);
	if (r == 0)
		r = vv_add(to, "password", vnc_bridge_password(w->bridge)->data,
				e);
	if (r == 0)
		r = vv_add(to, "title", title, e);
	if (r == 0)
		r = vv_add(to, "delete-this-file", "1", e);
	return r;
}

/* 0 or an exit code, told. */
static int write_file(struct watching *w)
{
	const char *id = strrchr(w->target->guest->id, '/') + 1;
	char name[GUEST_ID_MAX + 16];
	const struct viewer_file_wish wish = {.where = w->values->write_vv,
			.name = name,
			.nameless = w->values->input};
	struct buf content;
	struct err e;

	(void)snprintf(name, sizeof(name), "vnc-%.100s.vv", id);
	buf_init(&content, VV_MAX);
	if (write_content(w, &content, &e) == 0)
		return viewer_file_make(&w->viewing.file, &content, &wish);
	if (content.len > 0)
		secret_wipe(buf_data(&content), content.len);
	buf_done(&content);
	return say_err(e.code == -EINVAL ? EXIT_SAFETY : EXIT_FAILED, &e);
}

/* ---- how long it goes on
 * -----------------------------------------------------
 */

/* A console that failed is told at once: its viewer may stay open. The next
 * one may do better. */
static void tell_last(struct watching *w)
{
	const char *id = w->target->guest->id, *detail;
	enum end_word word = vnc_bridge_end(w->bridge, &detail);
	const struct end_info *info;

	w->failed = 0;
	if (word == END_WORDS || word == END_CLIENT_CLOSED)
		return;
	info = end_info(word);
	say("%s: %s", id, *detail ? detail : info->sentence);
	target_say_hint(w->target, word);
	w->failed = info->exit_code;
}

/* With a viewer of our own its end is the end; else who connects decides. */
static void on_change(void *arg)
{
	struct watching *w = arg;
	size_t viewers = vnc_bridge_viewers(w->bridge);
	bool own = w->viewing.showing && !w->viewing.viewer.opener;

	if (viewers < w->viewers)
		tell_last(w);
	w->used |= viewers > 0;
	if (viewers > 0)
		viewing_limit(&w->viewing, 0);
	else if (w->viewers > 0 && !w->values->proxy_only && !own)
		viewing_limit(&w->viewing, LEFT_MS);
	w->viewers = viewers;
}

/* ---- beginning
 * -----------------------------------------------------------------
 */

/* With the same words as `spice`; the password is in the file alone. */
static int put_result(const struct watching *w, bool launched)
{
	const char *host = w->values->address;

	return viewing_put(&w->viewing, host ? host : "127.0.0.1",
			vnc_bridge_port(w->bridge), launched);
}

static int launch(struct watching *w)
{
	int code = viewing_launch(&w->viewing);

	if (code == 0 && w->viewing.viewer.opener)
		viewing_limit(&w->viewing, UNUSED_MS);
	return code == 0 && w->json ? put_result(w, true) : code;
}

static int put_place(const struct watching *w)
{
	const struct guest_entry *g = w->target->guest;
	const char *host = w->values->address;
	struct json_out o;
	struct buf b;
	int code;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", strrchr(g->id, '/') + 1);
	json_out_put_text(&o, "host", host ? host : "127.0.0.1");
	json_out_put_uint(&o, "port", vnc_bridge_port(w->bridge));
	json_out_put_text(&o, "password", vnc_bridge_password(w->bridge)->data);
	json_out_object_end(&o);
	code = output_end(&o, &b);
	(void)fflush(stdout);
	return code;
}

static int begin(struct watching *w)
{
	const struct vnc_values *v = w->values;
	int code;

	if (v->proxy_only)
		return put_place(w);
	code = write_file(w);
	if (code != 0)
		return code;
	if (!v->write_vv && !v->no_launch)
		return launch(w);
	if (w->json)
		(void)put_result(w, false);
	else
		(void)printf("%s\n", w->viewing.file.path);
	(void)fflush(stdout);
	say("it is good for the next %d s, and as long as somebody is "
	    "connected",
			UNUSED_MS / 1000);
	viewing_limit(&w->viewing, UNUSED_MS);
	return 0;
}

/* ---- the end
 * ---------------------------------------------------------------------
 */

/* What went wrong has been told when it did. */
static int exit_of_watch(const struct watching *w)
{
	const struct viewing *v = &w->viewing;
	int code = w->failed ? w->failed : viewing_exit(v);

	if (code != EXIT_OK || v->signum || w->used)
		return code;
	if (v->late)
		return say_fail(EXIT_BUSY, "%s: nobody connected within %d s",
				w->target->guest->id, UNUSED_MS / 1000);
	return say_fail(EXIT_FAILED, "%s ended without connecting",
			v->viewer.file);
}

/* The file goes also where it was written for somebody else: its port is
 * closed then. */
static int watch_it(struct watching *w)
{
	int code = begin(w);

	if (code != 0)
		return code;
	viewing_wait(&w->viewing);
	return exit_of_watch(w);
}

static int open_bridge(struct watching *w, uint16_t port, struct err *e)
{
	struct target *t = w->target;
	struct address where = {0};
	struct vnc_bridge_options o = {
			.desk = {.loop = t->sources.loop,
					.hypervisor = t->hypervisor,
					.guest = t->guest->id,
					.id = t->id},
			.host = w->values->address,
			.port = port,
			.same_user = true,
	};

	where.host = (char *)(uintptr_t)w->values->address;
	if (where.host && !address_is_local(&where)) {
		o.same_user = false;
		say("warning: whoever reaches %s can try passwords there",
				where.host);
	}
	return vnc_bridge_open(&w->bridge, &o, on_change, w, e);
}

static int vnc_to(struct watching *w, uint16_t port)
{
	const struct log_options quiet = {.level = LOG_ERROR};
	struct err e;
	int code = viewing_begin(&w->viewing, w->target), r = 0;

	log_setup(&quiet);
	if (code == 0) {
		r = open_bridge(w, port, &e);
		code = r < 0 ? say_err(exit_of(r), &e) : watch_it(w);
	}
	viewing_done(&w->viewing);
	vnc_bridge_close(w->bridge);
	return code;
}

static int vnc(struct app *a, const void *values, int argc, char **argv)
{
	const struct vnc_values *v = values;
	struct watching w = {.values = v};
	bool launches = !v->proxy_only && !v->write_vv && !v->no_launch;
	const struct config *c;
	struct target t;
	uint16_t port = 0;
	struct err e;
	int code = app_config(a, &c);

	if (code != 0)
		return code;
	if (v->proxy_only && (v->write_vv || v->no_launch))
		return app_usage(&vnc_command,
				"--proxy-only writes no file for a viewer");
	if (v->input && !launches)
		return app_usage(&vnc_command,
				"--stdin is for a viewer that is started");
	if (v->port && !address_port(v->port, strlen(v->port), true, &port))
		return app_usage(&vnc_command, "'%s' is no port", v->port);
	if (launches && viewer_find(&w.viewing.viewer, v->viewer, &c->viewer,
					&e) < 0)
		return say_err(EXIT_FAILED, &e);
	code = target_open(a, argv[0], &v->target, &t);
	if (code != 0)
		return code;
	w.target = &t;
	w.json = app_json(a);
	code = vnc_to(&w, port);
	target_close(&t);
	return code;
}
