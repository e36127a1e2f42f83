#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/guests.h"
#include "cli/say.h"
#include "cli/target.h"
#include "cli/trial.h"
#include "cli/wait.h"
#include "core/loop.h"

enum { INSPECT_MS = 60000, LIST_MS = 30000, ABOUT_MAX = 256 };

struct doctor_values {
	struct target_options target;
	bool sealed;
};

static const struct option_rule options[] = {
		TARGET_RULES(offsetof(struct doctor_values, target)),
		{"sealed", 0, OPTION_FLAG,
				offsetof(struct doctor_values, sealed), NULL,
				"what rules close, and what none can", NULL},
		{0},
};

static int doctor(struct app *a, const void *values, int argc, char **argv);

const struct command doctor_command = {
		.name = "doctor",
		.arguments = "[GUEST | PROFILE]",
		.summary = "Look for what is wrong, and say what mends it",
		.help = "Without a name, this machine and every profile are "
			"looked at; with that of a\n"
			"profile or a guest, what concerns it. Consoles are "
			"opened and closed again. The\n"
			"exit code is that of the worst fault.\n",
		.options = options,
		.values_size = sizeof(struct doctor_values),
		.arguments_max = 1,
		.run = doctor,
};

/* ---- what a hypervisor finds ------------------------------------------------
 */

struct inspecting {
	struct wait wait;
	struct doctor *doctor;
	char about[ABOUT_MAX];
};

static void on_findings(void *arg, const struct finding *all, size_t count)
{
	struct inspecting *i = arg;

	for (size_t n = 0; n < count; n++)
		checks_add(&i->doctor->checks, i->about, &all[n]);
	wait_over(&i->wait);
}

void doctor_inspect(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id)
{
	static struct inspecting i; /* also for one that comes too late */

	i = (struct inspecting){.wait.loop = d->loop, .doctor = d};
	(void)snprintf(i.about, sizeof(i.about), "%s", about);
	hypervisor_inspect(h, id, on_findings, &i);
	if (!wait_until(&i.wait, INSPECT_MS))
		checks_bad(&d->checks, about, "answers", -ETIMEDOUT, NULL,
				"the hypervisor did not answer within %d s",
				INSPECT_MS / 1000);
}

/* ---- a guest --------------------------------------------------------------
 */

void doctor_console(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id, enum console_kind kind, const char *mend)
{
	static const char *const names[] = {[CONSOLE_VNC] = "VNC console",
			[CONSOLE_SERIAL] = "serial console",
			[CONSOLE_SPICE] = "SPICE console"};
	struct err e;
	int r = trial_console(d->loop, h, id, kind, &e);

	if (r == 0)
		checks_good(&d->checks, about, names[kind], "it opens");
	else if (r == -ENOTSUP || r == -ENOTCONN)
		checks_note(&d->checks, about, names[kind], NULL, "%s", e.text);
	else
		checks_bad(&d->checks, about, names[kind], r,
				r == -EACCES && kind == CONSOLE_VNC ? mend
								    : NULL,
				"%s", e.text);
}

void doctor_screen_password(const struct config_profile *p, const char *id,
		char ret[DOCTOR_WORD_MAX])
{
	if (strcmp(p->kind, "static") == 0)
		(void)snprintf(ret, DOCTOR_WORD_MAX,
				"glassbridge config set "
				"profiles.%s.guests.%s.vnc_password",
				p->name, id);
	else
		(void)snprintf(ret, DOCTOR_WORD_MAX,
				"glassbridge config set "
				"profiles.%s.vnc_password",
				p->name);
}

struct looking {
	struct wait wait;
	struct doctor *doctor;
	const struct config_profile *profile;
	const char *about, *id;
	const struct guest_forward *forwards; /* copied, with what they need */
	struct guest guest;
	char address[64], host[256];
	bool found, is_sandbox;
	bool has[CONSOLE_KINDS];
};

static void take_forwards(struct looking *l, const struct guest *g)
{
	struct guest_forward *all = calloc(g->forward_count + 1, sizeof(*all));

	if (!all)
		return;
	for (size_t i = 0; i < g->forward_count; i++) {
		all[i] = g->forwards[i];
		all[i].description = strdup(g->forwards[i].description);
	}
	(void)snprintf(l->address, sizeof(l->address), "%s",
			g->address ? g->address : "");
	(void)snprintf(l->host, sizeof(l->host), "%s", g->host ? g->host : "");
	l->guest = (struct guest){.forwards = all,
			.forward_count = g->forward_count,
			.address = *l->address ? l->address : NULL,
			.host = *l->host ? l->host : NULL};
}

