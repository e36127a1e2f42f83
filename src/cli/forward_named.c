/* Forwards to the guests that were named: listeners, or one connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/exit.h"
#include "cli/forward_args.h"
#include "cli/forward_internal.h"
#include "cli/forward_stdio.h"
#include "cli/say.h"
#include "core/loop.h"

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

/* Proxmox VE hands over consoles, and no guest's ports. */
static int check_profile(
		const struct forwarding *f, const struct guest_entry *g)
{
	const struct config_profile *p;

	(void)sources_of(&f->sources, g, &p);
	if (strcmp(p->kind, "proxmox") != 0)
		return 0;
	return say_fail(EXIT_NOT_FOUND,
			"%s: guests of Proxmox VE have no ports that can be "
			"led to; `glassbridge vnc %s` and `glassbridge ssh %s` "
			"reach it",
			g->id, g->id, g->id);
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
	int r, code = target_find(&f->sources.guests, arg->guest,
			       &f->values->target, &g);

	if (code != 0)
		return code;
	if (*own) {
		o.hosts = &own;
		o.host_count = 1;
	}
	o.guest = g->id;
	code = check_profile(f, g);
	if (code == 0)
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
		return say_err(r == -EINVAL ? EXIT_USAGE : exit_of(r), &e);
	news.guest = g->id;
	news.name = g->name ? g->name : g->id;
	news.what = o.what;
	news.text = forward_text(made);
	forward_put_news(f, &news);
	return 0;
}

static int read_arg(const struct forwarding *f, const char *text,
		struct forward_arg *ret, struct err *e)
{
	*ret = (struct forward_arg){0};
	return f->values->stdio ? forward_arg_read_guest(text, ret, e)
				: forward_arg_read(text, ret, e);
}

char *forward_common_profile(const struct forwarding *f, int argc, char **argv)
{
	char *common = NULL;
	struct forward_arg arg;
	struct err e;

	for (int i = 0; i < argc; i++) {
		size_t len = 0;

		if (read_arg(f, argv[i], &arg, &e) == 0 &&
				strchr(arg.guest, '/'))
			len = strcspn(arg.guest, "/");
		if (len > 0 && i == 0)
			common = strndup(arg.guest, len);
		if (!common || strncmp(common, arg.guest, len) != 0 ||
				common[len]) {
			free(common);
			return NULL;
		}
	}
	return common;
}

int forward_open_named(struct forwarding *f, int argc, char **argv)
{
	struct forward_arg arg;
	struct err e;
	int code = 0, r;

	for (int i = 0; code == 0 && i < argc; i++) {
		r = read_arg(f, argv[i], &arg, &e);
		code = r < 0 ? say_err(EXIT_USAGE, &e) : open_named(f, &arg);
	}
	return code;
}