static void on_looked(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct looking *l = arg;

	if (r < 0)
		checks_bad(&l->doctor->checks, l->about, "guest", r, NULL, "%s",
				e->text);
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (strcmp(guests[i].id, l->id) != 0)
			continue;
		l->found = true;
		l->is_sandbox = strcmp(guests[i].type, "sandbox") == 0;
		for (int k = 0; k < CONSOLE_KINDS; k++)
			l->has[k] = !guests[i].lacks[k];
		if (l->is_sandbox)
			take_forwards(l, &guests[i]);
	}
	wait_over(&l->wait);
}

static void looking_done(struct looking *l)
{
	for (size_t i = 0; i < l->guest.forward_count; i++)
		free((char *)l->guest.forwards[i].description);
	free((struct guest_forward *)l->guest.forwards);
}

static void look_at_guest(struct doctor *d, struct target *t)
{
	bool is_proxmox = strcmp(t->profile->kind, "proxmox") == 0;
	const char *about = t->guest->id;
	char mend[DOCTOR_WORD_MAX];
	struct looking l = {.wait.loop = d->loop,
			.doctor = d,
			.profile = t->profile,
			.about = about,
			.id = t->id};

	doctor_inspect(d, t->hypervisor, about, t->id);
	hypervisor_look(t->hypervisor, t->id, on_looked, &l);
	if (!wait_until(&l.wait, LIST_MS)) {
		checks_bad(&d->checks, about, "guest", -ETIMEDOUT, NULL,
				"the hypervisor did not answer");
		return;
	}
	if (l.is_sandbox && t->guest->status == GUEST_RUNNING) {
		doctor_ports(d, t->profile, about, &l.guest);
		doctor_screen(d, t->hypervisor, about, t->id);
	}
	doctor_screen_password(t->profile, t->id, mend);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		if (l.has[k])
			doctor_console(d, t->hypervisor, about, t->id,
					(enum console_kind)k,
					is_proxmox ? NULL : mend);
	looking_done(&l);
}

/* ---- a profile ------------------------------------------------------------
 */

static void on_counted(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct looking *l = arg;

	(void)guests;
	if (r < 0)
		checks_bad(&l->doctor->checks, l->about, "guests", r, NULL,
				"%s", e->text);
	else
		checks_good(&l->doctor->checks, l->about, "guests",
				"%zu are listed", count);
	wait_over(&l->wait);
}

static void look_at_profile(struct doctor *d, const struct config_profile *p)
{
	static struct looking l; /* also for an answer that comes too late */
	struct hypervisor *h;
	struct err e;
	bool reached = doctor_servers(d, p);

	if (hypervisor_open(&h, d->app->providers, d->loop, p, &e) < 0) {
		checks_bad(&d->checks, p->name, "profile", 0, NULL, "%s",
				e.text);
		checks_worse(&d->checks, EXIT_CONFIG);
		return;
	}
	if (reached) {
		doctor_inspect(d, h, p->name, NULL);
		l = (struct looking){.wait.loop = d->loop,
				.doctor = d,
				.about = p->name};
		hypervisor_list(h, on_counted, &l);
		(void)wait_until(&l.wait, LIST_MS);
	}
	hypervisor_free(h);
}

/* ---- the command ------------------------------------------------------------
 */

static void look_at_all(struct doctor *d)
{
	doctor_machine(d);
	for (size_t i = 0; d->config && i < d->config->profile_count; i++)
		look_at_profile(d, &d->config->profiles[i]);
}

/* A guest by its name. 0, or an exit code that was told. */
static int look_at_named(struct doctor *d, const char *name,
		const struct target_options *o)
{
	struct target t;
	struct loop *own = d->loop;
	int code = target_open(d->app, name, o, &t);

	if (code != 0)
		return code;
	d->loop = t.sources.loop;
	look_at_guest(d, &t);
	d->loop = own;
	target_close(&t);
	return 0;
}

static int look(struct doctor *d, const struct doctor_values *v,
		const char *name)
{
	const struct config_profile *p;
	int code = 0;

	doctor_config(d);
	p = d->config && name ? config_profile(d->config, name) : NULL;
	if (v->sealed && d->config)
		doctor_sealed(d);
	else if (!name)
		look_at_all(d);
	else if (p)
		look_at_profile(d, p);
	else if (d->config)
		code = look_at_named(d, name, &v->target);
	checks_worse(&d->checks, code);
	return checks_end(&d->checks);
}

static int doctor(struct app *a, const void *values, int argc, char **argv)
{
	struct doctor d = {.app = a};
	int code;

	if (loop_new(&d.loop) < 0)
		return say_fail(EXIT_FAILED, "no memory");
	checks_init(&d.checks, app_json(a));
	code = look(&d, values, argc > 0 ? argv[0] : NULL);
	checks_done(&d.checks);
	loop_free(d.loop);
	return code;
}
